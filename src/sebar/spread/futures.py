"""Drawing what may still come of a campaign, from how much its people were found to pass on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import futures as kernels
from sebar.spread._kernels import likelihood
from sebar.spread.passing_on import Both, Fit, Prior

Values = NDArray[np.float64]
Counts = NDArray[np.int64]

_DEGREES: Final = 5  # of the Student distribution that stands in for the posterior before it is weighed
_SHORTEST_STEP: Final = 300.0
_CUT: Final = 1e9  # newcomers at which a future has run away
_FOR_EVER: Final = 1e15


@dataclass(frozen=True, slots=True)
class Futures:
    """Many ways on from now.

    Attributes
    ----------
    after
        (s,) seconds from now at the end of each step.
    newcomers
        (f, s) how many more have joined by then, in each future.
    ran_away
        Share of futures that were cut because they grew without end.
    """

    after: Values
    newcomers: Counts
    ran_away: float

    def quantiles(self, levels: tuple[float, ...]) -> Values:
        """Return (s, levels) quantiles of the newcomers after each step."""
        return np.quantile(self.newcomers, levels, axis=0).T


@dataclass(frozen=True, slots=True)
class Strength:
    """How participants and seeds were found to pass on; without participants or seeds, what is believed of them."""

    participants: Fit | Prior
    seeds: Fit | Prior


def steps(horizon: float, count: int = 48) -> Values:
    """Return the edges of steps from now to a horizon in seconds: short ones first, each a little longer."""
    first = min(_SHORTEST_STEP, horizon / count)
    return np.concatenate([[0.0], np.geomspace(first, horizon, count)])


def unfold(
    known: Both,
    strength: Strength,
    edges: Values,
    *,
    draws: int = 100,
    futures: int = 20,
    more_seeds: int = 0,
    arrivals: tuple[float, float] = (0.0, 0.0),
    population: float | None = None,
    seed: int,
) -> Futures:
    """Draw futures.

    Parameters
    ----------
    known
        Everybody so far.
    strength
        How they pass on.
    edges
        (s + 1,) seconds from now, beginning with 0.
    draws, futures
        How many times parameters are drawn, and futures for each.
    more_seeds
        Seeds added now.
    arrivals
        Shape and scale of the Gamma distributed number of seeds that keep arriving each second; (0, 0) for none.
    population
        How many people could take part at most, those known included.
    seed
        Random seed: the same futures again.
    """
    random = np.random.default_rng(seed)
    participants, seeds = drawn(strength.participants, draws, random), drawn(strength.seeds, draws, random)
    coming = np.zeros((draws, futures, len(edges) - 1))
    for theta, some in ((participants, known.participants), (seeds, known.seeds)):
        if some.everybody:
            coming += kernels.passed_on(random, theta, some.age, some.people, some.brought, edges, futures)
    if more_seeds:
        one = np.array([float(more_seeds)])
        coming += kernels.passed_on(random, seeds, np.zeros(1), one, np.zeros(1), edges, futures)
    there = float(known.participants.everybody + known.seeds.everybody + more_seeds)
    newcomers, away = kernels.unfold(
        random, coming, participants, seeds, edges, *arrivals, there, population or _FOR_EVER, _CUT
    )
    return Futures(edges[1:], newcomers + more_seeds, away / len(newcomers))


def drawn(known: Fit | Prior, count: int, random: np.random.Generator) -> Values:
    """Return (count, 4) parameters as probable as the posterior says: Student draws around the mode, weighed."""
    if isinstance(known, Prior):
        return random.multivariate_normal(known.centre, np.linalg.inv(known.precision), count)
    candidates = 4 * count
    factor = np.linalg.cholesky(known.covariance + 1e-9 * np.eye(4))
    normal = random.standard_normal((candidates, 4)) * known.free
    scale = random.chisquare(_DEGREES, candidates) / _DEGREES
    theta = known.theta + (normal @ factor.T) / np.sqrt(scale)[:, None]
    squares = (normal**2).sum(axis=1) / scale
    proposal = -0.5 * (_DEGREES + int(known.free.sum())) * np.log1p(squares / _DEGREES)
    # Nobody brings fifty thousand people, nor waits a thousand years: where a wide proposal strays, nothing is weighed.
    inside = (np.abs(theta[:, 0]) < math.log(1e3)) & (theta[:, 2] < math.log(1e10)) & (theta[:, 3] < math.log(10))
    posterior = likelihood.log_posteriors(theta, known.power, known.prior.centre, known.prior.precision,
                                          *known.statistics.arrays)  # fmt: skip
    weight = np.where(inside, posterior - proposal, -np.inf)
    share = np.exp(weight - weight.max())
    return theta[random.choice(candidates, count, p=share / share.sum())]
