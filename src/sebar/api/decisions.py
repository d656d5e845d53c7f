"""Decisions about a campaign under way: its rung on the ladder, proposals, policies, statement and correction."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import Given
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.channels.notices import may_be_corrected
from sebar.participants import queries as participants
from sebar.steering.alarms import words
from sebar.steering.decisions import actions, affair, queries, rules
from sebar.steering.decisions.models import CampaignDecision

router = Router(tags=["Decisions"])


class Taking(Given):
    """Where the campaign is brought."""

    rung: Annotated[str, Field(description="watch, throttle, hold or stop")]
    reason: str = ""
    invitations_an_hour: Annotated[int | None, Field(description="How many may go out, when it is slowed.")] = None
    stop_url: Annotated[
        str | None,
        Field(description="Where links lead once it is stopped; empty: Sebar’s own page; left out: what is set."),
    ] = None


class Refusing(Given):
    """Why what a policy proposed is not done."""

    reason: str = ""


class Stating(Given):
    """What every page of the campaign says; nothing takes it away."""

    texts: Annotated[dict[str, str], Field(description="Each of the campaign’s languages to what is said.")] = {}


class Correcting(Given):
    """What those who passed the campaign on are told."""

    texts: Annotated[
        dict[str, dict[str, str]], Field(description="Each of the campaign’s languages to `subject` and `text`.")
    ]


@dataclass(frozen=True, slots=True)
class DecisionShown:
    """One decision; `state` is proposed, in_force, refused or overtaken.

    `spared` maps participants, reach and conversions to how many more were foreseen to come without it, for as long as
    it lasted or, while it lasts, within a week: with 10, 50 and 90 % at most so many, the last null where nobody can
    tell how many at most. It is null when nothing was foreseen, and for what only slows a campaign or lets it go on. It
    assumes that `seeds_a_day` had gone on coming.
    """

    number: int
    before: str
    rung: str
    invitations_an_hour: int | None
    state: str
    watch: str
    because: str
    reason: str
    who: str
    second: str
    made_at: datetime
    acts_at: datetime | None
    in_force_at: datetime | None
    cut: dict[str, int]
    spared: dict[str, list[float | None]] | None
    seeds_a_day: float | None


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """What is done when the alarm of a watch speaks; owners decide it in the console."""

    watch: str
    rung: str
    mode: str
    minutes: int
    invitations_an_hour: int | None
    who: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class SteeringShown:
    """Where the campaign stands at this moment, what is decided beforehand, and what was decided, newest first."""

    rung: str
    invitations_an_hour: int | None
    joins_waiting: int
    statement: dict[str, str]
    policies: list[PolicyShown]
    decisions: list[DecisionShown]


@dataclass(frozen=True, slots=True)
class CorrectionTaken:
    """How many people it goes to."""

    people: int


@router.get("/{slug}/steering", auth=READ, response=SteeringShown, summary="See where a campaign stands")
def steering(request: HttpRequest, slug: str) -> SteeringShown:
    """Return the rung in force, the policies and the decisions."""
    return _shown(of_slug(asking(request).membership.brand, slug))


@router.post("/{slug}/steering", auth=WRITE, response=SteeringShown, summary="Slow, hold, stop or resume a campaign")
def steer(request: HttpRequest, slug: str, given: Taking) -> SteeringShown:
    """Bring it to a rung, at once and everywhere; only owners, in the console, let a stopped campaign go on.

    The answer says what is in force. Where the database took nothing, the decision is listed once it does.
    """
    membership = asking(request).membership
    with suppress(actions.OnTheBrake):
        actions.take(
            membership=membership,
            slug=slug,
            rung=given.rung,
            reason=given.reason,
            invitations_an_hour=given.invitations_an_hour,
            stop_url=given.stop_url,
        )
    return _shown(of_slug(membership.brand, slug))


@router.post(
    "/{slug}/steering/{decision}/refuse", auth=WRITE, response=DecisionShown, summary="Object to what a policy proposed"
)
def refuse(request: HttpRequest, slug: str, decision: int, given: Refusing) -> DecisionShown:
    """Have it not done."""
    membership = asking(request).membership
    return _decision(actions.refuse(membership=membership, slug=slug, number=decision, reason=given.reason))


@router.put("/{slug}/statement", auth=WRITE, response=SteeringShown, summary="Say something on every page")
def state(request: HttpRequest, slug: str, given: Stating) -> SteeringShown:
    """As long as it stands, every link leads to a page with it."""
    return _shown(affair.state(membership=asking(request).membership, slug=slug, texts=given.texts))


@router.post("/{slug}/correction", auth=WRITE, response=CorrectionTaken, summary="Send a correction")
def correct(request: HttpRequest, slug: str, given: Correcting) -> CorrectionTaken:
    """Send it to those who passed the campaign on and may be written to, whatever is held or stopped."""
    news = affair.correct(membership=asking(request).membership, slug=slug, texts=given.texts)
    return CorrectionTaken(may_be_corrected(news.campaign))


def _shown(campaign: Campaign) -> SteeringShown:
    return SteeringShown(
        rung=rules.rung_of(campaign.in_force, campaign.invitations_an_hour),
        invitations_an_hour=campaign.invitations_an_hour,
        joins_waiting=participants.waiting(campaign),
        statement=campaign.statement,
        policies=[
            PolicyShown(
                policy.watch,
                policy.rung,
                policy.mode,
                policy.minutes,
                policy.invitations_an_hour,
                policy.who,
                policy.made_at,
            )
            for policy in queries.policies(campaign)
        ],
        decisions=[_decision(one) for one in queries.of_campaign(campaign)],
    )


def _decision(one: CampaignDecision) -> DecisionShown:
    return DecisionShown(
        number=one.pk,
        before=one.before,
        rung=one.rung,
        invitations_an_hour=one.invitations_an_hour,
        state=one.state,
        watch=one.watch,
        because=words.in_english(one),
        reason=one.reason,
        who=one.who,
        second=one.second,
        made_at=one.made_at,
        acts_at=one.acts_at,
        in_force_at=one.in_force_at,
        cut=one.cut,
        spared=queries.spared(one),
        seeds_a_day=one.seeds_a_day,
    )
