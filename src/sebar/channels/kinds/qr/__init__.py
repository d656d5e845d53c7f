"""The QR code of a link, on screens and on paper."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="qr",
    label="QR",
    colour="c3",
    about=gettext_noop(
        "The QR code of a link: on every share page, and as an SVG, PNG or EPS file for your own paper and screens."
        " What is scanned from a sheet of ours counts as paper."
    ),
)
