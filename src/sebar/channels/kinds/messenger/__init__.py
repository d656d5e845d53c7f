"""Messages in some messenger, where nobody noted which."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="messenger",
    label=gettext_noop("Messenger"),
    colour="c1",
    about=gettext_noop(
        "Messages in some messenger, where nobody noted in which: people whom your own program or an earlier "
        "record names so. It has no button of its own; what goes through the buttons of WhatsApp, Telegram, "
        "LINE or Viber is counted there."
    ),
    is_offered=False,
)
