"""Three words that somebody says aloud, and that whoever heard them types."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="spoken",
    label=gettext_noop("Spoken word"),
    about=gettext_noop(
        "For the phone, the radio and the kitchen table: a participant’s link as three words, in English and"
        " Indonesian, or as nine digits. A slip of the tongue is noticed and the nearest word offered. Nothing has to"
        " be set up. Here you also see what people answer when asked how they heard of it."
    ),
)
