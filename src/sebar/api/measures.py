"""Measures and cascades: what happened, in figures."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest
from ninja import Router

from sebar import measures
from sebar.api import figures
from sebar.api.access import READ, asking
from sebar.api.figures import (
    BreakdownShown,
    CascadeShown,
    CascadesShown,
    HistoryShown,
    MeasuresShown,
    SeriesShown,
)
from sebar.api.shapes import After, Limit, Moment
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.campaigns.rules import check_time_zone
from sebar.events.event import Kind
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.measures.breakdown import Part
from sebar.measures.figures import Step
from sebar.participants import queries as participants

router = Router(tags=["Measures"])
_LARGEST_CASCADE = 100_000
_OFFSET_DIGITS = 12


@router.get("/{slug}/measures", auth=READ, response=MeasuresShown, summary="Read all measures")
def read_measures(request: HttpRequest, slug: str) -> MeasuresShown:
    """Reach, funnel, passing on, pace, generations, cascade sizes, top sharers, and R and K-factor by day."""
    return figures.of_campaign(_campaign(request, slug))


@router.get("/{slug}/measures/series", auth=READ, response=SeriesShown, summary="Read a series over time")
def read_series(
    request: HttpRequest,
    slug: str,
    *,
    kind: Kind = Kind.JOIN,
    by: Literal["", "channel", "generation"] = "",
    step: Step | None = None,
    since: Moment = None,
    until: Moment = None,
    zone: str = "UTC",
) -> SeriesShown:
    """Count events by minute, quarter of an hour, hour or day; `step` is chosen for you when left out."""
    campaign = _campaign(request, slug)
    known = check_time_zone(zone, "zone")
    found = measures.series(campaign.pk, kind, by=by, since=since, until=until, step=step, zone=known)
    return figures.series_shown(found)


@router.get("/{slug}/measures/breakdown", auth=READ, response=BreakdownShown, summary="Read measures by group")
def read_breakdown(request: HttpRequest, slug: str, by: Part = "channel") -> BreakdownShown:
    """Visits, joins, shares, conversions, R and K-factor by channel, creative, source, country, day or week.

    Visits are parted by their own channel, creative, country or day, people by what they joined by. Joins know their
    country where a trusted proxy or your own program says it.
    """
    return figures.breakdown_of(_campaign(request, slug), by)


@router.get("/{slug}/cascades", auth=READ, response=CascadesShown, summary="List cascades")
def list_cascades(
    request: HttpRequest,
    slug: str,
    order: Literal["size", "depth", "first", "last"] = "size",
    limit: Limit = 100,
    after: After = "",
) -> CascadesShown:
    """Every seed with the size and depth of what grew from it."""
    campaign = _campaign(request, slug)
    page = measures.cascades(campaign.pk, order=order, offset=_offset(after), limit=limit)
    return figures.cascades_shown(page, measures.viralities(campaign.pk, [row.root for row in page.rows]))


@router.get("/{slug}/cascades/{root}", auth=READ, response=CascadeShown, summary="Read a cascade")
def read_cascade(request: HttpRequest, slug: str, root: str) -> CascadeShown:
    """Everybody in one cascade in the order in which they joined; `root` is the seed's code or external id."""
    campaign = _campaign(request, slug)
    seed = participants.find(campaign, root)
    return figures.cascade_shown(measures.people(campaign.pk, seed.root_id, limit=_LARGEST_CASCADE), seed.root_id)


@router.get("/{slug}/participants/{who}/history", auth=READ, response=HistoryShown, summary="Read a history")
def read_history(request: HttpRequest, slug: str, who: str, limit: Limit = 100) -> HistoryShown:
    """Tell what one participant did, and the friends who joined through them, newest first."""
    campaign = _campaign(request, slug)
    number = participants.find(campaign, who).pk
    return figures.history_shown(measures.history(campaign.pk, number, limit=limit))


def _campaign(request: HttpRequest, slug: str) -> Campaign:
    return of_slug(asking(request).membership.brand, slug)


def _offset(after: str) -> int:
    if not after or (after.isdecimal() and len(after) <= _OFFSET_DIGITS):
        return int(after or 0)
    message = gettext_noop("“{shown}” is no page: send `next` of the page before.")
    raise UserError(message, field="after", shown=text.shown(after))
