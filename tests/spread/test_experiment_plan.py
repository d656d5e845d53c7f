"""How large an experiment must be: what the plan says is what simulated cascades do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from sebar.spread import experiment
from sebar.spread.experiment import Comparison
from sebar.spread.experiment_plan import GENERATIONS, SPREAD, K, answer, effect_of, outcome, r_of

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Campaign:
    """How much seeds and whoever they bring pass on, and how unevenly."""

    seeds: float
    others: float
    k: float = K
    spread: float = SPREAD

    def generations(self, random: np.random.Generator, factors: Values) -> Values:
        """Return (seeds, generations) how many people there are, where a seed's people pass on so much more."""
        by_itself = np.exp(self.spread * random.standard_normal(len(factors)) - self.spread**2 / 2)
        alive, found = np.ones(len(factors)), np.zeros((len(factors), GENERATIONS))
        for generation in range(GENERATIONS):
            mean = (self.others if generation else self.seeds) * factors * by_itself
            rates = np.where(alive > 0, random.gamma(np.maximum(self.k * alive, 1e-9), mean / self.k), 0.0)
            alive = random.poisson(rates).astype(np.float64)
            found[:, generation] = alive
        return found


def answers(generations: Values) -> Values:
    """Return by how much ln(1 + joins) of each seed answers to passing on more, as `measures` does."""
    onwards = np.cumsum(generations[:, ::-1], axis=1)[:, ::-1]
    share = onwards / np.maximum(generations, 1) / (1 + generations.sum(axis=1, keepdims=True))
    found: Values = -(generations * np.log1p(-np.where(generations > 0, share, 0))).sum(axis=1)
    return found


@pytest.mark.parametrize("r", [0.1, 0.4, 0.95, 1.5])
def test_the_outcome_is_what_branching_brings(r: float) -> None:
    y = np.log1p(Campaign(r, r).generations(np.random.default_rng(1), np.ones(200_000)).sum(axis=1))
    found = outcome(r)
    assert found.mean == pytest.approx(y.mean(), abs=4 * y.std() / math.sqrt(len(y)))
    assert found.spread == pytest.approx(y.std(), rel=0.015)


def test_of_one_generation_nothing_is_left_to_chance() -> None:
    """Where hardly anybody is brought, a cascade is one friend or none."""
    found = outcome(1e-4, k=1e6, spread=0.0)
    assert found.mean == pytest.approx(1e-4 * math.log(2), rel=0.001)
    assert found.spread == pytest.approx(math.sqrt(1e-4) * math.log(2), rel=0.01)


@pytest.mark.parametrize("r", [0.01, 0.1, 0.4, 0.8, 1.2, 3.0])
def test_r_is_found_again(r: float) -> None:
    assert r_of(answer(r)) == pytest.approx(r, rel=0.001)


def test_what_answers_more_than_any_is_likened_to_the_nearest() -> None:
    assert r_of(1000.0) == pytest.approx(5.0, rel=0.001)


@pytest.mark.parametrize("r", [0.1, 0.4, 0.8, 1.0, 1.5, 5.0])
def test_passing_on_more_brings_more_and_costs_fewer_seeds(r: float) -> None:
    effects = [effect_of(factor, r=r) for factor in (1.1, 1.2, 1.5, 2.0)]
    ratios = [one.ratio for one in effects]
    assert ratios == sorted(ratios)
    assert min(ratios) > 1.0
    assert min(one.widening for one in effects) > 1.0
    needed = [experiment.seeds_needed(one.ratio, spread=outcome(r).spread * one.widening, power=0.8) for one in effects]
    assert needed == sorted(needed, reverse=True)


def planned(campaign: Campaign, factor: float) -> int:
    """Return how many seeds are planned from three thousand of a campaign's own."""
    seen = campaign.generations(np.random.default_rng(7), np.ones(3000))
    effect = effect_of(factor, r=r_of(float(answers(seen).mean())))
    return experiment.seeds_needed(effect.ratio, spread=float(np.log1p(seen.sum(axis=1)).std()) * effect.widening)


@pytest.mark.parametrize(
    "campaign",
    [
        Campaign(0.4, 0.4),
        Campaign(0.8, 0.8),
        Campaign(1.1, 1.1),
        Campaign(0.9, 0.9, k=1.5),
        Campaign(1.5, 1.5, k=1.5),
        Campaign(0.75, 0.75, k=0.9, spread=0.0),
        Campaign(3.0, 0.3),
        Campaign(1.5, 0.6, k=0.5),
    ],
    ids=str,
)
@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_as_many_seeds_as_planned_tell_it_four_times_out_of_five(campaign: Campaign, factor: float) -> None:
    """Also where it grows from generation to generation, or seeds bring many and others do not; and not by many more.

    In a hundred runs, .8 is .72 or more 98 times.
    """
    seeds = planned(campaign, factor)
    assert told(campaign, factor, seeds) >= 0.72
    assert told(campaign, factor, seeds // 3) < 0.8


def told(campaign: Campaign, factor: float, seeds: int) -> float:
    """Return in how large a share of experiments of so many seeds the better arm is found."""
    second, found = np.arange(seeds) % 2 == 1, 0
    for run in range(100):
        brought = campaign.generations(np.random.default_rng([run, seeds]), np.where(second, factor, 1.0)).sum(axis=1)
        compared = experiment.compare(
            brought,
            np.where(second, "b", "a"),
            age=np.ones(seeds),
            window=1.0,
            control="a",
            arms={"a": 1.0, "b": 1.0},
            planned=seeds,
            permutations=1,
        )
        found += isinstance(compared, Comparison) and compared.contrasts[0].better
    return found / 100


@pytest.mark.parametrize(("r", "k", "spread"), [(0.0, 0.3, 0.5), (math.inf, 0.3, 0.5), (0.4, 0.0, 0.5), (0.4, 0.3, -1)])
def test_what_is_no_campaign_is_refused(r: float, k: float, spread: float) -> None:
    with pytest.raises(ValueError, match="give r > 0"):
        outcome(r, k=k, spread=spread)
