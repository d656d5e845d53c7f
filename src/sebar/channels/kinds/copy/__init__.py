"""A link that somebody copied, to paste it wherever they like."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="copy",
    label=gettext_noop("Copied link"),
    colour="c2",
    hands_on="{link}",
    about=gettext_noop(
        "A button copies the link, and the person pastes it wherever they like. It counts as shared; where it went, "
        "nobody knows."
    ),
)
