"""Who brought whom, as plain geometry: generation rows, icicles, time trees and small trees with names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sebar.measures.figures import GenerationRow, Generations
from sebar.pages.charts import WIDE, Tick, place

_LEAST_WIDTH = 3.0
_GAP_FROM = 5.0
_PRINTED_FROM = 60
_MARGIN = 16
_TOP = 32.0
_COLOURS = 6
_SHORTEST = 1e-3  # seconds: a tree that took less is drawn as if it took this long


def colour(generation: int) -> str:
    """Return the CSS class that colours a generation; from the fifth on they share one."""
    return f"g{min(generation, _COLOURS - 1)}"


@dataclass(frozen=True)
class Part:
    """People of one cascade within a generation row. Root 0 is everybody else."""

    x: str
    width: str
    root: int
    people: int
    is_wide: bool


@dataclass(frozen=True)
class Row:
    """One generation, or several deep ones of which the mean is drawn."""

    first: int
    last: int
    people: int
    mean: float
    css: str
    width: str
    parts: tuple[Part, ...]


def generation_rows(generations: Generations) -> tuple[Row, ...]:
    """Lay out a row for each band of generations; every person has the same area, the largest cascades stand apart."""
    widest = max((row.mean for row in generations.rows), default=0) or 1
    return tuple(_row(row, generations.largest, WIDE / widest) for row in generations.rows)


def _row(row: GenerationRow, largest: Sequence[int], unit: float) -> Row:
    scale = unit / row.band.width
    parts, x = [], 0.0
    for root, people in [*zip(largest, row.apart, strict=True), (0, row.rest)]:
        if people:
            parts.append(Part(place(x), f"{people * scale:.2f}", root, people, people * scale >= _GAP_FROM))
            x += people * scale
    return Row(row.band.first, row.band.last, row.people, row.mean, colour(row.band.first), place(x), tuple(parts))


@dataclass(frozen=True)
class Person:
    """What a tree picture needs to know of one participant.

    `seconds` counts from any fixed moment; `step` is when in the replay they appear.
    """

    number: int
    parent: int
    generation: int
    name: str
    seconds: float
    step: int = 0


@dataclass(frozen=True)
class Branch:
    """A person with everybody below: children in order of joining, and how many people hang on each."""

    top: Person
    people: Mapping[int, Person]
    children: Mapping[int, tuple[int, ...]]
    size: Mapping[int, int]


def branch(people: Sequence[Person]) -> Branch:
    """Build a branch from its people, the top one first, parents before their children."""
    children: dict[int, list[int]] = {}
    for person in people[1:]:
        children.setdefault(person.parent, []).append(person.number)
    known = {person.number: person for person in people}
    size = dict.fromkeys(known, 1)
    for person in reversed(people[1:]):
        size[person.parent] += size[person.number]
    ordered = {parent: tuple(sorted(those, key=lambda n: known[n].seconds)) for parent, those in children.items()}
    return Branch(people[0], known, ordered, size)


@dataclass(frozen=True)
class Mark:
    """A person in a picture."""

    x: str
    y: str
    radius: str
    css: str
    person: Person
    people: int
    tab: bool


@dataclass(frozen=True)
class TimeTree:
    """A row for each person who brought somebody; x is time."""

    width: int
    height: int
    lines: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    is_log: bool


def time_tree(of: Branch, *, is_log: bool | None = None, width: int = 1140, tabs: int = 24) -> TimeTree:
    """Lay out a branch by time: who brought somebody has a row, childless friends are dots on their parent's row.

    Later children's rows lie nearer to their parent's, so no connecting line ever crosses a row.

    Parameters
    ----------
    of
        The branch.
    is_log
        Whether time is stretched at the beginning; when absent, it is if half of all joins fell into its first tenth.
    tabs
        How many of the largest marks the Tab key stops at.
    """
    start = of.top.seconds
    ages = {number: max(person.seconds - start, 0.0) for number, person in of.people.items()}
    end = max(*ages.values(), _SHORTEST)
    logarithmic = median(ages.values()) < end / 10 if is_log is None else is_log
    clock = _Clock(end, logarithmic, width)
    rows = _rows(of)
    pitch = min(max(620 / max(len(rows), 1), 7), 22)
    ys = {number: _TOP + rows[number] * pitch if number in rows else 0.0 for number in of.people}
    for number, person in of.people.items():
        if number not in rows:
            ys[number] = ys.get(person.parent, _TOP)
    xs = {number: clock.x(age) for number, age in ages.items()}
    largest = set(sorted(of.people, key=lambda n: -of.size[n])[:tabs])
    marks = tuple(
        Mark(
            place(xs[number]),
            place(ys[number]),
            place(min(3.2 + math.log2(of.size[number]) * 0.5, 8)),
            colour(person.generation),
            person,
            of.size[number],
            number in largest,
        )
        for number, person in of.people.items()
    )
    height = round(_TOP + len(rows) * pitch)
    return TimeTree(width, height, _connections(of, rows, xs, ys), marks, clock.ticks(), logarithmic)


def _rows(of: Branch) -> dict[int, int]:
    """Return the rows counted from the top: a person's row, then the rows of those they brought, the latest first."""
    rows: dict[int, int] = {}
    waiting = [of.top.number]
    while waiting:
        number = waiting.pop()
        if number in of.children or number == of.top.number:
            rows[number] = len(rows)
            waiting.extend(of.children.get(number, ()))
    return rows


def _connections(of: Branch, rows: Mapping[int, int], xs: Mapping[int, float], ys: Mapping[int, float]) -> str:
    parts = []
    for parent, children in of.children.items():
        parts.append(f"M{place(xs[parent])} {place(ys[parent])}H{place(xs[children[-1]])}")
        parts.extend(
            f"M{place(xs[child])} {place(ys[parent])}V{place(ys[child])}" for child in children if child in rows
        )
    return "".join(parts)


