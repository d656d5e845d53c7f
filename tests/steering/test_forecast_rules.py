"""When forecasts of record are made, how often they held, and that misses widen them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread.estimate import Estimate
from sebar.steering import rules
from sebar.steering.rules import Ahead, MoreSeeds, Outlook

START = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUANTILES = st.lists(st.floats(10, 1e6), min_size=7, max_size=7).map(sorted)


@dataclass(frozen=True)
class One:
    quantiles: list[float]
    outcome: int | None


def an_outlook() -> Outlook:
    ahead = Ahead(START + 24 * HOUR, (10, 12, 15, 20, 30, 45, 80))
    return Outlook(
        goal=None,
        population=None,
        counted={"participants": 10, "reach": 40, "conversions": 2},
        ahead={"participants": [ahead], "reach": [ahead], "conversions": [ahead]},
        fan=[Ahead(START, (10,) * 7), ahead],
        is_calibrated=False,
        learned_from=3,
        r=Estimate(0.4, 0.3, 0.6),
        is_r_of_friends=True,
        seeds_a_day=105.0,
        most=1010.0,
        takes_off=0.0,
        k=Estimate(0.2, 0.1, 0.3),
        cycle_time=Estimate(3600, 1800, 7200),
        die_out=0.25,
        busiest=None,
        chance_of_goal=0.5,
        more_seeds=[MoreSeeds(100, (10, 12, 15, 20, 30, 45, 80), 0.6)],
        seeds_to_goal=None,
    )


def test_a_look_ahead_is_stored_whole() -> None:
    assert rules.decode(rules.encode(an_outlook())) == an_outlook()


def test_forecasts_of_record_are_made_after_1_6_and_24_hours_and_then_daily() -> None:
    made: list[datetime] = []
    for minute in range(4 * 24 * 60):
        now = START + timedelta(minutes=minute)
        if rules.is_due(START, made[-1] if made else None, now):
            made.append(now)
    assert [one - START for one in made] == [HOUR, 6 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR]


def test_a_moment_that_passed_long_ago_is_left_out_for_good() -> None:
    assert rules.is_due(START, START + HOUR, START + 24.9 * HOUR)
    assert not rules.is_due(START, START + HOUR, START + 25 * HOUR)
    assert not rules.is_due(START, None, START + 30 * HOUR)
    assert not rules.is_due(START, START + 24.9 * HOUR, START + 24.95 * HOUR)
    assert rules.is_due(START, START + HOUR, START + 48 * HOUR)


def test_horizons_are_a_day_a_week_and_the_end() -> None:
    day, week = START + 24 * HOUR, START + 7 * 24 * HOUR
    assert rules.horizons(START, None) == [day, week]
    assert rules.horizons(START, START + 30 * 24 * HOUR) == [day, week, START + 30 * 24 * HOUR]
    assert rules.horizons(START, START + 36 * HOUR) == [day, START + 36 * HOUR]
    assert rules.horizons(START, START + HOUR) == [START + HOUR]
    assert rules.horizons(START, START + 3000 * 24 * HOUR) == [day, week]
    assert rules.horizons(START, START) == []


def test_the_record_counts_what_held() -> None:
    quantiles = [10.0, 20, 30, 40, 50, 60, 70]
    found = rules.record([One(quantiles, 45), One(quantiles, 20), One(quantiles, 71), One(quantiles, None)])
    assert [(one.level, one.held, one.forecasts) for one in found] == [(0.5, 1, 3), (0.8, 2, 3), (0.95, 2, 3)]
    assert rules.record([])[0].share == 0.0


@given(QUANTILES, st.integers(0, 10), st.floats(1, 4))
def test_widened_intervals_hold_the_old_ones_and_stay_in_order(
    quantiles: list[float], known: int, factor: float
) -> None:
    moved = rules.widened(quantiles, known, factor)
    assert list(moved) == sorted(moved)
    assert all(after <= before * (1 + 1e-9) for after, before in zip(moved[:3], quantiles[:3], strict=True))
    assert all(after >= before * (1 - 1e-9) for after, before in zip(moved[4:], quantiles[4:], strict=True))
    assert min(moved) >= known


def test_intervals_that_are_too_narrow_are_widened_until_they_hold() -> None:
    draw, history = random.Random(1), []
    for _ in range(4000):
        factor = rules.widening(history[-300:])
        history.append(abs(draw.gauss(0, 1)) < 0.6 * factor)  # only 45 % would hold as they are
    assert sum(history[1000:]) / 3000 == pytest.approx(0.8, abs=0.03)


def test_intervals_that_hold_are_left_alone() -> None:
    assert rules.widening([]) == 1.0
    assert rules.widening([True] * 50) == 1.0
    assert rules.widening([False]) > 1.0
    assert rules.widening([False] * 500) <= 4.0


def test_only_what_is_known_can_be_judged() -> None:
    assert rules.off(9, 99) == pytest.approx(2.302585)
    with pytest.raises(ValueError, match="outcome is known"):
        rules.off(9, None)
    assert rules.mean([]) is None


def test_the_chance_of_a_goal_follows_the_quantiles() -> None:
    newcomers = (0.0, 10, 20, 30, 40, 50, 60)
    assert rules.chance_of(100, newcomers, 100) == 1.0
    assert rules.chance_of(130, newcomers, 100) == 0.5
    assert rules.chance_of(145, newcomers, 100) == pytest.approx(0.175)
    assert rules.chance_of(900, newcomers, 100) == pytest.approx(0.025)
    assert rules.chance_of(101, (5.0,) * 7, 100) == pytest.approx(0.975)


@given(QUANTILES, st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_higher_goal_is_never_likelier(newcomers: list[float], one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert rules.chance_of(low, newcomers, 0) >= rules.chance_of(high, newcomers, 0)


def test_the_seeds_that_make_a_goal_likely() -> None:
    more = [MoreSeeds(10, (), 0.2), MoreSeeds(100, (), 0.6), MoreSeeds(300, (), 1.0)]
    assert rules.seeds_for(0.8, more) == 200
    assert rules.seeds_for(0.2, more) == 10
    assert rules.seeds_for(0.9, more[:2]) is None
