"""What can be done to a draw: the only code that writes draws, their entries, lists and winners.

Each decision of a member goes into the audit log, in the transaction that carries it out.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotFound, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.participants.actions import at_once
from sebar.participants.models import Participant
from sebar.rewards.draws import algorithm, file, private, queries, randomness, rules
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
from sebar.rewards.draws.rules import DrawForm, Step

_CROWDED: Final = gettext_noop("Very many enter at this moment; trying again helps.")


def plan(*, membership: Membership, slug: str, form: DrawForm) -> Draw:
    """Keep a new draw that nobody sees yet.

    Raises
    ------
    UserErrors
        When a field of the form cannot be used.
    """
    campaign = _campaign(membership, slug)
    checked = rules.check(form, campaign.languages, timezone.now())
    return at_once(lambda: _plan(membership, campaign, checked), crowded=_CROWDED)


@transaction.atomic
def change(*, membership: Membership, slug: str, number: int, form: DrawForm) -> Draw:
    """Change everything the form holds, before anybody has seen the draw.

    Raises
    ------
    UserErrors
        When a field of the form cannot be used.
    """
    draw = _mine(membership, slug, number, Step.CHANGE)
    for column, value in _columns(rules.check(form, draw.campaign.languages, timezone.now())).items():
        setattr(draw, column, value)
    draw.save()
    return draw


@transaction.atomic
def open_draw(*, membership: Membership, slug: str, number: int) -> Draw:
    """Show a draw to everybody; people can enter from now on, and its rules are fixed.

    Raises
    ------
    UserErrors
        Naming everything that people or the law must know and that is missing.
    """
    draw = _mine(membership, slug, number, Step.OPEN)
    now = timezone.now()
    rules.check_openable(queries.form_of(draw), draw.campaign.languages, now)
    if draw.campaign.status == "draft":
        raise UserErrors([UserError(gettext_noop("Publish the campaign first: nobody can see its pages yet."))])
    draw.opened_at = now
    opened = _step(membership, draw, Step.OPEN)
    _carry_over(opened)
    return opened


@transaction.atomic
def postpone(
    *, membership: Membership, slug: str, number: int, entries_until: datetime, draws_at: datetime, reason: str
) -> Draw:
    """Let an open draw end later, as people are told; its source stays of the same kind.

    Raises
    ------
    UserErrors
        When it would not be later, or too short, or no reason is given.
    """
    draw = _mine(membership, slug, number, Step.POSTPONE)
    why = rules.check_reason(reason)
    if entries_until < draw.entries_until or draws_at < draw.draws_at:
        message = gettext_noop("A draw can only be postponed: choose moments that are not before the present ones.")
        raise UserErrors([UserError(message, field="draws_at")])
    source = randomness.postponed(draw.from_source, draws_at)
    rules.check_times(entries_until, source, timezone.now())
    details = {"before": draw.source, "after": msgspec.to_builtins(source)}
    draw.entries_until, draw.source = entries_until, msgspec.to_builtins(source)
    return _step(membership, draw, Step.POSTPONE, reason=why, details=details)


def enter(*, draw: Draw, name: str, email: str, is_old_enough: bool, is_named: bool) -> str:
    """Enter somebody who passes nothing on; return their mark.

    An address enters once. Again it gets the same answer, so that nobody learns who has entered.

    Raises
    ------
    UserErrors
        When a field cannot be used.
    UserError
        When nobody can enter just now.
    """
    rules.after(draw.state, Step.ENTER)
    who, address = rules.check_entry(name=name, email=email, is_old_enough=is_old_enough, minimum_age=draw.minimum_age)
    known_by = private.hashed(address)
    mark = private.mark_of(draw.mark, f"free\0{known_by}")
    values = {"mark": mark, "sealed": private.seal(who, address), "is_named": is_named}
    return at_once(lambda: _enter(draw, known_by, values), crowded=_CROWDED)


def let_name(*, draw: Draw, participant: Participant, is_allowed: bool) -> None:
    """Let a participant be named if they win, or no longer."""
    if not is_allowed:
        DrawNaming.objects.filter(draw=draw, participant=participant).delete()
    elif draw.campaign_id == participant.campaign_id:
        at_once(lambda: DrawNaming.objects.get_or_create(draw=draw, participant=participant), crowded=_CROWDED)


@transaction.atomic
def freeze(*, membership: Membership, slug: str, number: int) -> Draw:
    """Fix the list and publish its hash, before its source can have spoken. It never changes again.

    Raises
    ------
    UserError
        When people may still enter, when it is too late, or when nobody is in it.
    """
    draw = _mine(membership, slug, number, Step.FREEZE)
    now = timezone.now()
    rules.check_freezable(draw.entries_until, draw.from_source, now)
    entrants, free = queries.collect(draw)
    if not entrants:
        raise UserError(gettext_noop("Nobody is in this draw: postpone it, or cancel it."))
    packed = queries.pack(draw, entrants, free, randomness.spell(now))
    draw.frozen_at, draw.list_hash, draw.free_tickets = now, algorithm.hash_of(packed), free
    draw.people, draw.tickets = len(entrants), sum(one.tickets for one in entrants)
    Entrant.objects.bulk_create(entrants, batch_size=5000)
    DrawList.objects.create(draw=draw, packed=zlib.compress(packed))
    details = {"hash": draw.list_hash, "people": draw.people, "tickets": draw.tickets}
    return _step(membership, draw, Step.FREEZE, details=details)


@transaction.atomic
def draw_winners(*, membership: Membership, slug: str, number: int, value: str, signature: str = "") -> Draw:
    """Draw the winners by what the source said. This happens once and cannot be taken back.

    Raises
    ------
    UserError
        When the source cannot have said this, or not yet.
    """
    draw = _mine(membership, slug, number, Step.DRAW)
    now = timezone.now()
    rules.check_spoken(draw.from_source, now)
    listed = queries.listed(draw)
    assert listed is not None  # noqa: S101 - a frozen draw has one
    outcome = file.outcome(listed, draw.list_hash, value, signature)
    draw.drawn_at, draw.outcome = now, msgspec.to_builtins(outcome)
    marks = {winner.entrant for winner in outcome.winners}
    people = {one.mark: one for one in Entrant.objects.filter(draw=draw, mark__in=marks)}
    DrawWinner.objects.bulk_create(
        DrawWinner(draw=draw, place=one.place, prize=one.prize, entrant=people[one.entrant]) for one in outcome.winners
    )
    return _step(membership, draw, Step.DRAW, details={"value": outcome.value, "seed": outcome.seed})


@transaction.atomic
def reach(*, membership: Membership, slug: str, number: int, place: int) -> None:
    """Note that whoever holds a place was reached. Again changes nothing."""
    draw = _mine(membership, slug, number, Step.HAND_OUT)
    winner = _holding(draw, place)
    if winner.state == WinnerState.REACHED:
        return
    winner.state, winner.decided_at = WinnerState.REACHED, timezone.now()
    winner.save(update_fields=["state", "decided_at"])
    _record(membership, draw, "draw.winner_reached", details={"place": place})


@transaction.atomic
def pass_on(*, membership: Membership, slug: str, number: int, place: int, reason: str) -> None:
    """Give a place to the next reserve, because whoever holds it cannot be reached or may not win.

    Raises
    ------
    UserError
        When no reserve is left, whoever holds it was reached, or no reason is given.
    """
    draw = _mine(membership, slug, number, Step.HAND_OUT)
    why = rules.check_reason(reason)
    winner, next_one = _holding(draw, place), queries.follower(draw)
    if winner.state == WinnerState.REACHED:
        raise UserError(gettext_noop("Whoever holds this place was reached: it cannot be passed on any more."))
    if not next_one:
        raise UserError(gettext_noop("No reserve is left: the prize stays with who was drawn, or with you."))
    winner.state, winner.reason, winner.decided_at = WinnerState.PASSED_ON, why, timezone.now()
    winner.save(update_fields=["state", "reason", "decided_at"])
    used = len(queries.passed_on(draw))
    follows = Entrant.objects.get(draw=draw, mark=next_one)
    DrawWinner.objects.create(draw=draw, place=place, prize=winner.prize, entrant=follows, reserve=used + 1)
    _record(membership, draw, "draw.passed_on", reason=why, details={"place": place, "reserve": used + 1})


@transaction.atomic
def settle(*, membership: Membership, slug: str, number: int) -> Draw:
    """End a draw whose prizes were handed out, and forget the addresses of all who entered freely.

    Raises
    ------
    UserError
        While a winner is still waiting.
    """
    draw = _mine(membership, slug, number, Step.SETTLE)
    if queries.waiting(draw):
        raise UserError(gettext_noop("Somebody who won was not reached yet: note for each place what became of it."))
    # Names that everybody may see stay; addresses and all other names go.
    reached = DrawWinner.objects.filter(draw=draw, state=WinnerState.REACHED).values("entrant__free_entry")
    shown = FreeEntry.objects.filter(pk__in=reached, is_named=True)
    FreeEntry.objects.filter(draw=draw).exclude(pk__in=shown.values("pk")).update(sealed=b"")
    for entry in shown:
        entry.sealed = private.seal(private.unseal(entry.sealed)[0], "")
        entry.save(update_fields=["sealed"])
    draw.ended_at = timezone.now()
    return _step(membership, draw, Step.SETTLE)


@transaction.atomic
def cancel(*, membership: Membership, slug: str, number: int, reason: str) -> Draw:
    """Give a draw up before its list is fixed, and forget who entered freely.

    Raises
    ------
    UserError
        When the list is fixed, or no reason is given.
    """
    draw = _mine(membership, slug, number, Step.CANCEL)
    draw.reason, draw.ended_at = rules.check_reason(reason), timezone.now()
    FreeEntry.objects.filter(draw=draw).update(sealed=b"")
    return _step(membership, draw, Step.CANCEL, reason=draw.reason)


@transaction.atomic
def give_up(*, membership: Membership, slug: str, number: int, reason: str) -> Draw:
    """Cancel a draw whose list is fixed and whose source says nothing. List, hash and reason stay public.

    Who entered freely is in the campaign's open draw, or in the next that opens, as far as they are old enough for it.

    Raises
    ------
    NotAllowed
        When the member is no owner.
    UserError
        When the source may still speak, or no reason is given.
    """
    membership.require(Verb.EDIT if membership.user is None else Verb.MANAGE)  # only owners make keys
    draw = _mine(membership, slug, number, Step.GIVE_UP)
    why, now = rules.check_reason(reason), timezone.now()
    rules.check_silent(draw.from_source, now)
    draw.reason, draw.ended_at = why, now
    given_up = _step(membership, draw, Step.GIVE_UP, reason=why)
    for next_one in queries.taking_entries(draw.campaign, now):
        _carry_over(next_one)
    return given_up


def forget_waiting(*, before: datetime) -> int:
    """Forget those who wait for a next draw since a moment; return how many."""
    waiting = FreeEntry.objects.filter(draw__state=DrawState.CANCELLED, draw__ended_at__lt=before)
    return waiting.exclude(sealed=b"").update(sealed=b"")


def _carry_over(into: Draw) -> None:
    """Enter those in an open draw who entered freely one that was given up, and forget them there."""
    waiting = queries.waiting_for(into)
    FreeEntry.objects.bulk_create(
        (
            FreeEntry(
                draw=into,
                known_by=one.known_by,
                mark=private.mark_of(into.mark, f"free\0{one.known_by}"),
                sealed=bytes(one.sealed),
                is_named=one.is_named,
            )
            for one in waiting
        ),
        batch_size=1000,
        ignore_conflicts=True,
    )
    waiting.update(sealed=b"")


def _plan(membership: Membership, campaign: Campaign, form: DrawForm) -> Draw:
    last = Draw.objects.filter(campaign=campaign).aggregate(last=Max("number"))["last"] or 0
    draw = Draw.objects.create(campaign=campaign, number=last + 1, mark=secrets.token_hex(16), **_columns(form))
    _record(membership, draw, "draw.planned")
    return draw


def _columns(form: DrawForm) -> dict[str, object]:
    return {
        "texts": {language: dict(texts) for language, texts in form.texts.items()},
        "prizes": [[prize.name, prize.count, prize.names] for prize in form.prizes],
        "entries_until": form.entries_until,
        "source": msgspec.to_builtins(form.source),
        "reserves": form.reserves,
        "is_once": form.is_once,
        "minimum_age": form.minimum_age,
        "jurisdictions": list(form.jurisdictions),
        "law": dict(form.law),
    }


def _enter(draw: Draw, known_by: str, values: Mapping[str, object]) -> str:
    """Keep an entry while the draw is locked, so that none slips in beside a list that is being fixed."""
    locked = Draw.objects.select_for_update().get(pk=draw.pk)
    rules.after(locked.state, Step.ENTER)
    if timezone.now() >= locked.entries_until:
        raise UserError(gettext_noop("Entries have ended: nobody can enter this draw any more."))
    entry, _ = FreeEntry.objects.get_or_create(draw=locked, known_by=known_by, defaults=values)
    return entry.mark


def _holding(draw: Draw, place: int) -> DrawWinner:
    mine = DrawWinner.objects.filter(draw=draw, place=place).exclude(state=WinnerState.PASSED_ON)
    found = mine.first() if place < 1 << 31 else None
    if found is None:
        raise NotFound(gettext_noop("Nobody holds place {place} in this draw."), field="place", place=place)
    return found


def _campaign(membership: Membership, slug: str) -> Campaign:
    membership.require(Verb.EDIT)
    return campaigns.of_slug(membership.brand, slug)


def _mine(membership: Membership, slug: str, number: int, step: Step) -> Draw:
    """Return the brand's draw if it can take this step, locked until the transaction ends."""
    found = queries.of_number(_campaign(membership, slug), number)
    locked = Draw.objects.select_for_update(of=("self",)).select_related("campaign__brand").get(pk=found.pk)
    rules.after(locked.state, step)
    return locked


def _step(
    membership: Membership, draw: Draw, step: Step, *, reason: str = "", details: Mapping[str, object] | None = None
) -> Draw:
    draw.state = DrawState(rules.after(draw.state, step))
    draw.save()
    _record(membership, draw, _VERBS[step], reason=reason, details=details)
    return draw


def _record(
    membership: Membership, draw: Draw, verb: str, *, reason: str = "", details: Mapping[str, object] | None = None
) -> None:
    audit.record(
        membership=membership,
        verb=verb,
        subject=draw.campaign.slug,
        reason=reason,
        details={"draw": draw.number, **(details or {})},
    )


_VERBS: Final = {
    Step.OPEN: "draw.opened",
    Step.POSTPONE: "draw.postponed",
    Step.FREEZE: "draw.frozen",
    Step.DRAW: "draw.drawn",
    Step.SETTLE: "draw.settled",
    Step.CANCEL: "draw.cancelled",
    Step.GIVE_UP: "draw.given_up",
}
