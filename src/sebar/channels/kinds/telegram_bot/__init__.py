"""Telegram: a bot that people start by a link with their friend's code in it."""

from sebar.channels.base import Channel
from sebar.channels.kinds.telegram_bot.entered import FIELDS
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="telegram_bot",
    label=gettext_noop("Telegram bot"),
    colour="c4",
    about=gettext_noop(
        "A bot in Telegram. People start it by a link with their friend’s code in it, join, and get their own link. It"
        " writes first only to those who have asked for news. You make the bot with Telegram’s @BotFather; it costs"
        " nothing."
    ),
    fields=FIELDS,
    sends=True,
    serves=True,
)
