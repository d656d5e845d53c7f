"""LINE: its program asks whom to send the message to; on phones only."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="line",
    label="LINE",
    address="https://line.me/R/share?text={message}",
    order=5,
    needs_phone=True,
    about=gettext_noop("The button opens LINE, which asks whom to send the message to. Phones only."),
)
