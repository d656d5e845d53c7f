"""How large an experiment must be: what the law of sizes says is what simulated cascades do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sebar.spread import experiment, experiment_plan
from sebar.spread.experiment_plan import effect_of, outcome, r_of


def test_the_law_is_what_branching_brings() -> None:
    random = np.random.default_rng(1)
    size, alive = np.ones(200_000), np.ones(200_000)
    for _ in range(60):
        alive = random.poisson(random.gamma(0.3 * alive, 0.4 / 0.3)).astype(np.float64)
        size += alive
    found = outcome(0.4, spread=0.0)
    y = np.log(size)
    assert found.mean == pytest.approx(y.mean(), abs=4 * y.std() / math.sqrt(len(y)))
    assert found.spread == pytest.approx(y.std(), rel=0.01)


def test_known_answers() -> None:
    assert experiment_plan._sizes(0.6, 0.4)[0] == pytest.approx(0.69314, abs=1e-5)
    assert experiment_plan._sizes(0.6, 0.4).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("r", [0.1, 0.4, 0.8])
def test_r_is_found_again(r: float) -> None:
    assert r_of(outcome(r).mean) == pytest.approx(r, abs=0.001)


def test_passing_on_more_brings_more_and_costs_fewer_seeds() -> None:
    effects = [effect_of(factor) for factor in (1.1, 1.2, 1.5, 2.0)]
    ratios = [one.ratio for one in effects]
    assert ratios == sorted(ratios)
    assert min(one.widening for one in effects) > 1.0
    needed = [experiment.seeds_needed(ratio, spread=outcome(0.4).spread) for ratio in ratios]
    assert needed == sorted(needed, reverse=True)


@pytest.mark.parametrize(("r", "k", "spread"), [(0.0, 0.3, 0.5), (1.2, 0.3, 0.5), (0.4, 0.0, 0.5), (0.4, 0.3, -1)])
def test_what_is_no_campaign_is_refused(r: float, k: float, spread: float) -> None:
    with pytest.raises(ValueError, match="give 0 < r"):
        outcome(r, k=k, spread=spread)
