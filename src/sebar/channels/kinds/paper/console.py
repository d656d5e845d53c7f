"""What the console shows of paper: every form as it will look, to download, and what cannot be printed."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    names = dict(settings.LANGUAGES)
    missing = {one: None for language in campaign.languages for one in design(campaign, language).missing}
    return {
        "forms": list(Form),
        "languages": [(language, names[language]) for language in campaign.languages],
        "missing": " ".join(missing),
    }
