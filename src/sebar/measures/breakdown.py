"""Participants parted by what they have in common: channel, creative, source of the seed, country, time of joining."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from sebar.kit.errors import UserError
from sebar.measures.ask import Ask, milliseconds, rows
from sebar.measures.figures import Breakdown, Group
from sebar.measures.intervals import ENOUGH
from sebar.measures.spreading import figure, fitted, this_minute
from sebar.spread import branching
from sebar.spread.estimate import Figure, TooEarly

if TYPE_CHECKING:
    from sebar.spread.passing_on import Fit, Prior, Statistics

Part = Literal["channel", "creative", "source", "country", "day", "week"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)

_SOURCES: Final = (
    "LEFT ANY JOIN (SELECT participant, props['source'] AS source FROM events WHERE campaign = {campaign:UInt64}"
    " AND kind = 'join' AND verdict = 'person' AND parent = 0) AS seeds ON mark = seeds.participant"
)
_PIECES: Final[dict[Part, dict[str, str]]] = {
    "channel": {"mark": "channel", "label": "toString(mark)", "named": ""},
    "creative": {"mark": "creative", "label": "toString(mark)", "named": ""},
    "source": {"mark": "root", "label": "source", "named": _SOURCES},
    "country": {"mark": "country", "label": "toString(mark)", "named": ""},
    "day": {"mark": "toDate(ts, {zone:String})", "label": "toString(mark)", "named": ""},
    "week": {"mark": "toMonday(toTimeZone(ts, {zone:String}))", "label": "toString(mark)", "named": ""},
}
_MOST: Final = 30
_NONE: Final = (0, 0)  # visits, and times it was passed on
# How far a group's people may differ from everybody in ln R (as far as they like), ln k, mu and ln sigma of the delay.
_UNLIKE: Final = (2.0, 1.0, 0.5, 0.25)


def breakdown(
    campaign: int,
    by: Part,
    *,
    zone: str = "UTC",
    now: datetime | None = None,
    most: int = _MOST,
    ask: Ask | None = None,
) -> Breakdown:
    """Return what groups of participants have done, and how much each passes on in the end.

    Parameters
    ----------
    campaign
        Its identifier.
    by
        What parts them: ``channel`` or ``creative`` that brought them, ``source`` of the seed of their cascade,
        ``country`` of their join, ``day`` or ``week`` of joining. Visits are parted by their own channel, creative,
        country or day, and by the seed's source.
    zone
        Time zone whose days and weeks count.
    now
        Nothing later counts; the end of the present minute when absent.
    most
        How many groups get a line of their own: the largest, or the newest days and weeks. The rest is summed.
    ask
        Whom to ask; the engine when absent.

    Raises
    ------
    UserError
        When there is no such parting.
    """
    if by not in _PIECES:
        raise UserError(f"“{by}” parts nobody; it should be one of {', '.join(PARTS)}.", field="by")
    asked = {"campaign": campaign, "zone": zone, "now": milliseconds(now or this_minute())}
    people: dict[str, list[_Row]] = defaultdict(list)
    for label, *row in rows(ask, "breakdown", parts=_PIECES[by], **asked):
        people[label].append(_Row(*row))
    touches = {label: (visits, passed) for label, visits, passed in rows(ask, "visits_by", parts=_PIECES[by], **asked)}
    joins = {label: sum(row.people for row in found) for label, found in people.items()}
    labels = sorted(
        people.keys() | touches.keys(), key=lambda label: (-joins.get(label, 0), -touches.get(label, _NONE)[0], label)
    )
    if by in {"day", "week"}:
        labels.sort(reverse=True)
    alone = labels if len(labels) <= most + 1 else labels[:most]
    whole = _Whole([row for found in people.values() for row in found])
    groups = [whole.group(label, people[label], touches.get(label, _NONE)) for label in alone]
    if len(labels) > len(alone):
        rest = labels[len(alone) :]
        others = [row for label in rest for row in people[label]]
        summed = (sum(touches.get(label, _NONE)[place] for label in rest) for place in (0, 1))
        groups.append(whole.group("", others, tuple(summed), is_rest=True))
    return Breakdown(by, tuple(groups))


class _Row(NamedTuple):
    """People of one group and group of ages who brought just so many: how many they are, and sums over them."""

    age_group: int
    brought: int
    people: int
    log_ages: float
    log_delay: float
    log_delay_squared: float
    sharers: int
    shares: int
    conversions: int


class _Whole:
    """Everybody: what one group alone cannot tell is taken from them."""

    def __init__(self, everybody: Sequence[_Row]) -> None:
        self._prior = self._as_everybody(fitted(_statistics(everybody)))
        self._k = branching.dispersion(
            sum(row.people for row in everybody),
            sum(row.brought * row.sharers for row in everybody),
            sum(row.brought * row.brought * row.sharers for row in everybody),
        )

    def group(self, label: str, people: Sequence[_Row], touches: tuple[int, ...], *, is_rest: bool = False) -> Group:
        visits, passed_on = touches
        return Group(
            label=label,
            visits=visits,
            joins=sum(row.people for row in people),
            brought=sum(row.brought * row.people for row in people),
            shares=sum(row.shares for row in people),
            conversions=sum(row.conversions for row in people),
            r=figure(fitted(_statistics(people), self._prior), "r"),
            k_factor=self._k_factor(people),
            is_rest=is_rest,
            sharers=sum(row.sharers for row in people),
            passed_on=passed_on,
        )

    @staticmethod
    def _as_everybody(fit: Fit | None) -> Prior | None:
        """Return what is believed of a group before it is looked at: its friends take about as long as others do."""
        if fit is None:
            return None
        return type(fit.prior).of(fit.theta.tolist(), _UNLIKE)

    def _k_factor(self, people: Sequence[_Row]) -> Figure:
        joins, shares = sum(row.people for row in people), sum(row.shares for row in people)
        if joins < ENOUGH:
            return TooEarly(joins, ENOUGH)
        if shares < ENOUGH:
            return TooEarly(shares, ENOUGH, "shares")
        return branching.offspring(joins, sum(row.brought * row.sharers for row in people), k=self._k)


def _statistics(people: Sequence[_Row]) -> Statistics:
    from sebar.spread.passing_on import from_groups  # noqa: PLC0415 - the compiler comes with it

    return from_groups(
        (0, row.age_group, row.brought, row.people, row.log_ages, row.log_delay, row.log_delay_squared)
        for row in people
    ).participants
