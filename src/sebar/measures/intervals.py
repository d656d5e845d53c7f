"""Figures with their range from counts and sums, or that it is too early for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from sebar.spread import branching, special
from sebar.spread.estimate import Estimate, Figure, TooEarly

ENOUGH: Final = 30
"""Below this many participants, shares or seeds it is too early to say how much they pass on."""

_LEVEL: Final = 0.95
_EVEN: Final = 1e6  # dispersion of what is as even as chance


def share(part: int, whole: int, unit: str, of: str = "participants") -> Figure:
    """Return part ÷ whole with the interval of Clopper and Pearson; `of` says what the whole counts."""
    if whole < ENOUGH:
        return TooEarly(whole, ENOUGH, of)
    low, high = special.share_bounds(part, whole)
    return Estimate(part / whole, low, high, _LEVEL, unit)


def amplification(cascades: int, people: int, sizes_squared: int) -> Figure:
    """Return participants per seed, or that it is too early."""
    if cascades < ENOUGH:
        return TooEarly(cascades, ENOUGH, "seeds")
    return branching.amplification(cascades, people, sizes_squared)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over people or cascades of two counts: above and below the line of a ratio.

    Attributes
    ----------
    above, below
        Sums of the two.
    above_squared, below_squared, product
        Sums of their squares and of their product.
    """

    above: int
    below: int
    above_squared: int
    below_squared: int
    product: int


def ratio(sums: Sums, unit: str, *, highest: float = math.inf) -> Estimate:
    """Return above ÷ below, with an interval that knows how unevenly both are spread over people.

    What one person or cascade adds to both counts belongs together, so these are what is drawn, not single events. The
    variance is that of ``above - ratio * below`` over them; the interval lies on the log scale.

    Parameters
    ----------
    sums
        Its sums; `below` at least 1.
    unit
        What to call it.
    highest
        What the ratio cannot exceed.
    """
    if not sums.above:
        return branching.offspring(sums.below, 0, k=_EVEN, unit=unit)
    found = sums.above / sums.below
    left = sums.above_squared - 2 * found * sums.product + found * found * sums.below_squared
    spread = math.exp(special.normal_quantile((1 + _LEVEL) / 2) * math.sqrt(max(left, 0.0)) / sums.above)
    return Estimate(found, found / spread, min(found * spread, highest), _LEVEL, unit)
