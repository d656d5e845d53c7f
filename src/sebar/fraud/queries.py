"""Reads of evidence, suspicions and decisions. All start from a campaign or one of its participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from disposable_email_domains import blocklist
from django.db.models import Max, QuerySet

from sebar.campaigns.models import Campaign, Status
from sebar.fraud import rules
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.fraud.rules import Level, Reason, Verdict, Waiting
from sebar.fraud.signals import UNKNOWN, Crowd, Places
from sebar.kit import codes, text
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.measures import openings
from sebar.participants.models import How, Participant
from sebar.rewards import queries as rewards
from sebar.rewards.queries import AtRisk

MOST: Final = 200_000
"""So many people of a campaign are looked at, those who joined last."""
_CHUNK: Final = 900  # names in one question; more than 999 parameters is too much for some SQLite


class State(StrEnum):
    """How it stands with somebody's rewards, as far as it is about fraud."""

    NOTHING = "nothing"
    WAITS = "waits"
    FINE = "fine"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody in the queue.

    Attributes
    ----------
    at_risk
        Unpaid rewards that hang on it, in minor units by currency.
    asked_at
        When they asked that a person looks at it, if that waits for an answer.
    decision
        What was decided about them, while that stands.
    """

    participant: Participant
    group: int
    level: Level
    score: float
    reasons: list[Reason]
    at_risk: Mapping[str, int]
    asked_at: datetime | None
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that stands, and what speaks against the one it is about."""

    decision: Decision
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Group:
    """People to be looked at together: those who wait for a decision first, then whoever else belongs to them."""

    number: int
    waiting: list[Suspect]
    beside: list[Suspect]
    at_risk: Mapping[str, int]
    """Unpaid rewards that hang on those who wait, by currency; what hangs on two of them counts once."""


@dataclass(frozen=True, slots=True)
class Queue:
    """All who wait for a decision, in the order in which to look.

    Attributes
    ----------
    groups
        Some groups, of `total` ones.
    people, held, refused, asked
        How many wait, how many of them with their rewards held back, how many with theirs refused, and how many asked
        for it themselves.
    at_risk
        Unpaid rewards that hang on all who wait, by currency; what hangs on two of them counts once.
    """

    groups: list[Group]
    total: int
    people: int
    held: int
    refused: int
    asked: int
    at_risk: Mapping[str, int]


def crowd(campaign: Campaign, now: datetime) -> Crowd:
    """Return the people who joined lately, and whoever brought them, as columns in the order of joining."""
    since = now - timedelta(days=rules.KEEP_DAYS)
    columns = ("id", "parent_id", "joined_at", "how", "email")
    mine = Participant.objects.filter(campaign=campaign)
    rows = list(mine.filter(joined_at__gte=since).order_by("-joined_at", "-id").values_list(*columns)[:MOST])
    heads = {row[1] for row in rows if row[1]} - {row[0] for row in rows}
    for some in _parts(sorted(heads)):
        rows += mine.filter(pk__in=some).values_list(*columns)
    rows.sort(key=lambda row: (row[2], row[0]))
    place = {row[0]: at for at, row in enumerate(rows)}
    evidence = {
        row[0]: row[1:]
        for row in JoinEvidence.objects.filter(participant__campaign=campaign).values_list(
            "participant_id", "network", "device", "payment", "seen"
        )
    }
    traces = [evidence.get(row[0], (None,) * 4) for row in rows]
    opened = openings.opened(campaign.pk)
    return Crowd(
        number=_column(row[0] for row in rows),
        parent=_column(place.get(row[1] or 0, UNKNOWN) for row in rows),
        joined=np.array([row[2].timestamp() for row in rows], np.float64),
        network=_numbered(trace[0] for trace in traces),
        device=_numbered(trace[1] for trace in traces),
        payment=_numbered(trace[2] for trace in traces),
        mailbox=_numbered(text.mailbox(row[4]) if row[4] else None for row in rows),
        is_thrown_away=np.array([_is_thrown_away(row[4] or "") for row in rows], np.bool_),
        is_linked=np.array(
            [row[3] == How.LINK and trace[3] is not None for row, trace in zip(rows, traces, strict=True)], np.bool_
        ),
        seen=_column(UNKNOWN if trace[3] is None else int(trace[3]) for trace in traces),
        opened=_column(opened.get(row[0], 0) for row in rows),
    )


