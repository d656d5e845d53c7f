"""WhatsApp: its own page asks whom to send the message to."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="whatsapp",
    label="WhatsApp",
    colour="c1",
    address="https://wa.me/?text={message}",
    order=1,
)
