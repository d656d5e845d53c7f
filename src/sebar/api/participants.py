"""Participants: join one or many, page through them, confirm a join, record conversions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Status

from sebar.api import shapes
from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import (
    After,
    Batch,
    BatchAdded,
    Confirming,
    ConversionShown,
    JoinedShown,
    Limit,
    NewConversion,
    NewParticipant,
    Participants,
    ParticipantShown,
    Refunding,
)
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.email import actions as letters
from sebar.fraud import actions as fraud
from sebar.kit.errors import NotAllowed
from sebar.kit.words import gettext_noop
from sebar.leaving import actions as leaving
from sebar.material.queries import Links, Remembered
from sebar.participants import actions, queries
from sebar.participants.actions import Joined
from sebar.participants.queries import Cursor, Page

router = Router(tags=["Participants"])
_remembered = Remembered()
NEW_OR_NOT = {HTTPStatus.OK: JoinedShown, HTTPStatus.CREATED: JoinedShown}


@router.get("/{slug}/participants", auth=READ, response=Participants, summary="List participants")
def list_participants(
    request: HttpRequest,
    slug: str,
    *,
    limit: Limit = 100,
    after: After = "",
    generation: int | None = None,
    root: str = "",
) -> Participants:
    """In the order in which they joined; `generation` and `root` (a code or external id) narrow the list."""
    campaign, share_link = _found(request, slug)
    top = queries.find(campaign, root).pk if root else None
    found = queries.page(campaign, after=_cursor(after), limit=limit, generation=generation, root=top)
    return _page(found, share_link)


@router.post("/{slug}/participants", auth=WRITE, response=NEW_OR_NOT, summary="Add a participant")
def join(request: HttpRequest, slug: str, given: NewParticipant) -> Status[JoinedShown]:
    """Add somebody, with a parent or as a seed. Somebody known is returned as they are, with `is_new: false`."""
    _refuse_original_times(request, [given.joined_at])
    campaign, share_link = _found(request, slug)
    joined = actions.join(campaign=campaign, entry=given.entry())
    _note(joined, given)
    shown = shapes.joined_shown(joined, share_link)
    return Status(HTTPStatus.CREATED if joined.is_new else HTTPStatus.OK, shown)


@router.post("/{slug}/participants/batch", auth=WRITE, response=BatchAdded, summary="Add many participants")
def join_many(request: HttpRequest, slug: str, given: Batch) -> BatchAdded:
    """Add up to 10,000 in one transaction: all of them or, if anything is wrong, none."""
    _refuse_original_times(request, (one.joined_at for one in given.participants))
    entries = [one.entry() for one in given.participants]
    added = actions.add_many(campaign=_campaign(request, slug), entries=entries)
    for joined, one in zip(added, given.participants, strict=True):
        _note(joined, one)
    return BatchAdded([shapes.added(joined) for joined in added])


@router.get("/{slug}/participants/{who}", auth=READ, response=ParticipantShown, summary="Read a participant")
def read(request: HttpRequest, slug: str, who: str) -> ParticipantShown:
    """One participant, by code or external id."""
    campaign, share_link = _found(request, slug)
    return shapes.participant_shown(queries.find(campaign, who), share_link)


@router.delete(
    "/{slug}/participants/{who}", auth=WRITE, response={204: None}, summary="Delete what is kept about a participant"
)
def forget(
    request: HttpRequest,
    slug: str,
    who: str,
    reason: Annotated[str, Query(max_length=leaving.REASON_LENGTH, description="For the audit log.")] = "",
) -> Status[None]:
    """For good. A place in the tree stays, as a number without a name; by its code, again changes nothing."""
    somebody = queries.find(_campaign(request, slug), who)
    leaving.forget(participant=somebody, membership=asking(request).membership, reason=reason)
    return Status(HTTPStatus.NO_CONTENT, None)


@router.get("/{slug}/participants/{who}/referrals", auth=READ, response=Participants, summary="List who they brought")
def referrals(request: HttpRequest, slug: str, who: str, limit: Limit = 100, after: After = "") -> Participants:
    """List the people who joined through this one directly."""
    campaign, share_link = _found(request, slug)
    parent = queries.find(campaign, who)
    return _page(queries.children(parent, limit=limit, after=_cursor(after)), share_link)


@router.post("/{slug}/participants/{who}/confirm", auth=WRITE, response=ParticipantShown, summary="Confirm a join")
def confirm(request: HttpRequest, slug: str, who: str, given: Confirming | None = None) -> ParticipantShown:
    """Again changes nothing."""
    at = given.confirmed_at if given else None
    _refuse_original_times(request, [at])
    campaign, share_link = _found(request, slug)
    number = queries.find(campaign, who).pk
    confirmed = actions.confirm(campaign=campaign, number=number, at=at)
    return shapes.participant_shown(confirmed, share_link)


@router.post(
    "/{slug}/conversions",
    auth=WRITE,
    response={HTTPStatus.OK: ConversionShown, HTTPStatus.CREATED: ConversionShown},
    summary="Record a conversion",
)
def convert(request: HttpRequest, slug: str, given: NewConversion) -> Status[ConversionShown]:
    """Record it once: the same `external_id` again changes nothing and answers `is_new: false`."""
    campaign = _campaign(request, slug)
    converted = actions.convert(
        campaign=campaign,
        number=queries.find(campaign, given.participant).pk,
        external_id=given.external_id,
        value=given.value,
        currency=given.currency,
        happened_at=given.happened_at,
    )
    fraud.note_payment(participant=converted.conversion.participant, account=given.payment)
    return Status(HTTPStatus.CREATED if converted.is_new else HTTPStatus.OK, shapes.conversion_shown(converted))


@router.post(
    "/{slug}/conversions/{external_id}/refund",
    auth=WRITE,
    response=ConversionShown,
    summary="Refund a conversion",
)
def refund(request: HttpRequest, slug: str, external_id: str, given: Refunding | None = None) -> ConversionShown:
    """Undo a conversion: rewards for it are cancelled, or taken back. Again changes nothing."""
    at = given.refunded_at if given else None
    return shapes.conversion_shown(actions.refund(campaign=_campaign(request, slug), external_id=external_id, at=at))


def _note(joined: Joined, given: NewParticipant) -> None:
    """Note from where somebody new has joined, if the brand’s program says so, and have them welcomed."""
    if joined.is_new and given.letters:
        letters.welcome(participant=joined.participant)
    if joined.is_new and (given.ip or given.user_agent):
        fraud.note_join(participant=joined.participant, network=given.ip, device=given.user_agent, by_form=False)


def _campaign(request: HttpRequest, slug: str) -> Campaign:
    return _found(request, slug)[0]


def _found(request: HttpRequest, slug: str) -> tuple[Campaign, Links]:
    return _remembered.of_slug(asking(request).membership.brand, slug)


def _cursor(after: str) -> Cursor | None:
    return Cursor.read(after) if after else None


def _page(page: Page, share_link: Links) -> Participants:
    return Participants(
        [shapes.participant_shown(participant, share_link) for participant in page.rows],
        page.next.spell() if page.next else None,
    )


def _refuse_original_times(request: HttpRequest, times: Iterable[datetime | None]) -> None:
    if not asking(request).may_replay and any(time is not None for time in times):
        raise NotAllowed(
            gettext_noop("Only a key of scope replay may set original times: leave the time out, or use such a key."),
            field="joined_at",
        )
