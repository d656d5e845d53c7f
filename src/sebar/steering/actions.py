"""The only code that writes forecasts: the present look ahead, the record, its scores, and what was learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.steering import rules
from sebar.steering.models import Forecast, Learned, Outlook


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One line of the record to be written: as `models.Forecast` has it."""

    quantity: str
    horizon_at: datetime
    known: int
    quantiles: tuple[float, ...]
    is_calibrated: bool
    naive: float | None


def show(*, campaign: Campaign, made_at: datetime, version: int, outlook: rules.Outlook) -> None:
    """Make this the campaign's present look ahead."""
    Outlook.objects.update_or_create(
        campaign=campaign,
        defaults={"made_at": made_at, "version": version, "content": rules.encode(outlook)},
    )


def withdraw(*, campaign: Campaign) -> None:
    """Take the campaign's present look ahead back: nothing is foreseen of it any more."""
    Outlook.objects.filter(campaign=campaign).delete()


@transaction.atomic
def record(*, campaign: Campaign, made_at: datetime, foreseen: Iterable[Foreseen]) -> None:
    """Write forecasts of record. What is already there for this moment stays as it is."""
    Forecast.objects.bulk_create(
        [
            Forecast(
                campaign=campaign,
                quantity=one.quantity,
                made_at=made_at,
                horizon_at=one.horizon_at,
                known=one.known,
                quantiles=list(one.quantiles),
                is_calibrated=one.is_calibrated,
                naive=one.naive,
            )
            for one in foreseen
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def score(*, outcomes: Mapping[int, tuple[int, float]]) -> int:
    """Write what happened, and the score of each forecast by its number, where none is written yet; return how many."""
    now = timezone.now()
    return sum(
        Forecast.objects.filter(pk=number, scored_at__isnull=True).update(outcome=outcome, score=score, scored_at=now)
        for number, (outcome, score) in outcomes.items()
    )


def remember(*, campaigns: int, content: bytes) -> None:
    """Keep what was learned from so many finished campaigns; from now on it counts."""
    Learned.objects.create(made_at=timezone.now(), campaigns=campaigns, content=content)
