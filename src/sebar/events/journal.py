"""The journal: raw rows become durable here before anyone is told that they were received. This file owns both ends.

Each writing process has segments of its own, SQLite files in WAL mode that sync every commit. Commits are grouped
without a timer: one starts as soon as none is running and takes all rows that arrived meanwhile. A segment is bounded
and never checkpointed while it is written, so its tail is the only thing that a crash can tear, and a torn tail was
never acknowledged.

A lock file stands beside each segment. It appears before the segment, goes after it, and its writer holds it locked
for as long as it may still write; the kernel lets go of it however the writer dies. So the reader knows which
segments will not grow any more, and may delete them once their rows are kept elsewhere.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sebar.kit.errors import Unavailable
from sebar.kit.ids import new_id

_SCHEMA: Final = "CREATE TABLE batch (seq INTEGER PRIMARY KEY, rows BLOB NOT NULL)"
_SEGMENT_BYTES: Final = 32 * 1024 * 1024
_QUICK_SYNC_SECONDS: Final = 0.001  # below this, waiting for the disk costs less than handing over to a thread
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[bytes])


class Journal:
    """The writing end, for one event loop in one process.

    Parameters
    ----------
    folder
        Where the segments lie; made when it is missing.
    writer
        Name of the process, the first part of its segments' names. Two writers may carry the same name.
    inline
        Whether to commit on the event loop itself instead of on a thread; the disk's speed decides when absent.
    segment_bytes
        Size at which the next segment is begun.
    """

    def __init__(
        self, folder: Path, writer: str, *, inline: bool | None = None, segment_bytes: int = _SEGMENT_BYTES
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._writer = writer
        self._segment_bytes = segment_bytes
        self._inline = _syncs_quickly(folder) if inline is None else inline
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._segment: _OpenSegment | None = None
        self._waiting: list[_Append] = []
        self._committing = False
        self._closed = False

    async def append(self, rows: Sequence[bytes]) -> None:
        """Return once all `rows` are on the disk.

        Raises
        ------
        Unavailable
            When they could not be written, most likely because the disk is full. None of them counts as received.
        """
        if self._closed:
            raise Unavailable("The journal is closed because this process is ending.")
        loop = asyncio.get_running_loop()
        append = _Append(rows, loop.create_future())
        self._waiting.append(append)
        if not self._committing:
            self._committing = True
            loop.call_soon(self._commit_waiting)
        await append.durable

    def close(self) -> None:
        """Commit what waits and let go of the segment, so that it can be deleted once it is loaded."""
        if self._closed:
            return
        self._closed = True
        taken, self._waiting = self._waiting, []
        _settle(taken, self._thread.submit(self._write, taken).result())
        self._thread.submit(self._leave_segment).result()
        self._thread.shutdown()

    def _commit_waiting(self) -> None:
        taken, self._waiting = self._waiting, []
        if self._inline or not taken:
            self._after_commit(taken, self._write(taken))
            return
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self._write, taken)
        commit.add_done_callback(lambda done: self._after_commit(taken, done.result()))

    def _after_commit(self, taken: list[_Append], failure: Unavailable | None) -> None:
        _settle(taken, failure)
        self._committing = bool(self._waiting)
        if self._committing:
            self._commit_waiting()

    def _write(self, taken: list[_Append]) -> Unavailable | None:
        if not taken:
            return None
        packed = _encoder.encode([row for append in taken for row in append.rows])
        try:
            if self._segment is None:
                self._segment = _OpenSegment(self._folder, self._writer)
            self._segment.append(packed)
        except (sqlite3.Error, OSError) as error:
            # A full disk leaves the segment sound; after any other failure nobody knows what the disk holds.
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
                self._leave_segment()
            return Unavailable(f"Nothing can be written to the journal just now ({error}). Is the disk full?")
        if self._segment.size() >= self._segment_bytes:
            self._leave_segment()
        return None

    def _leave_segment(self) -> None:
        left, self._segment = self._segment, None
        if left is not None:
            self._thread.submit(left.close)  # closing copies the whole segment, and nobody needs to wait for it


@dataclass(slots=True)
class _Append:
    rows: Sequence[bytes]
    durable: asyncio.Future[None]


def _settle(appends: list[_Append], failure: Unavailable | None) -> None:
    for append in appends:
        if append.durable.done():  # its request was cancelled meanwhile
            continue
        if failure is None:
            append.durable.set_result(None)
        else:
            append.durable.set_exception(failure)


class _OpenSegment:
    """A segment while its writer holds it."""

    def __init__(self, folder: Path, writer: str) -> None:
        with ExitStack() as undo:
            self._segment, lock = _take_name(folder, writer)
            undo.callback(os.close, lock)
            undo.callback(self._segment.remove)
            connection = sqlite3.connect(self._segment.path, isolation_level=None, check_same_thread=False)
            undo.callback(connection.close)
            # Never checkpoint while writing: it would stall requests, and the segment is bounded anyway.
            for statement in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
                connection.execute(f"PRAGMA {statement}").fetchall()
            connection.execute(_SCHEMA)
            _sync_folder(folder)
            undo.pop_all()
        self._connection, self._lock = connection, lock

    def append(self, packed: bytes) -> None:
        """Store one batch durably."""
        self._connection.execute("INSERT INTO batch (rows) VALUES (?)", (packed,))

    def size(self) -> int:
        """Return how large the segment has become, in bytes."""
        return self._segment.log.stat().st_size

    def close(self) -> None:
        """Let go of it: from now on it does not grow."""
        self._connection.close()
        os.close(self._lock)


class Segment:
    """A segment as its reader sees it.

    Attributes
    ----------
    name
        The same name never appears twice, not even after a segment was deleted.
    """

    def __init__(self, lock: Path) -> None:
        self._lock = lock
        self.name = lock.stem
        self.path = lock.with_suffix(".sqlite3")
        self.log = lock.with_suffix(".sqlite3-wal")

    def read(self, after: int, limit: int) -> list[tuple[int, list[bytes]]]:
        """Return batches after number `after`, in order, until they hold at least `limit` rows."""
        batches: list[tuple[int, list[bytes]]] = []
        count = 0
        if not self.path.exists():
            return batches
        with closing(sqlite3.connect(f"file:{self.path}?mode=rw", uri=True, isolation_level=None)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
                return batches
            for seq, packed in connection.execute("SELECT seq, rows FROM batch WHERE seq > ? ORDER BY seq", (after,)):
                batches.append((seq, _decoder.decode(packed)))
                count += len(batches[-1][1])
                if count >= limit:
                    break
        return batches

    def is_finished(self) -> bool:
        """Tell whether its writer is done with it or dead. A finished segment stays finished."""
        try:
            lock = os.open(self._lock, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            return _try_lock(lock)
        finally:
            os.close(lock)

    def remove(self) -> None:
        """Delete it. Only for finished segments whose every row is kept elsewhere."""
        for path in (self.path, self.log, self.path.with_suffix(".sqlite3-shm"), self._lock):
            path.unlink(missing_ok=True)


def segments(folder: Path) -> list[Segment]:
    """Return the segments that lie in a folder, oldest first for each writer."""
    return [Segment(lock) for lock in sorted(folder.glob("*.lock"))]


def _take_name(folder: Path, writer: str) -> tuple[Segment, int]:
    while True:
        path = folder / f"{writer}-{new_id().hex}.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # A reader may have seen the file before it was locked, taken it for a dead writer's and deleted it.
        if _try_lock(lock) and path.exists():
            return Segment(path), lock
        os.close(lock)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _syncs_quickly(folder: Path) -> bool:
    durations = []
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            for _ in range(7):
                began = time.perf_counter()
                file.write(bytes(4096))
                os.fdatasync(file.fileno())
                durations.append(time.perf_counter() - began)
    except OSError:  # a disk that is full now will not be later
        return False
    return statistics.median(durations) < _QUICK_SYNC_SECONDS
