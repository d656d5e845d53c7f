"""What the channel's page shows of letters: the record to publish, who answers for them, and one as it would arrive."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sebar.campaigns.models import Campaign
from sebar.channels import gate
from sebar.channels.base import Outgoing
from sebar.channels.kinds.email import letter, record
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the page needs; nothing of it before the channel is set up."""
    row = gate.account_row(campaign.brand, "email")
    if row is None:
        return {}
    account = gate.entered(row)
    name, text = record.to_publish(account)
    return {
        "dns_name": name,
        "dns_text": text,
        "is_seen": gate.is_seen(row),
        "must_be_seen": not gate.is_proved(row),
        "has_duties": bool(account.get("duties")),
        "answers_by": account.get("duties_by", ""),
        "answers_at": parse_datetime(account.get("duties_at", "")),
        "sender": account["sender"],
    }


def shown(campaign: Campaign, link: str, words: str, *, picture: str, picture_words: str) -> str:
    """Return a letter to a friend as mail programs show it.

    Parameters
    ----------
    campaign
        As the sender is shown it.
    link
        The sender's bare link.
    words, picture, picture_words
        As in `letter.invitation`.

    Raises
    ------
    NotFound
        When the channel is not set up.
    """
    account = gate.account(campaign.brand, "email")
    if account is None:
        raise NotFound(gettext_noop("It is not set up yet."), field="channel")
    outgoing = Outgoing(
        number=0,
        address="",
        language=translation.get_language() or "",
        content=sample(campaign, link, words) | {"picture": picture, "picture_words": picture_words},
        brand=campaign.brand.name,
        brand_key=campaign.brand_id,
        campaign=campaign.name,
        colour=campaign.colour,
        account=account,
    )
    return letter.html(outgoing, "…")


def sample(campaign: Campaign, link: str, words: str) -> dict[str, str]:
    """Return what stands in a letter by somebody made up."""
    return letter.invitation(campaign, who=_("Dewi A."), link=link, words=words)
