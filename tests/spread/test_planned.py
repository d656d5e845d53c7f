"""Campaigns before they begin: against closed forms, a slow way, and themselves in the same worlds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sebar.spread import branching as closed
from sebar.spread import passing_on, planned
from sebar.spread.futures import Strength
from sebar.spread.graph import from_edges
from sebar.spread.planned import Law, Rewarding, Setting

HOUR = math.log(3600.0)


def a_law(r: float, k: float, *, worlds: int = 3000, mu: float = HOUR) -> Law:
    """Return a law without doubt: all worlds have the same parameters."""
    theta = np.tile([math.log(r), math.log(k), mu, math.log(0.5)], (worlds, 1))
    return Law(theta, theta)


def run(law: Law, *, invited: int, most: int = 3000, **different: object) -> planned.Outcomes:
    setting = Setting(**{"days": 60, **different})  # type: ignore[arg-type] # any of its fields
    found = planned.branching(law, setting, invited=invited, most=most, seed=1)
    assert found is not None
    return found


def test_the_mean_is_that_of_a_branching_process() -> None:
    total = run(a_law(0.5, 0.2), invited=10).total
    assert total.mean() == pytest.approx(10 / (1 - 0.5), abs=4 * total.std() / math.sqrt(len(total)))


def test_sizes_of_cascades_are_those_of_the_closed_form() -> None:
    total = run(a_law(0.6, 0.3), invited=1).total
    for size, chance in enumerate(closed.size_probabilities(0.6, 0.3, most=4), start=1):
        assert np.mean(total == size) == pytest.approx(chance, abs=4 * math.sqrt(chance / len(total)))


@pytest.mark.parametrize("invited", [1, 3])
def test_it_dies_out_as_often_as_the_closed_form_says(invited: int) -> None:
    died = 1 - run(a_law(1.5, 0.5), invited=invited).away.mean()
    assert died == pytest.approx(closed.dies_out(1.5, 0.5, people=invited), abs=0.035)


def test_in_the_same_worlds_more_seeds_and_more_passing_on_only_add() -> None:
    law = a_law(0.7, 0.3, worlds=500)
    few = run(law, invited=5)
    assert (run(law, invited=8).by_day >= few.by_day).all()
    assert (run(law, invited=5, boost=1.3).total >= few.total).all()
    assert (run(law, invited=5, starts=3).by_day[:, :3] == 0).all()
    assert (run(law, invited=5, starts=3).by_day[:, 3:] == few.by_day[:, :-3]).all()


def test_who_turns_against_it_joins_nothing_and_passes_that_on() -> None:
    law = a_law(0.5, 10.0)
    found = run(law, invited=20, quality=0.9)
    # Each who likes it brings 0.5, of whom 0.9 like it; whoever does not brings 0.5 who do not.
    liked = 18 / (1 - 0.45)
    assert found.total.mean() == pytest.approx(liked, rel=0.03)
    assert found.negative.mean() == pytest.approx((2 + 0.05 * liked) / 0.5, rel=0.06)


def test_of_those_invited_some_come() -> None:
    assert run(a_law(1e-4, 1.0), invited=100, comes=0.3).total.mean() == pytest.approx(30, rel=0.03)


def test_no_more_join_than_there_are() -> None:
    found = planned.branching(a_law(3.0, 1.0, worlds=50), Setting(days=60), invited=5, most=500, population=80, seed=1)
    assert found is not None
    assert found.total.max() <= 80
    assert not found.away.any()


def test_a_world_that_grows_without_end_is_cut_and_says_so() -> None:
    found = run(a_law(3.0, 5.0, worlds=50), invited=5, most=400)
    assert found.away.mean() > 0.9
    assert (found.total[found.away] == 400).all()


def test_where_bad_word_takes_off_those_who_like_it_are_counted_to_the_end() -> None:
    law = a_law(2.0, 5.0, worlds=200)
    found, calm = (run(law, invited=20, most=most, quality=0.3) for most in (300, 30_000))
    turned = found.turned & ~found.away
    assert turned.mean() > 0.5, "everybody tells two, of whom more turn against it than not"
    assert (found.by_day[turned] == calm.by_day[turned]).all(), "how many others are told changes nothing for them"
    assert (found.negative[turned] >= 300).all()
    assert not (found.away & (found.total < 300)).any()


def test_another_random_seed_makes_other_worlds_and_the_same_one_the_same() -> None:
    law, setting = a_law(0.7, 0.3, worlds=100), Setting(days=30)
    one, again, other = (planned.branching(law, setting, invited=9, most=900, seed=seed) for seed in (1, 1, 2))
    assert one is not None
    assert again is not None
    assert other is not None
    assert (one.by_day == again.by_day).all()
    assert (one.total != other.total).any()


def test_who_gives_up_gets_nothing() -> None:
    seen: list[float] = []
    law = a_law(0.5, 0.5, worlds=100)
    assert (
        planned.branching(
            law, Setting(days=9), invited=2, most=99, seed=1, progress=seen.append, stop=lambda: len(seen) == 2
        )
        is None
    )
    assert seen == [0.25, 0.5]


def test_along_ties_a_chain_goes_as_far_as_its_chances() -> None:
    ends = np.arange(6)
    chain = from_edges(ends, ends + 1, probability=np.full(6, 0.5))
    found = planned.along(chain, a_law(0.5, 1.0), Setting(days=60), chosen=[0], seed=1)
    assert found is not None
    assert found.total.mean() == pytest.approx(sum(0.5**step for step in range(7)), rel=0.03)
    assert np.mean(found.total == 1) == pytest.approx(0.5, abs=0.04)


def test_along_ties_without_chances_people_bring_what_the_law_says() -> None:
    # So many people, each with four ties to anybody, that nobody is told twice.
    people, ties = 50_000, 4
    to = np.random.default_rng(1).integers(0, people, people * ties)
    found = planned.along(
        from_edges(np.repeat(np.arange(people), ties), to), a_law(0.5, 0.5), Setting(days=60), chosen=[0], seed=1
    )
    assert found is not None
    assert found.total.mean() == pytest.approx(1 / (1 - 0.5), rel=0.06)
    active = 0.5 / 1.5
    nobody = 1 - active + active * (1 - 0.5 / (ties * active)) ** ties
    assert np.mean(found.total == 1) == pytest.approx(nobody, abs=0.03)


def test_no_tie_reaches_anybody_twice() -> None:
    random = np.random.default_rng(1)
    graph = from_edges(random.integers(0, 300, 3000), random.integers(0, 300, 3000), nodes=300)
    found = planned.along(graph, a_law(5.0, 50.0, worlds=100), Setting(days=60), chosen=[1, 2, 3], seed=1)
    assert found is not None
    assert found.total.max() <= 300
    assert found.total.mean() > 250


def test_each_world_goes_as_some_campaign_of_before_or_otherwise() -> None:
    known = passing_on.Prior.of((math.log(0.2), 0.0, HOUR, 0.0), (1e-6,) * 4)
    unlike = passing_on.Prior.of((math.log(0.9), 0.0, HOUR, 0.0), (1e-6,) * 4)
    law = planned.law_of([Strength(known, known)] * 3, Strength(unlike, unlike), worlds=4000, seed=1)
    r = np.exp(law.participants[:, 0])
    assert np.mean(np.isclose(r, 0.9, atol=1e-3)) == pytest.approx(1 / 4, abs=0.03)
    assert set(np.round(r, 2)) == {0.2, 0.9}


def test_a_campaign_that_is_known_goes_as_it_does() -> None:
    known = passing_on.Prior.of((math.log(0.2), 0.0, HOUR, 0.0), (1e-6,) * 4)
    law = planned.law_of([Strength(known, known)], None, worlds=100, seed=1)
    assert set(np.round(np.exp(law.participants[:, 0]), 2)) == {0.2}


def test_worlds_that_were_cut_tell_nothing_of_a_difference() -> None:
    few, many = np.full(100, 10), np.full(100, 25)
    few[90:], many[90:] = 10_100, 25_250
    cut = np.arange(100) >= 90
    more = planned.difference(many, few, counted=~cut)
    assert more is not None
    assert (more.value, more.low, more.high) == (15, 15, 15)
    assert planned.difference(many, few, counted=cut) is None


@st.composite
def forests(draw: st.DrawFn) -> tuple[list[int], list[bool]]:
    size = draw(st.integers(1, 25))
    parents = [draw(st.integers(-1, place - 1)) for place in range(size)]
    return parents, draw(st.lists(st.booleans(), min_size=size, max_size=size))


@given(forests(), st.builds(Rewarding, *[st.booleans()] * 3, *[st.integers(0, 3)] * 2))
@settings(max_examples=200)
def test_rewards_are_counted_as_by_hand(forest: tuple[list[int], list[bool]], rule: Rewarding) -> None:
    parents, converted = forest
    wanted = 0
    for person, parent in enumerate(parents):
        friends = [
            one for one, who in enumerate(parents) if who == person and (converted[one] or not rule.on_conversion)
        ]
        if rule.milestone:
            wanted += len(friends) >= rule.milestone
            continue
        mine = len(friends) * rule.referrer + (
            rule.friend and parent >= 0 and (converted[person] or not rule.on_conversion)
        )
        wanted += min(mine, rule.most) if rule.most else mine
    assert planned.rewards_of(parents, converted, [rule]).tolist() == [wanted]


@pytest.mark.parametrize(
    ("different", "words"),
    [
        ({"quality": 1.2}, "The quality is 1.2"),
        ({"comes": -1}, "The share who come is -1"),
        ({"starts": 60}, "starts on day 60 of 60"),
        ({"boost": math.inf}, "inf times as many"),
    ],
)
def test_what_is_out_of_range_is_refused(different: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(a_law(0.5, 0.5, worlds=2), invited=1, **different)


def test_nobody_invited_is_refused() -> None:
    law = a_law(0.5, 0.5, worlds=2)
    with pytest.raises(ValueError, match="0 are invited"):
        planned.branching(law, Setting(days=5), invited=0, most=10, seed=1)
    with pytest.raises(ValueError, match="one of the 2 people"):
        planned.along(from_edges([0], [1]), law, Setting(days=5), chosen=[2], seed=1)
