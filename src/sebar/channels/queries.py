"""Reads of what was sent, what waits and what was left alone. Whoever asks brings a campaign that was found rightly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from sebar import channels
from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign
from sebar.channels.models import Account, Contact, Message, Purpose, State, Switch
from sebar.channels.rules import Reason
from sebar.kit.words import say_kept
from sebar.participants.models import Participant

_SHOWN_TROUBLES = 5


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong, in the provider's words, how often, and when last."""

    words: str
    times: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a channel's messages in one campaign.

    Attributes
    ----------
    waiting, failed, doubtful
        How many are in each state; `waiting` holds the one just being sent too.
    sent, bounced
        How many went out, and how many of those came back.
    sent_for
        How many of those sent served each purpose.
    arrived
        Of how many sent the provider said that they arrived, where it says so.
    left_alone
        How many the gate refused for good, by reason.
    held_back
        How many wait for something that will pass, by reason.
    troubles
        What went wrong lately, newest first.
    """

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    bounced: int = 0
    doubtful: int = 0
    arrived: int = 0
    sent_for: Mapping[Purpose, int] = field(default_factory=dict)
    left_alone: Mapping[Reason, int] = field(default_factory=dict)
    held_back: Mapping[Reason, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()

    @property
    def not_returned(self) -> int:
        """How many went out and did not come back: as far as is known, they arrived."""
        return self.sent - self.bounced

    @property
    def refused(self) -> int:
        """How many the gate refused for good."""
        return sum(self.left_alone.values())


def switches(campaign: Campaign) -> dict[str, bool]:
    """Return for every channel whether the campaign has it."""
    said = dict(Switch.objects.filter(campaign=campaign).values_list("channel", "is_on"))
    return {name: said.get(name, channel.is_on) for name, channel in channels.ALL.items()}


def accounts(brand: Brand) -> dict[str, Account]:
    """Return what a brand has set up, by channel."""
    return {account.channel: account for account in Account.objects.filter(brand=brand)}


def in_trouble() -> list[Account]:
    """Return what brands have set up and does not work just now."""
    return list(Account.objects.exclude(trouble="").select_related("brand").order_by("channel", "pk"))


def set_up(channel: str) -> list[Account]:
    """Return the accounts of all brands on a channel, for what answers there."""
    return list(Account.objects.filter(channel=channel).select_related("brand").order_by("pk"))


def sent(campaign: Campaign) -> dict[str, Sent]:
    """Return what became of all messages of a campaign, by channel."""
    mine = Message.objects.filter(campaign=campaign)
    counted: dict[str, dict[tuple[str, str, str], int]] = {}
    arrived: Counter[str] = Counter()
    there = Count("pk", filter=Q(state=State.SENT, has_arrived=True))
    for row in mine.values("channel", "state", "reason", "purpose").annotate(number=Count("pk"), arrived=there):
        counted.setdefault(row["channel"], {})[row["state"], row["reason"], row["purpose"]] = row["number"]
        arrived[row["channel"]] += row["arrived"]
    return {channel: _sent(numbers, arrived[channel], _troubles(mine, channel)) for channel, numbers in counted.items()}


def newest(campaign: Campaign, channel: str, *, state: str = "", limit: int = 100) -> list[Message]:
    """Return a campaign's messages on a channel, newest first; of one state, if one is named."""
    found = Message.objects.filter(campaign=campaign, channel=channel)
    return list((found.filter(state=state) if state else found).order_by("-pk")[:limit])


def of_number(number: int) -> Message | None:
    """Return a message whose number somebody proved to know (`sealing.is_signed`)."""
    return Message.objects.select_related("campaign__brand", "participant").filter(pk=number).first()


def waiting(campaign: Campaign) -> int:
    """Return how many messages of a campaign wait to be sent, on all channels."""
    return Message.objects.filter(campaign=campaign, state=State.WAITING).count()


def contacts(participant: Participant, channel: str) -> list[Contact]:
    """Return where a participant may be written to on a channel."""
    return list(Contact.objects.filter(participant=participant, channel=channel, ended_at__isnull=True).order_by("pk"))


def people_who_asked(campaign: Campaign, channel: str = "") -> int:
    """Return how many participants of a campaign asked for news where it can be sent, or on one channel.

    Who has ended it is not among them.
    """
    sending = [channel] if channel else [one.name for one in channels.ALL.values() if one.sends]
    asked = Contact.objects.filter(participant__campaign=campaign, ended_at__isnull=True, channel__in=sending)
    return asked.values("participant").distinct().count()


def _sent(numbers: Mapping[tuple[str, str, str], int], arrived: int, troubles: tuple[Trouble, ...]) -> Sent:
    def of(state: State) -> int:
        return sum(number for (one, _, _), number in numbers.items() if one == state)

    def by_reason(state: State) -> dict[Reason, int]:
        found: Counter[Reason] = Counter()
        for (one, reason, _), number in numbers.items():
            if one == state and reason:
                found[Reason(reason)] += number
        return dict(found)  # a template would take `items` of a counter for a key

    def by_purpose(*states: State) -> dict[Purpose, int]:
        found: Counter[Purpose] = Counter()
        for (one, _, purpose), number in numbers.items():
            if one in states:
                found[Purpose(purpose)] += number
        return dict(found)

    return Sent(
        waiting=of(State.WAITING) + of(State.SENDING),
        sent=of(State.SENT) + of(State.BOUNCED),
        failed=of(State.FAILED),
        bounced=of(State.BOUNCED),
        doubtful=of(State.DOUBTFUL),
        arrived=arrived,
        sent_for=by_purpose(State.SENT, State.BOUNCED),
        left_alone=by_reason(State.LEFT_ALONE),
        held_back=by_reason(State.WAITING),
        troubles=troubles,
    )


def _troubles(mine: QuerySet[Message], channel: str) -> tuple[Trouble, ...]:
    told = mine.filter(channel=channel).exclude(Q(trouble="") | Q(state=State.SENT))
    newest = told.values("trouble").annotate(times=Count("pk"), at=Max("changed_at")).order_by("-at")
    return tuple(Trouble(say_kept(row["trouble"]), row["times"], row["at"]) for row in newest[:_SHOWN_TROUBLES])
