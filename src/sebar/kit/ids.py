"""Identifiers and the clock."""

from __future__ import annotations

import os
import time
from uuid import UUID


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
    random = int.from_bytes(os.urandom(10))
    number = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)
