"""Compare what the platform reports with what the recording says: every figure, every cascade, every person."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import numpy as np

from sebar.replay.client import Client
from sebar.replay.expect import HOUR_MS, Expected
from sebar.replay.play import Codes, Played, Watch

_PAGE: Final = 1000
_PATIENCE_SECONDS: Final = 60.0
_WINDOW: Final = timedelta(hours=10_000)
_SHOWN: Final = 20


class Generation(msgspec.Struct, frozen=True):
    """People in generations `first` to `last`."""

    first: int
    last: int
    people: int


class Measures(msgspec.Struct, frozen=True):
    """What the API reports of a campaign, as far as it is compared."""

    participants: int
    seeds: int
    cascades: int
    depth: int
    visits_raw: int
    generations: list[Generation]


class Cascade(msgspec.Struct, frozen=True):
    """One cascade as the API reports it."""

    root: str
    size: int
    depth: int


class Cascades(msgspec.Struct, frozen=True):
    """A page of cascades."""

    cascades: list[Cascade]
    next: str | None


class Person(msgspec.Struct, frozen=True):
    """One participant as the API reports them."""

    code: str
    parent: str | None
    generation: int
    joined_at: datetime


class Participants(msgspec.Struct, frozen=True):
    """A page of participants."""

    participants: list[Person]
    next: str | None


class Line(msgspec.Struct, frozen=True):
    """One line of a series."""

    values: list[int]


class Series(msgspec.Struct, frozen=True):
    """Joins by hour."""

    times: list[datetime]
    lines: list[Line]


async def compare(client: Client, slug: str, played: Played, expected: Expected, watch: Watch) -> list[str]:
    """Return one sentence for every difference, once every event has reached the event store."""
    path = f"/campaigns/{slug}"
    measures = await _settled(client, path, expected, watch)
    found = [*_totals(measures, expected), *_generations(measures, expected)]
    found += _few(_cascades(await _all_cascades(client, path), played.codes, expected))
    found += _few([one async for one in _people(client, path, played, watch)])
    return found + _few(_hours(await _joins_by_hour(client, path, expected), expected))


async def _settled(client: Client, path: str, expected: Expected, watch: Watch) -> Measures:
    """Return the measures once everything has arrived, or once nothing more does."""
    last, since = -1, time.monotonic()
    while True:
        measures = await client.get(f"{path}/measures", Measures)
        arrived = measures.participants + measures.visits_raw
        watch("Waiting for the event store", arrived, expected.participants + expected.visits)
        if arrived > last:
            last, since = arrived, time.monotonic()
        if arrived >= expected.participants + expected.visits or time.monotonic() - since > _PATIENCE_SECONDS:
            return measures
        await asyncio.sleep(0.5)


def _totals(measures: Measures, expected: Expected) -> Iterator[str]:
    yield from _difference("participants", expected.participants, measures.participants)
    yield from _difference("seeds", expected.seeds, measures.seeds)
    yield from _difference("cascades", expected.seeds, measures.cascades)
    yield from _difference("visits", expected.visits, measures.visits_raw)
    yield from _difference("depth", len(expected.generations) - 1, measures.depth)


def _generations(measures: Measures, expected: Expected) -> Iterator[str]:
    for row in measures.generations:
        people = sum(expected.generations[row.first : row.last + 1])
        yield from _difference(f"people in generations {row.first} to {row.last}", people, row.people)
    last = max((row.last for row in measures.generations), default=-1)
    yield from _difference("people in later generations", sum(expected.generations[last + 1 :]), 0)


async def _all_cascades(client: Client, path: str) -> dict[str, Cascade]:
    found: dict[str, Cascade] = {}
    after: str | None = ""
    while after is not None:
        page = await client.get(f"{path}/cascades", Cascades, limit=_PAGE, after=after)
        found.update((cascade.root, cascade) for cascade in page.cascades)
        after = page.next
    return found


def _cascades(found: dict[str, Cascade], codes: Codes, expected: Expected) -> Iterator[str]:
    missing = Cascade("", 0, 0)
    for row, size in expected.sizes.items():
        root = str(codes[row])
        cascade = found.pop(root, missing)
        yield from _difference(f"size of the cascade of {root}", size, cascade.size)
        yield from _difference(f"depth of the cascade of {root}", expected.depths[row], cascade.depth)
    for root, cascade in found.items():
        yield from _difference(f"size of the cascade of {root}", 0, cascade.size)


async def _people(client: Client, path: str, played: Played, watch: Watch) -> AsyncIterator[str]:
    codes, recording = played.codes, played.recording
    order = np.argsort(codes)
    seen = np.zeros(len(codes), dtype=np.bool_)
    async for page in _pages(client, path):
        places = np.searchsorted(codes, np.array([person.code for person in page], dtype="U7"), sorter=order)
        rows = order[np.minimum(places, len(codes) - 1)].tolist()
        for person, row in zip(page, rows, strict=True):
            if codes[row] != person.code or seen[row]:
                yield f"the participant {person.code} is in no line of the file"
                continue
            seen[row] = True
            for sentence in _person(person, row, played):
                yield sentence
        watch("Comparing everybody", int(seen.sum()), len(codes))
    for row in np.flatnonzero(~seen).tolist():
        yield f"node {recording.node[row]} of cascade {recording.cascade[row]} is not among the participants"


async def _pages(client: Client, path: str) -> AsyncIterator[list[Person]]:
    """Return everybody, page by page; the next page is on its way while this one is looked at."""
    coming = asyncio.create_task(client.get(f"{path}/participants", Participants, limit=_PAGE))
    try:
        while True:
            page = await coming
            if page.next is None:
                yield page.participants
                return
            coming = asyncio.create_task(client.get(f"{path}/participants", Participants, limit=_PAGE, after=page.next))
            yield page.participants
    finally:
        coming.cancel()


def _person(person: Person, row: int, played: Played) -> Iterator[str]:
    yield from _difference(f"parent of {person.code}", played.parent(row), person.parent)
    yield from _difference(f"generation of {person.code}", int(played.recording.generation[row]), person.generation)
    joined_ms = round(person.joined_at.timestamp() * 1000)
    yield from _difference(f"time of {person.code} (ms since 1970)", played.when(row), joined_ms)


async def _joins_by_hour(client: Client, path: str, expected: Expected) -> Counter[int]:
    found: Counter[int] = Counter()
    since = _moment(min(expected.joins_by_hour))
    end = _moment(max(expected.joins_by_hour) + 1)
    while since < end:
        until = since + _WINDOW
        query = {"kind": "join", "step": "hour", "since": since.isoformat(), "until": until.isoformat()}
        series = await client.get(f"{path}/measures/series", Series, **query)
        for line in series.lines:
            for moment, joins in zip(series.times, line.values, strict=True):
                if joins:
                    found[round(moment.timestamp() * 1000) // HOUR_MS] += joins
        since = until
    return found


def _hours(found: Counter[int], expected: Expected) -> Iterator[str]:
    for hour in sorted(found.keys() | expected.joins_by_hour.keys()):
        yield from _difference(f"joins of the hour from {_moment(hour)}", expected.joins_by_hour[hour], found[hour])


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR_MS / 1000, UTC)


def _difference(what: str, file: object, sebar: object) -> Iterator[str]:
    if file != sebar:
        yield f"{what}: the file says {file}, Sebar says {sebar}"


def _few(sentences: Iterable[str]) -> list[str]:
    found = list(sentences)
    rest = len(found) - _SHOWN
    return found if rest <= 0 else [*found[:_SHOWN], f"… and {rest} more of this kind"]
