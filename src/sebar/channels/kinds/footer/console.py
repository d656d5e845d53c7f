"""What the console shows of footers: how many carry one, what became of their mail, how Postfix is set up."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import postfix, queries
from sebar.material import queries as material

_EXAMPLE = "k7m2fqx"  # every code is as long


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    senders = queries.of_campaign(campaign)
    example = queries.footer_with(campaign, material.creative_for(campaign, ""), campaign.languages[0], _EXAMPLE)
    main, master = postfix.for_milter()
    return {
        "on": sum(one.is_on for one in senders),
        "waiting": sum(one.proven_at is None for one in senders),
        "off": sum(one.proven_at is not None and not one.is_on for one in senders),
        "counts": queries.counts(campaign),
        "example": "\n".join(example.plain()),
        "zone": campaign.time_zone,
        "main_cf": main,
        "master_cf": master,
        "relay_cf": postfix.for_relay(),
        "run": f"sebar footer run --listen {postfix.MILTER}",
        "check": f"sebar footer check --listen {postfix.MILTER}",
        "relay": f"sebar footer run --listen {postfix.RELAY} --relay {postfix.BACK}",
    }
