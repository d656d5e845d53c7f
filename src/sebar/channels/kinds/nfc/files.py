"""The two files of a participant for NFC tags."""

from __future__ import annotations

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.nfc import CHANNEL, tags
from sebar.kit import addresses


def link(code: str) -> bytes:
    """Return the message with the link of whoever has this code."""
    return tags.link(_address(code))


def poster(campaign: Campaign, code: str) -> bytes:
    """Return the message with the link of whoever has this code, and the campaign's headlines as titles."""
    headlines = {language: campaign.texts.get(language, {}).get("headline", "") for language in campaign.languages}
    return tags.poster(_address(code), {language: words for language, words in headlines.items() if words})


def _address(code: str) -> str:
    return CHANNEL.link(addresses.link(code))
