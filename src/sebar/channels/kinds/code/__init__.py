"""A code that was said aloud, and typed by whoever heard it."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="code",
    label=gettext_noop("Code"),
)
