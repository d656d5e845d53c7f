"""Intervals of shrunk rates, and how strongly rates are drawn together: beside closed forms and made data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread.learning.shrinkage import Strength, believed, largest, learned_strength, rates, shrunk_rates


def below(a: int, b: int, x: float) -> float:
    """Return the chance that a Beta(a, b) of whole a and b is below x: that of a or more heads in a + b - 1 throws."""
    throws = a + b - 1
    return sum(math.comb(throws, heads) * x**heads * (1 - x) ** (throws - heads) for heads in range(a, throws + 1))


@given(a=st.integers(1, 40), b=st.integers(1, 400))
def test_the_middle_of_a_beta_is_the_textbooks(a: int, b: int) -> None:
    mean = np.array([a / (a + b)])
    found = rates(mean, mean * (1 - mean) / (a + b + 1))
    assert below(a, b, found.low[0]) == pytest.approx(0.025, abs=1e-5)
    assert below(a, b, found.high[0]) == pytest.approx(0.975, abs=1e-5)


@given(mean=st.floats(1e-9, 1 - 1e-9), variance=st.floats(1e-30, 1e9))
def test_any_mean_lies_in_its_interval(mean: float, variance: float) -> None:
    found = rates(np.array([mean]), np.array([variance]))
    assert 0 <= found.low[0] <= mean <= found.high[0] <= 1


def test_a_usual_that_is_not_quite_known_widens_the_interval() -> None:
    one = np.ones(1)
    known, unsure = (
        shrunk_rates(
            0.2 * one, joins=2 * one, failures=8 * one, usual=0.2 * one, unsure=wide * one, strength=Strength(20.0)
        )
        for wide in (0.0, 0.5)
    )
    plain = rates(0.2 * one, 0.2 * 0.8 * one / 31)
    assert (known.low[0], known.high[0]) == pytest.approx((plain.low[0], plain.high[0]), rel=1e-5)
    assert unsure.low < known.low < known.high < unsure.high


@pytest.mark.parametrize("unsure", [0.3, 1.2])
@pytest.mark.parametrize("strength", [Strength(40.0), Strength(40.0, 0.8)])
def test_integrating_what_is_not_known_out_is_what_draws_show(unsure: float, strength: Strength) -> None:
    random = np.random.default_rng(1)
    mu = np.minimum(0.1 * random.gamma(1 / unsure, unsure, 400_000), 1)
    kappa = strength.value * np.exp(strength.spread * random.standard_normal(len(mu)))
    drawn = random.beta(3 + kappa * mu, 20 + kappa * (1 - mu))
    one = np.ones(1)
    found = shrunk_rates(
        one * 0.11, joins=3 * one, failures=20 * one, usual=0.1 * one, unsure=unsure * one, strength=strength
    )
    assert (found.low[0], found.high[0]) == pytest.approx(np.quantile(drawn, (0.025, 0.975)), rel=0.12)  # five points


def test_what_is_believed_is_the_density() -> None:
    for width in (0.05, 0.4, 1.5):
        found = believed(lambda log, width=width: -((log - 1) ** 2) / (2 * width**2), -5, 9, near=0.01)
        assert math.log(found.value) == pytest.approx(1, abs=0.02)
        assert found.spread == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("truth", [3.0, 30.0])
def test_strength_is_found_and_its_interval_holds(truth: float) -> None:
    held = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        tries = random.integers(1, 30, 800)
        joins = random.binomial(tries, random.beta(0.2 * truth, 0.8 * truth, 800)).astype(float)
        found = learned_strength(joins, tries - joins, np.full(800, 0.2))
        assert found.value == pytest.approx(truth, rel=0.6)
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) > 0.87


def test_weights_are_repetitions() -> None:
    joins, failures, usual = np.array([1.0, 0.0, 5.0]), np.array([3.0, 9.0, 1.0]), np.full(3, 0.3)
    times = np.array([40, 30, 20])
    weighted = learned_strength(joins, failures, usual, weight=times.astype(float))
    repeated = learned_strength(*(np.repeat(one, times) for one in (joins, failures, usual)))
    assert weighted.value == pytest.approx(repeated.value)


def test_nothing_known_means_what_was_thought_beforehand() -> None:
    found = learned_strength(np.zeros(3), np.zeros(3), np.full(3, 0.5))
    assert found.value == pytest.approx(20, rel=1e-3)
    assert found.low < 2
    assert found.high > 200


@given(top=st.floats(-5, 5))
def test_the_largest_value_is_found(top: float) -> None:
    assert largest(lambda x: -abs(x - top), -6, 6) == pytest.approx(top, abs=1e-4)
