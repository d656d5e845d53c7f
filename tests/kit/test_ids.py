"""Identifiers carry their time (RFC 9562, version 7)."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sebar.kit.ids import new_id, now_ms


@given(st.integers(0, 2**48 - 1))
def test_the_first_48_bits_are_the_time(ts: int) -> None:
    made = new_id(ts)
    assert made.int >> 80 == ts
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_identifiers_sort_by_time_and_never_repeat() -> None:
    first = now_ms()
    made = [new_id(first + n) for n in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert isinstance(new_id(), UUID)


def test_a_time_before_1970_is_held_at_its_start() -> None:
    assert new_id(-5).int >> 80 == 0
