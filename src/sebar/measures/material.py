"""What people did with each creative: whether it was fun shows in what they do, not in what they say."""

from __future__ import annotations

from dataclasses import dataclass

from sebar.measures import intervals
from sebar.measures.ask import Ask, rows
from sebar.measures.breakdown import breakdown
from sebar.measures.figures import Group
from sebar.spread.estimate import Estimate, Figure, TooEarly

_ALL = 1000


@dataclass(frozen=True, slots=True)
class Played:
    """What people did with one creative, and what those have passed on whom it brought.

    Attributes
    ----------
    name
        Of the creative; empty for everything that named none.
    views, viewers
        Counted views; distinct visitors who made them.
    started, q25, q50, q75, finished
        Distinct visitors who came at least so far. What has no quarters knows only the first and the last.
    highest
        Most points that anybody reported, unverified.
    completion
        `finished` ÷ `started`.
    share_rate
        Those it brought who passed it on at least once, of all it brought.
    joins_each_share
        Joins that each time of passing on brought so far.
    group
        Those it brought: visits, joins, R and K-factor; None when it brought nobody and no visit.
    """

    name: str
    views: int
    viewers: int
    started: int
    q25: int
    q50: int
    q75: int
    finished: int
    highest: int
    completion: Figure
    share_rate: Figure
    joins_each_share: Figure
    group: Group | None


def material(campaign: int, *, zone: str = "UTC", ask: Ask | None = None) -> dict[str, Played]:
    """Return what was done with each creative of a campaign, by its name.

    Parameters
    ----------
    campaign
        Its identifier.
    zone
        Time zone of the campaign.
    ask
        Whom to ask; the engine when absent.
    """
    groups = {group.label: group for group in breakdown(campaign, "creative", zone=zone, most=_ALL, ask=ask).groups}
    counts = {name: tuple(numbers) for name, *numbers in rows(ask, "material", campaign=campaign)}
    return {
        name: _played(name, counts.get(name, (0,) * 8), groups.get(name)) for name in sorted(groups.keys() | counts)
    }


def nothing(name: str) -> Played:
    """Return what is known of a creative that nobody has seen."""
    return _played(name, (0,) * 8, None)


def _played(name: str, counts: tuple[int, ...], group: Group | None) -> Played:
    started, finished = counts[2], counts[6]
    return Played(
        name=name,
        views=counts[0],
        viewers=counts[1],
        started=started,
        q25=counts[3],
        q50=counts[4],
        q75=counts[5],
        finished=finished,
        highest=counts[7],
        completion=intervals.share(finished, started, "of those who started", "plays"),
        share_rate=intervals.share(group.sharers if group else 0, group.joins if group else 0, "of participants"),
        joins_each_share=_joins_each_share(group),
        group=group,
    )


def _joins_each_share(group: Group | None) -> Figure:
    """Return joins per share. The K-factor is joins by sharers per participant, so shares per participant undo it."""
    shares = group.shares if group else 0
    if group is None or shares < intervals.ENOUGH or isinstance(group.k_factor, TooEarly):
        return TooEarly(shares, intervals.ENOUGH, "shares")
    times = group.joins / shares
    k = group.k_factor
    return Estimate(k.value * times, k.low * times, k.high * times, k.level, "joins per share")
