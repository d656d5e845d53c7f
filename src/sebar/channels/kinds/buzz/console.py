"""What the console shows of buzz on the channel's page: how much there is to read, and what cannot be heard."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz import queries
from sebar.channels.kinds.buzz.rules import CLASSES, Label


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    counts = queries.labelled(campaign)
    sources = list(queries.sources(campaign))
    return {
        "mentions": sum(counts.values()),
        "unclassed": counts[Label.UNCLASSED],
        "classed": [(one, counts[one]) for one in CLASSES],
        "reactions": sum(counts[one] for one in CLASSES),
        "sources": len(sources),
        "troubles": [(one.name, queries.trouble(one)) for one in sources if one.trouble],
    }
