"""Rates of few tries, drawn towards what is usual: how strongly the data say so, and intervals that own up to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import betas
from sebar.spread.estimate import Estimate

Values = NDArray[np.float64]

_WEAKEST: Final = math.log(0.5)
_STRONGEST: Final = math.log(1e6)
_BEFOREHAND: Final = math.log(20.0)
_WIDTH: Final = 1.5
_GOLDEN: Final = (math.sqrt(5) - 1) / 2
DROP: Final = 1.920729  # half the 95 % point of chi squared with one degree of freedom
_NEAR: Final = 1e-4  # how exactly a logarithm is found
_MOST: Final = 1 - 1e-6
_POINTS: Final = np.array([-2.85697001, -1.35562618, 0.0, 1.35562618, 2.85697001])
_WEIGHTS: Final = np.array([0.01125741, 0.22207592, 0.53333333, 0.22207592, 0.01125741])
"""Gauss and Hermite's five points and weights for a standard normal."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Chances with their intervals.

    Attributes
    ----------
    rate, low, high
        Arrays of one shape: posterior mean and 95 % interval.
    """

    rate: Values
    low: Values
    high: Values


def rates(mean: Values, variance: Values) -> Rates:
    """Return rates with the middle 95 % of the Beta distributions that have these means and variances.

    Parameters
    ----------
    mean
        Any shape, between 0 and 1 without the ends.
    variance
        Same shape; what exceeds the largest possible variance is taken as nearly that.
    """
    whole = mean * (1 - mean)
    worth = whole / np.clip(variance, whole * 1e-12, whole * 0.999) - 1
    return _middle(mean, (mean * worth)[..., None], ((1 - mean) * worth)[..., None], np.ones(1))


def shrunk_rates(
    mean: Values, *, joins: Values, failures: Values, usual: Values, unsure: Values, strength: float
) -> Rates:
    """Return posterior rates of rows whose prior is Beta(mu kappa, (1 - mu) kappa), where mu itself is not quite known.

    Parameters
    ----------
    mean
        (n,) the posterior means.
    joins, failures
        (n,) each row's own record.
    usual
        (n,) mean of mu, between 0 and 1 without the ends.
    unsure
        (n,) variance of mu relative to its square; mu is taken as log-normal and integrated out at five points.
    strength
        How many tries the usual counts for.
    """
    spread = np.sqrt(np.log1p(unsure))[:, None]
    mu = np.minimum(usual[:, None] * np.exp(spread * _POINTS - spread**2 / 2), _MOST)
    alpha, beta = joins[:, None] + strength * mu, failures[:, None] + strength * (1 - mu)
    return _middle(mean, alpha, beta, _WEIGHTS)


def _middle(mean: Values, alpha: Values, beta: Values, weight: Values) -> Rates:
    parts = len(weight)
    low, high = (
        betas.quantiles(alpha.reshape(-1, parts), beta.reshape(-1, parts), weight, below).reshape(mean.shape)
        for below in (0.025, 0.975)
    )
    # A very uneven Beta has its mean beyond its middle 95 %: an interval holds its estimate all the same.
    return Rates(mean, np.minimum(low, mean), np.maximum(high, mean))


def learned_strength(
    joins: Values, failures: Values, usual: Values, *, share: Values | None = None, weight: Values | None = None
) -> Estimate:
    """Learn how many tries what is usual counts for: the kappa of the largest marginal likelihood.

    Joins of row i are binomial in its tries, its rate Beta(mu kappa, (1 - mu) kappa). Few rows cannot tell that all are
    alike, and must not claim it: beforehand the logarithm of kappa is normal around that of 20, with standard deviation
    1.5.

    Parameters
    ----------
    joins, failures
        (n,) counts.
    usual
        (n,) mu, between 0 and 1 without the ends.
    share
        (n,) with which chance the time of each failure is over; those whose time is not are not failures. All, by
        default.
    weight
        (n,) how often each row occurs; once by default.

    Returns
    -------
    Estimate
        In tries, from 0.5 to a million, with the interval in which the log likelihood falls by less than 1.92.
    """
    over = np.ones_like(joins) if share is None else share
    times = np.ones_like(joins) if weight is None else weight

    def likelihood(log_strength: float) -> float:
        beforehand = ((log_strength - _BEFOREHAND) / _WIDTH) ** 2 / 2
        return betas.marginal(joins, failures, over, usual, times, math.exp(log_strength)) - beforehand

    best = largest(likelihood, _WEAKEST, _STRONGEST)
    floor = likelihood(best) - DROP
    low, high = (crossing(likelihood, floor, best, end) for end in (_WEAKEST, _STRONGEST))
    return Estimate(math.exp(best), math.exp(low), math.exp(high), unit="tries")


def largest(value: Callable[[float], float], low: float, high: float, *, near: float = _NEAR) -> float:
    """Return where a function with one top is largest, by golden section."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = value(left), value(right)
    while high - low > near:
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = value(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = value(right)
    return (low + high) / 2


def crossing(value: Callable[[float], float], floor: float, top: float, end: float, *, near: float = _NEAR) -> float:
    """Return where between the top and the end the function falls to the floor; the end when it does not."""
    if value(end) >= floor:
        return end
    above, below = top, end
    while abs(above - below) > near:
        middle = (above + below) / 2
        above, below = (middle, below) if value(middle) >= floor else (above, middle)
    return (above + below) / 2
