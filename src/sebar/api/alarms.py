"""Alarms: list them, see to them, and say what is watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import AwareDatetime, Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import Given
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.steering.alarms import actions, queries, rules, words
from sebar.steering.alarms.models import Alarm
from sebar.steering.alarms.queries import WatchNow
from sebar.steering.alarms.rules import SHARES

router = Router(tags=["Alarms"])


class Snoozing(Given):
    """Until when an alarm keeps quiet, up to 30 days from now."""

    until: Annotated[AwareDatetime, Field(description="ISO 8601 with a zone, like 2026-12-01T09:00:00+07:00.")]


class Closing(Given):
    """Why an alarm is closed."""

    reason: str


class WatchSetting(Given):
    """What a watch tolerates; what is left out is learned, or as is usual."""

    is_on: bool = True
    level: Annotated[float | None, Field(description="Share that is tolerated, above 0 and below 1.")] = None
    people: Annotated[int | None, Field(description="How many people within an hour are too many.")] = None


@dataclass(frozen=True, slots=True)
class AlarmShown:
    """An alarm; `status` is open, acknowledged, snoozed or closed, `because` its evidence in English."""

    number: int
    watch: str
    status: str
    opened_at: datetime
    began_at: datetime
    spoke_at: datetime
    because: str
    numbers: dict[str, str | int | float]
    snoozed_until: datetime | None
    closed_at: datetime | None
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alarms:
    """Alarms that are not closed, and those that were, each newest first."""

    open: list[AlarmShown]
    closed: list[AlarmShown]


@dataclass(frozen=True, slots=True)
class WatchShown:
    """A watch: what the brand set, and what is tolerated just now; null while it is still to be learned."""

    watch: str
    is_on: bool
    level: float | None
    people: int | None
    tolerated: float | None
    is_learned: bool
    people_tolerated: int | None


@dataclass(frozen=True, slots=True)
class Watches:
    """All watches of a campaign, and the chance of any false alarm over it that the shares have together."""

    watches: list[WatchShown]
    false_alarm: float
    false_alarm_each: float


@router.get("/{slug}/alarms", auth=READ, response=Alarms, summary="List alarms")
def list_alarms(request: HttpRequest, slug: str) -> Alarms:
    """All that are not closed, and the newest that were."""
    campaign = _mine(request, slug)
    return Alarms(
        [_alarm(campaign, one) for one in queries.of_campaign(campaign)],
        [_alarm(campaign, one) for one in queries.closed(campaign)],
    )


@router.post("/{slug}/alarms/{alarm}/acknowledge", auth=WRITE, response=AlarmShown, summary="Acknowledge an alarm")
def acknowledge_alarm(request: HttpRequest, slug: str, alarm: int) -> AlarmShown:
    """Say that somebody sees to it: it leaves the top of the pages and stays in the list."""
    done = actions.acknowledge(membership=asking(request).membership, slug=slug, number=alarm)
    return _alarm(done.campaign, done)


@router.post("/{slug}/alarms/{alarm}/snooze", auth=WRITE, response=AlarmShown, summary="Snooze an alarm")
def snooze_alarm(request: HttpRequest, slug: str, alarm: int, given: Snoozing) -> AlarmShown:
    """Let it keep quiet until a moment."""
    done = actions.snooze(membership=asking(request).membership, slug=slug, number=alarm, until=given.until)
    return _alarm(done.campaign, done)


@router.post("/{slug}/alarms/{alarm}/close", auth=WRITE, response=AlarmShown, summary="Close an alarm")
def close_alarm(request: HttpRequest, slug: str, alarm: int, given: Closing) -> AlarmShown:
    """Close it with a reason; only what happens from now on can open another."""
    done = actions.close(membership=asking(request).membership, slug=slug, number=alarm, reason=given.reason)
    return _alarm(done.campaign, done)


@router.get("/{slug}/watches", auth=READ, response=Watches, summary="List what is watched")
def list_watches(request: HttpRequest, slug: str) -> Watches:
    """Every watch, and what it tolerates."""
    campaign = _mine(request, slug)
    watches = queries.watches(campaign)
    chance = queries.false_alarm(campaign)
    on = sum(one.is_on for one in watches if one.watch in SHARES)
    return Watches([_watch(one) for one in watches], chance, chance / max(on, 1))


@router.put("/{slug}/watches/{watch}", auth=WRITE, response=WatchShown, summary="Set a watch")
def set_watch(request: HttpRequest, slug: str, watch: str, given: WatchSetting) -> WatchShown:
    """Set what it tolerates, and whether it is on; changed, it begins to look anew."""
    row = actions.set_watch(
        membership=asking(request).membership,
        slug=slug,
        watch=watch,
        is_on=given.is_on,
        level=given.level,
        people=given.people,
    )
    return _watch(queries.now_of(rules.check_watch(watch), row))


def _mine(request: HttpRequest, slug: str) -> Campaign:
    return of_slug(asking(request).membership.brand, slug)


def _alarm(campaign: Campaign, one: Alarm) -> AlarmShown:
    one.campaign = campaign
    return AlarmShown(
        number=one.pk,
        watch=one.watch,
        status=one.status,
        opened_at=one.opened_at,
        began_at=one.began_at,
        spoke_at=one.spoke_at,
        because=words.in_english(one),
        numbers=one.numbers,
        snoozed_until=one.snoozed_until,
        closed_at=one.closed_at,
        who=one.who,
        reason=one.reason,
    )


def _watch(one: WatchNow) -> WatchShown:
    return WatchShown(
        watch=one.watch.value,
        is_on=one.is_on,
        level=one.level,
        people=one.people,
        tolerated=one.standard.tolerated,
        is_learned=one.standard.is_learned,
        people_tolerated=one.count,
    )
