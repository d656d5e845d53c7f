"""LINE: its program asks whom to send the message to; on phones only."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="line",
    label="LINE",
    address="https://line.me/R/share?text={message}",
    order=5,
)
