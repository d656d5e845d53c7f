"""How large cascades become: against the law of those in which all are alike, and against drawn ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread import branching
from sebar.spread.sizes import Offspring, cascade_sizes


@given(st.floats(0.05, 3.0), st.floats(0.05, 20.0))
def test_where_seeds_are_like_their_friends_it_is_the_known_law(r: float, k: float) -> None:
    alike = Offspring(r, k)
    np.testing.assert_allclose(
        cascade_sizes(alike, alike, most=60), branching.size_probabilities(r, k, most=60), rtol=1e-6, atol=1e-12
    )


def test_mean_and_sum_of_cascades_that_end() -> None:
    chances = cascade_sizes(Offspring(3.0, 0.5), Offspring(0.4, 0.3), most=3000)
    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    assert (chances * np.arange(1, 3001)).sum() == pytest.approx(1 + 3.0 / (1 - 0.4), rel=1e-6)


def test_drawn_cascades_are_as_frequent_as_it_says() -> None:
    draw = np.random.default_rng(7)
    runs, seeds, friends = 20_000, Offspring(2.0, 0.4), Offspring(0.5, 0.5)
    alive = draw.negative_binomial(seeds.k, seeds.k / (seeds.k + seeds.r), runs)
    sizes = 1 + alive
    while alive.any():
        alive = draw.poisson(draw.gamma(np.where(alive, friends.k * alive, 1e-12), friends.r / friends.k))
        sizes = sizes + alive
    seen = np.bincount(sizes, minlength=31)[1:31] / runs
    expected = cascade_sizes(seeds, friends, most=30)
    assert (np.abs(seen - expected) < 4 * np.sqrt(expected / runs) + 1e-3).all()
