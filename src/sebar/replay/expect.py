"""What a recording says that a platform which played it must report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from sebar.replay.read import Numbers, Recording

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True)
class Expected:
    """The figures of a recording whose cascades all started at one moment.

    Attributes
    ----------
    participants, seeds, visits
        Everybody; the starts; one visit for everybody else.
    generations
        People in each generation, from the starts on.
    sizes, depths
        People in each cascade and its deepest generation, by the row of its start.
    joins_by_hour
        Joins by hour since 1970; hours without any are not there.
    """

    participants: int
    seeds: int
    visits: int
    generations: tuple[int, ...]
    sizes: dict[int, int]
    depths: dict[int, int]
    joins_by_hour: Counter[int]


def expect(recording: Recording, started_ms: int) -> Expected:
    """Return what must be reported when every cascade started at `started_ms` (milliseconds since 1970 UTC)."""
    seeds = np.flatnonzero(recording.parent < 0)
    sizes = np.bincount(recording.root, minlength=len(recording))
    depths = np.zeros(len(recording), dtype=np.int64)
    np.maximum.at(depths, recording.root, recording.generation)
    hours, joins = np.unique((recording.milliseconds + started_ms) // HOUR_MS, return_counts=True)
    return Expected(
        participants=len(recording),
        seeds=len(seeds),
        visits=len(recording) - len(seeds),
        generations=tuple(np.bincount(recording.generation).tolist()),
        sizes=_of(sizes, seeds),
        depths=_of(depths, seeds),
        joins_by_hour=Counter(dict(zip(hours.tolist(), joins.tolist(), strict=True))),
    )


def _of(values: Numbers, rows: Numbers) -> dict[int, int]:
    return dict(zip(rows.tolist(), values[rows].tolist(), strict=True))
