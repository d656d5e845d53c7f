"""How large an experiment on what people pass on must be, from how cascades are usually distributed.

The sizes of whole cascades follow the law of branching processes with negative binomial offspring; cascades differ in
R by themselves, log-normally. From this follow mean and spread of ``ln(1 + joins per seed)``, by which experiments are
judged, and what it changes when an arm is passed on more.

References
----------
Blumberg, Lloyd-Smith: Inference of R0 and transmission heterogeneity from the size distribution of stuttering chains.
PLoS Computational Biology 9(5), 2013 (the law of sizes).
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

_LARGEST: Final = 400  # within days no cascade grows for ever: as if all ended after ten generations
_NODES: Final = 21
_HIGHEST_R: Final = 0.95
_STEPS: Final = 20


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
        Mean number whom everybody brings, above 0 and at most .95.
    k
        Dispersion of the offspring, above 0.
    spread
        Standard deviation of ln R between cascades, whose mean stays `r`.

    Raises
    ------
    ValueError
        When there is no such campaign.
    """
    if not 0.0 < r <= _HIGHEST_R or k <= 0.0 or spread < 0.0:
        raise ValueError(f"r is {r:g}, k {k:g}, spread {spread:g}; give 0 < r <= {_HIGHEST_R}, k > 0 and spread >= 0.")
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    mean = square = 0.0
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        sizes = _sizes(r * math.exp(spread * node - spread**2 / 2), k)
        mean += float(weight * (sizes @ _LOGS))
        square += float(weight * (sizes @ _LOGS**2))
    return Outcome(mean, math.sqrt(square - mean**2))


def r_of(mean: float) -> float:
    """Return the R with which ln(1 + joins per seed) has this mean; the nearest there is when none has."""
    low, high = 0.001, _HIGHEST_R
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if outcome(middle).mean < mean else (low, middle)
    return (low + high) / 2


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
        By which R grows, above 1; R does not grow beyond .95.
    r
        Of the control.
    """
    base, more = outcome(r), outcome(min(factor * r, _HIGHEST_R))
    return Effect(math.exp(more.mean - base.mean), math.sqrt((1 + (more.spread / base.spread) ** 2) / 2))


_COUNTS: Final[Values] = np.arange(1, _LARGEST + 1, dtype=np.float64)
_LOGS: Final[Values] = np.log(_COUNTS)


@lru_cache(maxsize=8)
def _ways(k: float) -> Values:
    """Return what of the law of sizes does not depend on R, as logarithms."""
    return np.array(
        [math.lgamma(k * n + n - 1) - math.lgamma(k * n) - math.lgamma(n + 1) if n > 1 else 0.0 for n in _COUNTS]
    )


def _sizes(r: float, k: float) -> Values:
    """Return (`_LARGEST`,) the chance of each size; whatever is larger counts as the largest."""
    n = _COUNTS
    sizes: Values = np.exp(_ways(k) + (n - 1) * math.log(r / k) - (k * n + n - 1) * math.log1p(r / k))
    sizes[0] = (1 + r / k) ** -k
    sizes[-1] += max(1.0 - float(sizes.sum()), 0.0)
    return sizes
