"""Identifiers and the clock."""

from __future__ import annotations

import os
import time
from random import Random
from typing import Final
from uuid import UUID

# Identifiers must be unique, not secret, and asking the system for each costs the edge too much. The generator is our
# own, so that nobody seeds it, and a forked process starts it anew.
_chance = Random()  # noqa: S311 - see above
os.register_at_fork(after_in_child=_chance.seed)

_MILLISECONDS: Final = 0xFFFF_FFFF_FFFF
_VERSION: Final = 0x7 << 76 | 0x2 << 62
_RANDOM: Final = 0x0FFF << 64 | 0x3FFF_FFFF_FFFF_FFFF


def now_ms() -> int:
    """Return the time now, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def new_id(ts_ms: int | None = None) -> UUID:
    """Return a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits.

    Parameters
    ----------
    ts_ms
        The time to put into it, milliseconds since 1970 UTC; now when absent.
    """
    return UUID(bytes=new_id_bytes(now_ms() if ts_ms is None else ts_ms))


def new_id_bytes(ts_ms: int) -> bytes:
    """Return the 16 bytes of such an identifier. Making a UUID of them takes ten times as long."""
    number = (max(ts_ms, 0) & _MILLISECONDS) << 80 | _chance.getrandbits(80) & _RANDOM | _VERSION
    return number.to_bytes(16)
