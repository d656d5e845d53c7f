"""The engine: the one process that opens the event store, and the only place where the parts of the event path meet.

One thread turns round for as long as the process lives (`Engine.turn` is all it does); questions are answered beside
it, on threads of their own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from django.db import Error, close_old_connections

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar import outbox
from sebar.brands import keys
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign, Status
from sebar.edge.links import Publisher, Target, link_of
from sebar.events import event, touch
from sebar.events.answering import serve
from sebar.events.event import Event, Kind
from sebar.events.loader import Loader, Position, Source
from sebar.events.store import Store, open_store
from sebar.kit import brake, config
from sebar.kit.brake import Level
from sebar.kit.config import Config
from sebar.kit.errors import Unavailable
from sebar.rewards import queries as rewards
from sebar.serve.child import end_with_parent
from sebar.verdicts.first import judge
from sebar.verdicts.later import Watch

_REST: Final = 0.1  # seconds between turns; most of the time until an event can be seen is this and the next
_REST_AFTER_LOAD: Final = 0.2  # each load makes a part that the store must merge with others later
_REST_AFTER_TROUBLE: Final = 1.0
_SECONDS_TO_END: Final = 4.0
_SECONDS_BETWEEN_FORGETTING: Final = 5.0  # deleting is a write, and writes of SQLite wait for each other
_MANY: Final = 20_000  # rows; when one turn loads so many, more are waiting
_LINKS_AT_ONCE: Final = 10_000
_AGREES: Final = {Level.HOLD: {Status.PAUSED, Status.STOPPED}, Level.STOP: {Status.STOPPED}}
_FIRST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_log = logging.getLogger("sebar.engine")


class Engine:
    """What moves between the journals, the relational database, the event store and the link table.

    It belongs to the thread that makes it.

    Parameters
    ----------
    settings
        The instance's settings.
    store
        The open event store.
    """

    def __init__(self, settings: Config, store: Store) -> None:
        self._settings = settings
        self._loader = Loader(store, settings.positions)
        self._publisher = Publisher(settings.links)
        self._brake = brake.opened(settings.brake)
        self._watch = Watch()
        self._outbox = Source("outbox", _read_outbox, _events_of)
        self._targets: dict[int, Target] = {}
        self._replay_keys: dict[str, int] | None = None
        self._seen = _FIRST
        self._forgotten: Position = (0, 0)
        self._forget_at = 0.0
        self._trouble = ""

    def turn(self) -> int:
        """Move everything one step on; return how many rows were loaded.

        Raises
        ------
        Unavailable
            When the event store takes nothing just now. The next turn goes on where this one stopped.
        """
        self._publish_targets()
        self._publish_replay_keys()
        self._publish_links()
        loaded = self._loader.load_journals(self._settings.journal, self._judge)
        loaded += self._loader.load(self._outbox)
        self._forget()
        return loaded

    def turn_safely(self) -> float:
        """Turn once and return how many seconds to rest. What cannot be done now is not lost: it is done later."""
        try:
            loaded = self.turn()
        except (Unavailable, Error, sqlite3.Error, OSError) as trouble:
            self._note_trouble(str(trouble))
            close_old_connections()
            return _REST_AFTER_TROUBLE
        self._note_trouble("")
        if loaded >= _MANY:
            return 0.0
        return _REST_AFTER_LOAD if loaded else _REST

    def close(self) -> None:
        """Let go of every file."""
        self._loader.close()
        self._publisher.close()

    def _note_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            words = f"Events wait where they are safe, and are loaded later: {trouble}" if trouble else "All goes on."
            _log.warning(words)
        self._trouble = trouble

    def _judge(self, rows: Sequence[bytes]) -> list[Event]:
        reviewed = self._watch.review([judge(touch.decode(row)) for row in rows])
        return [*reviewed.events, *reviewed.corrections]

    def _publish_targets(self) -> None:
        now = datetime.now(UTC)
        changed = campaigns.changed_since(self._seen)
        targets = {campaign.pk: campaigns.target_of(campaign) for campaign in changed}
        news = {number: target for number, target in targets.items() if self._targets.get(number) != target}
        if news:
            self._publisher.publish_targets(news.values())
            self._targets |= news
        self._release(changed)
        # A clock that was set back must not hide what changes from now on.
        self._seen = min(now, max(self._seen, now))

    def _release(self, changed: Sequence[Campaign]) -> None:
        """Take off the brake what is written down and published: links follow that from now on."""
        for campaign in changed:
            pull = self._brake.pulled().get(campaign.pk)
            if pull is None or campaign.status not in _AGREES[pull.level]:
                continue
            if round(campaign.changed_at.timestamp() * 1000) >= pull.at:
                self._brake.release(pull)

    def _publish_replay_keys(self) -> None:
        found = keys.replay_hashes()
        if found != self._replay_keys:
            self._publisher.publish_keys(found.items())
            self._replay_keys = found

    def _publish_links(self) -> None:
        rows = outbox.read(outbox.Position(*self._publisher.position()), _LINKS_AT_ONCE)
        if rows:
            happened = _events_of([payload for _, payload in rows])
            last = rows[-1][0]
            self._publisher.publish_links(
                [link_of(join) for join in happened if join.kind is Kind.JOIN], (last.transaction, last.seq)
            )

    def _forget(self) -> None:
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + _SECONDS_BETWEEN_FORGETTING
        granted = rewards.position()
        passed = min(
            self._loader.position(self._outbox.name), self._publisher.position(), (granted.transaction, granted.seq)
        )
        if passed > self._forgotten:
            outbox.forget(outbox.Position(*passed))
            self._forgotten = passed


def _read_outbox(after: Position, limit: int) -> list[tuple[Position, bytes]]:
    return [((at.transaction, at.seq), payload) for at, payload in outbox.read(outbox.Position(*after), limit)]


def _events_of(rows: Sequence[bytes]) -> list[Event]:
    return [event.decode(row) for row in rows]


def _work(settings: Config, store: Store, ending: threading.Event) -> None:
    """Turn until told to end, and then once more, to take in what the others left."""
    engine = Engine(settings, store)
    try:
        while not ending.is_set():
            ending.wait(engine.turn_safely())
        engine.turn_safely()
    finally:
        engine.close()


async def _run(settings: Config, store: Store) -> None:
    ending = threading.Event()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(store, settings.engine_socket):
        work = asyncio.create_task(asyncio.to_thread(_work, settings, store, ending))
        asked_to_end = asyncio.create_task(stop.wait())
        await asyncio.wait([work, asked_to_end], return_when=asyncio.FIRST_COMPLETED)
        ending.set()
        _end_soon()
        await work


def _end_soon() -> None:
    """End the process even if a question or a load does not let go: nothing is lost by it."""
    timer = threading.Timer(_SECONDS_TO_END, os._exit, [0])
    timer.daemon = True
    timer.start()


def main() -> None:
    """Run the engine until it is told to end: ``python -m sebar.serve.engine PARENT``."""
    end_with_parent(int(sys.argv[1]), signal.SIGTERM)
    settings = config.load()
    try:
        store = open_store(settings)
    except Unavailable as error:
        sys.exit(str(error))
    asyncio.run(_run(settings, store))
    store.close()
    # All is written and closed. What the event store's own threads do at an ordinary exit has no bound.
    os._exit(0)


if __name__ == "__main__":
    main()
