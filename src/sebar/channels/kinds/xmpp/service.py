"""The XMPP bots, a brand each."""

from __future__ import annotations

import threading
from importlib import import_module

from sebar.channels.conversation import service
from sebar.channels.conversation.service import Desk
from sebar.channels.kinds.xmpp import CHANNEL


def serve(stopping: threading.Event) -> None:
    """Answer until `stopping` is set."""
    service.serve(CHANNEL.name, _bot, stopping)


async def _bot(desk: Desk) -> None:
    # Many instances have no such bot, and what it is made of takes 25 MB.
    await import_module("sebar.channels.kinds.xmpp.bot").answer(desk)
