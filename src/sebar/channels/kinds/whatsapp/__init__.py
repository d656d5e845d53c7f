"""WhatsApp: its own page asks whom to send the message to."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="whatsapp",
    label="WhatsApp",
    colour="c1",
    address="https://wa.me/?text={message}",
    order=1,
    about=gettext_noop(
        "The button opens WhatsApp with words and link in it; the person chooses whom to send the message to. "
        "It needs nothing from you. A number that answers by itself is another channel: the WhatsApp bot."
    ),
)
