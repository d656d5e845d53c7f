"""Another way that the brand has told us of."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="other",
    label=gettext_noop("Other"),
)
