"""Campaigns to which something happens, hour by hour, as events in the store."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from builders import a_campaign
from people import People
from sebar.campaigns.models import Campaign
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store
from sebar.kit.ids import new_id
from sebar.steering.alarms import queries
from sebar.steering.alarms.jobs import Watching

HOUR = timedelta(hours=1)
_visitors = itertools.count(1)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def a_past_campaign(people: People, *, hours: int) -> tuple[Campaign, datetime]:
    """Return a campaign that was published so many whole hours ago, and when that was."""
    campaign = a_campaign(people.alice)
    began = queries.floor(timezone.now()) - hours * HOUR
    Campaign.objects.filter(pk=campaign.pk).update(published_at=began)
    campaign.refresh_from_db()
    return campaign, began


def events(
    campaign: Campaign,
    at: datetime,
    kind: Kind,
    number: int,
    *,
    verdict: Verdict = Verdict.PERSON,
    channel: str = "",
    label: str = "",
) -> list[Event]:
    """Return so many events of one kind, each of somebody else, spread over the hour that begins there."""
    return [
        Event(
            id=new_id(),
            ts=int((at + HOUR * (place + 1) / (number + 2)).timestamp() * 1000),
            campaign=campaign.pk,
            kind=kind,
            visitor=next(_visitors),
            verdict=verdict,
            channel=channel,
            props={"class": label} if label else {},
        )
        for place in range(number)
    ]


def reactions(campaign: Campaign, at: datetime, bad: int, good: int, *, label: str = "negative") -> list[Event]:
    """Return what was said within an hour."""
    return events(campaign, at, Kind.REACTION, bad, label=label) + events(
        campaign, at, Kind.REACTION, good, label="positive"
    )


def visits(campaign: Campaign, at: datetime, people: int, *, joins: int = 0, bots: int = 0) -> list[Event]:
    """Return visits within an hour, and how many joined by them."""
    return [
        *events(campaign, at, Kind.VISIT, people, channel="link"),
        *events(campaign, at, Kind.JOIN, joins),
        *events(campaign, at, Kind.VISIT, bots, verdict=Verdict.SCANNER),
    ]


def store_all(store: Store, happened: Sequence[Event]) -> None:
    """Load events."""
    store.insert(happened, token=f"affair {happened[0].id}")


def watch_through(began: datetime, hours: int, *, first: int = 1) -> Clock:
    """Let the job look once an hour, as if it had been there all the time."""
    clock = Clock(began)
    job = Watching(clock)
    for hour in range(first, hours + 1):
        clock.now = began + hour * HOUR + timedelta(minutes=11)
        job.turn()
    return clock
