"""How an interval about a factor narrows over time, as plain geometry like `sebar.pages.charts`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sebar.pages.charts import WIDE, Tick, axis, place

_MARKS = (0.25, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0)
_WIDEST = 4.0
_LEAST = 1.12
_GAP = 22


@dataclass(frozen=True)
class Mark:
    """A horizontal line at height `y` for a factor; the one at 1 is `even`."""

    y: str
    label_y: str
    value: float
    is_even: bool


@dataclass(frozen=True)
class NarrowingChart:
    """A band and its middle on a logarithmic scale of factors, wide at first, with a line at 1."""

    height: int
    top: int
    plot: int
    band: str
    middle: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def narrowing_chart(
    looks: Sequence[tuple[float, float, float, float]], ticks: Sequence[tuple[float, str]], *, height: int = 220
) -> NarrowingChart:
    """Lay out how an interval has narrowed.

    Parameters
    ----------
    looks
        Place along the axis (0 to 1), factor, and both ends of its interval.
    ticks
        Where along the axis which label stands.
    height
        Of the whole picture in CSS pixels.
    """
    top, plot = 12, height - 34
    last = looks[-1]
    reach = max(last[3], 1 / last[2], *(max(one[1], 1 / one[1]) for one in looks), _LEAST)
    edge = math.log(min(reach * 1.25, _WIDEST))

    def y(factor: float) -> float:
        return plot / 2 * (1 - max(min(math.log(factor) / edge, 1.0), -1.0))

    there = "L".join(f"{place(WIDE * x)} {place(y(high))}" for x, _, _, high in looks)
    back = "L".join(f"{place(WIDE * x)} {place(y(low))}" for x, _, low, _ in reversed(looks))
    return NarrowingChart(
        height=height,
        top=top,
        plot=plot,
        band=f"M{there}L{back}Z",
        middle="M" + "L".join(f"{place(WIDE * x)} {place(y(value))}" for x, value, _, _ in looks),
        marks=tuple(
            Mark(place(top + y(mark)), place(top + y(mark) - 4), mark, mark == 1.0) for mark in _marks(edge, plot)
        ),
        ticks=axis(ticks),
    )


def _marks(edge: float, plot: int) -> list[float]:
    """Return the factors to be labelled: 1, and those inside the picture that do not stand too close together."""
    kept = [1.0]
    for mark in sorted(_MARKS, key=lambda mark: abs(math.log(mark))):
        apart = min(abs(math.log(mark / other)) for other in kept) / edge * plot / 2
        if abs(math.log(mark)) < edge and apart >= _GAP:
            kept.append(mark)
    return sorted(kept)
