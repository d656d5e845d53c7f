"""What is watched, what is tolerated, and when an alarm sounds. Pure functions over hours that were counted.

Shares are watched by `sebar.spread.alarm`, one look an hour. What the brand bears of false alarms over the campaign is
shared by the shares that are on, each alike, so that all of them together keep to it (Boole's inequality). A plain
count of people stands beside two of them while nothing is learned yet; it promises nothing, nor do exact thresholds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from numpy.typing import ArrayLike

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.spread.alarm import LOOKS, Detector, State, find_bursts, learn_detector
from sebar.spread.estimate import TooEarly
from sebar.steering.watches import Watch

HOUR: Final = timedelta(hours=1)
FALSE_ALARM: Final = 0.05
"""The chance that a campaign bears of any false alarm, unless its brand says otherwise."""
LEAST_FALSE_ALARM: Final = 0.001
MOST_FALSE_ALARM: Final = 0.5
FEWEST_PEOPLE: Final = 2
MOST_PEOPLE: Final = 10_000
MOST_SNOOZED: Final = timedelta(days=30)
REASON_LENGTH: Final = 500
ASSUMED_RHO: Final = 0.02
"""How alike things of an hour are taken to be until that is learned; see `sebar.spread.alarm`."""
LEARNING: Final = (72, 96, 120, 144, 168)
"""After so many hours of a campaign what is usual is learned from them, as soon as they are enough."""
_MOST_LOOKS: Final = 8760
_SAME_AFFAIR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """How a share is watched.

    Attributes
    ----------
    direction
        Whether more of it is bad, or less.
    usual
        What is tolerated until something is learned or said; None: nothing can be said before it is learned.
    least
        What is learned is never less: so little is nobody's worry, however rare it has been.
    """

    direction: Literal["up", "down"]
    usual: float | None
    least: float = 0.0


SHARES: Final = {
    Watch.NEGATIVE: Share("up", 0.20, least=0.03),
    Watch.COMPLAINTS: Share("up", 0.10, least=0.01),
    Watch.UNSUBSCRIBES: Share("up", 0.30, least=0.05),
    Watch.BOUNCES: Share("up", 0.05, least=0.01),
    Watch.DELIVERY: Share("up", 0.05, least=0.01),
    Watch.CONVERSION_DROP: Share("down", None),
    Watch.BOTS: Share("up", 0.30, least=0.05),
}
"""The watches that are shares, looked at every hour."""
PEOPLE: Final = {Watch.NEGATIVE: 5, Watch.COMPLAINTS: 3}
"""How many people within an hour are too many in a small campaign, unless its brand says otherwise."""
SPENT: Final = 0.8
"""The share of a budget at which a word is due."""
LEVELS: Final = {**{watch: share.usual for watch, share in SHARES.items()}, Watch.REWARD_EXPOSURE: SPENT}
"""What is tolerated unless something is learned or said, of the watches that have a level."""
LABELS: Final = {
    Watch.NEGATIVE: frozenset({"negative", "complaint"}),
    Watch.COMPLAINTS: frozenset({"complaint"}),
}
"""The classes of reactions that count, of the watches that count people."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of how many in the hour that began at this moment."""

    at: datetime
    events: int
    total: int


@dataclass(frozen=True, slots=True)
class Standard:
    """What is tolerated of a share, and how alike things of an hour are.

    Attributes
    ----------
    tolerated
        The share; None while nobody can say.
    rho
        0 (independent) to 1 (all the same).
    is_learned
        Whether the campaign's own first days taught it.
    """

    tolerated: float | None
    rho: float = ASSUMED_RHO
    is_learned: bool = False


