"""A text message, written in the device's own program."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="sms",
    label="SMS",
    address="sms:?&body={message}",
    order=3,
    opens_page=False,
    needs_phone=True,
    about=gettext_noop(
        "The button opens a text message in the phone’s own program. The person chooses the receiver and pays what a "
        "message costs."
    ),
)
