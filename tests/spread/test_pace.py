"""How fast it goes and whether it ends, for people who have brought some of their friends already."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sebar.spread import branching, passing_on
from sebar.spread.pace import dies_out, had_their_time, pace

HOUR = 3600.0


def known(ages: list[float], brought: list[int]) -> passing_on.Statistics:
    """Return the statistics of people of these ages who have brought so many an hour after joining."""
    joined = [-age for age in ages]
    parent = [-1] * len(ages)
    for person, friends in enumerate(brought):
        joined += [joined[person] + HOUR] * friends
        parent += [person] * friends
    return passing_on.statistics(joined, parent, now=0.0).seeds


def test_newcomers_die_out_as_a_branching_process_does() -> None:
    theta = np.array([1.5, 0.5, HOUR, 1.0])
    fresh = known([1.0] * 7, [0] * 7)
    assert dies_out(theta, fresh) == pytest.approx(branching.dies_out(1.5, 0.5, people=7), rel=1e-6)


def test_below_one_everything_ends() -> None:
    assert dies_out(np.array([0.9, 0.5, HOUR, 1.0]), known([HOUR], [3])) == 1.0


def test_people_who_had_their_time_begin_nothing_more() -> None:
    theta = np.array([1.5, 0.5, HOUR, 0.5])
    assert dies_out(theta, known([1e9] * 40, [1] * 40)) == pytest.approx(1.0)


def test_older_people_die_out_as_drawn_futures_do() -> None:
    """A naive count: draw each one's rate given what is known, then whether what they still bring goes on."""
    r, k, median, sigma = 1.6, 0.4, 3 * HOUR, 1.0
    ages, brought = [HOUR, 2 * HOUR, 8 * HOUR], [0, 1, 2]
    draw = np.random.default_rng(3)
    ends = branching.dies_out(r, k)
    died = 1.0
    for age, friends in zip(ages, brought, strict=True):
        done = 0.5 * math.erfc(-(math.log(age) - math.log(median)) / (sigma * math.sqrt(2)))
        rates = draw.gamma(k + friends, 1 / (k / r + done), 400_000)
        more = draw.poisson(rates * (1 - done))
        died *= float(np.mean(ends**more))
    assert dies_out(np.array([r, k, median, sigma]), known(ages, brought)) == pytest.approx(died, rel=0.01)


def test_growth_and_doubling_say_the_same() -> None:
    draw = np.random.default_rng(5)
    ages = draw.uniform(5 * HOUR, 40 * HOUR, 400).tolist()
    some = known(ages, draw.poisson(2.0, 400).tolist())
    fit = passing_on.fit(some)
    found = pace(fit)
    assert found.growth.value == pytest.approx(2 ** (86_400 / found.doubling.value) - 1)
    assert found.growth.low <= found.growth.value <= found.growth.high
    assert found.doubling.low <= found.doubling.value <= found.doubling.high
    assert dies_out(np.exp(fit.theta), some) == pytest.approx(1.0), "whoever is here had their time"
    assert 399 < had_their_time(fit) <= 400


def test_delays_that_hardly_differ_leave_growth_as_unsure_as_how_many_are_brought() -> None:
    random = np.random.default_rng(1)
    joined, parent = [0.0] * 10, [-1] * 10
    for person in range(150):
        friends = int(random.poisson(1.6)) if person < len(joined) else 0
        joined += [joined[person] + 24 * HOUR * math.exp(0.01 * random.standard_normal()) for _ in range(friends)]
        parent += [person] * friends
    fit = passing_on.fit(passing_on.statistics(joined, parent, now=float(np.quantile(joined, 0.8))).together)
    found, r = pace(fit), fit.r()
    assert found.growth.low < found.growth.value < found.growth.high
    assert found.growth.high - found.growth.low == pytest.approx(r.high - r.low, rel=0.4)  # a cycle takes a day
    assert found.doubling.low < found.doubling.high
