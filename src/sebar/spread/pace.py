"""How fast passing on goes and whether it ends by itself, with all that is not known of it.

Growth follows from R and the delays together (Euler and Lotka). Both are uncertain, and not independently: what was
seen so far may be few friends soon or more friends later. So the parameters are drawn as the data leave them, and what
follows from each draw is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread import branching, futures
from sebar.spread._kernels.likelihood import passed
from sebar.spread.estimate import Estimate
from sebar.spread.passing_on import Fit, Statistics

DAY: Final = 86_400.0
_DRAWS: Final = 100
_FASTEST: Final = 50.0  # ln of what it grows by in a day: beyond, numbers mean nothing
_SEED: Final = 1  # the same data always say the same

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes.

    Attributes
    ----------
    growth
        How much it grows each day once the newest ages are mixed, as a share: 0.35 is 35 % a day. 0 where it fades.
    doubling
        Seconds in which it doubles; infinite where it fades.
    """

    growth: Estimate
    doubling: Estimate


def had_their_time(fit: Fit) -> float:
    """Return how many people have had their time, each counted as the share of their friends that has come by now."""
    known, mu, sigma = fit.statistics, float(fit.theta[2]), math.exp(fit.theta[3])
    return sum(float(people) * passed(age, mu, sigma) for age, people in zip(known.age, known.people, strict=True))


def pace(fit: Fit, *, level: float = 0.95) -> Pace:
    """Return how fast it goes if people pass on as `fit` says.

    Parameters
    ----------
    fit
        What is known of those who decide whether it goes on.
    level
        How often the ranges should hold, 0 to 1.
    """
    drawn = np.exp(futures.drawn(fit, _DRAWS, np.random.default_rng(_SEED)))
    rates = np.array([_rate(theta) for theta in drawn])
    low, high = (float(end) for end in np.quantile(rates, [(1 - level) / 2, (1 + level) / 2]))
    best = min(max(_rate(np.exp(fit.theta)), low), high)
    return Pace(
        growth=Estimate(_a_day(best), _a_day(low), _a_day(high), level, "a day"),
        doubling=Estimate(_doubling(best), _doubling(high), _doubling(low), level, "seconds"),
    )


def _rate(theta: Values) -> float:
    r, _, median, sigma = map(float, theta)
    return branching.growth_rate(r, median=median, sigma=sigma)


def _a_day(rate: float) -> float:
    return math.expm1(min(rate * DAY, _FASTEST))


def _doubling(rate: float) -> float:
    return math.log(2) / rate if rate else math.inf


def dies_out(theta: Values, everybody: Statistics) -> float:
    """Return the chance that what these people will still bring dies out by itself.

    What is left of a person's passing on is Gamma distributed, given their age and what they brought: with the rate
    ``k / R + G(age)``, shape ``k + n``. The chance that none of what comes of it goes on for ever is

        ((k / R + G) / (k / R + G + (1 - G) alive)) ** (k + n)

    where `alive` is the chance that what one newcomer begins never ends (`branching.dies_out`).

    Parameters
    ----------
    theta
        (4,) R, k, median delay in seconds, and the standard deviation of its logarithm.
    everybody
        The people.
    """
    r, k, median, sigma = map(float, theta)
    alive = 1.0 - branching.dies_out(r, k)
    if not alive:
        return 1.0
    done = np.array([passed(age, math.log(median), sigma) for age in everybody.age])
    weight = k * everybody.people + everybody.brought
    return math.exp(-float(np.sum(weight * np.log1p((1.0 - done) * alive / (k / r + done)))))
