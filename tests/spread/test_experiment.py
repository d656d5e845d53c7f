"""Experiments: arms, errors of both kinds under clustering, and what is refused."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sebar.spread import experiment
from sebar.spread.estimate import Estimate, TooEarly
from sebar.spread.experiment import Comparison, Lift, assign, check_balance, compare, holm, lift
from sebar.spread.special import chi_squared_tail

Joins = NDArray[np.int64]

EVEN = {"a": 1.0, "b": 1.0}
weights = st.dictionaries(st.text(max_size=3), st.floats(0.1, 5.0), min_size=1, max_size=4)


def cascades(random: np.random.Generator, seeds: int, *, r: float, spread: float = 0.5, k: float = 0.3) -> Joins:
    """Draw what each seed brings in ten generations, when cascades differ in R by themselves."""
    mean = r * np.exp(spread * random.standard_normal(seeds) - spread**2 / 2)
    alive, brought = np.ones(seeds), np.zeros(seeds, np.int64)
    for _ in range(10):
        alive = random.poisson(random.gamma(k * alive, mean / k)).astype(np.float64)
        brought += alive.astype(np.int64)
    return brought


def compared(one: Joins, other: Joins, **change: Any) -> Comparison:
    joins = np.concatenate([one, other])
    arm = np.repeat(["a", "b"], [len(one), len(other)])
    settings: dict[str, Any] = {"age": np.full(len(joins), 10.0), "window": 10.0, "control": "a", "arms": EVEN}
    found = compare(joins, arm, **(settings | {"permutations": 199} | change))
    assert isinstance(found, Comparison)
    return found


@given(st.text(), st.text(), weights)
def test_a_seed_keeps_its_arm(seed: str, name: str, arms: dict[str, float]) -> None:
    arm = assign(seed, name, arms)
    assert arm in arms
    assert assign(seed, name, dict(reversed(arms.items()))) == arm
    assert assign(seed, name, {other: 7 * weight for other, weight in arms.items()}) == arm
    assert assign(seed, name, arms | {"never": 0.0}) == arm
    for dropped in set(arms) - {arm}:
        assert assign(seed, name, arms | {dropped: 0.0}) == arm, "only the seeds of an arm that is dropped go elsewhere"


def test_the_arm_of_a_seed_is_for_ever() -> None:
    assert "".join(assign(seed, "headline", EVEN) for seed in range(20)) == "baabbbaaaababbaabaab"


@given(st.text(max_size=10), weights)
def test_seeds_go_to_arms_by_weight(name: str, arms: dict[str, float]) -> None:
    found = Counter(assign(seed, name, arms) for seed in range(2000))
    whole = sum(arms.values())
    off = sum((found[arm] - 2000 * weight / whole) ** 2 / (2000 * weight / whole) for arm, weight in arms.items())
    assert len(arms) == 1 or chi_squared_tail(off, len(arms) - 1) > 1e-7


def test_experiments_are_independent_of_each_other() -> None:
    pairs = Counter((assign(seed, "x", EVEN), assign(seed, "y", EVEN)) for seed in range(8000))
    assert all(abs(count - 2000) < 5 * math.sqrt(1500) for count in pairs.values())


@pytest.mark.parametrize("arms", [{}, {"a": 0.0}, {"a": -1.0, "b": 2.0}, {"a": 1.0, "b": math.nan}])
def test_arms_without_weight_are_refused(arms: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="give every arm a weight"):
        assign(1, "x", arms)


def test_broken_assignment_is_noticed() -> None:
    assert check_balance({"a": 5000, "b": 5050}, EVEN).sound
    broken = check_balance({"a": 5000, "b": 5400}, EVEN)
    assert not broken.sound
    assert broken.p == pytest.approx(math.erfc(math.sqrt(400**2 / 10400 / 2)))
    assert check_balance({"a": 9000, "b": 1000}, {"a": 9.0, "b": 1.0}).p == 1.0
    assert not check_balance({"a": 100}, EVEN).sound, "an arm without a seed counts"
    with pytest.raises(ValueError, match="Arm 'c' has 3 seeds"):
        check_balance({"a": 5, "c": 3}, EVEN)


def test_a_comparison_is_that_of_textbooks() -> None:
    one, other = np.arange(60) % 5, np.arange(80) % 7
    found = compared(one, other).contrasts[0]
    y, x = np.log1p(other), np.log1p(one)
    error = math.sqrt(x.var(ddof=1) / 60 + y.var(ddof=1) / 80)
    difference = float(y.mean() - x.mean())
    assert (found.arm, found.control_seeds, found.seeds) == ("b", 60, 80)
    assert found.difference.value == pytest.approx(difference)
    assert found.difference.high - difference == pytest.approx(1.9776 * error, rel=1e-3)  # t with 138 degrees
    assert found.ratio.value == pytest.approx(math.exp(difference))
    assert found.p == pytest.approx(math.erfc(abs(difference) / error / math.sqrt(2)), rel=0.1)
    assert found.anytime.low < found.difference.low
    assert found.anytime.high > found.difference.high
    rho = (2 * math.log(20) + math.log(2 * math.log(20) + 1)) / 1000
    reach = math.sqrt(140) * math.sqrt(2 * (140 * rho + 1) / (140**2 * rho) * math.log(math.sqrt(140 * rho + 1) / 0.05))
    assert found.anytime.high - difference == pytest.approx(reach * error)


def test_permutations_agree_with_dealing_out_every_way() -> None:
    one, other = np.array([0, 0, 1]), np.array([2, 0, 3, 1, 4, 30, 0])
    y = np.log1p(np.concatenate([one, other]))

    def t(chosen: tuple[int, ...]) -> float:
        left, right = y[list(chosen)], np.delete(y, chosen)
        error = math.sqrt(left.var(ddof=1) / len(left) + right.var(ddof=1) / len(right))
        return abs(left.mean() - right.mean()) / error

    all_ways = [t(chosen) for chosen in combinations(range(10), 3)]
    exact = np.mean(np.array(all_ways) >= t((0, 1, 2)) - 1e-9)
    dealt = experiment._permutation(one, other, 20_000, np.random.default_rng(1))
    assert dealt == pytest.approx(exact, abs=4 * math.sqrt(exact / 20_000))


@given(st.integers(0, 2**32), st.floats(0.1, 0.6))
def test_arms_can_change_places(seed: int, r: float) -> None:
    random = np.random.default_rng(seed)
    one, other = cascades(random, 60, r=0.3), cascades(random, 70, r=r)
    there, back = compared(one, other).contrasts[0], compared(other, one).contrasts[0]
    assert there.p == pytest.approx(back.p)
    for name in ("difference", "anytime"):
        forth, again = getattr(there, name), getattr(back, name)
        assert (forth.low, forth.high) == pytest.approx((-again.high, -again.low))
    assert there.better == back.worse


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_nothing_is_found_where_nothing_is_although_people_are_alike(spread: float) -> None:
    random, runs = np.random.default_rng(7), 400
    found = [
        compared(cascades(random, 200, r=0.5, spread=spread), cascades(random, 200, r=0.5, spread=spread)).contrasts[0]
        for _ in range(runs)
    ]
    error = 3.5 * math.sqrt(0.05 * 0.95 / runs)
    assert np.mean([one.p < 0.05 for one in found]) == pytest.approx(0.05, abs=error)
    assert np.mean([one.p_permutation <= 0.05 for one in found]) == pytest.approx(0.05, abs=error)


def test_looking_every_day_finds_nothing_where_nothing_is() -> None:
    random, runs, decided, peeked = np.random.default_rng(3), 120, 0, 0
    for _ in range(runs):
        one, other = cascades(random, 1000, r=0.5), cascades(random, 1000, r=0.5)
        looks = [compared(one[:n], other[:n], permutations=1) for n in range(50, 1001, 95)]
        decided += any(look.to_drop for look in looks)
        peeked += any(look.contrasts[0].p < 0.05 for look in looks)
    assert decided / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert peeked / runs > 0.15, "what it is there to prevent"


def test_the_worse_arm_is_dropped() -> None:
    random = np.random.default_rng(1)
    low, high = cascades(random, 1500, r=0.3), cascades(random, 1500, r=0.6)
    assert compared(low, high).to_drop == ("a",)
    assert compared(high, low).to_drop == ("b",)
    assert compared(high, low, assigned={"a": 3000, "b": 1500}).to_drop == (), "no verdict on broken assignment"


def test_several_arms_share_the_level() -> None:
    random = np.random.default_rng(2)
    parts = {"a": 0.4, "b": 0.4, "c": 0.7, "d": 0.2}
    joins = np.concatenate([cascades(random, 800, r=r) for r in parts.values()])
    arm = np.repeat(list(parts), 800)
    found = compare(joins, arm, age=np.ones(3200), window=1.0, control="a", arms=dict.fromkeys(parts, 1.0))
    assert isinstance(found, Comparison)
    assert [one.arm for one in found.contrasts] == ["b", "c", "d"]
    assert all(one.difference.level == pytest.approx(1 - 0.05 / 3) for one in found.contrasts)
    assert found.to_drop == ("a", "d")
    alone = compared(joins[:800], joins[800:1600], permutations=1999).contrasts[0]
    assert found.contrasts[0].p == pytest.approx(alone.p), "the largest p-value stays as it is"
    assert alone.anytime.low > found.contrasts[0].anytime.low


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_holm_rejects_step_by_step(p: list[float]) -> None:
    adjusted = holm(p)
    for level in (0.01, 0.05, 0.3):
        rejected = set()
        for rank, place in enumerate(sorted(range(len(p)), key=lambda index: p[index])):
            if p[place] * (len(p) - rank) > level:
                break
            rejected.add(place)
        assert {place for place, value in enumerate(adjusted) if value <= level} == rejected


def test_pooled_r_waits_for_two_thousand_seeds_and_holds_then() -> None:
    random = np.random.default_rng(5)
    few = cascades(random, 900, r=0.4)
    assert compared(few, few).contrasts[0].pooled == TooEarly(1800, 2000, "seeds")
    held = 0
    for _ in range(200):
        found = (
            compared(
                cascades(random, 1500, r=0.4, spread=0.0), cascades(random, 1500, r=0.4, spread=0.0), permutations=1
            )
            .contrasts[0]
            .pooled
        )
        assert isinstance(found, Estimate)
        held += found.low <= 0.0 <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_pooled_r_is_not_told_while_one_cascade_outweighs_all() -> None:
    joins = np.ones(1500, np.int64)
    joins[0] = 10_000
    found = compared(np.ones(1500, np.int64), joins).contrasts[0]
    assert found.pooled == TooEarly(1, 100, "seeds that carry weight")


def test_it_is_too_early_below_fifty_seeds_in_some_arm() -> None:
    arm = ["a"] * 500 + ["b"] * 49
    found = compare([1] * 549, arm, age=[9.0] * 549, window=9.0, control="a", arms=EVEN)
    assert found == TooEarly(49, 50, "seeds")


def test_equal_seeds_differ_by_nothing() -> None:
    found = compared(np.zeros(60, np.int64), np.zeros(60, np.int64))
    one = found.contrasts[0]
    assert (one.difference.value, one.p, one.p_permutation, found.to_drop) == (0.0, 1.0, 1.0, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": [9.0] * 119 + [8.9]}, "age is below the window of 9 s for 1 of 120"),
        ({"age": [9.0] * 119 + [math.nan]}, "age is below the window of 9 s for 1 of 120"),
        ({"age": [9.0]}, "120, 120 and 1 entries"),
        ({"joins": [-1] * 120}, "joins has -1"),
        ({"joins": [math.nan] * 120}, "joins has nan"),
        ({"joins": [0.5] * 120}, "joins has 0.5"),
        ({"control": "c"}, "control is 'c'"),
        ({"arms": {"a": 1.0}}, "control is 'a'"),
        ({"arms": {"a": 1.0, "c": 1.0}}, "arm has 'b'"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], message: str) -> None:
    given_all = {"joins": [1] * 120, "arm": ["a", "b"] * 60, "age": [9.0] * 120, "control": "a", "arms": EVEN}
    with pytest.raises(ValueError, match=message):
        compare(**(given_all | {"window": 9.0} | change))


def test_so_many_seeds_tell_the_difference_as_often_as_planned() -> None:
    random, runs = np.random.default_rng(11), 150
    past = [np.log1p(cascades(random, 20_000, r=r)) for r in (0.3, 0.5)]
    ratio, spread = math.exp(past[1].mean() - past[0].mean()), float(np.mean([y.std() for y in past]))
    once = experiment.seeds_needed(ratio, spread=spread, anytime=False)
    always = experiment.seeds_needed(ratio, spread=spread)
    told = dropped = 0
    for _ in range(runs):
        one, other = cascades(random, always // 2, r=0.3), cascades(random, always // 2, r=0.5)
        told += compared(one[: once // 2], other[: once // 2], permutations=1).contrasts[0].p < 0.05
        dropped += compared(one, other, permutations=1, planned=always).contrasts[0].better
    assert told / runs == pytest.approx(0.8, abs=0.12)
    assert dropped / runs == pytest.approx(0.8, abs=0.12)


def test_plans_are_those_of_textbooks() -> None:
    # Two means half a standard deviation apart: 63 in each arm by the normal distribution, at 80 % power.
    assert experiment.seeds_needed(math.exp(0.5), spread=1.0, anytime=False) in (125, 126)
    assert experiment.seeds_needed(math.exp(-0.5), spread=1.0, anytime=False) in (125, 126)
    assert experiment.days_needed(700, per_day=100.0, window=3 * 86400.0) == 10
    assert experiment.seeds_needed(50.0, spread=0.1) == 100, "fewer are too early anyway"


@given(st.floats(1.05, 2.0), st.floats(0.3, 2.0), st.floats(0.5, 0.95), st.integers(2, 5))
def test_more_is_needed_for_less(ratio: float, spread: float, power: float, arms: int) -> None:
    need = experiment.seeds_needed(ratio, spread=spread, power=power, arms=arms)
    assert experiment.seeds_needed(ratio * 1.1, spread=spread, power=power, arms=arms) <= need
    assert experiment.seeds_needed(ratio, spread=spread * 1.1, power=power, arms=arms) >= need
    assert experiment.seeds_needed(ratio, spread=spread, power=power + 0.04, arms=arms) >= need
    assert experiment.seeds_needed(ratio, spread=spread, power=power, arms=arms + 1) >= need
    assert experiment.seeds_needed(ratio, spread=spread, power=power, arms=arms, weights=(1.0, 4.0)) >= need
    assert experiment.seeds_needed(ratio, spread=spread, power=power, arms=arms, anytime=False) <= need


@pytest.mark.parametrize(
    "change",
    [
        {"ratio": 1.0},
        {"ratio": -1.0},
        {"ratio": math.nan},
        {"spread": 0.0},
        {"spread": math.nan},
        {"power": 1.0},
        {"arms": 1},
        {"weights": (1.0, math.nan)},
        {"weights": (math.nan, 1.0)},
    ],
)
def test_impossible_plans_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"give both|power and level"):
        experiment.seeds_needed(**({"ratio": 1.2, "spread": 1.0} | change))
    with pytest.raises(ValueError, match="per_day is 0"):
        experiment.days_needed(10, per_day=0.0, window=1.0)


def aware(random: np.random.Generator, seeds: int, rate: float) -> tuple[Joins, Joins]:
    people = 1 + cascades(random, seeds, r=0.4)
    return random.binomial(people, random.beta(rate * 20, (1 - rate) * 20, seeds)), people


def test_lift_holds_as_often_as_it_says_where_a_test_by_person_does_not() -> None:
    random, runs, held, found_by_person = np.random.default_rng(9), 300, 0, 0
    for _ in range(runs):
        (one, asked), (other, kept) = aware(random, 1000, 0.2), aware(random, 1000, 0.2)
        found = lift([*one, *other], [*asked, *kept], [False] * 1000 + [True] * 1000)
        assert isinstance(found, Lift)
        held += found.difference.low <= 0 <= found.difference.high
        p = (one.sum() + other.sum()) / (asked.sum() + kept.sum())
        by_person = math.sqrt(p * (1 - p) * (1 / asked.sum() + 1 / kept.sum()))
        found_by_person += abs(one.sum() / asked.sum() - other.sum() / kept.sum()) > 1.96 * by_person
    assert 0.90 <= held / runs <= 0.985
    assert found_by_person / runs > 0.15


def test_lift_is_found_and_told_both_ways() -> None:
    (one, asked), (other, kept) = (aware(np.random.default_rng(n), 3000, rate) for n, rate in ((1, 0.3), (2, 0.2)))
    found = lift([*one, *other], [*asked, *kept], [False] * 3000 + [True] * 3000)
    assert isinstance(found, Lift)
    assert found.difference.value == pytest.approx((one / asked).mean() - (other / kept).mean())
    assert isinstance(found.relative, Estimate)
    assert found.relative.value == pytest.approx(found.difference.value / found.held_out.value)
    assert found.difference.low > 0
    assert found.relative.low > 0


def test_lift_refuses_and_waits() -> None:
    out = [False] * 50 + [True] * 50
    assert lift([0] * 100, [1] * 49 + [0] + [1] * 50, out) == TooEarly(49, 50, "seeds")
    nobody = lift([0] * 100, [1] * 100, out)
    assert isinstance(nobody, Lift)
    assert nobody.relative == TooEarly(0, 1, "events")
    with pytest.raises(ValueError, match="events exceeds people"):
        lift([2] * 100, [1] * 100, out)
    with pytest.raises(ValueError, match="100, 100 and 1 entries"):
        lift([1] * 100, [1] * 100, [True])
