"""The loader: moves rows from where they are durable into the event store, exactly once, however often it is killed.

Before it inserts a batch it writes down which rows it means to insert. So after a crash it knows exactly which rows may
or may not be in the store, and has the store take in those that are missing.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sebar.events.event import Event
from sebar.events.journal import Segment, segments

if TYPE_CHECKING:  # whoever only looks how much waits should not have to load the store's client
    from sebar.events.store import Store

Position = tuple[int, ...]
"""How far a source has been read. Positions of one source compare in its order; the empty one is its beginning."""

_BATCH: Final = 50_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Something durable with rows in an order in which nothing ever appears before what was read already.

    Attributes
    ----------
    name
        Distinguishes it from every other source there ever was.
    read
        Returns about as many rows after a position as it is asked for, each with its own position; equal positions
        stay together.
    judge
        Makes the events of rows. May remember what it has seen: a process calls it once for each row.
    """

    name: str
    read: Callable[[Position, int], Sequence[tuple[Position, bytes]]]
    judge: Callable[[Sequence[bytes]], Sequence[Event]]


@dataclass(frozen=True)
class _Batch:
    upto: Position
    token: str
    events: Sequence[Event]
    rows: int
    tried: bool


class Loader:
    """Loads sources into a store. One at a time, in one thread.

    Parameters
    ----------
    store
        Where to.
    positions
        The SQLite file that keeps how far each source was loaded. It belongs to this store.
    batch
        How many rows to insert at once, about.
    """

    def __init__(self, store: Store, positions: Path, *, batch: int = _BATCH) -> None:
        self._store = store
        self._positions = _Positions(positions)
        self._batch = batch
        self._unfinished: dict[str, _Batch] = {}
        self._told: set[str] = set()

    def load(self, source: Source) -> int:
        """Load the next batch of a source and return of how many rows it was made.

        Raises
        ------
        Unavailable
            When the store cannot take it just now. Load again later.
        """
        batch = self._unfinished.get(source.name) or self._prepare(source)
        if batch is None:
            return 0
        self._unfinished[source.name] = replace(batch, tried=True)
        self._store.insert(batch.events, token=batch.token, again=batch.tried)
        self._positions.finish(source.name, batch.upto)
        del self._unfinished[source.name]
        return batch.rows

    def load_journals(self, folder: Path, judge: Callable[[Sequence[bytes]], Sequence[Event]]) -> int:
        """Load the next batch of each journal segment, and delete segments that are loaded and will not grow.

        Returns
        -------
        How many rows were loaded.

        Raises
        ------
        Unavailable
            When the store cannot take them just now. Load again later.
        """
        return sum(self._load_segment(segment, judge) for segment in segments(folder))

    def position(self, source: str) -> Position:
        """Return how far a source is in the store for good: it may forget its rows up to here."""
        return self._positions.of(source).done

    def close(self) -> None:
        """Let go of the positions."""
        self._positions.close()

    def _load_segment(self, segment: Segment, judge: Callable[[Sequence[bytes]], Sequence[Event]]) -> int:
        finished = segment.is_finished()  # asked before reading: what is finished then has no later rows
        try:
            loaded = self.load(Source(segment.name, _rows_of(segment), judge))
        except OSError as error:
            if str(error) not in self._told:
                self._told.add(str(error))
                _log.exception("The journal segment %s cannot be read; it is left as it is, others go on", segment.name)
            return 0
        if finished and not loaded:
            segment.remove()
            self._positions.forget(segment.name)
        return loaded

    def _prepare(self, source: Source) -> _Batch | None:
        known = self._positions.of(source.name)
        rows = list(source.read(known.done, self._batch))
        if known.intended:
            rows = _upto(known.intended, rows, source)
        if not rows:
            return None
        upto = rows[-1][0]
        self._positions.intend(source.name, upto)
        events = source.judge([row for _, row in rows])
        token = f"{source.name} {_spelled(known.done)} {_spelled(upto)}"
        return _Batch(upto, token, events, len(rows), tried=bool(known.intended))


def waiting(folder: Path, positions: Path, most: int) -> int:
    """Return how many rows of the journals in `folder` are not known to be in the store, counting about to `most`."""
    known = _Positions(positions)
    with closing(known):
        count = 0
        for segment in segments(folder):
            if count < most:
                count += len(_rows_of(segment)(known.of(segment.name).done, most))
        return count


def _upto(last: Position, rows: list[tuple[Position, bytes]], source: Source) -> list[tuple[Position, bytes]]:
    """Return exactly the rows up to `last`, which an earlier process meant to load."""
    while rows and rows[-1][0] < last:
        rows += source.read(rows[-1][0], _BATCH)
    return [row for row in rows if row[0] <= last]


def _rows_of(segment: Segment) -> Callable[[Position, int], list[tuple[Position, bytes]]]:
    def read(after: Position, limit: int) -> list[tuple[Position, bytes]]:
        batches = segment.read(after[0] if after else 0, limit)
        return [((number,), row) for number, rows in batches for row in rows]

    return read


@dataclass(frozen=True)
class _Known:
    done: Position = ()
    intended: Position = ()


class _Positions:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE IF NOT EXISTS position"
            " (source TEXT PRIMARY KEY, done TEXT NOT NULL, intended TEXT NOT NULL) WITHOUT ROWID"
        )

    def of(self, source: str) -> _Known:
        found = self._file.execute("SELECT done, intended FROM position WHERE source = ?", (source,)).fetchone()
        return _Known(*map(_read, found)) if found else _Known()

    def intend(self, source: str, upto: Position) -> None:
        self._file.execute(
            "INSERT INTO position VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET intended = excluded.intended",
            (source, _spelled(()), _spelled(upto)),
        )

    def finish(self, source: str, upto: Position) -> None:
        self._file.execute(
            "UPDATE position SET done = ?, intended = ? WHERE source = ?", (_spelled(upto), _spelled(()), source)
        )

    def forget(self, source: str) -> None:
        self._file.execute("DELETE FROM position WHERE source = ?", (source,))

    def close(self) -> None:
        self._file.close()


def _spelled(position: Position) -> str:
    return msgspec.json.encode(position).decode()


def _read(position: str) -> Position:
    return msgspec.json.decode(position, type=Position)
