"""Charts as plain geometry: numbers in, positions out. Templates draw them as SVG; nothing here knows of HTML.

Positions are text, ready for an attribute, because templates would write a decimal comma in Indonesian. Shapes live in
a box `WIDE` units wide that is stretched to the page; words live outside of it, at percentages, so they never stretch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise

from sebar.pages import words

WIDE = 1000
_STEPS = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
_LABEL_GAP = 15
_FLOOR = 12
_SMALL = 10
_NEAR_GOAL = 3
_FAR = 4  # times the end of the 80 % range, up to which the 95 % range is shown where it goes too far
_TOO_FAR = 6  # times that, from which it is cut
MOST_SERIES = 5


def place(value: float) -> str:
    """Return a coordinate with at most one decimal, always with a decimal point."""
    return f"{value:.1f}".removesuffix(".0")


def percentage(share: float) -> str:
    """Return a position as a percentage, kept inside the picture."""
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"


def ceiling(largest: float) -> int:
    """Return the round number at or above `largest` that the top of an axis shows."""
    if largest <= _SMALL:
        return max(math.ceil(largest), 1)
    power = math.pow(10, math.floor(math.log10(largest)))
    return next(math.ceil(step * power) for step in _STEPS if step * power >= largest)


@dataclass(frozen=True)
class Rule:
    """A horizontal line of the grid at height `y`, standing for `value`."""

    y: str
    label_y: str
    value: int


@dataclass(frozen=True)
class Tick:
    """A label under the time axis at position `x` (a percentage)."""

    x: str
    label: str
    anchor: str


@dataclass(frozen=True)
class Line:
    """One series: its path, the dashed part that is still filling, and where its name stands at the right."""

    name: str
    css: str
    path: str
    filling: str
    label_y: str


@dataclass(frozen=True)
class LineChart:
    """Lines over time in a box of fixed height."""

    height: int
    top: int
    plot: int
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]


def line_chart(
    series: Sequence[tuple[str, str, Sequence[float]]], ticks: Sequence[tuple[float, str]], *, height: int = 240
) -> LineChart:
    """Lay out lines that share one time axis.

    Parameters
    ----------
    series
        Name, CSS class and values of each line; all have the same length. The last value is still filling.
    ticks
        Where along the axis (0 to 1) which label stands.
    height
        Of the whole picture in CSS pixels; labels take 20 above and 22 below.
    """
    top, plot = 20, height - 42
    highest = ceiling(max((value for _, _, values in series for value in values), default=1))
    ends = _apart([plot - plot * (values[-1] if values else 0) / highest for _, _, values in series], plot)
    lines = tuple(
        _line((name, css), values, highest, plot, top + end)
        for (name, css, values), end in zip(series, ends, strict=True)
    )
    return LineChart(height, top, plot, lines, rules(highest, top, plot), axis(ticks))


def _line(label: tuple[str, str], values: Sequence[float], highest: int, plot: int, label_y: float) -> Line:
    name, css = label
    step = WIDE / max(len(values) - 1, 1)
    points = [f"{place(index * step)} {place(plot - plot * value / highest)}" for index, value in enumerate(values)]
    settled = points[:-1] if len(points) > 1 else points
    return Line(
        name=name,
        css=css,
        path="M" + "L".join(settled) if settled else "",
        filling="M" + "L".join(points[-2:]) if len(points) > 1 else "",
        label_y=place(label_y + 4),
    )


def rules(highest: int, top: int, plot: int) -> tuple[Rule, ...]:
    """Return the grid lines: the top one, its half when that is a whole number, and the ground without a label."""
    marks = [highest, highest // 2] if highest % 2 == 0 else [highest]
    heights = [(top + plot - plot * mark / highest, mark) for mark in marks]
    return (*(Rule(place(y), place(y - 5), mark) for y, mark in heights), Rule(place(top + plot), "", 0))


def axis(ticks: Sequence[tuple[float, str]]) -> tuple[Tick, ...]:
    """Return labels that stay inside the picture: the last ones end where they stand."""
    return tuple(
        Tick(percentage(at), label, "start" if at < 0.02 else "end" if at > 0.94 else "middle")  # noqa: PLR2004 - near the edges
        for at, label in ticks
    )


def _apart(wanted: Sequence[float], lowest: float) -> list[float]:
    """Push heights apart so that names never touch, keeping their order; none below `lowest`."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed: list[float] = []
    for index in order:
        placed.append(max(wanted[index], placed[-1] + _LABEL_GAP if placed else 0.0))
    limit = lowest
    for position in range(len(placed) - 1, -1, -1):
        placed[position] = min(placed[position], limit)
        limit = placed[position] - _LABEL_GAP
    result = [0.0] * len(wanted)
    for index, height in zip(order, placed, strict=True):
        result[index] = height
    return result


