"""A letter, written in the person's own mail program (RFC 6068)."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="email",
    label=gettext_noop("E-mail"),
    colour="c5",
    address="mailto:?subject={subject}&body={message}",
    order=4,
    opens_page=False,
)
