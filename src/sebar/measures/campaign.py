"""Measures of a whole campaign: how many got how far, when, and by which channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sebar.events.event import Kind
from sebar.kit.errors import UserError
from sebar.measures.ask import Ask, milliseconds, moment, rows
from sebar.measures.bands import bands, places
from sebar.measures.figures import (
    Funnel,
    Line,
    Money,
    Reach,
    Series,
    Sharer,
    Stage,
    Step,
    Summary,
    Version,
)
from sebar.measures.intervals import amplification, share

STAGES: Final = ("view", "visit", "person", "join", "confirm", "conversion")
By = Literal["", "channel", "generation"]

_WIDTHS: Final = {Step.MINUTE: 60, Step.QUARTER: 900, Step.HOUR: 3600, Step.DAY: 86_400, Step.WEEK: 604_800}
_STEPS: Final = 170
_MOST_STEPS: Final = 20_000
_LABELS: Final = {"": "''", "channel": "toString(channel)", "generation": "generation"}


def version(campaign: int, *, ask: Ask | None = None) -> Version:
    """Return a number that changes whenever any measure may have changed. Cheap enough to be asked all the time."""
    ((number, counted_at),) = rows(ask, "version", campaign=campaign)
    return Version(number, moment(counted_at))


def summary(campaign: int, *, now: datetime | None = None, ask: Ask | None = None) -> Summary:
    """Return the campaign in a few figures.

    Parameters
    ----------
    campaign
        Its identifier.
    now
        End of the “last 24 hours”; the present minute when absent, so that all who look within it ask the same.
    ask
        Whom to ask; the engine when absent.
    """
    end = now or datetime.now(UTC).replace(second=0, microsecond=0)
    (row,) = rows(ask, "summary", campaign=campaign, now=milliseconds(end))
    confirmed, conversions, refunded, shares, visits, visits_raw, views = row[:7]
    participants, seeds, last_day, depth, first, last, cascades, largest, sizes_squared = row[7:16]
    return Summary(
        participants=participants,
        seeds=seeds,
        referred=participants - seeds,
        joined_last_day=last_day,
        confirmed=confirmed,
        conversions=conversions - refunded,
        refunded=refunded,
        shares=shares,
        visits=visits,
        visits_raw=visits_raw,
        views=views,
        cascades=cascades,
        largest=largest,
        depth=depth,
        amplification=amplification(cascades, participants, sizes_squared),
        first=moment(first) if participants else None,
        last=moment(last) if participants else None,
        money=tuple(map(Money, *row[16:20])),
    )


def reach(campaign: int, *, ask: Ask | None = None) -> Reach:
    """Return how many people it came before, and how many of them showed that they noticed."""
    ((reached, returned, participants),) = rows(ask, "reach", campaign=campaign)
    aware = max(participants, returned)
    # Whoever joined was reached, although phones alike on one line look like one visitor.
    people = max(reached, aware)
    return Reach(
        people=people,
        joined=participants,
        returned=returned,
        aware=aware,
        aware_share=share(aware, people, "of people reached", "people reached"),
    )


def seen_since(campaign: int, since: datetime, *, until: datetime | None = None, ask: Ask | None = None) -> int:
    """Return how many visitors saw something of the campaign or opened a link in a time; each once a day."""
    ((visitors,),) = rows(ask, "seen_since", campaign=campaign, since=milliseconds(since), until=milliseconds(until))
    return int(visitors)


def funnel(campaign: int, *, ask: Ask | None = None) -> Funnel:
    """Return how many got how far: views, visits, persons, joins, confirmed joins, conversions; counted beside raw.

    Refunded conversions are no counted ones.
    """
    counted: Counter[str] = Counter()
    raw: Counter[str] = Counter()
    not_persons: Counter[str] = Counter()
    for stage, seen_as, persons, touches in rows(ask, "funnel", campaign=campaign):
        counted[stage] += persons
        raw[stage] += touches
        if stage == "visit" and seen_as != "person":
            not_persons[seen_as] = touches
    counted["conversion"] -= counted["refund"]
    # Whoever joined is a person, although phones alike on one line look like one visitor.
    for found in (counted, raw):
        found["person"] = max(found["person"], counted["join"])
    above = (None, *STAGES[:-1])
    return Funnel(
        stages=tuple(
            Stage(name, counted[name], raw[name], _of_above(counted[name], counted[before] if before else 0))
            for name, before in zip(STAGES, above, strict=True)
        ),
        not_persons=tuple(sorted(not_persons.items(), key=lambda entry: (-entry[1], entry[0]))),
        refunded=counted["refund"],
    )


def _of_above(count: int, above: int) -> float | None:
    """Return the share of the stage above; None where more came than were seen there, as people do who are imported."""
    return count / above if above and count <= above else None


def series(
    campaign: int,
    kind: Kind,
    *,
    by: By = "",
    since: datetime | None = None,
    until: datetime | None = None,
    step: Step | None = None,
    zone: str = "UTC",
    top: int = 5,
    ask: Ask | None = None,
) -> Series:
    """Return counted events of one kind over time; steps in which nothing happened are there, with zeros.

    Parameters
    ----------
    campaign
        Its identifier.
    kind
        Which events.
    by
        A line for each channel (the `top` largest, then the rest), for each generation (grouped beyond `top`), or one.
    since, until
        From when on, and before when; everything when absent.
    step
        Width of a step; the smallest that needs at most 170 when absent.
    zone
        Time zone whose hours and days count.
    top
        How many lines before the rest is summed.
    ask
        Whom to ask; the engine when absent.

    Raises
    ------
    UserError
        When the step is too small for so long a time.
    """
    found = rows(
        ask,
        "series",
        parts={"label": _LABELS[by]},
        campaign=campaign,
        kind=kind.value,
        since=milliseconds(since) if since else 0,
        until=milliseconds(until),
        zone=zone,
        width=_WIDTHS[step] if step else 0,
        steps=_STEPS,
    )
    if not found:
        return Series(kind, by, step or Step.HOUR, zone, (), ())
    first, width, last = found[0][0], found[0][1], found[-1][0]
    length = (last - first) // width + 1
    used = next(name for name, seconds in _WIDTHS.items() if seconds == width)
    if length > _MOST_STEPS:
        raise UserError(
            f"A step of one {used.value} would make {length} steps; choose a longer step or a shorter time.",
            field="step",
        )
    values: dict[Any, list[int]] = {}
    for start, _, label, number in found:
        values.setdefault(label, [0] * length)[(start - first) // width] = number
    lines = _generation_lines(values, top) if by == "generation" else _largest_lines(values, top)
    return Series(kind, by, used, zone, tuple(_shown(first + n * width, zone) for n in range(length)), lines)


def top_sharers(campaign: int, *, limit: int = 20, ask: Ask | None = None) -> tuple[Sharer, ...]:
    """Return those who brought most people directly, most first."""
    return tuple(Sharer(*row) for row in rows(ask, "top_sharers", campaign=campaign, limit=limit))


def who_shared(campaign: int, people: Sequence[int], *, ask: Ask | None = None) -> frozenset[int]:
    """Return who of these participants has passed it on or invited somebody, as far as was seen."""
    return frozenset(number for (number,) in rows(ask, "shared", campaign=campaign, people=list(people)))


def _largest_lines(values: dict[Any, list[int]], top: int) -> tuple[Line, ...]:
    totals = {label: sum(counts) for label, counts in values.items()}
    order = sorted(values, key=lambda label: (-totals[label], label))
    alone = order if len(order) <= top + 1 else order[:top]
    lines = tuple(Line(str(label), tuple(values[label]), totals[label]) for label in alone)
    rest = [values[label] for label in order[len(alone) :]]
    if not rest:
        return lines
    summed = tuple(map(sum, zip(*rest, strict=True)))
    return (*lines, Line("", summed, sum(summed), is_rest=True))


def _generation_lines(values: dict[Any, list[int]], top: int) -> tuple[Line, ...]:
    grouped = bands(max(values), top + 1)
    place = places(grouped)
    length = len(next(iter(values.values())))
    counts = [[0] * length for _ in grouped]
    for generation, of_generation in values.items():
        row = counts[place[generation]]
        for number, count in enumerate(of_generation):
            row[number] += count
    return tuple(Line(band.label, tuple(row), sum(row)) for band, row in zip(grouped, counts, strict=True))


def _shown(clock_seconds: int, zone: str) -> datetime:
    """Return the moment at which a clock in the zone shows this, given as if the zone were UTC."""
    shown = datetime.fromtimestamp(clock_seconds, UTC).replace(tzinfo=ZoneInfo(zone))
    return shown.astimezone(UTC)
