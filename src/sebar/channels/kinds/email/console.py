"""What the channel's page shows of letters: the record to publish, who answers for them, and one as it would arrive."""

from __future__ import annotations

from typing import Any, Final

from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sebar import channels
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.channels import gate
from sebar.channels.kinds.email import letter, record
from sebar.kit import addresses

_LIKE_A_CODE: Final = "k7m2fqx"


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the page needs; nothing of it before the channel is set up."""
    row = gate.account_row(campaign.brand, "email")
    if row is None:
        return {}
    account = gate.entered(row)
    name, text = record.to_publish(account)
    wording = rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    who = _("Dewi A.")
    return {
        "dns_name": name,
        "dns_text": text,
        "is_seen": account.get(gate.PROVED) == record.domain_of(account),
        "must_be_seen": not gate.is_proved(row),
        "has_duties": bool(account.get("duties")),
        "answers_by": account.get("duties_by", ""),
        "answers_at": parse_datetime(account.get("duties_at", "")),
        "sender": account["sender"],
        "postal": account["postal"],
        "subject": f"{who}: {wording['headline'] or campaign.name}",
        "text": wording["share_text"] or wording["headline"] or campaign.name,
        "link": channels.ALL["email"].link(addresses.link(_LIKE_A_CODE)),
        "opening": letter.whose_words({"who": who}, campaign.brand.name),
        "reason": letter.why({"who": who}, campaign.brand.name),
    }
