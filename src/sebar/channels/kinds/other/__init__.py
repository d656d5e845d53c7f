"""Another way that the brand has told us of."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="other",
    label=gettext_noop("Other"),
    about=gettext_noop(
        "Ways of your own that fit none of these channels: your program, or a link with via=other, names them "
        "so. There is no button for it."
    ),
    is_offered=False,
)
