"""Measures of the cascade explorer: the aggregates first, then one cascade's people, then one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.kit.errors import UserError
from sebar.measures.ask import Ask, milliseconds, moment, rows
from sebar.measures.bands import bands, places
from sebar.measures.figures import (
    Cascade,
    CascadePage,
    CascadeSizes,
    Dot,
    GenerationRow,
    Generations,
    Happening,
    JoinsMatrix,
    People,
    Shape,
    SizeBin,
)
from sebar.measures.intervals import ENOUGH, Sums, amplification, ratio
from sebar.spread.cascade import Viralities, parents, structural_viralities
from sebar.spread.estimate import Figure, TooEarly

_ORDERS: Final = {"size": "size DESC", "depth": "depth DESC, size DESC", "first": "first", "last": "last DESC"}
_STEPS: Final = 120
_MATRIX_ROWS: Final = 12
_GENERATION_ROWS: Final = 40
_APART: Final = 24
_TWO_DIGITS: Final = 100


def joins_matrix(
    campaign: int, *, root: int = 0, channel: str = "", until: datetime | None = None, ask: Ask | None = None
) -> JoinsMatrix:
    """Return joins by time and generation.

    Parameters
    ----------
    campaign
        Its identifier.
    root
        Only the cascade of this seed; 0 for all.
    channel
        Only joins that came this way; empty for all.
    until
        Only joins before this.
    ask
        Whom to ask; the engine when absent.
    """
    found = rows(
        ask, "joins_matrix", campaign=campaign, root=root, channel=channel, until=milliseconds(until), steps=_STEPS
    )
    if not found:
        return JoinsMatrix(timedelta(hours=1), (), (), ())
    first, width, last = found[0][0], found[0][1], found[-1][0]
    length = (last - first) // width + 1
    grouped = bands(max(row[2] for row in found), _MATRIX_ROWS)
    place = places(grouped)
    counts = [[0] * length for _ in grouped]
    for start, _, generation, number in found:
        counts[place[generation]][(start - first) // width] += number
    return JoinsMatrix(
        step=timedelta(milliseconds=width),
        times=tuple(moment(first + number * width) for number in range(length)),
        bands=grouped,
        counts=tuple(tuple(row) for row in counts),
    )


def generations(
    campaign: int, *, root: int = 0, channel: str = "", until: datetime | None = None, ask: Ask | None = None
) -> Generations:
    """Return people by generation, the 24 largest cascades apart. Parameters as in `joins_matrix`.

    With a `channel`, cascades are as large as the joins in them that came this way.
    """
    found = rows(
        ask, "generations", campaign=campaign, root=root, channel=channel, until=milliseconds(until), apart=_APART
    )
    if not found:
        return Generations((), (), 0)
    of_cascade: dict[int, int] = defaultdict(int)
    for _, cascade, number in found:
        of_cascade[cascade] += number
    largest = tuple(sorted((seed for seed in of_cascade if seed), key=lambda seed: (-of_cascade[seed], seed)))
    column = {seed: number for number, seed in enumerate(largest)}
    grouped = bands(max(row[0] for row in found), _GENERATION_ROWS)
    place = places(grouped)
    counts = [[0] * (len(largest) + 1) for _ in grouped]
    for generation, cascade, number in found:
        counts[place[generation]][column.get(cascade, -1)] += number
    return Generations(
        rows=tuple(
            GenerationRow(band, sum(row), sum(row) / band.width, tuple(row[:-1]), row[-1])
            for band, row in zip(grouped, counts, strict=True)
        ),
        largest=largest,
        people=sum(of_cascade.values()),
    )


def cascade_sizes(campaign: int, *, until: datetime | None = None, ask: Ask | None = None) -> CascadeSizes:
    """Return how large and how deep cascades are, counting joins before `until`."""
    found = rows(ask, "cascade_sizes", campaign=campaign, until=milliseconds(until))
    cascades = sum(number for _, _, number, _, _ in found)
    people = sum(size * number for size, _, number, _, _ in found)
    largest = max((size for size, *_ in found), default=0)
    squared = sum(size * size * number for size, _, number, _, _ in found)
    shapes = [(size, depth, number) for size, depth, number, _, _ in found]
    beyond = Sums(
        above=sum(row[3] for row in found),
        below=people,
        above_squared=sum(row[4] for row in found),
        below_squared=squared,
        product=sum(row[0] * row[3] for row in found),
    )
    return CascadeSizes(
        bins=_bins(shapes, largest),
        dots=_dots(shapes),
        cascades=cascades,
        people=people,
        largest=largest,
        largest_share=largest / people if people else 0.0,
        beyond_first=beyond.above / people if people else 0.0,
        beyond_first_range=_beyond_first(cascades, beyond),
        amplification=amplification(cascades, people, squared),
    )


def shape(campaign: int, *, until: datetime | None = None, ask: Ask | None = None) -> Shape:
    """Return how deep, wide and viral the cascades are together, counting joins before `until`."""
    found = rows(ask, "shape", campaign=campaign, until=milliseconds(until))
    whole = _viralities(campaign, [], until, ask)[1]
    first, half = found[0][2:] if found else (0, 0)
    return Shape(
        depth=found[-1][0] if found else 0,
        width=max((number for _, number, _, _ in found), default=0),
        time_to_half=timedelta(milliseconds=half - first) if found else None,
        structural_virality=whole.mean if len(whole.size) else None,
        cascades_of_two=len(whole.size),
    )


def viralities(
    campaign: int, roots: Sequence[int], *, until: datetime | None = None, ask: Ask | None = None
) -> dict[int, float]:
    """Return the structural virality of these seeds' cascades; those of a lone seed have none."""
    if not roots:
        return {}
    numbers, found = _viralities(campaign, roots, until, ask)
    return dict(zip(numbers[found.seed].tolist(), found.virality.tolist(), strict=True))


