"""The brief of a campaign and the checklist before it is published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import Given
from sebar.campaigns.brief import actions
from sebar.campaigns.brief import queries as briefs
from sebar.campaigns.brief.rules import BriefForm, Risk
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.kit.words import say
from sebar.launch import queries as checklist

router = Router(tags=["Brief"])


class GivenRisk(Given):
    """What may go wrong, and what is done then."""

    what: str
    answer: str = ""


class NewBrief(Given):
    """A whole brief; what is left out is empty."""

    objective: str = ""
    audience: str = ""
    positioning: str = ""
    success: str = ""
    harm: str = ""
    decides: str = ""
    budget: Annotated[int | None, Field(description="Minor units (cents) of the currency.")] = None
    currency: Annotated[str, Field(description="ISO 4217, like IDR; needed with a budget.")] = ""
    risks: list[GivenRisk] = []
    consent_basis: str = ""
    ages: str = ""
    sharing_rewards: str = ""
    prize_draw: str = ""


@dataclass(frozen=True, slots=True)
class GapShown:
    """Something that is missing: its part (brief, texts, material, rewards, legal), its field, and a sentence."""

    part: str
    field: str
    detail: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class BriefShown:
    """A campaign's brief, and what it and the campaign still lack."""

    objective: str
    audience: str
    positioning: str
    success: str
    harm: str
    decides: str
    budget: int | None
    currency: str
    risks: list[Risk]
    consent_basis: str
    ages: str
    sharing_rewards: str
    prize_draw: str
    gaps: list[GapShown]


@router.get("/{slug}/brief", auth=READ, response=BriefShown, summary="Read the brief")
def read_brief(request: HttpRequest, slug: str) -> BriefShown:
    """Tell the campaign's brief and the gaps of its checklist."""
    return _shown(of_slug(asking(request).membership.brand, slug))


@router.put("/{slug}/brief", auth=WRITE, response=BriefShown, summary="Write the brief")
def write_brief(request: HttpRequest, slug: str, given: NewBrief) -> BriefShown:
    """Keep the whole brief in place of the one before."""
    membership = asking(request).membership
    fields = given.model_dump(exclude={"risks"})
    form = BriefForm(**fields, risks=[Risk(one.what, one.answer) for one in given.risks])
    actions.write(membership=membership, slug=slug, form=form)
    return _shown(of_slug(membership.brand, slug))


def _shown(campaign: Campaign) -> BriefShown:
    form = briefs.form_of(campaign)
    gaps = [GapShown(gap.part, gap.field, say(gap.words), gap.is_needed) for gap in checklist.gaps(campaign)]
    return BriefShown(**{**asdict(form), "risks": list(form.risks)}, gaps=gaps)
