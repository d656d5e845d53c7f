"""Reads of briefs."""

from __future__ import annotations

from datetime import datetime

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


def written_at(campaign: Campaign) -> datetime | None:
    """Return when the campaign's brief was last written; None where nobody has."""
    return Brief.objects.filter(campaign=campaign).values_list("changed_at", flat=True).first()
