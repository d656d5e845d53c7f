"""The campaign as an RSS feed, for readers of feeds and for websites that show them."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="feed",
    label=gettext_noop("Feed"),
    about=gettext_noop(
        "The campaign as an RSS feed, which feed readers and websites can subscribe to. Everybody’s own feed carries "
        "their code."
    ),
)
