"""How much one visitor may send: a bucket that fills steadily and that every touch takes a drop from."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

_KNOWN: Final = 20_000


class Limit:
    """Token buckets by visitor, bounded in number: the longest silent are forgotten first, which refills them.

    Parameters
    ----------
    burst
        What a bucket holds.
    per_second
        What flows in.
    """

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._recent: dict[Hashable, tuple[float, float]] = {}
        self._older: dict[Hashable, tuple[float, float]] = {}

    def allows(self, visitor: Hashable, cost: int, now: float) -> bool:
        """Take `cost` from the visitor's bucket if so much is in it, and say whether it was.

        Parameters
        ----------
        now
            Seconds on a clock that never goes back.
        """
        level, since = self._recent.get(visitor) or self._older.get(visitor) or (float(self._burst), now)
        level = min(self._burst, level + (now - since) * self._per_second)
        enough = level >= cost
        if len(self._recent) >= _KNOWN:
            self._older, self._recent = self._recent, {}
        self._recent[visitor] = (level - cost if enough else level, now)
        return enough
