"""Reads of buzz. Whoever asks brings a campaign that was found rightly; `listening` is for the process that listens."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from sebar.campaigns.models import Campaign, Status
from sebar.channels import gate, sealing
from sebar.channels.kinds.buzz.models import BuzzRule, BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import STREAMS, By, Label, SourceKind, Words
from sebar.channels.models import Switch
from sebar.kit import text
from sebar.kit.errors import NotFound, UserError
from sebar.kit.words import gettext_noop, say

PAGE: Final = 25
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")
_MOST_TRIED: Final = 5000
_SHOWN_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Ear:
    """A source as whatever listens needs it: what to ask, with which token, and where it was left off."""

    number: int
    kind: SourceKind
    address: str
    token: str = field(repr=False)
    words: Words
    keep_days: int
    position: str
    known: Mapping[str, str]
    is_due: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some mentions, newest first, and what to ask for the ones before them; empty when these are the last."""

    mentions: list[Mention]
    before: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would do.

    Attributes
    ----------
    would, of
        How many of the mentions that nobody has classed it would class.
    agrees, judged
        Of the mentions that people have classed and that it would class too, how many it would class as they did.
    examples
        Some that it would class.
    """

    would: int
    of: int
    agrees: int
    judged: int
    examples: list[Mention]


def sources(campaign: Campaign) -> QuerySet[BuzzSource]:
    """Return the places a campaign listens to, oldest first."""
    return BuzzSource.objects.filter(campaign=campaign, removed_at__isnull=True).order_by("created_at", "pk")


def source(campaign: Campaign, number: int) -> BuzzSource:
    """Return one of them.

    Raises
    ------
    NotFound
        When the campaign has none of this number, whoever else may.
    """
    found = sources(campaign).filter(pk=number).first()
    if found is None:
        raise NotFound(gettext_noop("There is no such source."), field="source")
    return found


def sources_heard(campaign: Campaign) -> list[BuzzSource]:
    """Return the places of which there are mentions, those that are listened to no longer among them."""
    heard = Mention.objects.filter(campaign=campaign).values("source")
    return list(BuzzSource.objects.filter(campaign=campaign, pk__in=heard).order_by("name", "pk"))


def of_code(code: str) -> BuzzSource | None:
    """Return the source that a program writes to at this address; None when there is none."""
    if not text.can_be_stored(code):
        return None
    return BuzzSource.objects.select_related("campaign__brand").filter(code=code, removed_at__isnull=True).first()


def of_numbers(numbers: Collection[int]) -> list[BuzzSource]:
    """Return sources with their campaigns, of those that were not removed; for the process that listens."""
    found = BuzzSource.objects.select_related("campaign").filter(pk__in=numbers, removed_at__isnull=True)
    return list(found.order_by("pk"))


def trouble(source: BuzzSource) -> str:
    """Return why a source could not be heard last, in the reader's language; empty when all goes on."""
    return say(source.trouble["sentence"], **source.trouble["values"]) if source.trouble else ""


def heard_of(campaign: Campaign) -> dict[int, int]:
    """Return how many mentions there are of each source."""
    counted = Mention.objects.filter(campaign=campaign).values_list("source").annotate(number=Count("pk"))
    return dict(counted.order_by())


def labelled(campaign: Campaign, *, since: datetime | None = None, until: datetime | None = None) -> dict[Label, int]:
    """Return how many mentions of a campaign, made within a time, have each class."""
    found = Mention.objects.filter(Q(campaign=campaign) & _within(since, until))
    counted = dict(found.values_list("label").annotate(n=Count("pk")).order_by())
    return {label: counted.get(label, 0) for label in Label}


