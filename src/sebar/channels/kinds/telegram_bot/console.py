"""What the console shows of the Telegram bot."""

from __future__ import annotations

from typing import Any

from sebar.campaigns.models import Campaign
from sebar.channels import gate
from sebar.channels.conversation import page
from sebar.channels.kinds.telegram_bot.entered import door


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs; nothing before the bot is set up."""
    account = gate.account(campaign.brand, "telegram_bot")
    return page.start(door(account["name"], campaign.slug)) if account else {}
