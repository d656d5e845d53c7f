"""Web push: news on the screen of whoever asked for it in their browser (RFC 8030)."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="push",
    label=gettext_noop("Web push"),
    about=gettext_noop(
        "People who ask for it on their own page get a note on their screen when a friend has joined through them, even"
        " when no page is open. It needs nothing from you. On iPhones the page must be on the home screen first."
    ),
    sends=True,
    is_gone_for_all=True,
)
