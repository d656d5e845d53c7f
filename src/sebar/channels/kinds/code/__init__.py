"""A code that was said aloud, and typed by whoever heard it."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="code",
    label=gettext_noop("Code"),
    about=gettext_noop(
        "The seven letters and digits of a friend’s code, said aloud or written down, and typed by whoever "
        "joins. It needs nothing. Those who come by three spoken words are counted as spoken word."
    ),
)
