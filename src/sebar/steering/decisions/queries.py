"""Reads of decisions and policies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db.models import Max, Min
from django.utils import timezone

from sebar.brands.models import User
from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant
from sebar.steering import rules as forecasts
from sebar.steering.decisions import rules
from sebar.steering.decisions.models import CampaignDecision, Policy, State
from sebar.steering.decisions.rules import Path
from sebar.steering.models import Outlook
from sebar.steering.watches import Watch

_SHOWN: Final = 200
_LOW, _MIDDLE, _HIGH = (forecasts.LEVELS.index(level) for level in (0.1, 0.5, 0.9))
_DAY: Final = timedelta(days=1)
_ONE_MOMENT: Final = timedelta(minutes=1)
_TOO_OLD: Final = timedelta(hours=24)


def rung_of(campaign: Campaign) -> str:
    """Return the rung that a published campaign stands on, as it is written down."""
    return rules.rung_of(campaign.status, campaign.invitations_an_hour)


def of_campaign(campaign: Campaign, *, limit: int = _SHOWN) -> list[CampaignDecision]:
    """Return the campaign's decisions, newest first."""
    found = CampaignDecision.objects.filter(campaign=campaign).select_related("campaign")
    return list(found.order_by("-made_at", "-pk")[:limit])


def policies(campaign: Campaign) -> list[Policy]:
    """Return what is decided beforehand, in the order of the watches."""
    found = {policy.watch: policy for policy in Policy.objects.filter(campaign=campaign)}
    return [found[watch] for watch in Watch if watch in found]


def due(now: datetime) -> list[CampaignDecision]:
    """Return proposals of all brands whose time has come."""
    found = CampaignDecision.objects.filter(state=State.PROPOSED, acts_at__lte=now)
    return list(found.select_related("campaign__brand").order_by("acts_at", "pk"))


def is_let_go_since(campaign: Campaign, moment: datetime) -> bool:
    """Say whether somebody let a campaign go further since a moment."""
    since = CampaignDecision.objects.filter(campaign=campaign, in_force_at__gte=moment)
    return any(rules.is_stricter(decision.before, decision.rung) for decision in since)


def joins_a_day(decision: CampaignDecision) -> int:
    """Return how many joined in the day before."""
    since = timezone.now() - _DAY
    return Participant.objects.filter(campaign=decision.campaign, joined_at__gt=since).count()


def proposed(campaign: Campaign, rung: str) -> list[CampaignDecision]:
    """Return what policies have proposed for a rung and nobody has answered, oldest first."""
    found = CampaignDecision.objects.filter(campaign=campaign, rung=rung, state=State.PROPOSED)
    return list(found.order_by("made_at", "pk"))


def may_approve(proposed: CampaignDecision, user: User | None) -> bool:
    """Say whether somebody may carry out a proposal: where it takes a second person, whoever wrote the policy not."""
    return proposed.acts_at is not None or (user is not None and user.pk != proposed.user_id)


def foreseen(campaign: Campaign) -> tuple[dict[str, Path], float] | None:
    """Return what was foreseen to come within a week, by kind, and how many seeds a day that assumes to keep coming.

    None where nothing was foreseen lately: before anybody can tell, as when all joined at one moment, or long after the
    campaign was held.
    """
    joined = Participant.objects.filter(campaign=campaign).aggregate(first=Min("joined_at"), last=Max("joined_at"))
    if joined["first"] is None or joined["last"] - joined["first"] < _ONE_MOMENT:
        return None
    row = Outlook.objects.filter(campaign=campaign, made_at__gt=timezone.now() - _TOO_OLD).first()
    if row is None:
        return None
    try:
        outlook = forecasts.decode(bytes(row.content))
    except msgspec.MsgspecError:
        return None
    paths = {
        quantity: _path(outlook, ahead, outlook.counted[quantity], row.made_at)
        for quantity, ahead in outlook.ahead.items()
        if ahead
    }
    return paths, outlook.seeds_a_day


def spared(decision: CampaignDecision) -> dict[str, list[float | None]] | None:
    """Return how many more would have come without a decision, by kind: with 10, 50 and 90 % at most so many.

    The last is None where nobody can tell how many at most.
    While it lasts, within the week after it; since it has ended, within the time for which it was in force.
    None where nobody can tell, and for what only slows a campaign or lets it go on.
    """
    if decision.spared is None or decision.in_force_at is None:
        return None
    lasted = min(lasted_for(decision) or rules.WEEK, rules.WEEK)
    return {quantity: rules.within(path, lasted) for quantity, path in decision.spared.items()}


def lasted_for(decision: CampaignDecision) -> timedelta | None:
    """Return for how long a decision was in force; None while it is, or where it never was."""
    if decision.in_force_at is None or decision.ended_at is None:
        return None
    return decision.ended_at - decision.in_force_at


def _path(outlook: forecasts.Outlook, ahead: Sequence[forecasts.Ahead], counted: float, made_at: datetime) -> Path:
    found: Path = []
    for place, one in enumerate(ahead):
        seconds = (one.at - made_at).total_seconds()
        low, middle, high = (max(one.quantiles[level] - counted, 0.0) for level in (_LOW, _MIDDLE, _HIGH))
        found.append([seconds, low, middle, None if forecasts.is_open(outlook, place, _HIGH) else high])
        if seconds >= rules.WEEK.total_seconds():
            break
    return found
