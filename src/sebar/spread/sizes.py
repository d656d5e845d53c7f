"""How large cascades become when seeds pass on differently from the people they bring.

References
----------
Blumberg, Lloyd-Smith: Inference of R0 and transmission heterogeneity from the size distribution of stuttering chains.
PLOS Comput. Biology 9(5), 2013 (sizes when all are alike). The power of a series: Knuth, The Art of Computer
Programming 2, 4.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sebar.spread import branching

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offspring:
    """How many one brings: negative binomial with mean R and dispersion k, both above 0."""

    r: float
    k: float


def cascade_sizes(seeds: Offspring, friends: Offspring, *, most: int) -> Values:
    """Return (most,) the chances that a cascade ends with 1, 2, … people, its seed counted.

    A seed's friends each begin a branch whose size is that of a branching process. With T the generating function of
    that size, the one of a cascade's is ``s (1 + R (1 - T(s)) / k) ** -k`` with the seed's R and k.

    Parameters
    ----------
    seeds, friends
        How many seeds bring, and the people who were brought.
    most
        The largest size asked for.
    """
    branches = branching.size_probabilities(friends.r, friends.k, most=most)
    ratio = seeds.r / seeds.k
    series = np.concatenate([[1.0 + ratio], -ratio * branches])
    return _power(series, -seeds.k)[:most]


def _power(series: Values, power: float) -> Values:
    """Return the coefficients of a power series raised to a power; the first must be above 0."""
    found = np.zeros(len(series))
    found[0] = series[0] ** power
    for degree in range(1, len(series)):
        place = np.arange(1, degree + 1)
        weights = (power + 1.0) * place - degree
        found[degree] = np.sum(weights * series[1 : degree + 1] * found[degree - 1 :: -1]) / (degree * series[0])
    return found
