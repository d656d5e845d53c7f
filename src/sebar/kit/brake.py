"""The brake: which campaigns are held or stopped at this very moment, known to every process at once.

A decision to hold or stop a campaign is true once it is in the database, and everything reads it there. But a database
may be full or away, and the engine, which publishes where links lead, may be dead: neither may keep people from
stopping. So whoever stops a campaign first pulls the brake: a small file of fixed size, which every process maps into
its memory. Writing in place takes no room on the disk, and reading costs nothing that a redirect would feel.

A pull is the beginning of a decision, not its record. It lies in the file until the decision is written down and the
links follow it, or until somebody lets the campaign go on.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from sebar.kit.errors import Unavailable

_HEAD: Final = struct.Struct("=Q24x")  # how often anything changed
_SLOT: Final = struct.Struct("=QQQII")  # campaign, user, milliseconds since 1970 UTC, level, reserved
_SLOTS: Final = 2047
_BYTES: Final = _HEAD.size + _SLOTS * _SLOT.size


class Level(IntEnum):
    """How hard the brake is pulled; the greater, the harder."""

    HOLD = 1
    STOP = 2


@dataclass(frozen=True, slots=True)
class Pull:
    """One campaign on the brake.

    Attributes
    ----------
    campaign, user
        Identifiers of the campaign and of who pulled; 0 for a program or a policy.
    at
        When, milliseconds since 1970 UTC.
    level
        How hard.
    """

    campaign: int
    user: int
    at: int
    level: Level


class Brake:
    """The brake of one instance.

    Parameters
    ----------
    path
        `Config.brake`. Made when it is not there; its folder must be.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with self._alone():
            missing = _BYTES - os.fstat(self._file).st_size
            if missing > 0:  # written, not only stretched: its room on the disk is taken now
                os.pwrite(self._file, bytes(missing), _BYTES - missing)
        self._map = mmap.mmap(self._file, _BYTES)
        self._seen = -1
        self._pulled: dict[int, Pull] = {}

    def version(self) -> int:
        """Return a number that changes with every pull and release."""
        found: int = _HEAD.unpack_from(self._map)[0]
        return found

    def pulled(self) -> dict[int, Pull]:
        """Return the campaigns on the brake, by their identifiers."""
        version = self.version()
        if version != self._seen:
            self._pulled = {pull.campaign: pull for _, pull in self._slots()}
            self._seen = version
        return self._pulled

    def level(self, campaign: int) -> Level | None:
        """Return how hard the brake of a campaign is pulled; None when it is not."""
        pull = self.pulled().get(campaign)
        return None if pull is None else pull.level

    def pull(self, campaign: int, level: Level, *, user: int = 0) -> Pull:
        """Hold or stop a campaign, as hard as the hardest pull says; return the pull that is now in force.

        Raises
        ------
        Unavailable
            When very many campaigns are on the brake whose decisions could not be written down.
        """
        fresh = Pull(campaign, user, time.time_ns() // 1_000_000, level)
        with self._alone():
            slots = dict(self._slots())
            mine = next((number for number, pull in slots.items() if pull.campaign == campaign), None)
            if mine is not None and slots[mine].level > level:
                return slots[mine]
            free = mine if mine is not None else next((n for n in range(_SLOTS) if n not in slots), None)
            if free is None:
                raise Unavailable(f"{_SLOTS} campaigns are on the brake and none of their stops can be written down.")
            self._write(free, fresh)
        return fresh

    def release(self, pull: Pull) -> None:
        """Take a pull back. Whoever pulled harder or anew in the meantime stays on the brake."""
        with self._alone():
            for number, found in self._slots():
                if found == pull:
                    self._write(number, None)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        os.close(self._file)

    def _slots(self) -> Iterator[tuple[int, Pull]]:
        for number in range(_SLOTS):
            campaign, user, at, level, _ = _SLOT.unpack_from(self._map, _HEAD.size + number * _SLOT.size)
            if level:
                yield number, Pull(campaign, user, at, Level(level))

    def _write(self, number: int, pull: Pull | None) -> None:
        at = _HEAD.size + number * _SLOT.size
        row = (0, 0, 0, 0, 0) if pull is None else (pull.campaign, pull.user, pull.at, pull.level, 0)
        _SLOT.pack_into(self._map, at, *row)
        _HEAD.pack_into(self._map, 0, self.version() + 1)
        self._map.flush()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time write; what a process held that died is free."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


@lru_cache(maxsize=8)
def opened(path: Path) -> Brake:
    """Return the brake at a path, opened once in each process."""
    return Brake(path)
