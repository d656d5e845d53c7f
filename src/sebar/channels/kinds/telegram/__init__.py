"""Telegram: its own page asks whom to send the message to."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="telegram",
    label="Telegram",
    colour="c4",
    address="https://t.me/share/url?url={link}&text={words}",
    order=2,
    about=gettext_noop(
        "The button opens Telegram with words and link in it; the person chooses whom to send the message to. "
        "It needs nothing from you. A bot that answers by itself is another channel: the Telegram bot."
    ),
)