def published() -> list[Campaign]:
    """Return all campaigns that people can have joined lately."""
    return list(Campaign.objects.exclude(status=Status.DRAFT).select_related("brand").order_by("pk"))


def last_join(campaign: Campaign) -> datetime | None:
    """Return when somebody joined last; None before all."""
    found: datetime | None = Participant.objects.filter(campaign=campaign).aggregate(last=Max("joined_at"))["last"]
    return found


def queue(campaign: Campaign, *, first: int = 0, limit: int = 20) -> Queue:
    """Return who waits for a person's decision: `limit` groups from the one at place `first` on."""
    money = rewards.at_risk(campaign)
    found = _suspects(campaign, money)
    waiting = {one.participant.pk: one for one in found if _waits(one)}
    currency = _main_currency(waiting.values())
    ordered = rules.in_order(
        Waiting(number, one.group, one.score, one.at_risk.get(currency, 0), has_asked=one.asked_at is not None)
        for number, one in waiting.items()
    )
    beside: dict[int, list[Suspect]] = {}
    for one in found:
        if one.participant.pk not in waiting:
            beside.setdefault(one.group, []).append(one)
    groups = [
        Group(
            group[0].group,
            [waiting[one.number] for one in group],
            beside.get(group[0].group, []),
            money.of(one.number for one in group),
        )
        for group in ordered[first : first + limit]
    ]
    return Queue(
        groups=groups,
        total=len(ordered),
        people=len(waiting),
        held=sum(one.level == Level.HIGH and one.decision is None for one in waiting.values()),
        refused=sum(one.decision is not None and one.decision.verdict == Verdict.FRAUD for one in waiting.values()),
        asked=sum(one.asked_at is not None for one in waiting.values()),
        at_risk=money.of(waiting),
    )


def decided(campaign: Campaign, *, first: int = 0, limit: int = 100) -> list[Decided]:
    """Return decisions that stand, newest first: `limit` of them from the one at place `first` on."""
    ordered = _standing(campaign).select_related("participant").order_by("-at", "-pk")
    found = list(ordered[first : first + limit])
    suspicions = Suspicion.objects.in_bulk([one.participant_id for one in found])
    return [
        Decided(one, rules.read(suspicions[one.participant_id].reasons) if one.participant_id in suspicions else [])
        for one in found
    ]


def count_decided(campaign: Campaign) -> int:
    """Return about how many people a decision stands."""
    return _standing(campaign).count()


def _standing(campaign: Campaign) -> QuerySet[Decision]:
    return Decision.objects.filter(campaign=campaign, undone_at__isnull=True)


def standing(campaign: Campaign, numbers: Collection[int]) -> dict[int, Decision]:
    """Return the decisions that stand about these participants, by number."""
    found: dict[int, Decision] = {}
    for some in _parts([*numbers]):
        rows = Decision.objects.filter(campaign=campaign, undone_at__isnull=True, participant__in=some)
        rows = rows.select_related("replaces")
        found.update({one.participant_id: one for one in rows})
    return found


def high(campaign: Campaign, numbers: Collection[int]) -> set[int]:
    """Return which of these participants hold the highest level."""
    found: set[int] = set()
    for some in _parts([*numbers]):
        rows = Suspicion.objects.filter(campaign=campaign, level=Level.HIGH, pk__in=some)
        found.update(rows.values_list("pk", flat=True))
    return found


def asking(campaign: Campaign) -> dict[int, datetime]:
    """Return who asked for a person to look about whom nobody has decided since, and when."""
    return _open_objections(Objection.objects.filter(campaign=campaign))


