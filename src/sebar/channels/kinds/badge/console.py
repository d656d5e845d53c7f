"""What the console shows of the badge: that of whoever joined last."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.participants import queries


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs; no code while nobody has joined."""
    newest = queries.page(campaign, limit=1, newest_first=True).rows
    return {"code": codes.spell(newest[0].pk) if newest else ""}
