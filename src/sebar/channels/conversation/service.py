"""Keeping one bot a brand at work, in one event loop: begun, ended and begun anew as accounts come, go and change."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from django.db import close_old_connections, connections

from sebar.brands.models import Brand
from sebar.channels import actions, gate, queries
from sebar.channels.conversation import answering
from sebar.channels.conversation.actions import IS_AWAY
from sebar.channels.conversation.turn import Reply, Saying

Answer = TypeVar("Answer")
_LOOK_EVERY: Final = 2.0
_REST: Final = 5.0
_log = logging.getLogger("sebar.sender")


class Database:
    """The relational database, asked from an event loop by one thread: a connection of Django’s belongs to one."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Return the answer, as soon as the database gives one: while it is away, the question is asked again."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._thread, question)
            except IS_AWAY as trouble:
                _log.warning("%s", trouble)
                await loop.run_in_executor(self._thread, close_old_connections)
                await asyncio.sleep(_REST)

    def close(self) -> None:
        """Let the thread end, and its connection with it."""
        self._thread.submit(connections.close_all)
        self._thread.shutdown()


class Desk:
    """A brand's account on a channel, as its bot sees it.

    Attributes
    ----------
    brand, account
        Whose bot it is, and what the brand entered, secrets included.
    database
        Where its questions go.
    """

    def __init__(self, channel: str, brand: Brand, account: Mapping[str, str], database: Database) -> None:
        self.brand = brand
        self.account = account
        self.database = database
        self._channel = channel
        self._trouble: str | None = None

    async def answer(self, saying: Saying) -> list[Reply]:
        """Return what to write back; nothing to what cannot be answered, which keeps nobody else waiting."""
        try:
            return await self.database.ask(partial(answering.answer, saying))
        except Exception:  # noqa: BLE001 - heard again and again, it would keep the bot from everybody
            _log.exception("%s", self._channel)
            return []

    async def tell(self, trouble: str) -> None:
        """Tell the brand what is wrong, once for as long as it lasts; empty when all goes on."""
        if trouble != self._trouble:
            self._trouble = trouble
            note = partial(actions.note_trouble, brand=self.brand, channel=self._channel, trouble=trouble)
            await self.database.ask(note)


Bot = Callable[[Desk], Awaitable[None]]
"""Answers on one account until it is cancelled. When it returns, nothing helps but another account."""


def serve(channel: str, bot: Bot, stopping: threading.Event) -> None:
    """Keep a bot at work for every account on a channel, until `stopping` is set."""
    asyncio.run(_serve(channel, bot, stopping))


async def _serve(channel: str, bot: Bot, stopping: threading.Event) -> None:
    database = Database()
    at_work: dict[tuple[int, datetime], asyncio.Task[None]] = {}
    try:
        while not stopping.is_set():
            desks = await database.ask(partial(_desks, channel, database))
            await _end([at_work.pop(key) for key in at_work.keys() - desks.keys()])
            for key in desks.keys() - at_work.keys():
                at_work[key] = asyncio.create_task(_keep_at_work(bot, desks[key]))
            await asyncio.to_thread(stopping.wait, _LOOK_EVERY)
    finally:
        await _end(list(at_work.values()))
        database.close()


def _desks(channel: str, database: Database) -> dict[tuple[int, datetime], Desk]:
    return {
        (account.pk, account.changed_at): Desk(channel, account.brand, gate.entered(account), database)
        for account in queries.set_up(channel)
    }


async def _keep_at_work(bot: Bot, desk: Desk) -> None:
    while True:
        try:
            await bot(desk)
        except Exception:  # noqa: BLE001 - one brand's bot that fails must not keep the others from their work
            _log.exception("A bot of %s", desk.brand.slug)
            await asyncio.sleep(_REST)
        else:
            return


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
