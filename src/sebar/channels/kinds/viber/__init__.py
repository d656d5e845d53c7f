"""Viber: its program asks whom to send the message to."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="viber",
    label="Viber",
    address="viber://forward?text={message}",
    order=16,
    opens_page=False,
)
