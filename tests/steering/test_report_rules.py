"""What differs surely between groups, what one join cost, and what follows for the next campaign."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread.estimate import Estimate, TooEarly
from sebar.steering.report import rules
from sebar.steering.report.rules import Contrast, Foretold, Lesson, Tried

AT = datetime(2026, 3, 1, tzinfo=UTC)
EARLY = TooEarly(12, 30)


def around(value: float, width: float = 0.1) -> Estimate:
    return Estimate(value, value - width, value + width)


def test_only_what_surely_differs_from_the_largest_group_is_told() -> None:
    channels = [("whatsapp", around(0.5)), ("link", around(0.9)), ("qr", around(0.6)), ("email", EARLY)]
    (found,) = rules.contrasts({"channel": channels, "creative": [("", around(0.1)), ("film", around(3.0))]})
    assert (found.by, found.better, found.worse) == ("channel", "link", "whatsapp")
    assert found.more.value == pytest.approx(0.4)
    assert 0 < found.more.low < found.more.value < found.more.high


def test_the_largest_may_be_the_better_one() -> None:
    (found,) = rules.contrasts({"source": [("fair", around(0.9)), ("list", around(0.3))]})
    assert (found.better, found.worse) == ("fair", "list")


def test_more_comparisons_make_each_of_them_wider() -> None:
    alone, among = (rules.difference(around(1.0), around(0.5), many) for many in (1, 10))
    assert alone.value == among.value
    assert among.low < alone.low < alone.high < among.high
    assert alone.high - alone.value == pytest.approx(np.hypot(0.1, 0.1))


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 2), st.floats(0, 2))
def test_turning_a_difference_round_turns_its_interval_round(a: float, b: float, low: float, high: float) -> None:
    above, below = Estimate(a, a - low, a + high), Estimate(b, b - high, b + low)
    there, back = rules.difference(above, below), rules.difference(below, above)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))


def test_groups_that_are_alike_are_hardly_ever_told_apart() -> None:
    random = np.random.default_rng(3)
    told = 0
    for _ in range(400):
        groups = [(str(place), around(float(random.normal(1.0, 0.05)), 1.96 * 0.05)) for place in range(6)]
        told += bool(rules.contrasts({"channel": groups}))
    assert told / 400 < 0.08


def test_what_is_parted_among_nobody_has_no_price() -> None:
    assert rules.each(1000, 3) == 333
    assert rules.each(1000, 0) is None
    assert rules.each(None, 3) is None


def test_what_was_foreseen_held_where_it_came_within_the_range() -> None:
    line = (10.0, 12.0, 15.0, 20.0, 30.0, 45.0, 80.0)
    made = [Foretold("", AT, AT, line, outcome, None) for outcome in (11, 12, 45, 46, None)]
    assert [one.held for one in made] == [False, True, True, False, None]


def test_what_to_do_next_time_follows_from_the_evidence_alone() -> None:
    nothing = rules.advice(
        found=[],
        tried=[Tried(1, "Two headlines", "")],
        foretold=[],
        alarmed=[],
        decided=[],
        goal=100,
        amplification=EARLY,
        r=around(0.7),
        is_missed=True,
    )
    assert nothing == []
    line = (10.0, 12.0, 15.0, 20.0, 30.0, 45.0, 80.0)
    given = rules.advice(
        found=[Contrast("channel", "link", "qr", around(0.9), around(0.5), around(0.4))],
        tried=[Tried(1, "Two headlines", "b")],
        foretold=[Foretold("", AT, AT, line, 99, 0.1), Foretold("Plan A", AT, AT, line, 99, 0.1)],
        alarmed=["negative", "bots", "negative"],
        decided=["bots"],
        goal=100,
        amplification=Estimate(4.0, 2.0, 5.0),
        r=around(0.7),
        is_missed=True,
    )
    assert [(one.lesson, one.what, one.beside) for one in given] == [
        (Lesson.BEGIN_WITH, "link", "qr"),
        (Lesson.KEEP_ARM, "b", "Two headlines"),
        (Lesson.SEEDS, "", ""),
        (Lesson.POLICY, "negative", ""),
        (Lesson.PLAN, "Plan A", ""),
    ]
    seeds = given[2].number
    assert seeds is not None
    assert (seeds.value, seeds.low, seeds.high) == (25, 20, 50)


def test_how_many_seeds_a_goal_takes_is_not_told_before_r_may_be() -> None:
    evidence: dict[str, Any] = {"found": [], "tried": [], "foretold": [], "alarmed": [], "decided": [], "goal": 500}
    missed = {**evidence, "amplification": Estimate(1.02, 1.0, 1.06), "is_missed": True}
    assert rules.advice(**missed, r=EARLY) == []
    assert [one.lesson for one in rules.advice(**missed, r=around(0.4))] == [Lesson.SEEDS]
