"""The journal: raw rows become durable here before anyone is told that they were received. This file owns both ends.

Each writing process has segments of its own. A segment is a file that begins with the name of its format and the mark,
8 bytes that tell how far it is durable. Batches of rows follow: their length and CRC-32, 4 bytes each, and the rows as
MessagePack. All numbers are little-endian.

Batches are made without a timer: one is written as soon as none is being written and a turn of the event loop, which
costs less than a commit, brought no more rows. Once it is synced, the mark is moved behind it, and reaches the disk
with the next batch. So before the mark everything must be sound, and if it is not, that is said aloud. Behind the mark
at most one batch was acknowledged; whatever else a crash left there never was.

A lock file stands beside each segment. It appears before the segment, goes after it, and its writer holds it locked
for as long as it may still write; the kernel lets go of it however the writer dies. So the reader knows which
segments will not grow any more, and may delete them once their rows are kept elsewhere.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import statistics
import struct
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from errno import ENOSPC
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

from sebar.kit.errors import Unavailable
from sebar.kit.ids import new_id

_FORMAT: Final = b"sebar journal 1\n"
_MARK: Final = struct.Struct("<Q")
_BEGIN: Final = len(_FORMAT) + _MARK.size
_HEAD: Final = struct.Struct("<II")
_SEGMENT_BYTES: Final = 32 * 1024 * 1024
_RESERVED_BYTES: Final = 512 * 1024  # reserved room makes a sync a third faster: the file does not grow
_QUICK_SYNC_SECONDS: Final = 0.001  # below this, waiting for the disk costs less than handing over to a thread
_ENOUGH_ROWS: Final = 256  # to commit them although more keep arriving
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[bytes])


class Damaged(OSError):
    """What was durable in a segment is not there any more as it was."""


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
        self._waiting: _Batch | None = None
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
        batch = self._waiting or self._begin_batch()
        batch.rows += rows
        error = await batch
        if error is not None:
            raise Unavailable(f"Nothing can be written to the journal just now ({error}). Is the disk full?") from error

    def close(self) -> None:
        """Commit what waits and let go of the segment, so that it can be deleted once it is loaded."""
        if self._closed:
            return
        self._closed = True
        batch, self._waiting = self._waiting, None
        if batch is not None:
            batch.set_result(self._thread.submit(self._write, batch.rows).result())
        self._thread.submit(self._leave_segment).result()
        self._thread.shutdown()

    def _begin_batch(self) -> _Batch:
        self._waiting = batch = _Batch()
        if not self._committing:
            self._committing = True
            batch.get_loop().call_soon(self._commit_waiting)
        return batch

    def _commit_waiting(self) -> None:
        batch = self._waiting
        self._committing = batch is not None
        if batch is None:
            return
        if batch.has_grown() and len(batch.rows) < _ENOUGH_ROWS:
            batch.get_loop().call_soon(self._commit_waiting)
            return
        self._waiting = None
        if self._inline:
            self._after_commit(batch, self._write(batch.rows))
            return
        commit = batch.get_loop().run_in_executor(self._thread, self._write, batch.rows)
        commit.add_done_callback(lambda done: self._after_commit(batch, done.result()))

    def _after_commit(self, batch: _Batch, error: OSError | None) -> None:
        batch.set_result(error)
        self._commit_waiting()

    def _write(self, rows: list[bytes]) -> OSError | None:
        try:
            if self._segment is None:
                self._segment = _OpenSegment(self._folder, self._writer, min(_RESERVED_BYTES, self._segment_bytes))
            self._segment.append(_encoder.encode(rows))
        except OSError as error:
            if self._segment is not None and self._segment.is_torn:
                self._leave_segment()
            return error
        if self._segment.end >= self._segment_bytes:
            self._leave_segment()
        return None

    def _leave_segment(self) -> None:
        left, self._segment = self._segment, None
        if left is not None:
            left.cut()
            self._thread.submit(left.close)  # it syncs once more, and nobody needs to wait for that


class _Batch(asyncio.Future[OSError | None]):
    """Rows that become durable together, or not, for a reason. Whoever waits for it cannot call it off for others."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[bytes] = []
        self._seen = 0

    def has_grown(self) -> bool:
        """Tell whether rows arrived since this was last asked."""
        seen, self._seen = self._seen, len(self.rows)
        return seen < self._seen

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002 - asyncio's signature
        return False


