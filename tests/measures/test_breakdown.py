"""Participants parted by what they have in common, asked of a real store and compared with naive answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stored_events import BUSY, CAMPAIGNS, DEEP, OLD, Stored

import naive
from sebar import measures
from sebar.events.event import Kind
from sebar.kit.errors import UserError
from sebar.measures import PARTS, Part
from sebar.spread.estimate import Estimate, TooEarly

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
@pytest.mark.parametrize("by", PARTS)
def test_groups_hold_what_loops_find(stored: Stored, campaign: int, by: Part) -> None:
    zone = "America/New_York"
    answer = measures.breakdown(campaign, by, zone=zone, now=NOW, most=1000, ask=stored.ask)
    known = naive.before(stored.events, NOW)
    people, visits, passed_on = naive.parted(known, campaign, by, zone)
    friends, shares = naive.brought(known, campaign), naive.shared(known, campaign)
    assert {group.label for group in answer.groups} == people.keys() | visits.keys() | passed_on.keys()
    for group in answer.groups:
        mine = people[group.label]
        numbers = {e.participant for e in mine}
        assert group.joins == len(mine)
        assert group.visits == visits[group.label]
        assert group.passed_on == passed_on[group.label]
        assert group.brought == sum(friends[number] for number in numbers)
        assert group.shares == sum(shares[number] for number in numbers)
        bought = naive.counted(known, campaign, Kind.CONVERSION)
        undone = naive.counted(known, campaign, Kind.REFUND)
        assert group.conversions == len([e for e in bought if e.participant in numbers]) - len(
            [e for e in undone if e.participant in numbers]
        )
        if group.joins < 30:
            assert group.r == group.k_factor == TooEarly(group.joins, 30)
        if isinstance(group.k_factor, Estimate):
            traced = sum(friends[number] for number in numbers if shares[number])
            assert group.k_factor.value == pytest.approx(traced / group.joins)


def test_the_largest_come_first_and_the_rest_is_summed(stored: Stored) -> None:
    every = measures.breakdown(BUSY, "channel", now=NOW, most=50, ask=stored.ask).groups
    few = measures.breakdown(BUSY, "channel", now=NOW, most=2, ask=stored.ask).groups
    assert [group.joins for group in every] == sorted((group.joins for group in every), reverse=True)
    assert [group.label for group in few] == [every[0].label, every[1].label, ""]
    assert [group.is_rest for group in few] == [False, False, True]
    assert few[2].joins == sum(group.joins for group in every[2:])
    assert few[2].visits == sum(group.visits for group in every[2:])
    assert few[2].passed_on == sum(group.passed_on for group in every[2:])
    assert few[0].joins == every[0].joins
    assert few[0].conversions == every[0].conversions
    assert isinstance(few[0].r, Estimate)
    assert isinstance(every[0].r, Estimate)
    # The store adds logarithms in any order, so the last digits differ from one time to the next.
    assert (few[0].r.value, few[0].r.low, few[0].r.high) == pytest.approx(
        (every[0].r.value, every[0].r.low, every[0].r.high)
    )


def test_days_and_weeks_begin_with_the_newest(stored: Stored) -> None:
    weeks = measures.breakdown(OLD, "week", most=10, ask=stored.ask).groups
    assert [group.label for group in weeks[:10]] == sorted((group.label for group in weeks[:10]), reverse=True)
    assert weeks[10].is_rest
    assert sum(group.joins for group in weeks) == len(naive.before(naive.joins(stored.events, OLD), datetime.now(UTC)))


def test_r_of_a_group_lies_near_what_it_brought_when_it_had_its_time(stored: Stored) -> None:
    (first, *_) = measures.breakdown(BUSY, "source", now=datetime(2027, 1, 1, tzinfo=UTC), ask=stored.ask).groups
    assert isinstance(first.r, Estimate)
    assert first.r.value == pytest.approx(first.brought / first.joins, rel=0.15)
    assert first.r.low < first.brought / first.joins < first.r.high


def test_nobody_is_parted_by_what_is_not_there(stored: Stored) -> None:
    with pytest.raises(UserError, match="channel, creative, source, country, day, week") as refused:
        measures.breakdown(DEEP, "name; DROP TABLE events", ask=stored.ask)  # type: ignore[arg-type]
    assert refused.value.field == "by"
