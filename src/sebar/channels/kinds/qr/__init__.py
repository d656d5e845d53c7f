"""The QR code of a link, on screens and on paper."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="qr",
    label="QR",
    colour="c3",
)
