"""People who asked to join while a campaign was held: they wait until it goes on. The only code that writes them."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from sebar.campaigns.models import Campaign, Status
from sebar.kit import codes
from sebar.participants import queries
from sebar.participants.models import Participant, WaitingJoin

_AT_ONCE: Final = 200


def wait(*, campaign: Campaign, submission: str, sealed: bytes) -> int:
    """Let somebody wait; return the number of the participant whom they will be. Sent twice, it counts once."""
    while True:
        number = codes.new_number()
        if Participant.objects.filter(pk=number).exists():
            continue
        try:
            with transaction.atomic():
                row, _ = WaitingJoin.objects.get_or_create(
                    campaign=campaign,
                    submission=submission,
                    defaults={"number": number, "sealed": sealed, "asked_at": timezone.now()},
                )
        except IntegrityError:  # somebody who waits has this number
            continue
        return row.number


def by_secret(secret: str) -> WaitingJoin | None:
    """Return who waits for the own page that this secret will open."""
    number = codes.read(secret.partition(".")[0])
    if number is None or not hmac.compare_digest(queries.secret_of(number).encode(), secret.encode(errors="replace")):
        return None
    return WaitingJoin.objects.select_related("campaign__brand").filter(pk=number).first()


def count(campaign: Campaign) -> int:
    """Return how many wait."""
    return WaitingJoin.objects.filter(campaign=campaign).count()


def due(now: datetime) -> list[WaitingJoin]:
    """Return some whose campaigns go on, of all brands, who asked first coming first."""
    running = WaitingJoin.objects.filter(campaign__status=Status.RUNNING).exclude(campaign__ends_at__lte=now)
    return list(running.select_related("campaign__brand").order_by("asked_at", "number")[:_AT_ONCE])


def free(number: int) -> bool:
    """Say whether nobody got the number in the meantime."""
    return not Participant.objects.filter(pk=number).exists()


def forget(waiting: WaitingJoin) -> None:
    """Forget somebody who is in, cannot be let in, or no longer wants to."""
    WaitingJoin.objects.filter(pk=waiting.pk).delete()


def forget_over(now: datetime) -> None:
    """Forget whoever waits for a campaign that was stopped or has ended."""
    WaitingJoin.objects.filter(Q(campaign__status=Status.STOPPED) | Q(campaign__ends_at__lte=now)).delete()