Numbers = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an alarm sounds.

    Attributes
    ----------
    began
        When it began, as far as the evidence tells.
    at
        When it could be told.
    key
        What it is about: evidence of a thing that was closed is not fresh. Empty where time alone makes it fresh.
    numbers
        What it rests on, as JSON holds it; `kind` says how it is to be read.
    """

    began: datetime
    at: datetime
    key: str
    numbers: Numbers


def learn(watch: Watch, counted: Sequence[Counted]) -> Standard | None:
    """Return what a campaign's own first days teach; None while they are too few.

    Parameters
    ----------
    counted
        Hour by hour from the campaign's first.
    """
    for hours in LEARNING:
        if len(counted) < hours:
            return None
        first = counted[:hours]
        found = learned_from(watch, [one.events for one in first], [one.total for one in first])
        if found is not None:
            return found
    return None


def learned_from(watch: Watch, events: ArrayLike, total: ArrayLike) -> Standard | None:
    """Return what some hours in which all was well teach; None while they are too few.

    Parameters
    ----------
    events, total
        (t,) how many of how many in each hour.
    """
    found = learn_detector(events, total, direction=SHARES[watch].direction)
    if isinstance(found, TooEarly):
        return None
    return Standard(max(found.tolerated, SHARES[watch].least), found.rho, is_learned=True)


def looks(starts_at: datetime, ends_at: datetime | None) -> int:
    """Return for how many looks the promise is made: an hour each until the campaign's end, or for 30 days."""
    if ends_at is None:
        return LOOKS
    return min(max(int((ends_at - starts_at) / HOUR), 24), _MOST_LOOKS)


def detector(watch: Watch, standard: Standard, *, looks: int, chance: float) -> Detector | None:
    """Return what watches a share; None while nobody can say what is tolerated.

    Parameters
    ----------
    looks
        How many there will be.
    chance
        Of a false alarm of this watch within them.
    """
    if standard.tolerated is None:
        return None
    return Detector(standard.tolerated, SHARES[watch].direction, looks, chance, standard.rho)


def look(found: Detector, state: State, counted: Iterable[Counted]) -> tuple[State, Evidence | None]:
    """Look at some hours more; return what to keep, and the newest evidence that is enough for an alarm."""
    newest = None
    for after, evidence in _looks(found, state, counted):
        state, newest = after, evidence or newest
    return state, newest


def _looks(found: Detector, state: State, counted: Iterable[Counted]) -> Iterator[tuple[State, Evidence | None]]:
    for one in counted:
        state, alarm = found.observe(state, one.events, one.total)
        if alarm is None or alarm.notice:
            yield state, None
            continue
        at = one.at + HOUR
        began = at - (state.looks - alarm.since) * HOUR
        numbers: Numbers = {
            "kind": "share",
            "events": state.events,
            "total": state.total,
            "seen": alarm.seen.value,
            "low": alarm.seen.low,
            "high": alarm.seen.high,
            "tolerated": alarm.tolerated,
            "chance": alarm.chance,
        }
        yield state, Evidence(began, at, "", numbers)


def episodes(found: Detector, counted: Iterable[Counted]) -> list[Evidence]:
    """Return the first evidence of each time that an alarm would have been opened; it ends when its evidence does."""
    begun: list[Evidence] = []
    was_on = False
    for _, evidence in _looks(found, State(), counted):
        if evidence is not None and not was_on:
            begun.append(evidence)
        was_on = evidence is not None
    return begun


@dataclass(frozen=True, slots=True)
class Said:
    """That somebody said something, and whether it is fresh and of the kind that is watched."""

    at: datetime
    who: int
    is_bad: bool


def bursts(said: Iterable[Said], *, people: int, tolerated: float) -> list[Evidence]:
    """Return the evidence each time that somebody said something bad, and so many did within an hour.

    They must be more than is tolerated of everybody who said something within the same hour, good things that were
    said before the first bad one among them.

    Parameters
    ----------
    said
        In order of time; to judge an hour, all that was said in the one before is needed too.
    people
        How many it takes.
    tolerated
        The share of everybody that is not yet too much.
    """
    heard = ((one.at.timestamp(), one.who, one.is_bad) for one in said)
    found = find_bursts(heard, people=people, tolerated=tolerated, within=HOUR.total_seconds())
    return [
        Evidence(
            datetime.fromtimestamp(one.since, UTC),
            datetime.fromtimestamp(one.at, UTC),
            "",
            {"kind": "people", "people": one.people, "of": one.of, "tolerated": tolerated},
        )
        for one in found
    ]


def affairs(spoken: Iterable[Evidence]) -> list[Evidence]:
    """Return the first evidence of each affair: what comes within a day of what came before belongs to the same one."""
    begun: list[Evidence] = []
    last: datetime | None = None
    for one in sorted(spoken, key=lambda one: one.at):
        if last is None or one.at - last > _SAME_AFFAIR:
            begun.append(one)
        last = one.at
    return begun


