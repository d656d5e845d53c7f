"""How long people take to answer, and which share of those who ever will has answered by now."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import delays as kernels
from sebar.spread.learning.shrinkage import DROP, crossing, largest

Values = NDArray[np.float64]

FEWEST_JOINS: Final = 10
"""Joins from which on delays can be learned."""

_GROUPS: Final = 400  # to which delays and ages are drawn together
_SCALES: Final = (math.log(0.1), math.log(5.0))
_NEAR: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Delays:
    """Times from invitation to join of those who ever join.

    Attributes
    ----------
    family
        ``lognormal`` or ``weibull``, whichever is likelier.
    place, scale
        Of the logarithm of the delay: mean and standard deviation, or those of the smallest extreme value.
    ever
        Share of all who will ever join.
    ends
        The soonest and the latest delays that are likely too, of either family: ends of the places whose profile
        likelihood is in 95 % of reach of the best. They have none themselves.
    """

    family: Literal["lognormal", "weibull"]
    place: float
    scale: float
    ever: float
    ends: tuple[Delays, ...] = ()

    def matured(self, age: ArrayLike) -> Values:
        """Return, for invitations of these ages, which share of those who ever join has joined by then."""
        known = np.asarray(age, np.float64)
        with np.errstate(divide="ignore"):
            logs = np.log(np.maximum(known, 0.0))
        return kernels.by_then(logs.ravel(), self.place, self.scale, self.family == "lognormal").reshape(known.shape)


def learn_delays(age: ArrayLike, delay: ArrayLike) -> Delays:
    """Learn how long people take to join, from invitations of which many are young.

    While a campaign grows most invitations are young, so the delays seen so far are mostly short ones: their mean, and
    their empirical distribution, are too small. Here whoever has not joined counts too, as somebody who never will or
    whose time has not come (a mixture with a share that never joins, Boag 1949), and the likelihood of all gives both.

    Parameters
    ----------
    age
        (n,) time since each invitation, above 0.
    delay
        (n,) time from invitation to join, at most the age, in the same unit; NaN for those who have not joined.

    Raises
    ------
    ValueError
        When fewer than `FEWEST_JOINS` joined, or a delay is impossible.

    References
    ----------
    Boag: Maximum likelihood estimates of the proportion of patients cured by cancer therapy. JRSS B 1949.
    """
    ages, took = np.asarray(age, np.float64), np.asarray(delay, np.float64)
    joined = ~np.isnan(took)
    _check(ages, took, joined)
    if not took[joined].max(initial=0.0) > 0:
        raise ValueError("All joined in the very moment they were invited: delays need a finer unit of time.")
    shortest = took[joined & (took > 0)].min()
    delays, times = _grouped(np.log(np.maximum(took[joined], shortest)))
    waits, opens = _grouped(np.log(np.maximum(ages[~joined], shortest * 1e-3)))
    range_ = (float(delays[0]) - 1.0, float(max(delays[-1], waits.max(initial=-np.inf))) + 2.0)

    def value(place: float, log_scale: float, normal: bool) -> float:
        return kernels.likelihood(delays, times, waits, opens, place, math.exp(log_scale), normal)

    def scale_at(place: float, normal: bool) -> float:
        return largest(lambda log_scale: value(place, log_scale, normal), *_SCALES, near=_NEAR)

    def profile(place: float, normal: bool) -> float:
        return value(place, scale_at(place, normal), normal)

    def fitted(normal: bool) -> tuple[float, float]:
        place = largest(lambda one: profile(one, normal), *range_, near=_NEAR)
        return profile(place, normal), place

    def delays_at(place: float, normal: bool) -> Delays:
        scale = math.exp(scale_at(place, normal))
        chance = kernels.ever(float(times.sum()), opens, kernels.by_then(waits, place, scale, normal))
        return Delays("lognormal" if normal else "weibull", place, scale, chance)

    best = {normal: fitted(normal) for normal in (True, False)}
    normal = best[True] >= best[False]
    floor = best[normal][0] - DROP

    def ends_of(normal: bool) -> list[Delays]:
        def of_this(place: float) -> float:
            return profile(place, normal)

        places = (crossing(of_this, floor, best[normal][1], end, near=_NEAR) for end in range_)
        return [delays_at(one, normal) for one in places]

    ends = sorted((end for one in best if best[one][0] >= floor for end in ends_of(one)), key=lambda end: end.ever)
    return replace(delays_at(best[normal][1], normal), ends=(ends[0], ends[-1]))


def _check(age: Values, delay: Values, joined: NDArray[np.bool_]) -> None:
    if age.shape != delay.shape or age.ndim != 1:
        raise ValueError("Ages and delays must be two rows of the same length.")
    if int(joined.sum()) < FEWEST_JOINS:
        raise ValueError(
            f"Only {int(joined.sum())} joined, and delays take {FEWEST_JOINS}: count invitations whose time is over."
        )
    wrong = ~(age >= 0) | (joined & ~((delay >= 0) & (delay <= age)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"Row {row} joined {delay[row]:g} after an invitation {age[row]:g} old.")


def _grouped(values: Values) -> tuple[Values, Values]:
    """Return means and sizes of groups of neighbouring values."""
    bounds = np.unique(np.linspace(0, len(values), _GROUPS + 1).astype(np.int64))
    sizes = np.diff(bounds).astype(np.float64)
    return (np.add.reduceat(np.sort(values), bounds[:-1]) / sizes if len(values) else values), sizes
