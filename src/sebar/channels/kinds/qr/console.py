"""What the console shows of QR codes: the campaign's own, as it will be scanned."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.channels import qr
from sebar.channels.kinds.qr import CHANNEL
from sebar.kit import addresses


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    link = CHANNEL.link(addresses.campaign_page(campaign.slug))
    return {"link": link, "qr": qr.drawing(link), "files": ["SVG", "PNG", "EPS"]}
