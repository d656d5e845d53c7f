"""Who brings how many: rates of invitations with known outcome, shrunk towards their channel, each with its interval.

Most people invite few, so what they alone show is mostly chance. A rate is therefore a mixture of what was seen of the
inviter and of what is usual in the channel; how much the usual counts is itself learned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

_WEAKEST: Final = math.log(0.5)
_STRONGEST: Final = math.log(1e6)
_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_STEPS: Final = 40  # of the golden section: nine digits
_DRAWS: Final = 4000


@dataclass(frozen=True, slots=True)
class Rates:
    """Chances that an invitation brings somebody.

    Attributes
    ----------
    rate, low, high
        (n,) posterior mean and 95 % interval of each row.
    channel_rate
        (channels,) what is usual in each channel: the rate of whoever has not invited anybody yet.
    channel_low, channel_high
        (channels,) 95 % interval of a new inviter's rate.
    strength
        How many invitations what is usual counts for.
    """

    rate: Values
    low: Values
    high: Values
    channel_rate: Values
    channel_low: Values
    channel_high: Values
    strength: float


def invitation_rates(tries: ArrayLike, joins: ArrayLike, channel: ArrayLike, *, seed: int = 0) -> Rates:
    """Learn how likely invitations are to bring somebody, by inviter within channel.

    Joins of row i are binomial in its tries, its rate Beta(mu kappa, (1 - mu) kappa) with mu of its channel and one
    kappa for all, which maximises the marginal likelihood of all rows.

    Parameters
    ----------
    tries
        (n,) invitations of each inviter in one channel, from 0 up; those whose time is not over count by the share of
        joins that have come by their age (`matured`), so that young invitations do not lower the rate.
    joins
        (n,) how many of them joined, at most the tries (as sent).
    channel
        (n,) number of the channel, from 0.
    seed
        Random seed of the intervals, which are quantiles of draws.

    Raises
    ------
    ValueError
        One sentence, when counts are impossible.
    """
    tried, joined = np.asarray(tries, np.float64), np.asarray(joins, np.float64)
    place = np.asarray(channel, np.int64)
    _check(tried, joined, place)
    tried = np.maximum(tried, joined)
    usual = _usual(tried, joined, place)
    strength = _strength(tried, joined, usual[place])
    random = np.random.default_rng(seed)
    alpha, beta = joined + usual[place] * strength, tried - joined + (1 - usual[place]) * strength
    low, high = _interval(random, alpha, beta)
    new_low, new_high = _interval(random, usual * strength, (1 - usual) * strength)
    return Rates(alpha / (alpha + beta), low, high, usual, new_low, new_high, strength)


def matured(age: ArrayLike, delays: ArrayLike) -> Values:
    """Return, for invitations of this age, which share of those who ever join has joined by then.

    Parameters
    ----------
    age
        (n,) time since each invitation.
    delays
        (d,) times from invitation to join of old invitations, in the same unit.
    """
    known = np.sort(np.asarray(delays, np.float64))
    if not known.size:
        raise ValueError("No delay is known yet: count only invitations whose time is over.")
    return np.searchsorted(known, np.asarray(age, np.float64), side="right") / known.size


def _check(tried: Values, joined: Values, place: NDArray[np.int64]) -> None:
    if not (tried.shape == joined.shape == place.shape and tried.ndim == 1):
        raise ValueError("Tries, joins and channels must be three rows of the same length.")
    if not tried.size or not tried.sum() > 0:
        raise ValueError("There are no invitations to learn from.")
    if not (np.isfinite(tried).all() and (tried >= 0).all() and (joined >= 0).all() and (place >= 0).all()):
        raise ValueError("Tries, joins and channels must be numbers from 0 up.")
    if (joined > np.ceil(tried) + 1e-9).any() and joined.sum() > tried.sum():
        row = int(np.argmax(joined - tried))
        raise ValueError(f"Row {row} has {joined[row]:g} joins of {tried[row]:g} invitations.")


def _usual(tried: Values, joined: Values, place: NDArray[np.int64]) -> Values:
    """Return each channel's rate, drawn a little towards that of all, so that none is 0 or 1."""
    overall = (joined.sum() + 0.5) / (tried.sum() + 1)
    sent, came = np.bincount(place, tried), np.bincount(place, joined)
    rate: Values = (came + overall) / (sent + 1)
    return rate


def _strength(tried: Values, joined: Values, usual: Values) -> float:
    """Return kappa of the largest marginal likelihood, by golden section on its logarithm."""
    rows, count = np.unique(np.column_stack([tried, joined, usual]), axis=0, return_counts=True)

    def likelihood(log_strength: float) -> float:
        kappa = math.exp(log_strength)
        each = (_beta_binomial(tries, joins, mean, kappa) for tries, joins, mean in rows.tolist())
        return math.fsum(times * value for times, value in zip(count.tolist(), each, strict=True))

    low, high = _WEAKEST, _STRONGEST
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = likelihood(left), likelihood(right)
    for _ in range(_STEPS):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = likelihood(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = likelihood(right)
    return math.exp((low + high) / 2)


def _beta_binomial(tried: float, joined: float, usual: float, kappa: float) -> float:
    """Return the logarithm of the chance of these joins, but for what does not depend on kappa."""
    alpha, beta = usual * kappa, (1 - usual) * kappa
    return (
        math.lgamma(joined + alpha)
        + math.lgamma(tried - joined + beta)
        - math.lgamma(tried + kappa)
        - math.lgamma(alpha)
        - math.lgamma(beta)
        + math.lgamma(kappa)
    )


def _interval(random: np.random.Generator, alpha: Values, beta: Values) -> tuple[Values, Values]:
    """Return the middle 95 % of each Beta; equal rows share their draws."""
    kinds, place = np.unique(np.column_stack([alpha, beta]), axis=0, return_inverse=True)
    ends = np.array([np.quantile(random.beta(a, b, _DRAWS), (0.025, 0.975)) for a, b in kinds])
    return ends[place.ravel(), 0], ends[place.ravel(), 1]