def exposure(name: str, *, spent: int, budget: int, unit: str, level: float, now: datetime) -> Evidence | None:
    """Return that a rule's rewards have come to this share of its budget, whether promised, owed or given."""
    if spent < level * budget:
        return None
    is_all = spent >= budget
    numbers: Numbers = {"kind": "exposure", "rule": name, "spent": spent, "budget": budget, "unit": unit}
    return Evidence(now, now, f"{name} {'all' if is_all else 'level'}", numbers)


def left(
    *, number: int, made_at: datetime, horizon_at: datetime, low: float, high: float, outcome: int, now: datetime
) -> Evidence | None:
    """Return that an outcome lies outside of what a forecast of record held for 95 % likely; None when inside.

    A count only rises: above the interval before its time has come, it has left it for good.
    """
    is_over = now >= horizon_at
    if outcome <= high and (outcome >= low or not is_over):
        return None
    numbers: Numbers = {
        "kind": "forecast",
        "made_at": made_at.isoformat(),
        "horizon_at": horizon_at.isoformat(),
        "low": low,
        "high": high,
        "outcome": outcome,
    }
    return Evidence(made_at, min(now, horizon_at), f"forecast {number}", numbers)


def check_watch(given: str) -> Watch:
    """Return the watch of this name.

    Raises
    ------
    UserError
        When there is none.
    """
    try:
        return Watch(given)
    except ValueError:
        raise UserError(
            gettext_noop("“{shown}” is not watched: choose from {known}."),
            field="watch",
            shown=text.shown(given),
            known=", ".join(Watch),
        ) from None


def check_level(watch: Watch, given: float | None) -> float | None:
    """Return the level of a watch that has one, as a share; None leaves it to be learned.

    Raises
    ------
    UserError
        When the watch has none, or it is no share between 0 and 1.
    """
    if given is None:
        return None
    if watch not in LEVELS:
        raise UserError(gettext_noop("This watch has no level that could be set: leave it out."), field="level")
    if not 0.0 < given < 1.0:
        raise UserError(
            gettext_noop("{given:n} % is no level: give more than 0 % and less than 100 %."),
            field="level",
            given=100 * given,
        )
    return given


def check_people(watch: Watch, given: int | None) -> int | None:
    """Return how many people within an hour are too many; None for the usual number.

    Raises
    ------
    UserError
        When the watch counts no people, or the number is out of bounds.
    """
    if given is None:
        return None
    if watch not in PEOPLE:
        raise UserError(gettext_noop("This watch counts no people: leave the number out."), field="people")
    if not FEWEST_PEOPLE <= given <= MOST_PEOPLE:
        raise UserError(
            gettext_noop("{given:n} is out of bounds: say from {low:n} to {high:n} people."),
            field="people",
            given=given,
            low=FEWEST_PEOPLE,
            high=MOST_PEOPLE,
        )
    return given


def check_chance(given: float) -> float:
    """Return the chance of a false alarm that a campaign bears.

    Raises
    ------
    UserError
        When it is out of bounds.
    """
    if not LEAST_FALSE_ALARM <= given <= MOST_FALSE_ALARM:
        raise UserError(
            gettext_noop("{given:n} % is out of bounds: give {low:n} % to {high:n} %."),
            field="false_alarm",
            given=100 * given,
            low=100 * LEAST_FALSE_ALARM,
            high=100 * MOST_FALSE_ALARM,
        )
    return given


def check_reason(given: str) -> str:
    """Return the tidied reason for closing an alarm.

    Raises
    ------
    UserError
        When there is none, or it is too long.
    """
    tidy = text.line(given, field="reason", most=REASON_LENGTH)
    if not tidy:
        raise UserError(gettext_noop("Write down why it is closed: what it was, or what was done."), field="reason")
    return tidy


def check_snooze(until: datetime, now: datetime) -> datetime:
    """Return until when an alarm keeps quiet.

    Raises
    ------
    UserError
        When that has passed, or is too far away.
    """
    if not now < until <= now + MOST_SNOOZED:
        raise UserError(
            gettext_noop("An alarm can be snoozed for up to {days} days from now."),
            field="until",
            days=MOST_SNOOZED.days,
        )
    return until
