"""How many one brings, with intervals that know how unevenly people pass things on, and what becomes of it.

Everybody brings a negative binomial number of others, with mean R and dispersion k (small: a few bring most). From that
follow the chance that it dies out, how large cascades become, and, with the delays, how fast it grows. How R, k and the
delays are found while many have not had their time yet is told in `passing_on`.

References
----------
Lloyd-Smith, Schreiber, Kopp, Getz: Superspreading and the effect of individual variation on disease emergence.
Nature 438, 2005 (dying out). Blumberg, Lloyd-Smith: Inference of R0 and transmission heterogeneity from the size
distribution of stuttering chains. PLOS Comput. Biology 9(5), 2013 (sizes). Wallinga, Lipsitch: How generation
intervals shape the relationship between growth rates and reproductive numbers. Proc. R. Soc. B 274, 2007 (growth).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread.estimate import Estimate
from sebar.spread.special import incomplete_beta, normal_quantile

TYPICAL_DISPERSION: Final = 0.1
"""k of the gamma-mixed offspring when the data cannot say: measured 0.075 to 0.144 on two networks' reposts."""

Values = NDArray[np.float64]

_FINEST: Final = 1e-12
_STEPS: Final = 200
# The normal distribution in equal steps: integrals of smooth functions over it are exact to ten digits.
_DEVIATION: Final = np.linspace(-9.0, 9.0, 361)
_WEIGHT: Final = np.exp(-0.5 * _DEVIATION**2) / np.exp(-0.5 * _DEVIATION**2).sum()

