"""How many one brings: means of offspring with intervals that know how unevenly people pass things on."""

from __future__ import annotations

import math
from typing import Final

from sebar.spread.estimate import Estimate

TYPICAL_DISPERSION: Final = 0.1
"""k of the gamma-mixed offspring when the data cannot say: measured 0.075 to 0.144 on two networks' reposts."""

_EVEN: Final = 1e6  # dispersion from which offspring are as good as Poisson
_NORMAL: Final = {0.5: 0.674490, 0.8: 1.281552, 0.9: 1.644854, 0.95: 1.959964, 0.99: 2.575829}


def dispersion(people: int, brought: int, brought_squared: int) -> float:
    """Return k of a negative binomial by moments: small = few people bring most.

    Parameters
    ----------
    people
        How many people.
    brought, brought_squared
        Sum, and sum of the squares, of what each of them brought.

    Returns
    -------
    float
        ``m² / (v - m)``; `TYPICAL_DISPERSION` when nobody brought anybody, very large when no more uneven than chance.
    """
    if people < 2 or brought == 0:  # noqa: PLR2004 - a variance takes two
        return TYPICAL_DISPERSION
    mean = brought / people
    variance = (brought_squared - brought * mean) / (people - 1)
    return min(mean * mean / (variance - mean), _EVEN) if variance > mean else _EVEN


def offspring(
    people: int, brought: int, *, k: float, level: float = 0.95, unit: str = "joins per participant"
) -> Estimate:
    """Return the mean number brought per person, with its interval.

    Offspring are negative binomial with dispersion k, so their sum over N people is too, with N k. The interval is the
    equal-tailed exact one for that sum (as Clopper and Pearson's is for the binomial), k taken as known.

    Parameters
    ----------
    people
        How many people, at least 1.
    brought
        How many they brought in all.
    k
        `dispersion`, best from many more people than these.
    level
        How often the interval should hold, 0 to 1.
    unit
        What to call it.
    """
    tail = (1 - level) / 2
    shape = min(people * k, people * _EVEN)
    low = _sum_mean(brought, shape, 1 - tail) if brought else 0.0
    high = _sum_mean(brought + 1, shape, tail)
    return Estimate(brought / people, low / people, high / people, level, unit)


def amplification(seeds: int, people: int, sizes_squared: int, *, level: float = 0.95) -> Estimate:
    """Return participants per seed, with an interval from the spread of cascade sizes on the log scale.

    Parameters
    ----------
    seeds
        How many cascades, at least 2.
    people
        How many people they hold in all.
    sizes_squared
        Sum of the squares of the cascades' sizes.
    level
        One of 0.5, 0.8, 0.9, 0.95, 0.99.
    """
    mean = people / seeds
    variance = max(sizes_squared - people * mean, 0.0) / (seeds - 1)
    spread = math.exp(_NORMAL[level] * math.sqrt(variance / seeds) / mean)
    return Estimate(mean, max(mean / spread, 1.0), mean * spread, level, "participants per seed")


def _sum_mean(count: int, shape: float, below: float) -> float:
    """Return the mean M for which a negative binomial sum is below `count` with probability `below`."""
    low, high = math.log(count) - 2.0, math.log(count) + 2.0
    while _below(count, shape, math.exp(low)) < below:
        low -= 4.0
    while _below(count, shape, math.exp(high)) > below:
        high += 4.0
    while high - low > 1e-9:  # noqa: PLR2004 - nine digits are plenty
        middle = (low + high) / 2
        if _below(count, shape, math.exp(middle)) > below:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def _below(count: int, shape: float, mean: float) -> float:
    """Return P(X < count) of a negative binomial with this shape and mean."""
    return _incomplete_beta(shape, count, shape / (shape + mean), mean / (shape + mean))


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), where y = 1 - x is given to full precision."""
    if x <= 0.0:
        return 0.0
    if y <= 0.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y))
    if x * (a + b + 2) < a + 1:
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, y) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c = 1.0
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0) or tiny)
    value = d
    for m in range(1, 20_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / (1.0 + step * d or tiny)
            c = 1.0 + step / c or tiny
            value *= c * d
        if abs(c * d - 1.0) < 1e-13:  # noqa: PLR2004 - as near as doubles come
            break
    return value
