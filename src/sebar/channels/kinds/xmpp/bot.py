"""One XMPP bot: it answers what people write to it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from sebar.brands.models import Brand
from sebar.channels import actions, queries, sealing
from sebar.channels.conversation.service import Desk
from sebar.channels.conversation.turn import Saying
from sebar.channels.kinds.xmpp.entered import door
from sebar.channels.kinds.xmpp.lines import LINES, CameBack, Heard, Line
from sebar.channels.models import State

NAME: Final = "xmpp"
Item = TypeVar("Item")
_LONGEST_NUMBER: Final = 19
_log = logging.getLogger("sebar.sender")


def name_of(number: int) -> str:
    """Return the name of a message, by which it is known again when it comes back."""
    return f"{number}-{sealing.signed(NAME, number)}"


async def answer(desk: Desk) -> None:
    """Answer on one account until cancelled, or until only another account helps."""
    line = Line(desk.brand.pk, desk.account)
    working = [
        asyncio.create_task(_each(desk, line.heard, partial(_answer, desk, line))),
        asyncio.create_task(_each(desk, line.came_back, partial(_take_back, desk))),
    ]
    try:
        await line.keep(desk.tell)
    except asyncio.CancelledError:
        LINES.forget(line)
        raise
    finally:
        for task in working:
            task.cancel()
        for task in working:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _each(desk: Desk, queue: asyncio.Queue[Item], work: Callable[[Item], Awaitable[None]]) -> None:
    """Do the work for whatever arrives. Strangers write it: what fails for one must not keep the others waiting."""
    while True:
        item = await queue.get()
        try:
            await work(item)
        except Exception:  # noqa: BLE001 - see above
            _log.exception("Something that the bot of %s received", desk.brand.slug)


async def _answer(desk: Desk, line: Line, heard: Heard) -> None:
    saying = Saying(
        brand=desk.brand,
        channel=NAME,
        address=heard.address,
        text=heard.text,
        language=heard.language,
        door=door(line.address, "{code}"),
    )
    for reply in await desk.answer(saying):
        line.write(to=heard.address, text=reply.text, link=reply.link)


async def _take_back(desk: Desk, came_back: CameBack) -> None:
    await desk.database.ask(partial(_note, desk.brand, came_back))


def _note(brand: Brand, came_back: CameBack) -> None:
    """Record that a message came back, if it is ours and comes back from whom it was for."""
    number, _, token = came_back.name.partition("-")
    if len(number) > _LONGEST_NUMBER or not (number.isascii() and number.isdecimal()):
        return
    if not sealing.is_signed(NAME, int(number), token):
        return
    message = queries.of_number(int(number))
    if message is None or message.campaign.brand_id != brand.pk or message.state not in {State.SENDING, State.SENT}:
        return
    if message.address_hash == sealing.hashed(NAME, came_back.address):
        actions.bounced(message=message, trouble=came_back.trouble, is_final=came_back.is_final)
