"""What the console shows of notes in browsers: one as it arrives, and how many have asked for them."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.channels import notices, queries


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    return {"note": notices.sample(campaign), "asked": queries.people_who_asked(campaign, "push")}
