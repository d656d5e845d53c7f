"""Probabilities and quantiles: against published tables, and against sums term by term."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread import special


def _at_least(count: int, total: int, share: float) -> float:
    """Return P(X >= count) of a binomial, term by term."""
    return math.fsum(math.comb(total, n) * share**n * (1 - share) ** (total - n) for n in range(count, total + 1))


@given(st.integers(1, 60), st.data(), st.floats(0.001, 0.2))
def test_bounds_of_a_share_leave_just_so_much_on_either_side(total: int, data: st.DataObject, tail: float) -> None:
    count = data.draw(st.integers(0, total))
    low, high = special.share_bounds(count, total, below=tail, above=tail)
    assert low <= count / total <= high
    assert (low == 0.0) if count == 0 else _at_least(count, total, low) == pytest.approx(tail, rel=1e-6)
    assert (high == 1.0) if count == total else 1 - _at_least(count + 1, total, high) == pytest.approx(tail, rel=1e-6)


def test_bounds_of_a_share_are_the_published_ones() -> None:
    assert special.share_bounds(1, 10) == pytest.approx((0.0025286, 0.4450161), abs=1e-6)


@pytest.mark.parametrize(
    ("level", "freedom", "t"), [(0.95, 10, 2.228139), (0.99, 5, 4.032143), (0.99, 1, 63.656741), (0.95, 1e6, 1.959966)]
)
def test_quantiles_of_student_are_those_of_tables(level: float, freedom: float, t: float) -> None:
    assert special.student_quantile(level, freedom) == pytest.approx(t, abs=2e-6)
    assert special.student_two_sided(-t, freedom) == pytest.approx(1 - level, abs=1e-6)


@given(st.floats(0.01, 0.9999), st.floats(1.0, 1e5))
def test_quantiles_of_student_undo_its_tail(level: float, freedom: float) -> None:
    assert special.student_two_sided(special.student_quantile(level, freedom), freedom) == pytest.approx(1 - level)


@pytest.mark.parametrize(
    ("value", "freedom", "tail"),
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (7.814728, 3, 0.05), (18.467, 4, 0.001), (18.307038, 10, 0.05)],
)
def test_tails_of_chi_squared_are_those_of_tables(value: float, freedom: int, tail: float) -> None:
    assert special.chi_squared_tail(value, freedom) == pytest.approx(tail, rel=1e-4)
    assert special.chi_squared_tail(0.0, freedom) == 1.0
