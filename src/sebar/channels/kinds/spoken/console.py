"""What the console shows of spoken codes: how many were given, and what people claim beside what was tracked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sebar import channels
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.spoken import queries, rules
from sebar.kit import config
from sebar.kit.words import say


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    heard = queries.heard(campaign)
    return {
        "given": queries.given(campaign),
        "where": f"{urlsplit(config.load().public_url).netloc}/w",
        "heard": heard,
        "tracked": [(channels.title(name), people) for name, people in heard.tracked.items()],
        "claimed": [(say(rules.ANSWERS[answer]), claimed) for answer, claimed in heard.claimed.items()],
    }
