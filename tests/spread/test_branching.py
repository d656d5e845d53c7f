"""Intervals of means: against sums of probabilities, and against what they promise."""

from __future__ import annotations

import math
from collections.abc import Callable

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


@pytest.mark.parametrize(("k", "chance"), [(0.1, 0.9323), (0.5, 0.7676), (1.0, 1 / 1.5), (math.inf, 0.4172)])
def test_the_chance_to_die_out_is_as_published(k: float, chance: float) -> None:
    assert branching.dies_out(1.5, k) == pytest.approx(chance, abs=5e-5)
    assert branching.dies_out(1.5, k, people=3) == pytest.approx(chance**3, abs=2e-4)


@given(st.floats(0.0, 20.0), st.floats(0.01, 100.0))
def test_who_dies_out_are_those_all_of_whose_friends_die_out(r: float, k: float) -> None:
    chance = branching.dies_out(r, k)
    assert 0.0 < chance <= 1.0
    assert (1 + r * (1 - chance) / k) ** -k == pytest.approx(chance, abs=1e-9)
    assert chance == 1.0 or r > 1.0


def test_sizes_follow_their_law() -> None:
    chances = branching.size_probabilities(0.6, 0.4, most=4000)
    sizes = np.arange(1, 4001)
    assert chances[0] == pytest.approx(0.69314, abs=1e-5)
    assert chances.sum() == pytest.approx(1.0, abs=1e-6)
    assert (chances * sizes).sum() == pytest.approx(2.5, rel=1e-3)
    assert branching.size_probabilities(0.6, math.inf, most=3)[2] == pytest.approx(0.089261, abs=1e-6)
    assert branching.size_probabilities(1.5, 0.5, most=4000).sum() == pytest.approx(0.7676, abs=1e-3)


def test_sizes_are_those_of_cascades_drawn() -> None:
    random = np.random.default_rng(2)
    sizes, alive = np.ones(20_000), np.ones(20_000)
    while alive.any():
        alive = random.poisson(random.gamma(np.maximum(0.3 * alive, 1e-12), 0.5 / 0.3)) * (alive > 0)
        sizes += alive
    for size, chance in enumerate(branching.size_probabilities(0.5, 0.3, most=5), start=1):
        assert np.mean(sizes == size) == pytest.approx(chance, abs=0.011)


def test_growth_and_r_belong_together() -> None:
    day = 86_400.0
    delay = {"median": day / 4, "sigma": 1.2}
    assert branching.offspring_of_growth(math.log(2) / day, **delay) == pytest.approx(1.304, abs=5e-4)
    assert branching.doubling_time(1.304, **delay) == pytest.approx(day, rel=2e-3)
    # Hardly any spread: everybody brings R after just so long.
    assert branching.growth_rate(2.0, median=day, sigma=1e-4) == pytest.approx(math.log(2) / day, rel=1e-6)


@given(st.floats(1.01, 50.0), st.floats(60.0, 1e6), st.floats(0.1, 3.0))
def test_growth_answers_what_r_asks(r: float, median: float, sigma: float) -> None:
    rate = branching.growth_rate(r, median=median, sigma=sigma)
    assert branching.offspring_of_growth(rate, median=median, sigma=sigma) == pytest.approx(r, rel=1e-6)


def test_what_fades_never_doubles() -> None:
    assert branching.growth_rate(1.0, median=60.0, sigma=1.0) == 0.0
    assert branching.doubling_time(0.4, median=60.0, sigma=1.0) == math.inf


@pytest.mark.parametrize(("r", "k"), [(math.nan, 1.0), (-1.0, 1.0), (2.0, math.nan), (2.0, 0.0)])
def test_dying_out_takes_numbers(r: float, k: float) -> None:
    with pytest.raises(ValueError, match="R must be a number from 0 up"):
        branching.dies_out(r, k)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (lambda: branching.offspring(0, 0, k=1), "people is 0: give at least 1"),
        (lambda: branching.offspring(10, -5, k=1), "brought is -5: give a number from 0 up"),
        (lambda: branching.offspring(10, 5, k=math.nan), "k is nan: give a number above 0"),
        (lambda: branching.offspring(10, 5, k=0), "k is 0: give a number above 0"),
        (lambda: branching.offspring(10, 5, k=1, level=2), "level is 2: give a number above 0 and below 1"),
        (lambda: branching.offspring(10, 5, k=1, level=math.nan), "level is nan"),
        (lambda: branching.amplification(1, 3, 9), "seeds is 1: give at least 2"),
        (lambda: branching.amplification(100, 99, 100), "people is 99: 100 cascades hold at least their 100 seeds"),
        (lambda: branching.amplification(100, 200, 100), "sizes_squared is 100: for 200 people in 100 cascades it is"),
        (lambda: branching.amplification(100, 200, 900, level=1), "level is 1"),
        (lambda: branching.dies_out(2, 1, people=-3), "people is -3: give a number from 0 up"),
        (lambda: branching.size_probabilities(math.nan, 1, most=3), "R is nan and k is 1: both must be"),
        (lambda: branching.size_probabilities(-1, 1, most=3), "R is -1 and k is 1"),
        (lambda: branching.size_probabilities(0.5, 0, most=3), "R is 0.5 and k is 0"),
        (lambda: branching.size_probabilities(0.5, 1, most=0), "most is 0: give at least 1"),
        (lambda: branching.growth_rate(math.nan, median=60, sigma=1), "R is nan: it must be a number from 0 up"),
        (lambda: branching.growth_rate(2, median=-1, sigma=1), "median is -1 and sigma is 1: give a median above 0"),
        (lambda: branching.doubling_time(2, median=60, sigma=math.nan), "median is 60 and sigma is nan"),
        (lambda: branching.offspring_of_growth(-1, median=60, sigma=1), "rate is -1: it must be a number from 0 up"),
    ],
)
def test_impossible_questions_are_one_sentence(question: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        question()


def test_amplification_is_unsure_where_nobody_brought_anybody() -> None:
    nobody = branching.amplification(100, 100, 100)
    assert (nobody.value, nobody.low) == (1, 1)
    assert nobody.high == pytest.approx(1 / (1 - branching.offspring(100, 0, k=0.1).high))
    assert 1.03 < nobody.high < 1.06
    assert branching.amplification(2, 2, 2).high == math.inf
    alike = branching.amplification(100, 200, 400)
    assert alike.low < 1.9
    assert alike.high > 2.1
    assert alike.high > branching.amplification(100, 200, 400, level=0.7).high > 2
