"""A farm in a campaign of honest people, as the portal and the worker would leave it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from builders import a_participant
from sebar.campaigns.models import Campaign
from sebar.fraud import actions
from sebar.participants.models import Participant

AGENT = "Mozilla/5.0 (Linux; Android 10; K)"


def a_farm(campaign: Campaign, friends: int = 9, name: str = "tuti") -> list[Participant]:
    """Return somebody and so many friends, all of one mailbox and one telephone, the head first."""
    head = a_participant(campaign, name=name.title(), email=f"{name}@gmail.com")
    others = [
        a_participant(campaign, head, name=f"{name} {place}", email=f"{name}+{place}@gmail.com")
        for place in range(friends)
    ]
    for one in (head, *others):
        actions.note_join(participant=one, network="203.0.113.7", device=AGENT)
        actions.note_seen(participant=one)
    return [head, *others]


def honest_people(campaign: Campaign, people: int = 60) -> list[Participant]:
    """Return people who bring one or two friends each, everybody from elsewhere, over some days."""
    made: list[Participant] = []
    for place in range(people):
        parent = made[(place - 1) // 2] if place else None
        one = a_participant(campaign, parent, name=f"Orang {place}", email=f"orang{place}@example.com")
        Participant.objects.filter(pk=one.pk).update(joined_at=timezone.now() - timedelta(days=9, hours=-3.1 * place))
        actions.note_join(participant=one, network=f"198.51.{place}.1", device=f"{AGENT} {place}")
        actions.note_seen(participant=one)
        made.append(one)
    return made


def look(campaign: Campaign, count: Callable[[], None]) -> int:
    """Load what happened, and look as the worker does."""
    count()
    return actions.judge(campaign=campaign, now=timezone.now())