@dataclass(frozen=True)
class _Clock:
    """Where an age in seconds lies from left to right."""

    end: float
    is_log: bool
    width: int

    def x(self, age: float) -> float:
        """Return the position in CSS pixels."""
        soon = self.end / 500
        share = math.log1p(age / soon) / math.log1p(self.end / soon) if self.is_log else age / self.end
        return _MARGIN + share * (self.width - 2 * _MARGIN)

    def ticks(self) -> tuple[Tick, ...]:
        """Return round ages; `label` is the age in whole seconds, for the template to say in words."""
        found: list[Tick] = []
        last = -1000.0
        for age in (
            60,
            300,
            900,
            3600,
            3 * 3600,
            6 * 3600,
            12 * 3600,
            *(d * 86400 for d in (1, 2, 4, 7, 14, 30, 60, 120, 365)),
        ):
            x = self.x(age)
            if age <= self.end and x - last > 76 and _MARGIN + 16 < x < self.width - 40:  # noqa: PLR2004 - room for the words
                found.append(Tick(place(x), str(age), "middle"))
                last = x
        return tuple(found)


@dataclass(frozen=True)
class SmallTree:
    """At most some sixty people with their names, drawn from left to right."""

    width: int
    height: int
    lines: str
    marks: tuple[Mark, ...]


def small_tree(of: Branch, *, column: int = 190, pitch: int = 28) -> SmallTree:
    """Lay out a branch with names: a column for each generation, parents level with their first child."""
    ys: dict[int, float] = {}
    waiting, row = [of.top.number], 0
    levels = {of.top.number: 0}
    while waiting:
        number = waiting.pop()
        ys[number] = 18 + row * pitch
        children = of.children.get(number, ())
        levels.update(dict.fromkeys(children, levels[number] + 1))
        row += not children
        waiting.extend(reversed(children))
    xs = {number: 12 + level * column for number, level in levels.items()}
    marks = tuple(
        Mark(
            place(xs[number]),
            place(ys[number]),
            place(min(4 + math.log2(of.size[number]), 8)),
            colour(person.generation),
            person,
            of.size[number],
            tab=True,
        )
        for number, person in of.people.items()
    )
    lines = "".join(
        _curve(xs[parent], ys[parent], xs[child], ys[child]) for parent, those in of.children.items() for child in those
    )
    return SmallTree((max(levels.values()) + 1) * column + 12, round(18 + row * pitch), lines, marks)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    if y == to_y:
        return f"M{place(x)} {place(y)}H{place(to_x)}"
    corner = f"Q{place(x)} {place(to_y)} {place(x + 8)} {place(to_y)}"
    return f"M{place(x)} {place(y)}V{place(to_y - 8)}{corner}H{place(to_x)}"


@dataclass(frozen=True)
class Box:
    """A person's branch, or several small branches together (`number` 0)."""

    x: str
    y: int
    width: str
    css: str
    number: int
    branches: int
    people: int
    prints: bool
    tab: bool


@dataclass(frozen=True)
class Icicle:
    """Branches as boxes: width is the people in a branch, each row one generation."""

    width: int
    height: int
    boxes: tuple[Box, ...]


def icicle(parents: Mapping[int, int], top: int, *, width: int = 1140, row: int = 22) -> Icicle:
    """Lay out a large branch. Boxes too narrow to see are merged, and so are their children, so that depth survives.

    Parameters
    ----------
    parents
        Parent of each person of the branch, parents before their children; of `top` itself anything.
    top
        The person the branch hangs on.
    """
    folding = _Folding(parents, top, width=width, row=row)
    groups: list[tuple[float, list[int]]] = [(0.0, [top])]
    level = 0
    while groups:
        groups = [group for x, members in groups for group in folding.siblings(x, members, level)]
        level += 1
    return Icicle(width, level * folding.pitch, tuple(folding.boxes))


class _Folding:
    """The boxes of an icicle as they are laid out, a group of siblings at a time."""

    def __init__(self, parents: Mapping[int, int], top: int, *, width: int, row: int) -> None:
        self.size = dict.fromkeys(parents, 1)
        self.children: dict[int, list[int]] = {}
        for number in reversed(parents):
            if number != top:
                parent = parents[number]
                self.size[parent] += self.size[number]
                self.children.setdefault(parent, []).append(number)
        self.unit = width / self.size[top]
        self.pitch = row + 2
        self.boxes: list[Box] = []

    def siblings(self, x: float, members: list[int], level: int) -> list[tuple[float, list[int]]]:
        """Add the boxes of one group of siblings; return the groups of their children."""
        below = []
        members.sort(key=lambda number: -self.size[number])
        wide = [number for number in members if self.size[number] * self.unit >= _LEAST_WIDTH]
        for number in wide:
            self._add(x, level, [number])
            if number in self.children:
                below.append((x, self.children[number]))
            x += self.size[number] * self.unit
        folded = members[len(wide) :]
        if folded:
            self._add(x, level, folded)
            deeper = [child for number in folded for child in self.children.get(number, ())]
            if deeper:
                below.append((x, deeper))
        return below

    def _add(self, x: float, level: int, members: list[int]) -> None:
        people = sum(self.size[number] for number in members)
        width = people * self.unit
        self.boxes.append(
            Box(
                x=place(x),
                y=level * self.pitch,
                width=place(max(width - 1, 0.5)),
                css=colour(level),
                number=members[0] if len(members) == 1 else 0,
                branches=len(members),
                people=people,
                prints=width >= _PRINTED_FROM,
                tab=len(self.boxes) < 24,  # noqa: PLR2004 - so many stops of the Tab key are bearable
            )
        )
