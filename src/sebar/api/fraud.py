"""The review: who waits for a decision and why, deciding, taking back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import Given
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.fraud import actions, queries
from sebar.fraud.actions import Outcome
from sebar.fraud.queries import Group, Suspect
from sebar.kit import codes
from sebar.participants import queries as participants

router = Router(tags=["Review"])
_LARGEST_PAGE = 100
Groups = Annotated[int, Field(ge=1, le=_LARGEST_PAGE, description="How many groups at most.")]
First = Annotated[int, Field(ge=0, description="`next` of the answer before; 0 for the first groups.")]


class Deciding(Given):
    """Whom it is about, and what you decide."""

    participants: Annotated[list[str], Field(description="Codes or external ids; at most 1,000.")]
    verdict: Annotated[str, Field(description="fine: rewards go their way; fraud: unpaid rewards are refused")]
    note: Annotated[str, Field(description="Why; for your own people only.")] = ""


class TakingBack(Given):
    """Whose decisions are taken back."""

    participants: Annotated[list[str], Field(description="Codes or external ids; at most 1,000.")]


@dataclass(frozen=True, slots=True)
class ReasonShown:
    """One reason: which signal, the numbers it rests on, and a sentence with them."""

    signal: str
    count: int
    seconds: int
    words: str


@dataclass(frozen=True, slots=True)
class SuspectShown:
    """One person of a group.

    `level` is none, low, medium (a person should look) or high (rewards are held until a person has decided). `at_risk`
    are unpaid rewards in minor units by currency. `asked_at`: when they asked for a person to look, if that waits.
    """

    participant: str
    external_id: str | None
    level: str
    score: float
    reasons: list[ReasonShown]
    at_risk: dict[str, int]
    asked_at: datetime | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class GroupShown:
    """People to be looked at together; `group` is the code of whoever of them joined first."""

    group: str
    at_risk: dict[str, int]
    waiting: list[SuspectShown]
    beside: list[SuspectShown]


@dataclass(frozen=True, slots=True)
class QueueShown:
    """Who waits for a decision, in the order in which to look; `next` is null at the end."""

    people: int
    held: int
    refused: int
    asked: int
    at_risk: dict[str, int]
    groups: list[GroupShown]
    next: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """About how many people this request changed something; what stood already is not counted.

    `rewards_back` says how many refused rewards wait again, `rewards_lacking` how many stay refused because their
    budget or codes were used meanwhile.
    """

    changed: int
    rewards_back: int
    rewards_lacking: int


@router.get("/{slug}/review", auth=READ, response=QueueShown, summary="List who waits for a decision")
def review(request: HttpRequest, slug: str, limit: Groups = 20, after: First = 0) -> QueueShown:
    """Those first who asked for a person to look, then those on whom most unpaid money hangs."""
    queue = queries.queue(_campaign(request, slug), first=after, limit=limit)
    following = after + limit
    return QueueShown(
        people=queue.people,
        held=queue.held,
        refused=queue.refused,
        asked=queue.asked,
        at_risk=dict(queue.at_risk),
        groups=[_group(one) for one in queue.groups],
        next=following if following < queue.total else None,
    )


@router.post("/{slug}/review/decisions", auth=WRITE, response=Done, summary="Decide")
def decide(request: HttpRequest, slug: str, given: Deciding) -> Done:
    """Decide about all of them or, if anything is wrong, nobody. The same again changes nothing."""
    campaign = _campaign(request, slug)
    made = actions.decide(
        membership=asking(request).membership,
        campaign=campaign,
        numbers=_numbers(campaign, given.participants),
        verdict=given.verdict,
        note=given.note,
    )
    return _done(made)


@router.post("/{slug}/review/undo", auth=WRITE, response=Done, summary="Take decisions back")
def undo(request: HttpRequest, slug: str, given: TakingBack) -> Done:
    """Make everything as it was before the decision that stands, as far as budgets and codes last.

    Who has none stays as they are.
    """
    campaign = _campaign(request, slug)
    numbers = _numbers(campaign, given.participants)
    return _done(actions.undo(membership=asking(request).membership, campaign=campaign, numbers=numbers))


def _done(outcome: Outcome) -> Done:
    return Done(changed=outcome.people, rewards_back=outcome.back, rewards_lacking=outcome.lacking)


def _campaign(request: HttpRequest, slug: str) -> Campaign:
    return campaigns.of_slug(asking(request).membership.brand, slug)


def _numbers(campaign: Campaign, given: list[str]) -> set[int]:
    return {participants.find(campaign, one).pk for one in given[: actions.AT_ONCE + 1]}


def _group(group: Group) -> GroupShown:
    return GroupShown(
        group=codes.spell(group.number),
        at_risk=dict(group.at_risk),
        waiting=[_suspect(one) for one in group.waiting],
        beside=[_suspect(one) for one in group.beside],
    )


def _suspect(one: Suspect) -> SuspectShown:
    return SuspectShown(
        participant=codes.spell(one.participant.pk),
        external_id=one.participant.external_id,
        level=one.level.word,
        score=one.score,
        reasons=[ReasonShown(reason.signal, reason.count, reason.seconds, reason.words) for reason in one.reasons],
        at_risk=dict(one.at_risk),
        asked_at=one.asked_at,
        verdict=one.decision.verdict if one.decision else None,
    )
