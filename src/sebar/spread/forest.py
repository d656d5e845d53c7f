"""Who joined when, and through whom: one cascade or a whole campaign, as forecasts take it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread import cascade

Values = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Forest:
    """People in the order in which they joined, so that parents stand before their children. Made by `grown`.

    Attributes
    ----------
    joined
        (n,) seconds since the first join, rising.
    parent
        (n,) index of everybody's parent, -1 for seeds.
    start
        When the first joined, seconds since 1970 UTC, for the hours of the day; None when nobody knows.
    """

    joined: Values
    parent: Integers
    start: float | None = None

    @cached_property
    def generation(self) -> Integers:
        """(n,) everybody's distance from their seed."""
        return cascade.generations(self.parent)

    def until(self, now: float) -> Forest:
        """Return what is known at a moment, seconds since the first join."""
        known = int(np.searchsorted(self.joined, now, side="right"))
        return Forest(self.joined[:known], self.parent[:known], self.start)

    def people(self, now: float) -> int:
        """Return how many have joined by a moment."""
        return int(np.searchsorted(self.joined, now, side="right"))


def grown(joined: ArrayLike, parent: ArrayLike, *, start: float | None = None) -> Forest:
    """Put people in order; times before the parent's become the parent's.

    Parameters
    ----------
    joined
        (n,) when everybody joined, seconds from any origin.
    parent
        (n,) index of everybody's parent, -1 for seeds; in any order.
    start
        When the first joined, seconds since 1970 UTC.

    Raises
    ------
    ValueError
        When parents are out of range or their own ancestors.
    """
    times, above = np.asarray(joined, np.float64).copy(), np.asarray(parent, np.int64)
    if times.shape != above.shape or times.ndim != 1:
        raise ValueError("Joins and parents must be two rows of the same length.")
    if not np.isfinite(times).all():
        raise ValueError("Every join needs a time.")
    if len(above) and (above.min() < -1 or above.max() >= len(above)):
        raise ValueError("A parent is out of range: parents are indices into the same rows, or -1.")
    generation = cascade.generations(above)
    by_generation = np.argsort(generation, kind="stable")
    for level in np.split(by_generation, np.flatnonzero(np.diff(generation[by_generation])) + 1):
        inner = level[above[level] >= 0]
        times[inner] = np.maximum(times[inner], times[above[inner]])
    order = np.lexsort((np.arange(len(times)), generation, times))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    first = times[order[0]] if len(order) else 0.0
    mothers = above[order]
    return Forest(times[order] - first, np.where(mothers >= 0, place[mothers], -1), start)
