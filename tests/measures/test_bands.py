"""Generations in rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sebar.measures import Band
from sebar.measures.bands import bands, places


@given(st.integers(0, 3000), st.integers(2, 60))
def test_bands_hold_every_generation_once(deepest: int, limit: int) -> None:
    rows = bands(deepest, limit)
    assert 1 <= len(rows) <= limit
    held = [generation for row in rows for generation in range(row.first, row.last + 1)]
    assert held == list(range(deepest + 1))
    assert [rows[place].first <= generation <= rows[place].last for generation, place in enumerate(places(rows))] == [
        True
    ] * (deepest + 1)


def test_few_generations_have_a_row_each() -> None:
    assert bands(3, 12) == (Band(0, 0), Band(1, 1), Band(2, 2), Band(3, 3))
    assert [row.label for row in bands(60, 12)][:9] == ["0", "1", "2", "3", "4", "5", "6", "7", "8"]
    assert bands(60, 12)[-1].last == 60
    assert "–" in bands(60, 12)[-1].label
