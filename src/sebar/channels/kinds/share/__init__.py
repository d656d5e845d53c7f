"""The device's own sheet of programs to share with; which one was chosen, it does not tell."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="share",
    label=gettext_noop("Share sheet"),
)
