"""Forecasts: intervals that hold, nothing of the future known, whole numbers, and the mechanism against a slow one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sebar.spread import forecasting, passing_on, quantile_regression
from sebar.spread.forecasting import LEVELS, UNLEARNED, Clock, Forecaster, Setting, by_mechanism, interval_score, learn
from sebar.spread.forest import Forest, grown
from sebar.spread.futures import Strength, steps, unfold
from sebar.spread.passing_on import Prior

HOUR, DAY = 3600.0, 86_400.0
ONE_HOUR = Setting(age=6 * HOUR, until=7 * DAY)
MEAN, K, MEDIAN, SIGMA = 0.7, 0.5, 6 * HOUR, 1.2


def cascade(number: int, *, until: float = 7 * DAY, seeds: int = 1, first: int = 60) -> Forest:
    """Return a cascade whose start brings many, and whose people bring a number that differs between cascades."""
    random = np.random.default_rng(number)
    mean, joined, parent = random.uniform(0.2, 0.8), [0.0] * seeds, [-1] * seeds
    for seed in range(seeds):
        for delay in random.lognormal(math.log(3 * HOUR), 1.5, random.poisson(first)):
            joined.append(float(delay))
            parent.append(seed)
    for person in range(seeds, 4000):
        if person >= len(joined):
            break
        for delay in random.lognormal(math.log(2 * HOUR), 1.5, random.poisson(random.gamma(0.4, mean / 0.4))):
            if joined[person] + delay <= until:
                joined.append(joined[person] + float(delay))
                parent.append(person)
    return grown(joined, parent, start=1.7e9 + number * HOUR)


@pytest.fixture(scope="module")
def past() -> list[Forest]:
    return [cascade(number) for number in range(360)]


def test_intervals_hold_about_as_often_as_they_say(past: list[Forest]) -> None:
    forecaster = learn(past[:240], [ONE_HOUR])
    new = [one for one in past[240:] if one.people(6 * HOUR) > 10]
    ahead = forecaster.quantiles(ONE_HOUR, new, [(6 * HOUR, 7 * DAY)] * len(new))
    came = np.array([one.people(7 * DAY) - one.people(6 * HOUR) for one in new])
    for (low, high), least, most in (((2, 4), 0.36, 0.68), ((1, 5), 0.68, 0.92), ((0, 6), 0.88, 1.0)):
        assert least <= np.mean((ahead[:, low] <= came) & (came <= ahead[:, high])) <= most
    assert np.array_equal(ahead, np.rint(ahead))
    assert (np.diff(ahead, axis=1) >= 0).all()
    assert (ahead >= 0).all()


def test_what_is_over_keeps_all_it_counted() -> None:
    """Nobody leaves: where nothing grows any more, each quantile is exactly nobody."""
    over = Setting(age=6 * DAY, until=7 * DAY)
    forecaster = learn([cascade(number, until=DAY) for number in range(60)], [over])
    new = [cascade(number, until=0.1 * DAY, first=people) for number, people in enumerate(range(20, 200), start=60)]
    assert (forecaster.quantiles(over, new, [(6 * DAY, 7 * DAY)] * len(new)) >= 0).all()


def test_a_short_past_is_enough_for_intervals_that_hold(past: list[Forest]) -> None:
    new = [one for one in past[240:] if one.people(6 * HOUR) > 10]
    known = np.array([one.people(6 * HOUR) - 1 for one in new])
    came = np.array([one.people(7 * DAY) - one.people(6 * HOUR) for one in new])
    held, better = [], []
    for first in (0, 60, 120):
        forecaster = learn(past[first : first + 45], [ONE_HOUR])
        ahead = forecaster.quantiles(ONE_HOUR, new, [(6 * HOUR, 7 * DAY)] * len(new))
        held.append((ahead[:, 0] <= came) & (came <= ahead[:, 6]))
        naive = np.array([forecaster.naive(ONE_HOUR, one) for one in known])
        off = (np.abs(np.log1p(guess) - np.log1p(known + came)).mean() for guess in (known + ahead[:, 3], naive))
        better.append(next(off) / next(off))
    assert np.mean(held) > 0.9
    assert max(better) < 1.15


def test_what_comes_later_changes_no_forecast(past: list[Forest]) -> None:
    forecaster = learn(past[:120], [ONE_HOUR])
    one = past[200]
    known = one.people(6 * HOUR)
    shuffled = Forest(
        np.concatenate([one.joined[:known], np.sort(np.random.default_rng(1).uniform(7 * HOUR, 9e6, 500))]),
        np.concatenate([one.parent[:known], np.zeros(500, np.int64)]),
        one.start,
    )
    moments = [(6 * HOUR, 7 * DAY)]
    assert np.array_equal(
        forecaster.quantiles(ONE_HOUR, [one], moments), forecaster.quantiles(ONE_HOUR, [shuffled], moments)
    )


def test_what_was_learned_can_be_kept(past: list[Forest]) -> None:
    forecaster = learn(past[:80], [ONE_HOUR])
    again = Forecaster.decode(forecaster.encode())
    moments = [(6 * HOUR, 7 * DAY)]
    assert np.array_equal(
        again.quantiles(ONE_HOUR, past[90:91], moments), forecaster.quantiles(ONE_HOUR, past[90:91], moments)
    )
    assert again.naive(ONE_HOUR, 50) == forecaster.naive(ONE_HOUR, 50) > 50
    assert Forecaster.decode(UNLEARNED.encode()).learned == {}
    with pytest.raises(ValueError, match="no forecaster"):
        Forecaster.decode(b"{}")


def test_too_few_campaigns_teach_nothing(past: list[Forest]) -> None:
    forecaster = learn(past[:39], [ONE_HOUR])
    assert not forecaster.learned
    assert forecaster.campaigns == 39
    assert forecaster.nearest(HOUR, 50, DAY) is None


def test_the_learned_setting_most_like_now_is_taken(past: list[Forest]) -> None:
    early, late = Setting(age=2 * HOUR, ahead=DAY), Setting(age=2 * DAY, ahead=DAY)
    joins = Setting(joins=50, ahead=DAY)
    forecaster = learn(past[:80], [early, late, joins])
    assert forecaster.nearest(3 * HOUR, 10, DAY) == early
    assert forecaster.nearest(4 * DAY, 1000, 2 * DAY) == late
    assert forecaster.nearest(8 * HOUR, 50, DAY) == joins


def slow_futures(
    joined: NDArray[np.float64], parent: NDArray[np.int64], now: float, horizon: float, random: np.random.Generator
) -> int:
    """Let every person bring friends one by one from now on, given how many they have brought."""
    newcomers = 0
    waiting = []
    for person, when in enumerate(joined):
        age, brought = now - when, int((parent == person).sum())
        over = 0.5 * (1 + math.erf(math.log(age / MEDIAN) / SIGMA / math.sqrt(2)))
        rate = random.gamma(K + brought, 1 / (K / MEAN + over))
        for _ in range(random.poisson(rate)):
            delay = random.lognormal(math.log(MEDIAN), SIGMA)
            if age < delay <= age + horizon:
                waiting.append(when + delay)
    while waiting:
        when = waiting.pop()
        newcomers += 1
        delays = random.lognormal(math.log(MEDIAN), SIGMA, random.poisson(random.gamma(K, MEAN / K)))
        waiting += [when + delay for delay in delays if when + delay <= now + horizon]
    return newcomers


def test_futures_in_aggregate_are_those_of_single_people() -> None:
    random = np.random.default_rng(4)
    joined, parent = random.uniform(0, 8 * HOUR, 40), np.full(40, -1)
    exact = Prior.of((math.log(MEAN), math.log(K), math.log(MEDIAN), math.log(SIGMA)), (1e-6,) * 4)
    known = passing_on.statistics(joined, parent, now=9 * HOUR)
    fast = unfold(known, Strength(exact, exact), steps(2 * DAY, 96), draws=40, futures=50, seed=1).newcomers[:, -1]
    slow = np.array([slow_futures(joined, parent, 9 * HOUR, 2 * DAY, random) for _ in range(600)])
    assert fast.mean() == pytest.approx(slow.mean(), rel=0.08)
    both = np.sort(np.concatenate([fast, slow]))
    distance = np.abs(
        np.searchsorted(np.sort(fast), both, side="right") / len(fast)
        - np.searchsorted(np.sort(slow), both, side="right") / len(slow)
    ).max()
    assert distance < 1.95 * math.sqrt(1 / len(fast) + 1 / len(slow))  # Kolmogorov and Smirnov, one in a thousand


def test_the_same_seed_draws_the_same_futures() -> None:
    known = passing_on.statistics([0.0, 10.0, 20.0], [-1, 0, 0], now=HOUR)
    one, again, other = (by_mechanism(known, DAY, seed=seed).newcomers for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_more_seeds_bring_more_and_a_small_town_bounds_all() -> None:
    one = cascade(3)
    known = passing_on.statistics(one.joined, one.parent, now=6 * HOUR)
    there = known.participants.everybody + known.seeds.everybody
    plain = by_mechanism(known, DAY, seed=1).newcomers[:, -1]
    more = by_mechanism(known, DAY, more_seeds=100, seed=1).newcomers[:, -1]
    town = by_mechanism(known, DAY, population=there + 10.0, seed=1).newcomers[:, -1]
    arriving = by_mechanism(known, DAY, arrivals=(100.0, 1 / DAY), seed=1).newcomers[:, -1]
    assert more.mean() > plain.mean() + 100
    assert arriving.mean() > plain.mean() + 80
    assert 0 < town.max() <= 10


def test_the_likelihood_counts_less_the_more_there_is() -> None:
    assert forecasting.temper(1) == 1.0
    assert forecasting.temper(300) == pytest.approx(0.1)
    assert forecasting.temper(9000) == pytest.approx(0.02, abs=0.003)


@given(st.lists(st.floats(0, 1e6), min_size=7, max_size=7).map(sorted), st.floats(1, 4))
def test_widening_keeps_order_and_the_middle(quantiles: list[float], factor: float) -> None:
    moved = forecasting.widened(np.array(quantiles), factor)
    assert (np.diff(moved) >= 0).all()
    assert moved[3] == np.rint(quantiles[3])
    assert moved[0] <= quantiles[0] + 1
    assert moved[6] >= quantiles[6] - 1e-6 * quantiles[6]


def test_the_score_prefers_narrow_intervals_that_hold() -> None:
    narrow, wide = [90, 95, 98, 100, 102, 105, 110], [10, 30, 60, 100, 200, 400, 900]
    assert interval_score(narrow, 100) < interval_score(wide, 100)
    assert interval_score(narrow, 900) > interval_score(wide, 900)
    assert interval_score([100] * 7, 100) == 0


def test_conformal_levels_take_the_promised_ranks() -> None:
    quantiles = np.tile(np.array([-2.0, -1.28, -0.67, 0.0, 0.67, 1.28, 2.0]), (99, 1))
    outcome = np.arange(1.0, 100.0)
    moved = quantiles[0] + forecasting._spread(quantiles)[0] * forecasting.conformal_shift(quantiles, outcome)
    assert moved.tolist() == pytest.approx([2, 10, 25, 50, 75, 90, 98])


def test_a_clock_knows_when_nothing_happens() -> None:
    nightly = [grown(np.arange(200.0) * 60, np.arange(-1, 199), start=20 * HOUR) for _ in range(3)]
    clock = Clock.of(nightly)
    assert clock is not None
    assert clock.weight.mean() == pytest.approx(1.0)
    assert clock.pace(0.0, 20 * HOUR, 23 * HOUR) > 5 * clock.pace(0.0, 8 * HOUR, 11 * HOUR)
    assert clock.pace(0.0, 0.0, 5 * DAY) == pytest.approx(1.0)
    assert Clock.of([grown([0.0, 1.0], [-1, 0])]) is None


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_regressed_quantiles_cover_what_they_say(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.standard_normal((1500, 3))
    outcome = 2 * table[:, 0] - table[:, 1] + np.exp(0.5 * table[:, 2]) * random.standard_normal(1500)
    found = quantile_regression.fit(table, outcome, LEVELS).predict(table)
    for place, level in enumerate(LEVELS):
        assert np.mean(outcome <= found[:, place]) == pytest.approx(level, abs=0.045)


def test_regression_of_nothing_says_so() -> None:
    with pytest.raises(ValueError, match="nothing to learn"):
        quantile_regression.fit(np.empty((0, 2)), np.empty(0), LEVELS)


@pytest.mark.parametrize(
    ("joined", "parent", "words"),
    [
        ([0.0, 1.0], [-1], "same length"),
        ([0.0, math.nan], [-1, 0], "needs a time"),
        ([0.0, 1.0], [-1, 7], "out of range"),
        ([0.0, 1.0], [1, 0], "own ancestor"),
    ],
)
def test_what_is_no_forest_is_refused(joined: list[float], parent: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        grown(joined, parent)


def test_people_stand_after_their_parents_and_never_before_them_in_time() -> None:
    forest = grown([5.0, 3.0, 9.0, 1.0], [-1, 0, 1, 2], start=7.0)
    assert forest.joined.tolist() == [0, 0, 4, 4]
    assert forest.parent.tolist() == [-1, 0, 1, 2]
    assert forest.until(1.0).generation.tolist() == [0, 1]


def test_unlearned_it_knows_nothing_of_settings() -> None:
    assert UNLEARNED.nearest(HOUR, 20, DAY) is None
