"""A text message, written in the device's own program."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="sms",
    label="SMS",
    address="sms:?&body={message}",
    order=3,
    opens_page=False,
)
