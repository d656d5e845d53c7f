"""Reads of spoken codes, and of what people claim beside what was tracked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, F, Q

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.spoken.models import Claim, SpokenCode
from sebar.channels.kinds.spoken.rules import PERSON
from sebar.participants.models import Participant

_TOGETHER = 20  # campaigns of one instance in which the same words may be looked up
_SHOWN_WORDS = 20


@dataclass(frozen=True, slots=True)
class Claimed:
    """How many gave an answer, and for how many of those a link or code tells who brought them."""

    people: int
    brought: int


@dataclass(frozen=True, slots=True)
class Heard:
    """How people came: what links and codes tell of everybody, beside what those who were asked say themselves.

    Attributes
    ----------
    tracked
        How many joined by each channel; the empty one holds those of whom nothing tells.
    claimed
        How many gave each answer.
    named, agreed
        How many named somebody who told them, and for how many of those it is the one who was tracked.
    words
        What people added, newest first.
    """

    tracked: Mapping[str, int]
    claimed: Mapping[str, Claimed]
    named: int
    agreed: int
    words: tuple[str, ...]

    @property
    def joined(self) -> int:
        """How many joined."""
        return sum(self.tracked.values())

    @property
    def answered(self) -> int:
        """How many answered."""
        return sum(claimed.people for claimed in self.claimed.values())

    @property
    def untracked_by_person(self) -> int:
        """How many say that a person told them while no link or code tells who."""
        told = self.claimed.get(PERSON, Claimed(0, 0))
        return told.people - told.brought


def number_of(participant: Participant) -> int | None:
    """Return the number of a participant's spoken code; None while they have none."""
    return SpokenCode.objects.filter(participant=participant).values_list("number", flat=True).first()


def people_of(number: int, campaign: Campaign | None = None) -> list[Participant]:
    """Return whose spoken code a number is: at most one in a campaign, perhaps several in all campaigns together."""
    found = SpokenCode.objects.filter(number=number).select_related("participant__campaign__brand")
    if campaign is not None:
        found = found.filter(campaign=campaign)
    return [given.participant for given in found.order_by("-given_at")[:_TOGETHER]]


def given(campaign: Campaign) -> int:
    """Return how many participants of a campaign have a spoken code."""
    return SpokenCode.objects.filter(campaign=campaign).count()


def claimed(participant: Participant) -> Claim | None:
    """Return what a participant answered when asked how they heard of it; None before they have."""
    return Claim.objects.filter(participant=participant).first()


def heard(campaign: Campaign) -> Heard:
    """Return what was tracked and what is claimed of a campaign, side by side."""
    claims = Claim.objects.filter(campaign=campaign)
    is_brought = Q(participant__parent__isnull=False)
    answers = claims.values("answer").annotate(people=Count("*"), brought=Count("pk", filter=is_brought))
    named = claims.filter(told_by__isnull=False)
    joined = Participant.objects.filter(campaign=campaign).values("channel").annotate(people=Count("*"))
    added = claims.exclude(words="").order_by("-claimed_at").values_list("words", flat=True)
    return Heard(
        tracked={row["channel"]: row["people"] for row in joined.order_by("-people", "channel")},
        claimed={
            row["answer"]: Claimed(row["people"], row["brought"]) for row in answers.order_by("-people", "answer")
        },
        named=named.count(),
        agreed=named.filter(participant__parent=F("told_by")).count(),
        words=tuple(added[:_SHOWN_WORDS]),
    )