def cascades(
    campaign: int,
    *,
    order: str = "size",
    offset: int = 0,
    limit: int = 50,
    until: datetime | None = None,
    ask: Ask | None = None,
) -> CascadePage:
    """Return one page of the table of cascades.

    Parameters
    ----------
    campaign
        Its identifier.
    order
        ``size``, ``depth``, ``first`` or ``last``: largest, deepest, earliest begun or latest joined first.
    offset, limit
        Which rows.
    until
        Only joins before this.
    ask
        Whom to ask; the engine when absent.

    Raises
    ------
    UserError
        When there is no such order.
    """
    if order not in _ORDERS:
        raise UserError(f"“{order}” is no order of cascades; it should be one of {', '.join(_ORDERS)}.", field="order")
    found = rows(
        ask,
        "cascades",
        parts={"order": _ORDERS[order]},
        campaign=campaign,
        offset=offset,
        limit=limit,
        until=milliseconds(until),
    )
    if not found and offset:  # beyond the end: only the first page knows how many there are
        first_page = cascades(campaign, order=order, limit=1, until=until, ask=ask)
        return CascadePage((), first_page.total, offset, order)
    table = tuple(
        Cascade(root, size, depth, direct, later, moment(first), moment(last))
        for root, size, depth, direct, later, first, last, _ in found
    )
    return CascadePage(table, found[0][-1] if found else 0, offset, order)


def people(
    campaign: int, root: int, *, until: datetime | None = None, limit: int = 2000, ask: Ask | None = None
) -> People:
    """Return the people of one cascade in the order in which they joined: the first `limit` of those before `until`."""
    found = rows(ask, "people", campaign=campaign, root=root, until=milliseconds(until), limit=limit)
    participant, parent, generation, joined_at, channel, total = zip(*found, strict=True) if found else ((),) * 6
    return People(participant, parent, generation, tuple(map(moment, joined_at)), channel, total[0] if total else 0)


def history(campaign: int, participant: int, *, limit: int = 200, ask: Ask | None = None) -> tuple[Happening, ...]:
    """Return what happened to a participant and by their link, newest first: the newest `limit` of it."""
    found = rows(ask, "history", campaign=campaign, participant=participant, limit=limit)
    return tuple(
        Happening(moment(at), kind, verdict, reason, who, who != participant, channel, creative, value, currency)
        for at, kind, verdict, reason, who, channel, creative, value, currency in found
    )


def _viralities(
    campaign: int, roots: Sequence[int], until: datetime | None, ask: Ask | None
) -> tuple[NDArray[np.int64], Viralities]:
    """Return the numbers of those who brought somebody in these cascades, or in all, and what their trees are like."""
    some = {"of_some": "AND root IN {roots:Array(UInt64)}" if roots else ""}
    (columns,) = rows(ask, "virality", parts=some, campaign=campaign, roots=[*roots], until=milliseconds(until))
    person, parent, friends = (np.array(column, np.int64) for column in columns)
    return person, structural_viralities(parents(person, parent), friends)


def _beyond_first(cascades: int, beyond: Sums) -> Figure:
    if cascades < ENOUGH:
        return TooEarly(cascades, ENOUGH, "seeds")
    return ratio(beyond, "of participants", highest=1.0)


def _bins(shapes: list[tuple[int, int, int]], largest: int) -> tuple[SizeBin, ...]:
    in_bin = [[0, 0] for _ in range(largest.bit_length())]
    for size, _, number in shapes:
        counts = in_bin[size.bit_length() - 1]
        counts[0] += number
        counts[1] += size * number
    return tuple(SizeBin(1 << power, (2 << power) - 1, *counts) for power, counts in enumerate(in_bin))


def _dots(shapes: list[tuple[int, int, int]]) -> tuple[Dot, ...]:
    dots: dict[tuple[int, int, int], int] = defaultdict(int)
    for size, depth, number in shapes:
        width = 1
        while size // width >= _TWO_DIGITS:
            width *= 10
        low = size // width * width
        dots[low, low + width - 1, depth] += number
    return tuple(Dot(*place, number) for place, number in sorted(dots.items()))
