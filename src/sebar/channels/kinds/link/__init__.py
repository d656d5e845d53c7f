"""A link that says nothing of how it travelled."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="link",
    label=gettext_noop("Link"),
    colour="c2",
)
