"""Reads of forecasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import Max, Q
from django.utils import timezone

from sebar.campaigns.models import Campaign, Status
from sebar.campaigns.rules import Phase, phase
from sebar.steering import rules
from sebar.steering.models import Forecast, Learned, Outlook, Quantity

_SHOWN = 200
_LATELY = 100


@dataclass(frozen=True, slots=True)
class Look:
    """The present look ahead of a campaign, when it was made, and on how many events it rests."""

    made_at: datetime
    version: int
    outlook: rules.Outlook


def look(campaign: Campaign) -> Look | None:
    """Return the campaign's present look ahead.

    None until there is one for its present goal and population, and that this version of the program can read; none
    either while nobody can join, since nothing comes then.
    """
    if phase(campaign, timezone.now()) is not Phase.RUNNING:
        return None
    row = Outlook.objects.filter(campaign=campaign).first()
    if row is None:
        return None
    try:
        outlook = rules.decode(bytes(row.content))
    except msgspec.MsgspecError:
        return None
    is_of_now = (outlook.goal, outlook.population) == (campaign.goal, campaign.population)
    return Look(row.made_at, row.version, outlook) if is_of_now else None


def version(campaign: Campaign) -> int:
    """Return a number that changes with every new look ahead, and when a campaign is paused or over; 0 before all."""
    if phase(campaign, timezone.now()) is not Phase.RUNNING:
        return round(campaign.changed_at.timestamp() * 1000)
    made_at = Outlook.objects.filter(campaign=campaign).values_list("made_at", flat=True).first()
    return round(made_at.timestamp() * 1000) if made_at else 0


def of_campaign(campaign: Campaign, *, limit: int = _SHOWN) -> list[Forecast]:
    """Return the campaign's newest forecasts of record."""
    return list(Forecast.objects.filter(campaign=campaign).order_by("-made_at", "horizon_at", "quantity")[:limit])


def record_of(campaign: Campaign) -> tuple[rules.Held, ...]:
    """Return how often the intervals about a campaign's participants held."""
    return rules.record(Forecast.objects.filter(campaign=campaign, **_PARTICIPANTS_SCORED))


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """How forecasts about participants did, over all campaigns of all brands.

    Attributes
    ----------
    held
        How often intervals held, narrowest first.
    score
        Mean weighted interval score on log(1 + count), smaller is better; None while nothing is scored.
    ours, last_value, naive
        Mean absolute errors, on the same scale, of our medians, of the forecast that nothing more will come, and of
        Szabo and Huberman's.
    waiting
        Forecasts whose time has not come.
    """

    held: tuple[rules.Held, ...]
    score: float | None
    ours: float | None
    last_value: float | None
    naive: float | None
    waiting: int


def record_of_instance() -> InstanceRecord:
    """Return how forecasts did on the whole instance; nothing in it tells of a single campaign."""
    scored = list(Forecast.objects.filter(**_PARTICIPANTS_SCORED))
    with_naive = [one for one in scored if one.naive is not None]
    return InstanceRecord(
        held=rules.record(scored),
        score=rules.mean(one.score for one in scored if one.score is not None),
        ours=rules.mean(rules.off(rules.median(one.quantiles), one.outcome) for one in scored),
        last_value=rules.mean(rules.off(one.known, one.outcome) for one in scored),
        naive=rules.mean(rules.off(one.naive, one.outcome) for one in with_naive),
        waiting=Forecast.objects.filter(quantity=Quantity.PARTICIPANTS, scored_at__isnull=True).count(),
    )


def held_lately() -> list[bool]:
    """Return whether each of the instance's newest scored 80 % intervals held, oldest first."""
    newest = Forecast.objects.filter(**_PARTICIPANTS_SCORED).order_by("-horizon_at", "-id")[:_LATELY]
    return [rules.held(one.quantiles, one.outcome or 0)[1] for one in reversed(newest)]


def to_be_scored(now: datetime, *, limit: int = 1000) -> list[Forecast]:
    """Return forecasts whose time has come, with their campaigns."""
    due = Forecast.objects.filter(scored_at__isnull=True, horizon_at__lte=now).select_related("campaign")
    return list(due.order_by("horizon_at", "id")[:limit])


def last_made(campaign: Campaign) -> datetime | None:
    """Return when the newest forecast of record of the campaign was made."""
    newest: datetime | None = Forecast.objects.filter(campaign=campaign).aggregate(newest=Max("made_at"))["newest"]
    return newest


def running(now: datetime) -> list[Campaign]:
    """Return the campaigns of all brands in which people can join just now."""
    started = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
    open_ = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    return list(Campaign.objects.filter(started, open_, status=Status.RUNNING).order_by("pk"))


def finished(before: datetime) -> list[Campaign]:
    """Return the campaigns of all brands that ended before a moment, newest first, without demonstrations."""
    ended = Q(status=Status.STOPPED, changed_at__lt=before) | Q(ends_at__lt=before)
    return list(Campaign.objects.filter(ended, is_demo=False).exclude(status=Status.DRAFT).order_by("-changed_at"))


def newest_learned() -> Learned | None:
    """Return what was learned last."""
    return Learned.objects.order_by("-made_at", "-pk").first()


_PARTICIPANTS_SCORED = {"quantity": Quantity.PARTICIPANTS, "scored_at__isnull": False}


def made(campaigns: Iterable[int]) -> dict[int, datetime]:
    """Return when the present look ahead of each of these campaigns was made, of those that have one."""
    return dict(Outlook.objects.filter(campaign__in=list(campaigns)).values_list("campaign_id", "made_at"))