class _OpenSegment:
    """A segment while its writer holds it.

    Attributes
    ----------
    end
        Where the last durable batch ends.
    is_torn
        Whether a batch failed half-way, so that nobody knows what the disk holds behind `end`.
    """

    def __init__(self, folder: Path, writer: str, reserve: int) -> None:
        self.end = self._reserved = _BEGIN
        self.is_torn = False
        self._reserve = reserve
        with ExitStack() as undo:
            segment, self._lock = _take_name(folder, writer)
            undo.callback(os.close, self._lock)
            undo.callback(segment.remove)
            # It gets its name when its beginning is durable, so that a reader never finds half of that.
            self._file = os.open(segment.unnamed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            undo.callback(os.close, self._file)
            os.pwrite(self._file, _FORMAT + _MARK.pack(_BEGIN), 0)
            self._make_room(_BEGIN + 1)
            os.fsync(self._file)
            segment.unnamed.rename(segment.path)
            _sync_folder(folder)
            undo.pop_all()

    def append(self, payload: bytes) -> None:
        """Store one batch durably."""
        batch = _HEAD.pack(len(payload), crc32(payload, len(payload))) + payload
        end = self.end + len(batch)
        self._make_room(end)
        self.is_torn = True
        if os.pwrite(self._file, batch, self.end) < len(batch):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        os.fdatasync(self._file)
        os.pwrite(self._file, _MARK.pack(end), len(_FORMAT))
        self.is_torn = False
        self.end = end

    def cut(self) -> None:
        """Cut off what is not durable, and the room that was reserved."""
        with suppress(OSError):  # a reader may find rows then that were refused, but misses none
            os.ftruncate(self._file, self.end)

    def close(self) -> None:
        """Let go: from now on it does not grow."""
        with suppress(OSError):  # of the mark, which is all that is not durable yet, no acknowledged row depends
            os.fsync(self._file)
        os.close(self._file)
        os.close(self._lock)

    def _make_room(self, end: int) -> None:
        if end > self._reserved:
            room = max(self._reserve, end - self._reserved)
            os.posix_fallocate(self._file, self._reserved, room)
            self._reserved += room


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
        self.path = lock.with_suffix(".journal")
        self.unnamed = lock.with_suffix(".new")

    def read(self, after: int, limit: int) -> list[tuple[int, list[bytes]]]:
        """Return the batches after place `after`, each with the place where it ends, until they hold `limit` rows.

        Raises
        ------
        Damaged
            When the batch after that place was durable but is not sound any more.
        """
        finished = self.is_finished()
        try:
            file = self.path.open("rb")
        except FileNotFoundError:  # not begun, or deleted meanwhile
            return []
        with file:
            if finished:
                os.fsync(file.fileno())  # a killed writer may have left what a power cut would still take away
            mark = _mark_of(file.read(_BEGIN), self.path)
            after = max(after, _BEGIN)
            file.seek(after)
            content = file.read() if finished else file.read(max(mark - after, 0))
        batches = []
        for size, payload in _sound_batches(content):
            batches.append((after + size, _decoder.decode(payload)))
            limit -= len(batches[-1][1])
            if limit <= 0:
                break
        if not batches and after < mark:
            raise Damaged(f"The journal segment {self.path} is damaged at byte {after}")
        return batches

    def is_finished(self) -> bool:
        """Tell whether its writer is done with it or dead. A finished segment stays finished."""
        try:
            lock = os.open(self._lock, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            return _try_lock(lock, fcntl.LOCK_SH)  # readers must not take each other for a writer
        finally:
            os.close(lock)

    def remove(self) -> None:
        """Delete it. Only for finished segments whose every row is kept elsewhere."""
        for path in (self.unnamed, self.path, self._lock):
            path.unlink(missing_ok=True)


def segments(folder: Path) -> list[Segment]:
    """Return the segments that lie in a folder, oldest first for each writer."""
    return [Segment(lock) for lock in sorted(folder.glob("*.lock"))]


def _mark_of(beginning: bytes, path: Path) -> int:
    if len(beginning) < _BEGIN or not beginning.startswith(_FORMAT):
        raise Damaged(f"The journal segment {path} does not begin as one")
    return int(_MARK.unpack_from(beginning, len(_FORMAT))[0])


def _sound_batches(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the payloads of the batches before the first that is not sound, each with the place where it ends."""
    end = 0
    while end + _HEAD.size < len(content):
        length, check = _HEAD.unpack_from(content, end)
        payload = content[end + _HEAD.size : end + _HEAD.size + length]
        if not length or crc32(payload, length) != check:
            return
        end += _HEAD.size + length
        yield end, payload


def _take_name(folder: Path, writer: str) -> tuple[Segment, int]:
    while True:
        path = folder / f"{writer}-{new_id().hex}.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # A reader may have seen the file before it was locked, taken it for a dead writer's and deleted it.
        if _try_lock(lock, fcntl.LOCK_EX) and path.exists():
            return Segment(path), lock
        os.close(lock)


def _try_lock(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
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
