"""Answering what people wrote to the WhatsApp numbers: the page that Meta calls has kept it for this."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Final

from django.db import Error, close_old_connections, connection
from django.utils import timezone

from sebar.brands.models import Brand
from sebar.channels import actions, gate
from sebar.channels.base import Came
from sebar.channels.conversation import actions as conversation
from sebar.channels.conversation import answering
from sebar.channels.conversation.actions import Kept
from sebar.channels.conversation.turn import Reply, Saying
from sebar.channels.kinds.whatsapp_cloud.entered import door
from sebar.channels.kinds.whatsapp_cloud.graph import Graph
from sebar.channels.kinds.whatsapp_cloud.webhook import NAME
from sebar.kit.errors import Unavailable

_REST: Final = 0.5
_REST_AFTER_TROUBLE: Final = 5.0
_WINDOW: Final = timedelta(hours=24)
"""How long after somebody wrote they may be answered."""
_log = logging.getLogger("sebar.sender")


def serve(stopping: threading.Event) -> None:
    """Answer until `stopping` is set."""
    try:
        rest = 0.0
        while not stopping.wait(rest):
            rest = _turn()
    finally:
        connection.close()


def _turn() -> float:
    """Answer one message; return how long to rest."""
    try:
        taken = conversation.take(NAME, since=timezone.now() - _WINDOW, answer=_replies)
    except (Error, Unavailable) as trouble:
        _log.warning("%s: %s", NAME, trouble)
        close_old_connections()
        return _REST_AFTER_TROUBLE
    if taken is None:
        return _REST
    brand, kept, replies = taken
    _write(brand, kept.address, replies)
    return 0.0


def _replies(brand: Brand, kept: Kept) -> list[Reply]:
    account = gate.account(brand, NAME)
    if account is None:
        return []
    opens = door(account["number"], "{code}")
    return answering.answer(Saying(brand=brand, channel=NAME, address=kept.address, text=kept.text, door=opens))


def _write(brand: Brand, address: str, replies: list[Reply]) -> None:
    account = gate.account(brand, NAME)
    if account is None or not replies:
        return
    graph = Graph(account)
    try:
        for reply in replies:
            outcome = graph.write(address, reply.text)
            if outcome.came is not Came.SENT:
                break
    finally:
        graph.close()
    trouble = outcome.trouble if outcome.came in {Came.LATER, Came.REFUSED} else ""
    actions.note_trouble(brand=brand, channel=NAME, trouble=trouble)
