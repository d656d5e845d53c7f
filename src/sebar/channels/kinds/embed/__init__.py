"""A frame or a button on somebody's blog or website: whoever joins there was brought by whoever put it there."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="embed",
    label=gettext_noop("Blogs and websites"),
    about=gettext_noop(
        "Whoever writes a blog or has a website puts the campaign there: by pasting their link (WordPress and others "
        "make a frame of it), by a frame or by a button. Who joins there was brought by them."
    ),
)