_EVEN: Final = 1e6  # dispersion from which offspring are as good as Poisson


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
        How often the interval should hold, above 0 and below 1.
    unit
        What to call it.

    Raises
    ------
    ValueError
        Naming the argument, when people, brought, k or level are no such numbers.
    """
    if not 1 <= people < math.inf:
        raise ValueError(f"people is {people:g}: give at least 1.")
    if not 0 <= brought < math.inf:
        raise ValueError(f"brought is {brought:g}: give a number from 0 up.")
    if not k > 0:
        raise ValueError(f"k is {k:g}: give a number above 0.")
    _check_level(level)
    tail = (1 - level) / 2
    shape = min(people * k, people * _EVEN)
    low = _sum_mean(brought, shape, 1 - tail) if brought else 0.0
    high = _sum_mean(brought + 1, shape, tail)
    return Estimate(brought / people, low / people, high / people, level, unit)


def amplification(seeds: int, people: int, sizes_squared: int, *, level: float = 0.95) -> Estimate:
    """Return participants per seed, with an interval from the spread of cascade sizes on the log scale.

    Sizes are taken to be no more even than chance. Where nobody brought anybody, the interval ends at what `offspring`
    of `TYPICAL_DISPERSION` would still become, 1 / (1 - R).

    Parameters
    ----------
    seeds
        How many cascades, at least 2.
    people
        How many people they hold in all.
    sizes_squared
        Sum of the squares of the cascades' sizes.
    level
        How often the interval should hold, above 0 and below 1.

    Raises
    ------
    ValueError
        Naming the argument, when no such cascades can be.
    """
    if not 2 <= seeds < math.inf:  # noqa: PLR2004 - a variance takes two
        raise ValueError(f"seeds is {seeds:g}: give at least 2.")
    if not seeds <= people < math.inf:
        raise ValueError(f"people is {people:g}: {seeds:,} cascades hold at least their {seeds:,} seeds.")
    mean = people / seeds
    if not sizes_squared >= people * mean * (1 - _FINEST):
        raise ValueError(f"sizes_squared is {sizes_squared:g}: for {people:,} people in {seeds:,} cascades it is more.")
    _check_level(level)
    if people == seeds:
        r = offspring(seeds, 0, k=TYPICAL_DISPERSION, level=level).high
        return Estimate(1.0, 1.0, 1 / (1 - r) if r < 1 else math.inf, level, "participants per seed")
    variance = max((sizes_squared - people * mean) / (seeds - 1), mean - 1)
    spread = math.exp(normal_quantile((1 + level) / 2) * math.sqrt(variance / seeds) / mean)
    return Estimate(mean, max(mean / spread, 1.0), mean * spread, level, "participants per seed")


def dies_out(r: float, k: float, *, people: int = 1) -> float:
    """Return the chance that what so many people have just been told dies out by itself.

    It is the smallest root of ``q = (1 + R (1 - q) / k) ** -k`` for one of them. Whoever joined a while ago has brought
    some of their friends already: for those, draw futures.

    Parameters
    ----------
    r
        Mean number that each brings, at least 0.
    k
        Dispersion, above 0; `math.inf` for as even as chance.
    people
        How many, at least 0.

    Raises
    ------
    ValueError
        When R, k or people is no such number.
    """
    if not (r >= 0 and k > 0):
        raise ValueError(f"R is {r:g} and k is {k:g}: R must be a number from 0 up, k one above 0.")
    if not people >= 0:
        raise ValueError(f"people is {people:g}: give a number from 0 up.")
    if r <= 1.0:
        return 1.0
    # 1 - q lies between 0 and 1, and what is brought exceeds it below the root: halve the stretch it must be in.
    low, high = 0.0, 1.0
    while high - low > _FINEST:
        alive = (low + high) / 2
        low, high = (alive, high) if -math.expm1(_log_none(r, k, alive)) > alive else (low, alive)
    return (1.0 - (low + high) / 2) ** people


def _log_none(r: float, k: float, alive: float) -> float:
    """Return ln of the chance that one brings nobody of a kind that makes this share of all."""
    return -r * alive if math.isinf(k) else -k * math.log1p(r * alive / k)


def size_probabilities(r: float, k: float, *, most: int) -> Values:
    """Return (most,) the chances that a cascade from one seed ends with 1, 2, … people, the seed counted.

    They add up to the chance that it ends at all; for R below 1 the mean is 1 / (1 - R).

    Parameters
    ----------
    r
        Mean number that each brings, above 0.
    k
        Dispersion, above 0; `math.inf` for as even as chance (Borel's distribution).
    most
        The largest size asked for, at least 1.

    Raises
    ------
    ValueError
        When R, k or most is no such number.
    """
    if not (0 < r < math.inf and k > 0):
        raise ValueError(f"R is {r:g} and k is {k:g}: both must be numbers above 0.")
    if not most >= 1:
        raise ValueError(f"most is {most:g}: give at least 1.")
    return np.array([math.exp(_log_size(r, k, size)) for size in range(1, most + 1)])


def _log_size(r: float, k: float, size: int) -> float:
    if math.isinf(k):
        return -r * size + (size - 1) * math.log(r * size) - math.lgamma(size + 1)
    ways = math.lgamma(k * size + size - 1) - math.lgamma(k * size) - math.lgamma(size + 1)
    return ways + (size - 1) * math.log(r / k) - (k * size + size - 1) * math.log1p(r / k)


def offspring_of_growth(rate: float, *, median: float, sigma: float) -> float:
    """Return the R with which it grows at this rate: 1 / R is the mean of ``exp(-rate * delay)`` (Euler and Lotka).

    Parameters
    ----------
    rate
        Growth by a factor of e each so many seconds: 1 / seconds, at least 0.
    median, sigma
        Of the log-normal delay from somebody's join to a friend's: its median in seconds, and the standard deviation
        of its logarithm.

    Raises
    ------
    ValueError
        When the rate or the delay is no such number.
    """
    if not 0 <= rate < math.inf:
        raise ValueError(f"The rate is {rate:g}: it must be a number from 0 up.")
    _check_delay(median, sigma)
    return _offspring_of_growth(rate, median, sigma)


def _offspring_of_growth(rate: float, median: float, sigma: float) -> float:
    return 1.0 / float(np.sum(_WEIGHT * np.exp(-rate * median * np.exp(sigma * _DEVIATION))))


def growth_rate(r: float, *, median: float, sigma: float) -> float:
    """Return how fast it grows once the newest ages are mixed: 1 / seconds; 0 for R of at most 1.

    Log-normal delays are heavy-tailed: below R = 1 it fades, but at no constant rate. Other arguments as in
    `offspring_of_growth`.

    Raises
    ------
    ValueError
        When R or the delay is no such number.
    """
    if not 0 <= r < math.inf:
        raise ValueError(f"R is {r:g}: it must be a number from 0 up.")
    _check_delay(median, sigma)
    if r <= 1.0:
        return 0.0
    low, high = math.log(1e-12 / median), math.log(1.0 / median)
    while _offspring_of_growth(math.exp(high), median, sigma) < r:
        high += 2.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        slower = _offspring_of_growth(math.exp(middle), median, sigma) < r
        low, high = (middle, high) if slower else (low, middle)
        if high - low < _FINEST:
            break
    return math.exp((low + high) / 2)


def doubling_time(r: float, *, median: float, sigma: float) -> float:
    """Return the seconds in which it doubles; infinite for R of at most 1. Arguments as in `growth_rate`."""
    rate = growth_rate(r, median=median, sigma=sigma)
    return math.log(2) / rate if rate else math.inf


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level is {level:g}: give a number above 0 and below 1.")


def _check_delay(median: float, sigma: float) -> None:
    if not (0 < median < math.inf and 0 <= sigma < math.inf):
        raise ValueError(f"median is {median:g} and sigma is {sigma:g}: give a median above 0, and a sigma from 0 up.")


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
    return incomplete_beta(shape, count, shape / (shape + mean), mean / (shape + mean))
