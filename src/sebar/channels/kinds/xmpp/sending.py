"""Sending notices as the XMPP bot, over the very line on which it answers."""

from __future__ import annotations

from typing import Final

from sebar.channels.base import Came, Outcome, Outgoing
from sebar.channels.conversation.notice import written
from sebar.channels.kinds.xmpp.bot import name_of
from sebar.channels.kinds.xmpp.lines import LINES, NOT_REACHED

_SECONDS: Final = 10.0  # how long a line that is just being opened is waited for


class Xmpp:
    """What sends notices."""

    def send(self, message: Outgoing) -> Outcome:
        """Send one notice, and say what the server made of it."""
        line = LINES.find(message.brand_key, message.account["address"], seconds=_SECONDS)
        if line is None:
            return Outcome(came=Came.LATER, trouble=NOT_REACHED)
        return line.deliver(
            to=message.address,
            text=written(message),
            link=message.content.get("link", ""),
            name=name_of(message.number),
        )

    def close(self) -> None:
        """Do nothing: the line is the bot's."""


def open_sender() -> Xmpp:
    """Return what sends notices."""
    return Xmpp()
