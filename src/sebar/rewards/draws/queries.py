"""Reads of draws. Whoever works for a brand starts from one of its campaigns; `public` shows what was opened."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from django.db.models import Count, QuerySet

from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.participants.models import Participant
from sebar.rewards import queries as rewards
from sebar.rewards.draws import file, private, rules
from sebar.rewards.draws.file import DrawFile, Listed, Prize
from sebar.rewards.draws.models import (
    Draw,
    DrawList,
    DrawNaming,
    DrawState,
    DrawWinner,
    Entrant,
    FreeEntry,
    WinnerState,
)
from sebar.rewards.draws.rules import DrawForm

_MARK: Final = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Holder:
    """To whom a place fell, with what a member of the brand needs to reach them.

    Attributes
    ----------
    name, email
        As they were entered; empty when unknown.
    participant
        None for who entered without taking part.
    is_named
        Whether they agreed that their name is shown to everybody.
    """

    winner: DrawWinner
    name: str
    email: str
    participant: Participant | None
    is_named: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a draw is for one participant.

    Attributes
    ----------
    entrant
        None before the list is fixed, and for who is not in it.
    won
        The places that are theirs, with their prizes.
    """

    draw: Draw
    is_named: bool
    entrant: Entrant | None
    won: tuple[DrawWinner, ...]


def of_campaign(campaign: Campaign) -> list[Draw]:
    """Return the campaign's draws, newest first."""
    return list(Draw.objects.filter(campaign=campaign).order_by("-number"))


def public(campaign: Campaign) -> list[Draw]:
    """Return those draws of a campaign that everybody may see, newest first."""
    return list(Draw.objects.filter(campaign=campaign, opened_at__isnull=False).order_by("-number"))


def of_number(campaign: Campaign, number: int) -> Draw:
    """Return one draw of the campaign.

    Raises
    ------
    NotFound
        When it has none of this number.
    """
    found = Draw.objects.filter(campaign=campaign, number=number).first() if number < 1 << 31 else None
    if found is None:
        raise NotFound(gettext_noop("This campaign has no draw {number}."), field="draw", number=number)
    return found


def form_of(draw: Draw) -> DrawForm:
    """Return the draw as the form that would make it."""
    return DrawForm(
        texts=draw.texts,
        prizes=prizes_of(draw),
        entries_until=draw.entries_until,
        source=draw.from_source,
        reserves=draw.reserves,
        is_once=draw.is_once,
        minimum_age=draw.minimum_age,
        jurisdictions=draw.jurisdictions,
        law=draw.law,
    )


def prizes_of(draw: Draw) -> list[Prize]:
    """Return the prizes of a draw in their order."""
    return [Prize(*one) for one in draw.prizes]


def prize_at(draw: Draw, place: int) -> Prize:
    """Return the prize of a place, counted from 1 through all prizes."""
    prizes = prizes_of(draw)
    return [one for one in prizes for _ in range(one.count)][place - 1]


def listed(draw: Draw) -> Listed | None:
    """Return the list of a draw; None before it is fixed."""
    found = DrawList.objects.filter(draw=draw).first()
    return None if found is None else msgspec.json.decode(zlib.decompress(bytes(found.packed)), type=Listed)


def file_of(draw: Draw) -> DrawFile:
    """Return the file of a draw as everybody may have it.

    Raises
    ------
    NotFound
        Before its list is fixed.
    """
    found = listed(draw)
    if found is None:
        raise NotFound(gettext_noop("The list of this draw is not fixed yet."), field="draw")
    return DrawFile(list=found, hash=draw.list_hash, outcome=draw.drawn, passed_on=passed_on(draw))


def passed_on(draw: Draw) -> tuple[int, ...]:
    """Return the places that were passed on, in the order in which that happened."""
    found = DrawWinner.objects.filter(draw=draw, reserve__gt=0).order_by("reserve")
    return tuple(found.values_list("place", flat=True))


