"""What an experiment is judged by: what the cascade of each seed came to, and whom visitors met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.measures.ask import Ask, milliseconds, moment, rows

_MOST_VISITORS: Final = 200_000


@dataclass(frozen=True, slots=True)
class SeedCascades:
    """What each seed's cascade came to within a window after the seed had joined, by the time of joining.

    Attributes
    ----------
    seed
        (n,) numbers of the seeds.
    began
        (n,) seconds since 1970 at which they joined.
    joins
        (n,) people whom the cascade brought, the seed not counted.
    converted, shared
        (n,) people of the cascade, the seed among them, who converted without a refund, and who passed it on.
    answer
        (n,) by how much ln(1 + joins) would rise, per unit of ln of how much everybody passes on; see
        `sebar.spread.experiment_plan`. People of one generation are taken to have brought equally many, which makes
        it a little small where cascades are large and uneven.
    """

    seed: NDArray[np.int64]
    began: NDArray[np.float64]
    joins: NDArray[np.int64]
    converted: NDArray[np.int64]
    shared: NDArray[np.int64]
    answer: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A visitor of one day: when first seen, and the seeds of whose cascades they met links; 0 is the page itself."""

    visitor: int
    first: datetime
    roots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Meetings:
    """Who met what.

    Attributes
    ----------
    visitors
        How many visitors there were.
    every
        Of how many visitors one was looked at; 1 where all were.
    meetings
        Those looked at who met several cascades, or opened the page without anybody's link.
    """

    visitors: int
    every: int
    meetings: list[Meeting]


def seed_cascades(
    campaign: int, *, since: datetime, until: datetime, window: timedelta, ask: Ask | None = None
) -> SeedCascades:
    """Return what the cascades came to of seeds who joined between two moments.

    Parameters
    ----------
    campaign
        Its identifier.
    since, until
        When the seeds joined; what happened from `until` on is not counted.
    window
        For how long after its seed's join a cascade is watched.
    ask
        Whom to ask; the engine when absent.
    """
    found = rows(
        ask,
        "experiment_cascades",
        campaign=campaign,
        since=milliseconds(since),
        until=milliseconds(until),
        window=window // timedelta(milliseconds=1),
    )
    seed, began, joins, converted, shared = np.array([row[:5] for row in found], np.int64).reshape(-1, 5).T
    return SeedCascades(seed, began / 1000, joins, converted, shared, np.array([row[5] for row in found], np.float64))


def meetings(campaign: int, *, since: datetime, until: datetime, ask: Ask | None = None) -> Meetings:
    """Return whom visitors met between two moments; of very many visitors, only every so many are looked at."""
    first, last = milliseconds(since), milliseconds(until)
    ((visitors,),) = rows(ask, "experiment_visitors", campaign=campaign, since=first, until=last)
    every = max(-(-visitors // _MOST_VISITORS), 1)
    found = rows(ask, "experiment_meetings", campaign=campaign, since=first, until=last, every=every)
    return Meetings(visitors, every, [Meeting(visitor, moment(at), tuple(roots)) for visitor, at, roots in found])
