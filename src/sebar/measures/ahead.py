"""What a look ahead starts from: which campaigns have news, and what each has come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from sebar.measures.ask import Ask, milliseconds, moment, rows


@dataclass(frozen=True, slots=True)
class Totals:
    """What a campaign has come to.

    Attributes
    ----------
    participants, reached, conversions
        People who joined, reach as `measures.reach` counts it, and conversions that were not refunded by then.
    first
        The first join.
    """

    participants: int
    reached: int
    conversions: int
    first: datetime | None


@dataclass(frozen=True, slots=True)
class Forest:
    """Everybody in a campaign in the order in which they joined, three columns of equal length.

    Attributes
    ----------
    participant, parent
        (n,) numbers; the parent of a seed is 0.
    joined
        (n,) seconds since the first join.
    first
        The first join.
    """

    participant: NDArray[np.int64]
    parent: NDArray[np.int64]
    joined: NDArray[np.float64]
    first: datetime


def joined(campaigns: Sequence[int], *, ask: Ask | None = None) -> dict[int, int]:
    """Return how many participants each of these campaigns has; campaigns without any are left out."""
    return dict(rows(ask, "joined", campaigns=[*campaigns])) if campaigns else {}


def totals(campaign: int, *, until: datetime | None = None, ask: Ask | None = None) -> Totals:
    """Return what the campaign has come to, or had come to by `until`."""
    ((participants, reached, conversions, first),) = rows(ask, "totals", campaign=campaign, until=milliseconds(until))
    return Totals(participants, reached, conversions, moment(first) if participants else None)


def forest(campaign: int, *, until: datetime | None = None, ask: Ask | None = None) -> Forest | None:
    """Return everybody in a campaign, or who had joined by `until`; None when nobody had."""
    found = rows(ask, "forest", campaign=campaign, until=milliseconds(until))
    if not found:
        return None
    columns = np.array(found, np.int64).T
    return Forest(columns[0], columns[1], (columns[2] - columns[2][0]) / 1000, moment(int(columns[2][0])))
