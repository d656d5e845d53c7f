"""What the store gathers for the likelihood is what arrays of a forest give, and what one loop finds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from stored_events import CAMPAIGNS, Stored

import naive
from sebar import measures
from sebar.spread import passing_on
from sebar.spread.cascade import parents
from sebar.spread.passing_on import Statistics

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)


def _same(one: Statistics, other: Statistics) -> None:
    np.testing.assert_allclose(one.age, other.age)
    for name in ("people", "brought", "number", "bringers", "delays"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert one.log_delay == pytest.approx(other.log_delay)
    assert one.log_delay_squared == pytest.approx(other.log_delay_squared)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_store_gathers_what_arrays_and_loops_do(stored: Stored, campaign: int, zone: str) -> None:
    known = measures.spreading(campaign, zone=zone, now=NOW, ask=stored.ask).statistics
    people = naive.joins(stored.events, campaign, until=NOW)
    numbers = np.array([e.participant for e in people], np.int64)
    above = parents(numbers, np.array([e.parent for e in people], np.int64))
    seconds = np.array([e.ts / 1000 for e in people])
    arrays = passing_on.statistics(seconds, above, now=NOW.timestamp())
    loops = naive.spreading(stored.events, campaign, NOW)
    for some, others, is_seed in ((known.participants, arrays.participants, False), (known.seeds, arrays.seeds, True)):
        _same(some, others)
        mine = loops[is_seed]
        groups = sorted(mine["people"])
        assert some.people.tolist() == [mine["people"][group] for group in groups]
        assert some.brought.tolist() == [mine["brought"][group] for group in groups]
        assert dict(zip(some.number, some.bringers, strict=True)) == mine["bringers"]
        assert some.delays == len(mine["delays"])
        assert some.log_delay == pytest.approx(sum(mine["delays"]))
