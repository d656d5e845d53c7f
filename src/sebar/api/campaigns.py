"""Campaigns: list, draft, change, publish, pause, resume, stop."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from sebar.api import shapes
from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import CampaignChange, Campaigns, CampaignShown, NewCampaign, Publishing, Stopping
from sebar.campaigns import actions, queries
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import CampaignForm
from sebar.launch import actions as launch
from sebar.participants import queries as participants
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions.actions import OnTheBrake

router = Router(tags=["Campaigns"])


@router.get("", auth=READ, response=Campaigns, summary="List campaigns")
def list_campaigns(request: HttpRequest) -> Campaigns:
    """All campaigns of the key's brand, newest first."""
    brand = asking(request).membership.brand
    totals = participants.totals(brand)
    now = timezone.now()
    return Campaigns(
        [shapes.campaign_shown(campaign, totals.get(campaign.pk, 0), now) for campaign in queries.of_brand(brand)]
    )


@router.post("", auth=WRITE, response={201: CampaignShown}, summary="Draft a campaign")
def draft(request: HttpRequest, given: NewCampaign) -> Status[CampaignShown]:
    """Keep a campaign that nobody sees yet."""
    form = CampaignForm(**given.model_dump())
    return Status(201, _shown(actions.draft(membership=asking(request).membership, form=form)))


@router.get("/{slug}", auth=READ, response=CampaignShown, summary="Read a campaign")
def read(request: HttpRequest, slug: str) -> CampaignShown:
    """One campaign of the key's brand."""
    return _shown(queries.of_slug(asking(request).membership.brand, slug))


@router.patch("/{slug}", auth=WRITE, response=CampaignShown, summary="Change a campaign")
def change(request: HttpRequest, slug: str, given: CampaignChange) -> CampaignShown:
    """Change the named fields; what is left out stays, each single wording too. A published slug is fixed."""
    membership = asking(request).membership
    form = queries.form_of(queries.of_slug(membership.brand, slug))
    changes: dict[str, Any] = given.model_dump(exclude_unset=True)
    spoken, written = changes.get("languages", form.languages), changes.pop("texts", {})
    texts = {language: wordings for language, wordings in form.texts.items() if language in spoken}
    texts |= {language: {**texts.get(language, {}), **wordings} for language, wordings in written.items()}
    return _shown(actions.edit(membership=membership, slug=slug, form=replace(form, **changes, texts=texts)))


@router.post("/{slug}/publish", auth=WRITE, response=CampaignShown, summary="Publish a draft")
def publish(request: HttpRequest, slug: str, given: Publishing | None = None) -> CampaignShown:
    """Show it to everybody; people can join from its start on. While the checklist has gaps, it takes a reason."""
    reason = given.reason if given else ""
    return _shown(launch.publish(membership=asking(request).membership, slug=slug, reason=reason))


@router.post("/{slug}/pause", auth=WRITE, response=CampaignShown, summary="Pause a campaign")
def pause(request: HttpRequest, slug: str) -> CampaignShown:
    """Let nobody join for now."""
    return _to(request, slug, "hold")


@router.post("/{slug}/resume", auth=WRITE, response=CampaignShown, summary="Resume a campaign")
def resume(request: HttpRequest, slug: str) -> CampaignShown:
    """Let people join again."""
    return _to(request, slug, "watch")


@router.post("/{slug}/stop", auth=WRITE, response=CampaignShown, summary="Stop a campaign")
def stop(request: HttpRequest, slug: str, given: Stopping | None = None) -> CampaignShown:
    """End it; old links then lead to `stop_url` or to a page that says so. Only an owner lets it go on again."""
    return _to(request, slug, "stop", given.stop_url if given else None)


def _to(request: HttpRequest, slug: str, rung: str, stop_url: str | None = None) -> CampaignShown:
    """Take a step; where it could not be written down yet, `phase` tells all the same what is in force."""
    membership = asking(request).membership
    with suppress(OnTheBrake):
        decisions.take(membership=membership, slug=slug, rung=rung, stop_url=stop_url)
    return _shown(queries.of_slug(membership.brand, slug))


def _shown(campaign: Campaign) -> CampaignShown:
    return shapes.campaign_shown(campaign, participants.total(campaign), timezone.now())
