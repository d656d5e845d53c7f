"""What a beacon offers of a campaign: its own page, or the link of one of its participants."""

from __future__ import annotations

from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.bluetooth import CHANNEL
from sebar.channels.kinds.bluetooth.advertising import Offer
from sebar.kit import addresses, config


def offer(campaign: Campaign, code: str = "") -> Offer:
    """Return the offer of whoever has this code, or of the campaign itself: whoever joins by that has no parent."""
    link = CHANNEL.link(addresses.link(code) if code else addresses.campaign_page(campaign.slug))
    wording = rules.text_for(campaign.texts, "", campaign.languages)
    return Offer(
        link=link,
        # An Eddystone beacon has no room for “?via=bluetooth”: this address says the same.
        short=f"{config.load().public_url}/b/{code}" if code else "",
        name=campaign.brand.name,
        headline=wording["headline"] or campaign.name,
    )
