"""What the console shows of the WhatsApp number."""

from __future__ import annotations

from typing import Any, Final

from sebar.campaigns.models import Campaign
from sebar.channels import gate
from sebar.channels.conversation import page
from sebar.channels.kinds.whatsapp_cloud.entered import door
from sebar.kit import config

_TEMPLATES: Final = (
    ("en", "News from the campaign you joined: {{1}} Here is your page: {{2}} Answer “stop” to get no more."),
    ("id", "Kabar dari kampanye yang kamu ikuti: {{1}} Ini halamanmu: {{2}} Balas “berhenti” kalau tidak mau lagi."),
)


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs: where Meta is to call, and the bot's start once it is set up."""
    account = gate.account(campaign.brand, "whatsapp_cloud")
    public_url = config.load().public_url
    own: dict[str, Any] = {
        "callback": f"{public_url}/hooks/whatsapp/{campaign.brand.slug}",
        "templates": [one for one in _TEMPLATES if one[0] in campaign.languages],
    }
    if account:
        own |= page.start(door(account["number"], campaign.slug)) | {"verify_token": account["verify_token"]}
    return own
