"""What the console shows of links: the card that messengers and networks show of one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import translation

from sebar.campaigns import images, rules
from sebar.campaigns.models import Campaign
from sebar.kit import config


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    wording = rules.text_for(campaign.texts, translation.get_language() or "", campaign.languages)
    picture = images.picture(campaign.image)
    return {
        "picture": reverse("media", args=[picture.og]) if picture else "",
        "headline": wording["headline"] or campaign.name,
        "text": wording["text"].partition("\n\n")[0],
        "host": urlsplit(config.load().public_url).netloc,
        "leads_away": campaign.target_url,
    }