def of_numbers(campaign: Campaign, numbers: Collection[int]) -> list[Participant]:
    """Return these participants of the campaign, in the order of their numbers.

    Raises
    ------
    NotFound
        When the campaign has not all of them.
    """
    found: list[Participant] = []
    for some in _parts(sorted(set(numbers))):
        found += Participant.objects.filter(campaign=campaign, pk__in=some).select_related("parent").order_by("pk")
    missing = set(numbers) - {one.pk for one in found}
    if missing:
        message = gettext_noop("Nobody in this campaign has the code or external id “{shown}”.")
        number = min(missing)
        shown = codes.spell(number) if 0 < number <= codes.LAST else str(number)
        raise NotFound(message, field="participants", shown=shown)
    return found


def state(participant: Participant) -> State:
    """Return how it stands with somebody's rewards, for themselves: without what was found."""
    decision = Decision.objects.filter(participant=participant, undone_at__isnull=True).first()
    if decision is not None:
        return State.REFUSED if decision.verdict == Verdict.FRAUD else State.FINE
    is_held = Suspicion.objects.filter(participant=participant, level=Level.HIGH).exists()
    return State.WAITS if is_held else State.NOTHING


def refused(campaign: Campaign) -> int:
    """Return how many people of a campaign were decided to be no honest ones."""
    return Decision.objects.filter(campaign=campaign, verdict=Verdict.FRAUD, undone_at__isnull=True).count()


def asked_at(participant: Participant) -> datetime | None:
    """Return when somebody asked for a person to look, while nobody has decided since."""
    return _open_objections(Objection.objects.filter(participant=participant)).get(participant.pk)


def _suspects(campaign: Campaign, money: AtRisk) -> list[Suspect]:
    """Return everybody against whom something was found, or who asked for a person to look."""
    objections = asking(campaign)
    suspicions = {one.pk: one for one in Suspicion.objects.filter(campaign=campaign)}
    numbers = suspicions.keys() | objections.keys()
    people: dict[int, Participant] = {}
    for some in _parts([*numbers]):
        people |= Participant.objects.in_bulk(some)
    decisions = standing(campaign, numbers)
    return [
        _suspect(people[number], suspicions.get(number), money, objections.get(number), decisions.get(number))
        for number in sorted(numbers)
    ]


def _suspect(
    participant: Participant,
    found: Suspicion | None,
    money: AtRisk,
    asked: datetime | None,
    decision: Decision | None,
) -> Suspect:
    return Suspect(
        participant=participant,
        group=found.group if found else participant.pk,
        level=Level(found.level if found else 0),
        score=found.score if found else 0.0,
        reasons=rules.read(found.reasons) if found else [],
        at_risk=money.of([participant.pk]),
        asked_at=asked,
        decision=decision,
    )


def _waits(one: Suspect) -> bool:
    """Say whether a person is to decide. Who asks after a decision waits again, with that decision standing."""
    return one.asked_at is not None or (one.decision is None and one.level >= Level.MEDIUM)


def _open_objections(found: Iterable[Objection]) -> dict[int, datetime]:
    """Return when those asked about whom nobody has decided since."""
    asked = {one.pk: one.asked_at for one in found}
    for some in _parts([*asked]):
        answered = Decision.objects.filter(participant__in=some, undone_at__isnull=True).values_list(
            "participant_id", "at"
        )
        for number, at in answered:
            if at >= asked[number]:
                del asked[number]
    return asked


def _main_currency(suspects: Iterable[Suspect]) -> str:
    """Return the currency in which most people have something at risk: amounts of several cannot be compared."""
    people = Counter(currency for one in suspects for currency, amount in one.at_risk.items() if amount)
    return min(people, key=lambda currency: (-people[currency], currency), default="")


def _is_thrown_away(email: str) -> bool:
    """Say whether an address is of a service for throw-away addresses, or of one of its subdomains."""
    domain = email.rpartition("@")[2]
    while "." in domain:
        if domain in blocklist:
            return True
        domain = domain.partition(".")[2]
    return False


def _column(values: Iterable[int]) -> Places:
    return np.fromiter(values, np.int64)


def _numbered(values: Iterable[object]) -> Places:
    """Give equal values equal numbers from 0 on, and None `UNKNOWN`."""
    known: dict[object, int] = {}
    return _column(UNKNOWN if value is None else known.setdefault(value, len(known)) for value in values)


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(numbers), _CHUNK):
        yield numbers[start : start + _CHUNK]