def inbox(
    campaign: Campaign,
    *,
    labels: Collection[Label] = (),
    source: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: str = "",
) -> Page:
    """Return a page of mentions.

    Parameters
    ----------
    labels, source
        Only those of some classes, of a source.
    since, until
        Only those made from one moment to another, both included.
    before
        `Page.before` of the page that was seen last.

    Raises
    ------
    UserError
        When `before` is nothing of ours.
    """
    wanted = Q(campaign=campaign) & _within(since, until)
    if labels:
        wanted &= Q(label__in=labels)
    if source is not None:
        wanted &= Q(source=source)
    if before:
        at, number = _place(before)
        wanted &= Q(at__lt=at) | Q(at=at, pk__lt=number)
    found = list(Mention.objects.filter(wanted).select_related("source").order_by("-at", "-pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], f"{(last.at - _EPOCH) // timedelta(microseconds=1)}-{last.pk}" if last else "")


def class_rules(campaign: Campaign) -> QuerySet[BuzzRule]:
    """Return the rules that class a campaign's mentions, oldest first."""
    return BuzzRule.objects.filter(campaign=campaign).order_by("created_at", "pk")


def unclassed(campaign: Campaign) -> list[Mention]:
    """Return the newest mentions that nobody and nothing has classed, with their text."""
    return list(_readable(campaign).filter(label=Label.UNCLASSED, labelled_by="").order_by("-at", "-pk")[:_MOST_TRIED])


def try_rule(campaign: Campaign, *, label: Label, words: list[str]) -> Trial:
    """Return what a rule would do, without doing it."""
    wanted = Words(words)
    open_ = unclassed(campaign)
    meant = [one for one in open_ if wanted.are_in(one.text)]
    read = _readable(campaign).filter(labelled_by=By.PERSON).order_by("-at", "-pk")[:_MOST_TRIED]
    judged = [one for one in read if wanted.are_in(one.text)]
    agrees = sum(one.label == label for one in judged)
    return Trial(len(meant), len(open_), agrees, len(judged), meant[:_SHOWN_EXAMPLES])


def locked(campaign: Campaign, numbers: Collection[int]) -> list[Mention]:
    """Return these mentions of a campaign, to be changed by nobody else until this transaction is over."""
    mine = Mention.objects.select_for_update(of=("self",)).select_related("source")
    return list(mine.filter(campaign=campaign, pk__in=list(numbers)).order_by("pk"))


def to_forget(source: int, *, before: datetime) -> list[int]:
    """Return the mentions of a source that were taken before a moment and still have their text."""
    old = Mention.objects.filter(source=source, taken_at__lt=before).exclude(text="")
    return list(old.order_by("taken_at").values_list("pk", flat=True)[:_MOST_TRIED])


def listening() -> list[Ear]:
    """Return every source of every campaign that has to be asked: of those that listen and were not stopped."""
    off = Switch.objects.filter(channel="buzz", is_on=False).values("campaign")
    now = timezone.now()
    found = BuzzSource.objects.filter(removed_at__isnull=True, kind__in=[SourceKind.FEED, *STREAMS])
    return [
        Ear(
            number=one.pk,
            kind=SourceKind(one.kind),
            address=one.address,
            token=sealing.unseal(one.sealed),
            words=Words(one.words),
            keep_days=one.keep_days,
            position=one.position,
            known=one.known,
            is_due=one.due_at is not None and one.due_at <= now,
        )
        for one in found.exclude(campaign__in=off).exclude(campaign__status=Status.STOPPED).order_by("pk")
    ]


def is_listening(campaign: Campaign) -> bool:
    """Say whether a campaign listens at all."""
    return gate.is_on(campaign, "buzz") and campaign.status != Status.STOPPED


def _readable(campaign: Campaign) -> QuerySet[Mention]:
    return Mention.objects.filter(campaign=campaign).exclude(text="")


def _within(since: datetime | None, until: datetime | None) -> Q:
    found = Q()
    if since is not None:
        found &= Q(at__gte=since)
    if until is not None:
        found &= Q(at__lte=until)
    return found


def _place(before: str) -> tuple[datetime, int]:
    found = _PLACE.fullmatch(before)
    if found is None:
        raise UserError(
            gettext_noop("“{shown}” is no place in this list: begin at its first page."),
            field="before",
            shown=text.shown(before),
        )
    return _EPOCH + timedelta(microseconds=int(found[1])), int(found[2])
