"""What the console shows of Bluetooth: the commands for this campaign, and whether its links fit into Eddystone."""

from __future__ import annotations

from typing import Any, Final

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.bluetooth import advertising, offers
from sebar.kit.errors import UserError

_EXAMPLE: Final = "k7m2fqx"  # every code is as long


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    offer = offers.offer(campaign, _EXAMPLE)
    try:
        advertising.eddystone(offer.short)
        refused = ""
    except UserError as error:
        refused = error.message
    return {
        "offer": offer,
        "code": _EXAMPLE,
        "refused": refused,
        "slug": campaign.slug,
    }
