"""The device's own sheet of programs to share with; which one was chosen, it does not tell."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="share",
    label=gettext_noop("Share sheet"),
    hands_on="{subject}{words}{link}",
    about=gettext_noop(
        "The device’s own sheet of programs, with the link or, where the browser can, with the campaign’s picture. "
        "It counts as shared; which program was chosen, the device does not tell."
    ),
)
