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
_IMMATERIAL: Final = 0.2  # spread up to which intervals are as if the strength were known
_LEAST: Final = 0.01  # cube root of the least factor
_FINE: Final = 2001  # places between which a density is taken as straight
_POINTS: Final = np.array([-2.85697001, -1.35562618, 0.0, 1.35562618, 2.85697001])
_WEIGHTS: Final = np.array([0.01125741, 0.22207592, 0.53333333, 0.22207592, 0.01125741])
"""Gauss and Hermite's five points and weights for a standard normal."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How much what is usual counts, as far as the data tell: log-normal.

    Attributes
    ----------
    value
        Its middle; infinite when nothing differs from what is usual.
    spread
        Standard deviation of its logarithm.
    """

    value: float
    spread: float = 0.0

    @classmethod
    def known_as(cls, estimate: Estimate) -> Strength:
        """Return that of an estimate whose interval is where the log likelihood falls by less than `DROP`."""
        return cls(estimate.value, math.log(estimate.high / estimate.low) / (2 * math.sqrt(2 * DROP)))

    @property
    def points(self) -> tuple[Values, Values]:
        """(k,) values that stand for the distribution, and their weights, which add up to 1."""
        if self.spread < _IMMATERIAL:
            return np.array([self.value]), np.ones(1)
        return self.value * np.exp(self.spread * _POINTS), _WEIGHTS


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
    return mixed_rates(mean, mean[..., None], variance[..., None], np.ones(1))


def mixed_rates(mean: Values, means: Values, variances: Values, weight: Values) -> Rates:
    """Return (n,) rates with the middle 95 % of mixtures of (n, k) Betas, by (k,) weights that add up to 1."""
    whole = means * (1 - means)
    worth = whole / np.clip(variances, whole * 1e-12, whole * 0.999) - 1
    return _middle(mean, means * worth, (1 - means) * worth, weight)


def shrunk_rates(
    mean: Values, *, joins: Values, failures: Values, usual: Values, unsure: Values, strength: Strength
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
        (n,) variance of mu relative to its square; mu is taken as gamma and integrated out at five points.
    strength
        kappa, in tries; integrated out likewise where it is not quite known.
    """
    # A gamma's cube root is nearly normal (Wilson and Hilferty).
    root = 1 - unsure[:, None] / 9 + np.sqrt(unsure)[:, None] / 3 * _POINTS
    factor = np.maximum(root, _LEAST) ** 3
    mu = np.minimum(usual[:, None] * factor / (factor @ _WEIGHTS)[:, None], _MOST)
    kappa, weight = strength.points
    counts = (mu[:, :, None] * kappa).reshape(len(mu), -1), ((1 - mu)[:, :, None] * kappa).reshape(len(mu), -1)
    return _middle(mean, joins[:, None] + counts[0], failures[:, None] + counts[1], np.outer(_WEIGHTS, weight).ravel())


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


def believed(log_density: Callable[[float], float], low: float, high: float, *, near: float) -> Strength:
    """Return what is believed of a positive number, from the density of its logarithm, which has one top.

    Looks at it where `largest` does, and at both ends: that is closest where the density is.
    """
    seen: dict[float, float] = {}

    def looked(at: float) -> float:
        seen[at] = log_density(at)
        return seen[at]

    top = largest(looked, low, high, near=near)
    for end in (low, high):
        looked(end)
    at = np.linspace(low, high, _FINE)
    places = sorted(seen)
    density = np.interp(at, places, [seen[place] for place in places])
    weight = np.exp(density - density.max())
    return Strength(math.exp(top), float(np.sqrt(weight @ (at - top) ** 2 / weight.sum())))


def crossing(value: Callable[[float], float], floor: float, top: float, end: float, *, near: float = _NEAR) -> float:
    """Return where between the top and the end the function falls to the floor; the end when it does not."""
    if value(end) >= floor:
        return end
    above, below = top, end
    while abs(above - below) > near:
        middle = (above + below) / 2
        above, below = (middle, below) if value(middle) >= floor else (above, middle)
    return (above + below) / 2
