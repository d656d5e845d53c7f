"""The ears: whatever waits for the network does so here, in a thread of its own, and never touches the database.

It is told whom to listen to, and puts what it hears into a bounded line from which it is taken. Each source has a task
of its own, so that one that fails or drips never slows another; sources of the same stream share one connection.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

import aiohttp
from django.utils import timezone

from sebar.channels.kinds.buzz import feeds, rules, streams
from sebar.channels.kinds.buzz.queries import Ear
from sebar.channels.kinds.buzz.rules import STREAMS, Heard, SourceKind
from sebar.channels.kinds.buzz.streams import Said
from sebar.kit import http
from sebar.kit.errors import UserError

_WAITING: Final = 1000  # reports that wait to be taken; then whoever has more to say waits
_AT_ONCE: Final = 8  # feeds that are fetched at the same time
_POSITION_SECONDS: Final = 30.0
_MOST_GONE: Final = 250  # then they are told of at once, so that no server fills the memory with them
_LONGEST_NAME: Final = 500  # of who said it, and of what it is called; what has longer ones is left out
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 300.0
_STEADY_SECONDS: Final = 60.0  # a stream that lasted so long is opened again at once
_Stream = tuple[SourceKind, str, str]  # kind, address, token: what a connection is made with


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was heard at some sources, or what went wrong there.

    `position` and `known` are as `queries.Ear` has them. One without `error` says at least that they answer.
    """

    sources: tuple[int, ...]
    heard: tuple[Heard, ...] = ()
    gone: tuple[str, ...] = ()
    position: str = ""
    known: dict[str, str] | None = None
    error: UserError | None = None


class Ears:
    """Listens from when it is made until it is closed."""

    def __init__(self) -> None:
        self._heard: queue.Queue[Report] = queue.Queue(_WAITING)
        self._asked: dict[int, asyncio.Task[None]] = {}  # feeds, until what they answered is taken
        self._streams: dict[_Stream, _Listener] = {}
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._client: aiohttp.ClientSession
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="ears", daemon=True)
        self._thread.start()
        ready.wait()

    def listen(self, wanted: Iterable[Ear]) -> None:
        """Listen to these, and to nothing else any more. A feed that is due is fetched once, until it no longer is."""
        self._loop.call_soon_threadsafe(self._arrange, tuple(wanted))

    def taken(self) -> list[Report]:
        """Return what was heard since the last time, oldest first."""
        reports: list[Report] = []
        while len(reports) < _WAITING:
            try:
                reports.append(self._heard.get_nowait())
            except queue.Empty:
                break
        return reports

    def close(self) -> None:
        """Hang up everywhere."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_over(ready))

    async def _until_over(self, ready: threading.Event) -> None:
        async with http.session() as self._client:
            self._slots = asyncio.Semaphore(_AT_ONCE)
            ready.set()
            await self._over.wait()
            tasks = [*self._asked.values(), *(one.task for one in self._streams.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _arrange(self, wanted: tuple[Ear, ...]) -> None:
        for ear in wanted:
            if ear.kind is SourceKind.FEED and not ear.is_due:
                self._asked.pop(ear.number, None)
            elif ear.kind is SourceKind.FEED and ear.number not in self._asked:
                self._asked[ear.number] = asyncio.ensure_future(self._fetch(ear))
        groups: dict[_Stream, list[Ear]] = {}
        for ear in wanted:
            if ear.kind in STREAMS:
                groups.setdefault((ear.kind, ear.address, ear.token), []).append(ear)
        for stream in self._streams.keys() - groups.keys():
            self._streams.pop(stream).task.cancel()
        for stream, ears in groups.items():
            if stream in self._streams:
                self._streams[stream].ears = ears
            else:
                self._streams[stream] = _Listener(stream, ears, self._client, self._report)

    async def _fetch(self, ear: Ear) -> None:
        await self._report(await self._fetched(ear))

    async def _fetched(self, ear: Ear) -> Report:
        try:
            async with self._slots:
                fetched = await http.fetch(self._client, ear.address, kinds=feeds.KINDS, headers=ear.known)
            found = await asyncio.to_thread(feeds.read, fetched) if fetched.is_new else []
        except UserError as error:
            return Report(sources=(ear.number,), error=error)
        now = timezone.now()
        wanted = [one for one in found if feeds.is_recent(one, keep_days=ear.keep_days, now=now) and _fits(ear, one)]
        known = feeds.freshness(fetched.headers) if fetched.is_new else None
        return Report(sources=(ear.number,), heard=tuple(wanted), known=known)

    async def _report(self, report: Report) -> None:
        while True:
            try:
                self._heard.put_nowait(report)
            except queue.Full:
                await asyncio.sleep(_FIRST_PAUSE)
            else:
                return


class _Listener:
    """Listens to one stream, and opens it again for as long as somebody wants it."""

    def __init__(self, stream: _Stream, ears: list[Ear], client: aiohttp.ClientSession, report: _Tell) -> None:
        self.ears = ears
        self._stream = stream
        self._client = client
        self._report = report
        self._position = max((ear.position for ear in ears), key=lambda position: (len(position), position))
        self._gone: list[str] = []
        self._told = -math.inf
        self.task = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        while True:
            began = loop.time()
            try:
                await self._follow(loop)
            except UserError as error:
                await self._report(Report(sources=self._everybody(), error=error))
            pause = _FIRST_PAUSE if loop.time() - began > _STEADY_SECONDS else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        kind, address, token = self._stream
        self._told = -math.inf
        async with aclosing(
            streams.follow(self._client, kind, address, token=token, position=self._position)
        ) as saying:
            async for said in saying:
                await self._pass_on(said)
                if loop.time() - self._told > _POSITION_SECONDS:
                    await self._tell_position()
                    self._told = loop.time()

    async def _pass_on(self, said: Said) -> None:
        self._position = said.position or self._position
        heard = said.heard
        if 0 < len(said.gone) <= _LONGEST_NAME:
            self._gone.append(said.gone)
            if len(self._gone) >= _MOST_GONE:
                await self._tell_position()
        if heard is not None and max(len(heard.external_id), len(heard.author)) <= _LONGEST_NAME:
            sources = tuple(ear.number for ear in self.ears if _fits(ear, heard))
            if sources:
                kept = replace(rules.tidy(heard, timezone.now()), links="")  # a thousand of them may wait
                await self._report(Report(sources=sources, heard=(kept,)))

    async def _tell_position(self) -> None:
        gone, self._gone = tuple(self._gone), []
        await self._report(Report(sources=self._everybody(), gone=gone, position=self._position))

    def _everybody(self) -> tuple[int, ...]:
        return tuple(ear.number for ear in self.ears)


_Tell = Callable[[Report], Awaitable[None]]


def _fits(ear: Ear, heard: Heard) -> bool:
    return ear.words.are_in(f"{heard.text} {heard.links}")
