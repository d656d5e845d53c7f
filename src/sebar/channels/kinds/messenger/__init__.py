"""Messages in some messenger, where nobody noted which."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="messenger",
    label=gettext_noop("Messenger"),
    colour="c1",
)
