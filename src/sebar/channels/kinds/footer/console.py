"""What the console shows of footers: how many carry one, what became of their mail, how Postfix is set up."""

from __future__ import annotations

from typing import Any

from sebar import channels
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import postfix, queries, rules
from sebar.channels.kinds.footer.wording import Footer, one_line
from sebar.kit import addresses

_EXAMPLE = "k7m2fqx"  # every code is as long


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    senders = queries.of_campaign(campaign)
    main, master = postfix.for_milter()
    return {
        "on": sum(one.is_on for one in senders),
        "waiting": sum(one.proven_at is None for one in senders),
        "off": sum(one.proven_at is not None and not one.is_on for one in senders),
        "counts": queries.counts(campaign),
        "example": "\n".join(_example(campaign).plain()),
        "zone": campaign.time_zone,
        "main_cf": main,
        "master_cf": master,
        "relay_cf": postfix.for_relay(),
        "run": f"sebar footer run --listen {postfix.MILTER}",
        "check": f"sebar footer check --listen {postfix.MILTER}",
        "relay": f"sebar footer run --listen {postfix.RELAY} --relay {postfix.BACK}",
    }


def _example(campaign: Campaign) -> Footer:
    """Return the footer of a participant who does not exist, in the campaign's first language."""
    wording = campaign_rules.text_for(campaign.texts, "", campaign.languages)
    bare = addresses.link(_EXAMPLE)
    return Footer(one_line(wording["share_text"] or wording["headline"]), channels.ALL[rules.CHANNEL].link(bare))
