"""Material: upload files in pieces, make and change creatives, read what people did with each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from sebar import measures
from sebar.api.access import READ, WRITE, asking
from sebar.api.figures import FigureShown, figure_shown
from sebar.api.shapes import Given
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material import actions, queries, uploads
from sebar.material.models import Creative
from sebar.material.rules import CreativeForm
from sebar.measures import Played
from sebar.measures.material import nothing
from sebar.steering.experiments import actions as experiments

router = Router(tags=["Material"])


class NewUpload(Given):
    """A file that is to come in pieces."""

    kind: Annotated[str, Field(description="What it becomes: video, game, image or card.")]
    size: Annotated[int, Field(ge=1, description="Bytes it will have.")]


class NewCreative(Given):
    """A creative to be made."""

    kind: Annotated[str, Field(description="video, game, image, text, quiz, card or page")]
    name: Annotated[str, Field(description="What links and events call it: up to 20 small letters and digits.")]
    texts: Annotated[dict[str, dict[str, str]], Field(description="Language to its wordings.")] = {}
    content: Annotated[dict[str, Any], Field(description="What its kind asks for beyond them.")] = {}
    upload: Annotated[str, Field(description="A file that came in; empty for kinds that take none.")] = ""
    source: Annotated[
        str, Field(description="Instead, the address of a video's file: fetched once, and kept here.", max_length=2000)
    ] = ""
    cover: Annotated[str, Field(description="A picture that came in (its kind: image), as the cover of a game.")] = ""


class CreativeChange(Given):
    """What changes in a creative; what is left out stays."""

    texts: dict[str, dict[str, str]] | None = None
    content: dict[str, Any] | None = None
    upload: str = ""
    source: str = ""
    cover: str = ""
    is_on: bool | None = None


@dataclass(frozen=True, slots=True)
class UploadShown:
    """A file on its way: its mark, how much of it is there, and how long a piece may be, in bytes."""

    upload: str
    there: int
    piece: int


@dataclass(frozen=True, slots=True)
class PlayedShown:
    """What people did with a creative. Visitors are counted by a mark that changes every day."""

    views: int
    viewers: int
    started: int
    q25: int
    q50: int
    q75: int
    finished: int
    highest: int
    joins: int
    shares: int
    completion: FigureShown
    share_rate: FigureShown
    joins_each_share: FigureShown
    r: FigureShown | None
    k_factor: FigureShown | None


@dataclass(frozen=True, slots=True)
class CreativeShown:
    """A creative. `state` is ready, working or refused; `trouble` says why its file cannot be used."""

    name: str
    kind: str
    position: int
    is_on: bool
    state: str
    progress: int
    trouble: str
    texts: dict[str, dict[str, str]]
    content: dict[str, Any]
    size: int
    source: str
    played: PlayedShown


@dataclass(frozen=True, slots=True)
class CreativesShown:
    """Everything a campaign has, in its order."""

    creatives: list[CreativeShown]


@router.get("/{slug}/creatives", auth=READ, response=CreativesShown, summary="List creatives")
def list_creatives(request: HttpRequest, slug: str) -> CreativesShown:
    """Everything a campaign has, with what people did with it."""
    campaign = _campaign(request, slug)
    played = measures.material(campaign.pk, zone=campaign.time_zone)
    return CreativesShown(
        [_shown(one, played.get(one.name, nothing(one.name))) for one in queries.of_campaign(campaign)]
    )


@router.post("/{slug}/creatives", auth=WRITE, response={201: CreativeShown}, summary="Make a creative")
def make(request: HttpRequest, slug: str, given: NewCreative) -> Status[CreativeShown]:
    """Keep a creative. A clip or a game is made ready afterwards: read it again until its `state` is ready."""
    membership = asking(request).membership
    creative = actions.make(
        membership=membership,
        slug=slug,
        kind=given.kind,
        form=CreativeForm(name=given.name, texts=given.texts, content=given.content),
        upload=_came_in(membership, given.upload),
        source=given.source,
        cover=_came_in(membership, given.cover),
    )
    return Status(201, _shown(creative, nothing(creative.name)))


@router.get("/{slug}/creatives/{creative}", auth=READ, response=CreativeShown, summary="Read a creative")
def read(request: HttpRequest, slug: str, creative: str) -> CreativeShown:
    """One creative with what people did with it."""
    campaign = _campaign(request, slug)
    found = queries.find(campaign, creative)
    played = measures.material(campaign.pk, zone=campaign.time_zone)
    return _shown(found, played.get(found.name, nothing(found.name)))


@router.patch("/{slug}/creatives/{creative}", auth=WRITE, response=CreativeShown, summary="Change a creative")
def change(request: HttpRequest, slug: str, creative: str, given: CreativeChange) -> CreativeShown:
    """Change what it says, its file, or whether people are shown it. Its name is fixed.

    Switching off is refused while a running experiment shows it.
    """
    membership = asking(request).membership
    found = queries.find(of_slug(membership.brand, slug), creative)
    named: dict[str, Any] = {"membership": membership, "slug": slug, "name": creative}
    with transaction.atomic():  # all of it or nothing
        if given.is_on is not None:
            experiments.switch_creative(**named, is_on=given.is_on)
        if given.texts is not None or given.content is not None or given.upload or given.source or given.cover:
            form = CreativeForm(
                name=creative,
                texts=found.texts
                | {one: found.texts.get(one, {}) | words for one, words in (given.texts or {}).items()},
                content=found.content if given.content is None else given.content,
            )
            upload, cover = (_came_in(membership, mark) for mark in (given.upload, given.cover))
            actions.change(**named, form=form, upload=upload, source=given.source, cover=cover)
    found.refresh_from_db()
    return _shown(found, nothing(found.name))


@router.delete("/{slug}/creatives/{creative}", auth=WRITE, response={204: None}, summary="Delete a creative")
def remove(request: HttpRequest, slug: str, creative: str) -> Status[None]:
    """Delete it. What it did stays in the measures; its links show what stands first.

    Refused while a running experiment shows it.
    """
    experiments.remove_creative(membership=asking(request).membership, slug=slug, name=creative)
    return Status(204, None)


@router.post("/{slug}/uploads", auth=WRITE, response={201: UploadShown}, summary="Announce a file")
def begin(request: HttpRequest, slug: str, given: NewUpload) -> Status[UploadShown]:
    """Say how large a file will be; what would be too large is refused before any of it is sent."""
    brand = _campaign(request, slug).brand
    mark = uploads.begin(brand.pk, queries.kind(given.kind), given.size, used=queries.used(brand))
    return Status(201, UploadShown(mark, 0, uploads.PIECE))


@router.put("/{slug}/uploads/{upload}", auth=WRITE, response=UploadShown, summary="Send a piece of a file")
def add(request: HttpRequest, slug: str, upload: str, at: int = 0) -> UploadShown:
    """Send the bytes that belong at place `at` as the body. The same piece again changes nothing."""
    brand = _campaign(request, slug).brand
    piece = request.read(uploads.PIECE + 1)
    if len(piece) > uploads.PIECE:
        message = gettext_noop("A piece may have {most} bytes; this one has more.")
        raise UserError(message, field="body", most=uploads.PIECE)
    return UploadShown(upload, uploads.add(brand.pk, upload, at, piece), uploads.PIECE)


def _campaign(request: HttpRequest, slug: str) -> Campaign:
    return of_slug(asking(request).membership.brand, slug)


def _came_in(membership: Membership, mark: str) -> Path | None:
    return uploads.whole(membership.brand.pk, mark) if mark else None


def _shown(creative: Creative, played: Played) -> CreativeShown:
    return CreativeShown(
        name=creative.name,
        kind=creative.kind,
        position=creative.position,
        is_on=creative.is_on,
        state=creative.state,
        progress=creative.progress,
        trouble=creative.trouble_words,
        texts=creative.texts,
        content=creative.content,
        size=creative.size,
        source=creative.source,
        played=_played(played),
    )


def _played(played: Played) -> PlayedShown:
    group = played.group
    return PlayedShown(
        views=played.views,
        viewers=played.viewers,
        started=played.started,
        q25=played.q25,
        q50=played.q50,
        q75=played.q75,
        finished=played.finished,
        highest=played.highest,
        joins=group.joins if group else 0,
        shares=group.shares if group else 0,
        completion=figure_shown(played.completion),
        share_rate=figure_shown(played.share_rate),
        joins_each_share=figure_shown(played.joins_each_share),
        r=figure_shown(group.r) if group else None,
        k_factor=figure_shown(group.k_factor) if group else None,
    )
