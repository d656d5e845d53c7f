"""Play a recording through the public surface: everybody opens their parent's link, then joins through it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sebar.replay.client import Client
from sebar.replay.read import Numbers, Recording

Codes = NDArray[np.str_]
Watch = Callable[[str, int, int], None]
"""Is told what is being done, how far it has come and how far it has to go."""

BATCH: Final = 1000
_LANES: Final = 3
_VISITORS: Final = 16
_MOST_SINGLE: Final = 2000
_EVERY_SINGLE: Final = 50
_GOLDEN: Final = 0x9E37_79B9_7F4A_7C15


class Joined(msgspec.Struct, frozen=True):
    """What the API answers about somebody who joined, as far as it matters here."""

    code: str


class BatchJoined(msgspec.Struct, frozen=True):
    """What the API answers to a batch."""

    participants: list[Joined]


class CampaignMade(msgspec.Struct, frozen=True):
    """What the API answers about a campaign, as far as it matters here."""

    slug: str
    participants: int


@dataclass(frozen=True)
class Played:
    """What was played.

    Attributes
    ----------
    recording, started_ms
        What, and when all its cascades started: milliseconds since 1970 UTC.
    codes
        The code of everybody, by the recording's row.
    seconds
        How long it took.
    """

    recording: Recording
    started_ms: int
    codes: Codes
    seconds: float

    def when(self, row: int) -> int:
        """Return when somebody joined, in milliseconds since 1970 UTC."""
        return self.started_ms + int(self.recording.milliseconds[row])

    def parent(self, row: int) -> str | None:
        """Return the code of somebody's parent."""
        parent = self.recording.parent[row]
        return str(self.codes[parent]) if parent >= 0 else None


async def play(client: Client, slug: str, recording: Recording, started_ms: int, watch: Watch) -> Played:
    """Play a recording into a campaign. All cascades run at once; a generation begins when the one before has joined.

    Parameters
    ----------
    started_ms
        When every cascade started, milliseconds since 1970 UTC.
    watch
        Is told how many have joined.
    """
    began = time.monotonic()
    player = _Player(client, slug, recording, started_ms, watch)
    for wave in _waves(recording.generation):
        batches = _batches(wave, _singles(len(recording)))
        await together(_LANES, batches, player.play)
    return Played(recording, started_ms, player.codes, time.monotonic() - began)


class _Player:
    def __init__(self, client: Client, slug: str, recording: Recording, started_ms: int, watch: Watch) -> None:
        self.codes: Codes = np.empty(len(recording), dtype="U7")
        self._client = client
        self._path = f"/campaigns/{slug}/participants"
        self._recording = recording
        self._started_ms = started_ms
        self._watch = watch
        self._joined = 0

    async def play(self, rows: Numbers) -> None:
        """Let some people of one generation visit and join."""
        if self._recording.generation[rows[0]]:
            await together(_VISITORS, rows.tolist(), self._visit)
        entries = [self._entry(row) for row in rows.tolist()]
        if len(entries) == 1:
            self.codes[rows[0]] = (await self._client.post(self._path, Joined, entries[0])).code
        else:
            answer = await self._client.post(f"{self._path}/batch", BatchJoined, {"participants": entries})
            self.codes[rows] = [one.code for one in answer.participants]
        self._joined += len(rows)
        self._watch("Playing", self._joined, len(self.codes))

    async def _visit(self, row: int) -> None:
        # The row's number times an odd constant: spread over all 64 bits, and no two rows alike.
        visitor = (row + 1) * _GOLDEN % 2**64
        code = str(self.codes[self._recording.parent[row]])
        await self._client.visit(code, at_ms=self._when(row), visitor=visitor)

    def _entry(self, row: int) -> dict[str, Any]:
        recording = self._recording
        parent = recording.parent[row]
        entry = {
            "external_id": f"{recording.cascade[row]}:{recording.node[row]}",
            "joined_at": datetime.fromtimestamp(self._when(row) / 1000, UTC),
        }
        return entry if parent < 0 else {**entry, "referred_by": str(self.codes[parent])}

    def _when(self, row: int) -> int:
        return self._started_ms + int(self._recording.milliseconds[row])


def _waves(generation: Numbers) -> Iterator[Numbers]:
    """Return the rows of each generation; they stand in this order already."""
    return iter(np.split(np.arange(len(generation)), np.flatnonzero(np.diff(generation)) + 1))


def _singles(people: int) -> int:
    """Return every which one joins alone, so that single joins are played too but do not take long."""
    return max(_EVERY_SINGLE, people // _MOST_SINGLE)


def _batches(wave: Numbers, every: int) -> Iterator[Numbers]:
    alone = wave % every == 0
    together = wave[~alone]
    yield from wave[alone].reshape(-1, 1)
    for first in range(0, len(together), BATCH):
        yield together[first : first + BATCH]


async def together(lanes: int, things: Iterable[Any], work: Callable[[Any], Awaitable[None]]) -> None:
    """Work on all things, on so many at once. The first that fails ends all."""
    waiting = iter(things)

    async def lane() -> None:
        for thing in waiting:
            await work(thing)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(lane())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
