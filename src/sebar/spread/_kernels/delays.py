"""The likelihood of delays where many never come and the others have not all had time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Values = NDArray[np.float64]


@compiled
def by_then(age: Values, place: float, scale: float, normal: bool) -> Values:
    """Return the share of delays up to each age, given by its logarithm: log-normal, or Weibull."""
    share = np.empty(age.size)
    for row in range(age.size):
        z = (age[row] - place) / scale
        share[row] = 0.5 * math.erfc(-z * math.sqrt(0.5)) if normal else -math.expm1(-math.exp(min(z, 700.0)))
    return share


@compiled
def ever(joins: float, open_: Values, share: Values) -> float:
    """Return which share of all will ever join, when `joins` have and of the others `open_` had `share` of the time.

    The likelihood's top between 0 and 1, by halving: its slope falls all the way.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        slope = joins / middle
        for row in range(share.size):
            slope -= open_[row] * share[row] / (1.0 - middle * share[row])
        if slope > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@compiled
def likelihood(
    delay: Values, joined: Values, age: Values, open_: Values, place: float, scale: float, normal: bool
) -> float:
    """Return the log likelihood, at its top over the share who ever join; delays and ages are logarithms."""
    share = by_then(age, place, scale, normal)
    chance = ever(joined.sum(), open_, share)
    total: float = joined.sum() * (math.log(chance) - math.log(scale))
    for row in range(delay.size):
        z = (delay[row] - place) / scale
        total += joined[row] * (-0.5 * z * z - 0.5 * math.log(2.0 * math.pi) if normal else z - math.exp(min(z, 700.0)))
    for row in range(age.size):
        total += open_[row] * math.log1p(-chance * share[row])
    return total
