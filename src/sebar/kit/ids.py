"""Identifiers and the clock."""

from __future__ import annotations

import os
import time
from random import Random
from uuid import UUID

# Identifiers must be unique, not secret, and asking the system for each costs the edge too much. The generator is our
# own, so that nobody seeds it, and a forked process starts it anew.
_chance = Random()  # noqa: S311 - see above
os.register_at_fork(after_in_child=_chance.seed)


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
    milliseconds = now_ms() if ts_ms is None else max(ts_ms, 0)
    number = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | _chance.getrandbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)
