"""Said by the brand's own program."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="api",
    label="API",
    about=gettext_noop(
        "People whom your own program says have come by it: it adds them through the REST API and names this "
        "channel. Whoever your program adds without naming a channel counts as unknown."
    ),
    is_offered=False,
)
