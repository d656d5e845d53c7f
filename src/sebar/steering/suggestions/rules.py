"""What so many seeds would make of a campaign, from what was tried. Pure functions."""

from __future__ import annotations

import math

from sebar.steering.rules import MoreSeeds

_DIGITS_TOLD = 2


def told(seeds: int) -> int:
    """Return a number of seeds as it may be told: rounded up to two digits, since it is drawn between few trials."""
    step = int(10.0 ** max(len(str(seeds)) - _DIGITS_TOLD, 0))
    return math.ceil(seeds / step) * step


def between(below: MoreSeeds, above: MoreSeeds, seeds: int) -> MoreSeeds:
    """Return what so many seeds would make of it, drawn straight between fewer and more that were tried."""
    part = (seeds - below.seeds) / (above.seeds - below.seeds)

    def drawn(low: float, high: float) -> float:
        return low + part * (high - low)

    return MoreSeeds(
        seeds,
        tuple(map(drawn, below.quantiles, above.quantiles)),
        drawn(below.chance_of_goal or 0.0, above.chance_of_goal or 0.0),
    )
