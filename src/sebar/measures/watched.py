"""What alarms watch, hour by hour: how many of how many things are as nobody wants them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sebar.measures.ask import Ask, milliseconds, moment, rows

LATE: Final = timedelta(days=7)
"""What comes later than this after it happened is not looked at any more."""
_HOUR_MS: Final = 3_600_000
_MOST_REACTIONS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Hour:
    """What was counted in one hour of a campaign; people count once each.

    Attributes
    ----------
    at
        When the hour began.
    negative, complaints, reactions
        People who said something bad (complaints among them), who complained, and who said anything.
    unsubscribes, readers
        People who want no more letters, and who opened a link in one.
    joins, visitors
        People who joined, and who opened a link.
    bots
        Visitors that were judged to be programs: crawlers and scanners, not the previews that messengers fetch.
    """

    at: datetime
    negative: int
    complaints: int
    reactions: int
    unsubscribes: int
    readers: int
    joins: int
    visitors: int
    bots: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody said, and how it was classed: ``positive``, ``neutral``, ``negative`` or ``complaint``."""

    at: datetime
    who: int
    label: str


def hours(
    campaigns: Sequence[int],
    *,
    since: datetime,
    until: datetime,
    version: int,
    after: int | None = None,
    written: Sequence[str],
    ask: Ask | None = None,
) -> dict[int, list[Hour]]:
    """Return the hours of each campaign in which there was anything, in order.

    Parameters
    ----------
    campaigns
        Their identifiers.
    since, until
        From which hour to which; whole hours.
    version
        Of the store: what is loaded later is not counted yet.
    after
        Of the store at the last look: what was loaded since then counts in the first hour if it happened before.
        When absent, only what happened in the hours counts.
    written
        Channels by which letters go out.
    ask
        Whom to ask; the engine when absent.
    """
    found: dict[int, list[Hour]] = defaultdict(list)
    for campaign, hour, *counts in rows(
        ask,
        "watched",
        campaigns=[*campaigns],
        since=milliseconds(since),
        until=milliseconds(until),
        late=milliseconds(since - LATE),
        version=version,
        after=version if after is None else after,
        written=[*written],
    ):
        found[campaign].append(Hour(moment(hour * _HOUR_MS), *counts))
    return found


def reactions(
    campaigns: Sequence[int], *, since: datetime, until: datetime, ask: Ask | None = None
) -> dict[int, list[Reaction]]:
    """Return what was said about each campaign between two moments, in order; of very much only the first."""
    found: dict[int, list[Reaction]] = defaultdict(list)
    for campaign, at, who, label in rows(
        ask,
        "reactions",
        campaigns=[*campaigns],
        since=milliseconds(since),
        until=milliseconds(until),
        most=_MOST_REACTIONS,
    ):
        found[campaign].append(Reaction(moment(at), who, label))
    return found
