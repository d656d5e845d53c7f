"""Intervals of means: against sums of probabilities, and against what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread import branching


def _probability_below(count: int, shape: float, mean: float) -> float:
    """Return P(X < count) of a negative binomial, term by term."""
    chance = shape / (shape + mean)
    return math.fsum(
        math.exp(
            math.lgamma(shape + n)
            - math.lgamma(shape)
            - math.lgamma(n + 1)
            + shape * math.log(chance)
            + n * math.log1p(-chance)
        )
        for n in range(count)
    )


@given(st.integers(1, 400), st.integers(0, 300), st.floats(0.02, 50.0))
def test_ends_leave_a_fortieth_on_either_side(people: int, brought: int, k: float) -> None:
    found = branching.offspring(people, brought, k=k)
    assert 0.0 <= found.low <= found.value <= found.high
    assert _probability_below(brought + 1, people * k, people * found.high) == pytest.approx(0.025, rel=1e-5)
    if brought:
        assert 1 - _probability_below(brought, people * k, people * found.low) == pytest.approx(0.025, rel=1e-5)


def test_even_offspring_have_the_interval_of_a_poisson_count() -> None:
    found = branching.offspring(100, 30, k=1e9)
    assert (found.low * 100, found.high * 100) == pytest.approx((20.2409, 42.8269), rel=1e-4)  # published tables


@pytest.mark.parametrize(
    ("people", "mean", "k"), [(100, 0.4, 0.144), (300, 0.2, 0.075), (3000, 0.4, 0.144), (200, 1.0, 1.0)]
)
def test_intervals_hold_as_often_as_they_say(people: int, mean: float, k: float) -> None:
    random = np.random.default_rng(people)
    held = 0
    for _ in range(400):
        brought = random.poisson(random.gamma(k, mean / k, people))
        total, squared = int(brought.sum()), int((brought**2).sum())
        found = branching.offspring(people, total, k=branching.dispersion(people, total, squared))
        held += found.low <= mean <= found.high
    assert 0.91 <= held / 400 <= 0.99


def test_dispersion_finds_how_uneven_offspring_are() -> None:
    random = np.random.default_rng(5)
    brought = random.poisson(random.gamma(0.2, 3.0, 200_000))
    assert branching.dispersion(200_000, int(brought.sum()), int((brought**2).sum())) == pytest.approx(0.2, rel=0.05)


def test_dispersion_without_evidence_is_typical_and_of_even_offspring_is_large() -> None:
    assert branching.dispersion(50, 0, 0) == branching.TYPICAL_DISPERSION
    assert branching.dispersion(1, 3, 9) == branching.TYPICAL_DISPERSION
    assert branching.dispersion(50, 50, 50) > 1000


def test_amplification_holds_for_most_campaigns() -> None:
    random = np.random.default_rng(8)
    held = 0
    for _ in range(200):
        sizes = np.ones(300)
        alive = np.ones(300)
        while alive.any():
            alive = random.poisson(random.gamma(np.maximum(0.3 * alive, 1e-12), 0.4 / 0.3)) * (alive > 0)
            sizes += alive
        found = branching.amplification(300, int(sizes.sum()), int((sizes**2).sum()))
        assert found.low <= found.value <= found.high
        held += found.low <= 1 / (1 - 0.4) <= found.high
    assert held / 200 >= 0.9
