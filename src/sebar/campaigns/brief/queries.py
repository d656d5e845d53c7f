"""Reads of briefs."""

from __future__ import annotations

from sebar.campaigns.brief.models import Brief
from sebar.campaigns.brief.rules import TEXTS, BriefForm, Risk
from sebar.campaigns.models import Campaign


def form_of(campaign: Campaign) -> BriefForm:
    """Return the campaign's brief as the form that would make it; an empty one where nobody has written any."""
    found = Brief.objects.filter(campaign=campaign).first()
    if found is None:
        return BriefForm()
    return BriefForm(
        **{name: getattr(found, name) for name in TEXTS},
        budget=found.budget,
        currency=found.currency,
        risks=tuple(Risk(one["what"], one["answer"]) for one in found.risks),
    )