def tickets(campaign: Campaign, until: datetime) -> Mapping[int, int]:
    """Return how many tickets participants have earned until a moment, by number; who has none is left out."""
    return {number: count for number, count in rewards.tickets(campaign, until).items() if count > 0}


def entries(draw: Draw) -> int:
    """Return how many entered a draw without passing anything on."""
    return FreeEntry.objects.filter(draw=draw).count()


def due(now: datetime) -> list[Draw]:
    """Return the open draws of all brands whose entries have ended, for the worker, which fixes their lists."""
    found = Draw.objects.filter(state=DrawState.OPEN, entries_until__lte=now)
    return list(found.select_related("campaign__brand").order_by("entries_until"))


def taking_entries(campaign: Campaign, now: datetime) -> list[Draw]:
    """Return the campaign's draws that people can enter at a moment, the newest first."""
    return list(Draw.objects.filter(campaign=campaign, state=DrawState.OPEN, entries_until__gt=now).order_by("-number"))


def waiting_for(draw: Draw) -> QuerySet[FreeEntry]:
    """Return who entered freely a draw of the same campaign that was given up, and is old enough for this one."""
    given_up = Draw.objects.filter(
        campaign=draw.campaign_id,
        state=DrawState.CANCELLED,
        frozen_at__isnull=False,
        minimum_age__gte=draw.minimum_age,
    )
    return FreeEntry.objects.filter(draw__in=given_up.values("pk")).exclude(sealed=b"")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a mark is in a draw.

    Attributes
    ----------
    tickets
        0 for a free entry before the list is fixed.
    won
        The places that are theirs, with their prizes; none before the draw.
    reserve
        Which reserve they are; 0 for none, and once the prize of somebody else went to them.
    is_passed_on
        Whether they were drawn, and their prize went to a reserve.
    """

    tickets: int
    won: tuple[DrawWinner, ...] = ()
    reserve: int = 0
    is_passed_on: bool = False


def look_up(draw: Draw, mark: str) -> Looked | None:
    """Return what a mark is in a draw; None when it is nobody's.

    The mark of a draw that was given up leads to whoever was carried over from there.
    """
    tidy = "".join(mark.lower().split())
    if not _MARK.fullmatch(tidy):
        return None
    before = FreeEntry.objects.filter(mark=tidy, draw__campaign=draw.campaign_id).values("known_by")
    tidy = FreeEntry.objects.filter(draw=draw, known_by__in=before).values_list("mark", flat=True).first() or tidy
    if draw.frozen_at is None:
        return Looked(0) if FreeEntry.objects.filter(draw=draw, mark=tidy).exists() else None
    entrant = Entrant.objects.filter(draw=draw, mark=tidy).first()
    if entrant is None:
        return None
    fell = list(DrawWinner.objects.filter(entrant=entrant).order_by("place"))
    won = tuple(one for one in fell if one.state != WinnerState.PASSED_ON)
    reserves = draw.drawn.reserves if draw.drawn is not None else ()
    reserve = reserves.index(tidy) + 1 if tidy in reserves and not fell else 0
    return Looked(entrant.tickets, won, reserve, is_passed_on=len(won) < len(fell))


def holders(draw: Draw) -> list[Holder]:
    """Return to whom each place fell, by place; after one who could not be reached stands who followed."""
    found = DrawWinner.objects.filter(draw=draw).select_related("entrant__participant", "entrant__free_entry")
    named = set(DrawNaming.objects.filter(draw=draw).values_list("participant", flat=True))
    return [_holder(winner, named) for winner in found.order_by("place", "reserve")]


def follower(draw: Draw) -> str:
    """Return the mark of the reserve who is next; empty when none is left."""
    drawn = draw.drawn
    used = DrawWinner.objects.filter(draw=draw, reserve__gt=0).count()
    return drawn.reserves[used] if drawn is not None and used < len(drawn.reserves) else ""


def waiting(draw: Draw) -> int:
    """Return how many places have nobody yet who was reached."""
    return DrawWinner.objects.filter(draw=draw, state=WinnerState.WAITING).count()


def standings(participant: Participant) -> list[Standing]:
    """Return what the public draws of their campaign are for a participant, newest first."""
    draws = public(participant.campaign)
    if not draws:
        return []
    named = set(DrawNaming.objects.filter(participant=participant).values_list("draw", flat=True))
    mine = {one.draw_id: one for one in Entrant.objects.filter(participant=participant)}
    won = DrawWinner.objects.filter(entrant__participant=participant).exclude(state=WinnerState.PASSED_ON)
    by_draw: dict[int, list[DrawWinner]] = {}
    for one in won.order_by("place"):
        by_draw.setdefault(one.draw_id, []).append(one)
    return [Standing(draw, draw.pk in named, mine.get(draw.pk), tuple(by_draw.get(draw.pk, ()))) for draw in draws]


def collect(draw: Draw) -> tuple[list[Entrant], int]:
    """Return everybody who is in a draw, sorted by mark and not stored, and how many tickets a free entry gives.

    Who entered freely has as many tickets as whoever has earned most. Who did both has those once, not their sum:
    participant and entry are one person where their e-mail addresses lead to the same mailbox.
    """
    earned = tickets(draw.campaign, draw.entries_until)
    free = rules.free_tickets(earned)
    by_address = _by_address(draw.campaign)
    found: list[Entrant] = []
    for entry in FreeEntry.objects.filter(draw=draw).only("mark", "known_by"):
        person = by_address.get(entry.known_by)
        found.append(Entrant(draw=draw, mark=entry.mark, tickets=free, participant_id=person, free_entry_id=entry.pk))
    entered = {one.participant_id for one in found}
    for number, count in earned.items():
        if number not in entered:
            mark = private.mark_of(draw.mark, f"participant\0{number}")
            found.append(Entrant(draw=draw, mark=mark, tickets=count, participant_id=number))
    return sorted(found, key=lambda one: one.mark), free


def counted(campaign: Campaign) -> dict[int, int]:
    """Return how many entered each of the campaign's draws freely, by the draw's key."""
    found = FreeEntry.objects.filter(draw__campaign=campaign).values("draw").annotate(people=Count("*"))
    return {row["draw"]: row["people"] for row in found}


def pack(draw: Draw, entrants: list[Entrant], free: int, frozen: str) -> bytes:
    """Return the list of a draw in its canonical form."""
    campaign = draw.campaign
    return file.pack(
        Listed(
            format="sebar-draw/1",
            draw=draw.mark,
            title=draw.texts[campaign.languages[0]]["title"],
            brand=campaign.brand.name,
            campaign=campaign.slug,
            frozen=frozen,
            source=draw.from_source,
            prizes=tuple(prizes_of(draw)),
            reserves=draw.reserves,
            wins="once" if draw.is_once else "again",
            free_tickets=free,
            entrants=tuple((one.mark, one.tickets) for one in entrants),
        )
    )


def _by_address(campaign: Campaign) -> dict[str, int]:
    """Return the number of each participant who left an e-mail address, by what the address is known by."""
    found = Participant.objects.filter(campaign=campaign, email__isnull=False).values_list("email", "pk")
    return {private.hashed(email): number for email, number in found.order_by("-joined_at", "-pk") if email}


def _holder(winner: DrawWinner, named: set[int]) -> Holder:
    entrant = winner.entrant
    person, entry = entrant.participant, entrant.free_entry
    name, email = private.unseal(entry.sealed) if entry is not None else ("", "")
    if person is not None:
        # What somebody typed who knows their address says nothing of what they agree to.
        return Holder(winner, person.name or name, person.email or email, person, person.pk in named)
    return Holder(winner, name, email, None, bool(entry and entry.is_named))
