"""What the console shows of the frame: itself, as high as participants are told to make it."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.embed import frame


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    return {"height": frame.height(campaign)}
