"""Telegram: its own page asks whom to send the message to."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="telegram",
    label="Telegram",
    colour="c4",
    address="https://t.me/share/url?url={link}&text={words}",
    order=2,
)
