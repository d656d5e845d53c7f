"""Series made coarse enough to be seen, and the words and moments along their axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from sebar.measures.figures import Series, Step
from sebar.pages import words

_HOURS = (1, 2, 3, 6, 12)
_TICKS = 6


@dataclass(frozen=True)
class Grouped:
    """A series whose steps were put together, `width` of them at a time."""

    times: tuple[datetime, ...]
    lines: tuple[tuple[int, ...], ...]
    width: int


def coarsen(series: Series, *, most: int) -> Grouped:
    """Put hours together until there are at most `most` buckets, each beginning at a round hour of the series' zone.

    Other steps stay as they are: the store chose them for as long a time as they suit.
    """
    if not series.times:
        return Grouped((), tuple(() for _line in series.lines), 1)
    width = 1
    if series.step == Step.HOUR:
        width = next((hours for hours in _HOURS if len(series.times) <= hours * most), _HOURS[-1])
    zone = words.zone(series.zone)
    starts = [
        index
        for index, moment in enumerate(series.times)
        if index == 0 or width == 1 or moment.astimezone(zone).hour % width == 0
    ]
    ends = [*starts[1:], len(series.times)]
    lines = tuple(
        tuple(sum(line.values[start:end]) for start, end in zip(starts, ends, strict=True)) for line in series.lines
    )
    return Grouped(tuple(series.times[start] for start in starts), lines, width)


def unit(step: Step, width: int) -> str:
    """Return what one bucket counts."""
    if step == Step.HOUR and width > 1:
        return _("joins in %(hours)s hours") % {"hours": width}
    return {
        Step.MINUTE: _("joins a minute"),
        Step.QUARTER: _("joins a quarter of an hour"),
        Step.HOUR: _("joins an hour"),
        Step.DAY: _("joins a day"),
        Step.WEEK: _("joins a week"),
    }[step]


def ticks(times: Sequence[datetime], zone: str) -> list[tuple[float, str]]:
    """Return round moments along an axis of these times, and where between 0 and 1 they lie."""
    if len(times) < 2:  # noqa: PLR2004 - one moment spans nothing
        return []
    first, last = (moment.astimezone(words.zone(zone)) for moment in (times[0], times[-1]))
    moments = words.times_between(first, last, _TICKS)
    return [((at - first) / (last - first), words.tick(at, year=first.year != last.year)) for at in moments]
