"""How large an experiment on what people pass on must be, from how cascades are distributed.

Cascades branch with negative binomial offspring, for ten generations (a window of days has room for no more), and
differ in R by themselves, log-normally. From this follow mean and spread of ``ln(1 + joins per seed)``, by which
experiments are judged, and what it changes when an arm is passed on more. Nothing breaks where R reaches 1: in ten
generations nothing grows for ever.

To which R a campaign is likened is told by how its figure *answers* to passing on more, not by the figure itself: seeds
who bring many friends that bring nobody have large cascades, and yet a fifth more makes them only a fifth larger. The
answer is measured without any model, by leaving people out: when each is brought with chance 1 - e only, the mean of
``ln(1 + joins)`` falls by e times the sum, over all who were brought, of what it loses without them and whomever they
brought (and for people who bring Poisson numbers at rates of their own, that is just what passing on less means).

References
----------
Harris: The Theory of Branching Processes. Springer, 1963, chapter I (generating functions of generations).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

TYPICAL_R: Final = 0.4
"""Of campaigns nobody knows yet: real ones have .1 to .5."""
K: Final = 0.3
"""Dispersion of who brings how many: most bring nobody."""
SPREAD: Final = 0.5
"""Standard deviation of ln R between cascades."""
GENERATIONS: Final = 10

_LOWEST_R: Final = 0.001
_HIGHEST_R: Final = 5.0
_NODES: Final = 21
_STEPS: Final = 24
_NEAR: Final = 0.05
_WIDTH: Final = 0.25
_GRID: Final[Values] = np.arange(-60.0, 6.0, _WIDTH)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Mean and standard deviation of ln(1 + joins per seed)."""

    mean: float
    spread: float


@lru_cache(maxsize=256)
def outcome(r: float, *, k: float = K, spread: float = SPREAD) -> Outcome:
    """Return what seeds' cascades come to.

    Parameters
    ----------
    r
        Mean number whom everybody brings, above 0.
    k
        Dispersion of the offspring, above 0.
    spread
        Standard deviation of ln R between cascades, whose mean stays `r`.

    Raises
    ------
    ValueError
        When there is no such campaign.
    """
    if not 0.0 < r < math.inf or k <= 0.0 or spread < 0.0:
        raise ValueError(f"r is {r:g}, k {k:g}, spread {spread:g}; give r > 0, k > 0 and spread >= 0.")
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    means = r * np.exp(spread * nodes - spread**2 / 2)[:, None]
    # With E exponential and S the size, P(E > tS) is the mean of exp(-tS), which branching tells generation by
    # generation: so ln E - ln S has this distribution at ln t, and of ln E mean and variance are known.
    at = np.exp(_GRID)
    below = -np.expm1(-at) * np.ones_like(means)
    for _ in range(GENERATIONS):
        below = -np.expm1(-at - k * np.log1p(means * below / k))
    chance = np.diff((weights / weights.sum()) @ below)
    middle = _GRID[1:] - _WIDTH / 2
    mean = float(chance @ middle)
    variance = float(chance @ (middle - mean) ** 2) - _WIDTH**2 / 12  # Sheppard's correction
    return Outcome(-mean - float(np.euler_gamma), math.sqrt(max(variance - math.pi**2 / 6, 0.0)))


def answer(r: float) -> float:
    """Return by how much the mean of ln(1 + joins per seed) rises where people have this R, per unit of ln R."""
    return (outcome(r * math.exp(_NEAR)).mean - outcome(r * math.exp(-_NEAR)).mean) / (2 * _NEAR)


def r_of(measured: float) -> float:
    """Return the R at which figures answer so much to passing on more, .001 to 5: the nearest where none does."""
    low, high = _LOWEST_R, _HIGHEST_R
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if answer(middle) < measured else (low, middle)
    return math.sqrt(low * high)


@dataclass(frozen=True, slots=True)
class Effect:
    """What passing on more does to ln(1 + joins per seed).

    Attributes
    ----------
    ratio
        Between the geometric means of 1 + joins per seed.
    widening
        Standard deviation of both arms together (the root of the mean variance), by that of the control.
    """

    ratio: float
    widening: float


def effect_of(factor: float, *, r: float = TYPICAL_R) -> Effect:
    """Return what it does when people pass on `factor` times as much.

    Parameters
    ----------
    factor
        By which R grows, above 1.
    r
        Of the control.
    """
    base, more = outcome(r), outcome(factor * r)
    return Effect(math.exp(more.mean - base.mean), math.sqrt((1 + (more.spread / base.spread) ** 2) / 2))
