"""Viber: its program asks whom to send the message to."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="viber",
    label="Viber",
    address="viber://forward?text={message}",
    order=16,
    opens_page=False,
    needs_phone=True,
    about=gettext_noop("The button opens Viber, which asks whom to send the message to."),
)