@dataclass(frozen=True)
class Bar:
    """What an earlier forecast said about one moment: a range and its middle."""

    x: str
    low: str
    high: str
    middle: str


@dataclass(frozen=True)
class FanChart:
    """What was, what will likely be in bands from the widest to the narrowest, and what was forecast before.

    `is_cut` says that the widest band goes on above the picture. `names` holds at which heights the ends of the 80 %
    band and the middle are named at the right, and what they are.
    """

    height: int
    top: int
    plot: int
    past: str
    bands: tuple[tuple[str, str], ...]
    middle: str
    now: str
    goal: str
    goal_label_y: str
    is_cut: bool
    bars: tuple[Bar, ...]
    names: tuple[tuple[str, int], ...]
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]


def fan_chart(
    past: Sequence[tuple[float, float]],
    ahead: Sequence[tuple[float, Sequence[float]]],
    ticks: Sequence[tuple[float, str]],
    *,
    earlier: Sequence[tuple[float, float, float, float]] = (),
    goal: float | None = None,
    height: int = 320,
) -> FanChart:
    """Lay out a fan.

    Parameters
    ----------
    past
        Places along the axis (0 to 1) and what was counted there.
    ahead
        Places from now on, and the seven quantiles from 2.5 % to 97.5 % foreseen for them.
    ticks
        Where along the axis which label stands.
    earlier
        Place, low end, middle and high end of what was forecast before.
    goal
        Where to draw the line that is hoped for; only where it fits into the picture.
    height
        Of the whole picture in CSS pixels.
    """
    top, plot = 20, height - 42
    widest = [quantiles for _, quantiles in ahead]
    # A last bit of luck must not press everything else to the ground: then the widest band leaves the picture at its
    # top, where it is cut off; it is never bent.
    outer = max((one[6] if one[6] <= _TOO_FAR * one[5] else _FAR * one[5] for one in widest), default=1.0)
    seen = max([value for _, value in past] + [high for *_, high in earlier], default=1.0)
    highest = ceiling(max(outer, seen, goal if goal is not None and goal <= _NEAR_GOAL * max(outer, seen) else 1.0))
    y = partial(_height, highest, plot)
    last = widest[-1] if widest else ()
    low, high = words.rounded(last[1], last[5], least=ahead[0][1][0]) if last else (0, 0)
    wanted = [plot - plot * min(last[place] / highest, 1.0) for place in (5, 3, 1)] if last else []
    return FanChart(
        height=height,
        top=top,
        plot=plot,
        past=_path([(x, y(value)) for x, value in past]),
        bands=tuple(
            (css, _band([(x, y(one[low]), y(one[high])) for x, one in ahead]))
            for css, low, high in (("band95", 0, 6), ("band80", 1, 5), ("band50", 2, 4))
        ),
        middle=_path([(x, y(one[3])) for x, one in ahead]),
        now=place(WIDE * ahead[0][0]) if ahead else "",
        goal=y(goal) if goal is not None and goal <= highest else "",
        goal_label_y=place(max(top + float(y(goal)) - 5, _FLOOR)) if goal is not None and goal <= highest else "",
        is_cut=any(one[6] > highest for one in widest),
        bars=tuple(Bar(place(WIDE * x), y(low), y(high), y(middle)) for x, low, middle, high in earlier),
        names=tuple(
            (place(top + end + 4), round(value))
            for end, value in zip(_apart(wanted, plot), (high, last[3], low), strict=True)
        )
        if last
        else (),
        rules=rules(highest, top, plot),
        ticks=axis(ticks),
    )


def _height(highest: int, plot: int, value: float) -> str:
    return place(plot - plot * value / highest)


def _path(points: Sequence[tuple[float, str]]) -> str:
    return "M" + "L".join(f"{place(WIDE * x)} {y}" for x, y in points) if points else ""


def _band(points: Sequence[tuple[float, str, str]]) -> str:
    there = "L".join(f"{place(WIDE * x)} {high}" for x, _, high in points)
    back = "L".join(f"{place(WIDE * x)} {low}" for x, low, _ in reversed(points))
    return f"M{there}L{back}Z" if points else ""


@dataclass(frozen=True)
class Layer:
    """One generation's share of a stacked picture."""

    name: str
    css: str
    path: str


@dataclass(frozen=True)
class StackedChart:
    """Layers over time, each bucket a step, in a box of fixed height."""

    height: int
    top: int
    plot: int
    layers: tuple[Layer, ...]
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]


