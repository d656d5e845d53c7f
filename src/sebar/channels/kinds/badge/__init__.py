"""A small picture with the brand's name that links to the campaign, for websites and signatures."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="badge",
    label=gettext_noop("Badge"),
    about=gettext_noop(
        "A small picture with the brand’s name that people put on their website or under their letters. It links to "
        "the campaign and says whose it is."
    ),
)
