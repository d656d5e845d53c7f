"""A link that says nothing of how it travelled."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="link",
    label=gettext_noop("Link"),
    colour="c2",
    hands_on="{link}",
    about=gettext_noop(
        "Visits and joins by the plain link, as the page’s own button carries it. Links without any channel in them,"
        " like those that were cut or typed, are counted as unknown."
    ),
    is_offered=False,
)