def stacked_chart(
    layers: Sequence[tuple[str, str, Sequence[int]]], ticks: Sequence[tuple[float, str]], *, height: int = 240
) -> StackedChart:
    """Lay out layers on top of each other, the first at the bottom. All have the same number of buckets."""
    top, plot = 20, height - 42
    columns = list(zip(*(values for _, _, values in layers), strict=True))
    highest = ceiling(max((sum(column) for column in columns), default=1))
    heights = [[0, *accumulate(column)] for column in columns]
    drawn = tuple(
        Layer(name, css, _steps([row[index] for row in heights], [row[index + 1] for row in heights], highest, plot))
        for index, (name, css, _) in enumerate(layers)
    )
    return StackedChart(height, top, plot, drawn, rules(highest, top, plot), axis(ticks))


def _steps(lower: Sequence[int], upper: Sequence[int], highest: int, plot: int) -> str:
    """Return the outline between two stairs, buckets without anything left out."""
    width = WIDE / max(len(lower), 1)
    parts = []
    for start, stop in _filled(lower, upper):
        xs = [place(index * width) for index in range(start, stop + 1)]
        ups = [place(plot - plot * upper[index] / highest) for index in range(start, stop)]
        downs = [place(plot - plot * lower[index] / highest) for index in range(start, stop)]
        there = "".join(f"V{y}H{x}" for y, x in zip(ups, xs[1:], strict=True))
        back = "".join(f"V{y}H{x}" for y, x in zip(reversed(downs), reversed(xs[:-1]), strict=True))
        parts.append(f"M{xs[0]} {downs[0]}{there}{back}Z")
    return "".join(parts)


def _filled(lower: Sequence[int], upper: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield the runs of buckets, as start and end, in which there is something between the two stairs."""
    full = [False, *(high > low for low, high in zip(lower, upper, strict=True)), False]
    edges = [index for index, (before, now) in enumerate(pairwise(full)) if before != now]
    return zip(edges[::2], edges[1::2], strict=True)


@dataclass(frozen=True)
class Scale:
    """A range and its middle on a line from 0 to `end`, with a tick at one."""

    low: str
    high: str
    value: str
    one: str


def scale(value: float, low: float, high: float, *, end: float = 2.0) -> Scale:
    """Lay a figure and its range out on a line from 0 to `end`."""
    return Scale(percentage(low / end), percentage(high / end), percentage(value / end), percentage(1 / end))


def bar(part: float, whole: float) -> str:
    """Return the width of a bar; what is not nothing stays visible."""
    if not part or not whole:
        return "0"
    return percentage(max(part / whole, 0.004))


def spark(values: Sequence[float]) -> str:
    """Return the path of a line without axes in a box of 96 × 24."""
    highest = max(values, default=0) or 1
    step = 96 / max(len(values) - 1, 1)
    return "M" + "L".join(f"{place(i * step)} {place(22 - 20 * value / highest)}" for i, value in enumerate(values))


@dataclass(frozen=True)
class Dot:
    """Cascades of the same size and depth in a size × depth picture."""

    x: str
    y: str
    radius: str
    low: int
    high: int
    depth: int
    count: int


@dataclass(frozen=True)
class DotPlot:
    """Cascades by size (each step to the right ten times as many people) and depth."""

    height: int
    top: int
    plot: int
    dots: tuple[Dot, ...]
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]


def dot_plot(alike: Sequence[tuple[int, int, int, int]], name: Mapping[int, str], *, height: int = 220) -> DotPlot:
    """Lay cascades out by size and depth; where there are many alike, the dot is larger.

    Parameters
    ----------
    alike
        Smallest and largest size, depth, and how many cascades are like this.
    name
        Label of each power of ten on the axis.
    """
    top, plot = 20, height - 42
    deepest = ceiling(max((depth for _, _, depth, _ in alike), default=1))
    largest = max((high for _, high, _, _ in alike), default=10)
    decades = max(math.ceil(math.log10(max(largest, 10))), 1)
    dots = tuple(
        Dot(
            x=percentage(0.03 + 0.94 * math.log10(max(low, 1)) / decades),
            y=place(top + (plot - _FLOOR) * (1 - depth / deepest)),
            radius=place(min(4 + 3 * math.log10(count), 14)),
            low=low,
            high=high,
            depth=depth,
            count=count,
        )
        for low, high, depth, count in sorted(alike, key=lambda dot: -dot[3])
    )
    marks = [(0.03 + 0.94 * power / decades, name[10**power]) for power in range(decades + 1)]
    return DotPlot(height, top, plot, dots, rules(deepest, top, plot - _FLOOR), axis(marks))
