"""Sending notices as the Telegram bot."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from telegram.error import TelegramError

from sebar.channels.base import Came, Outcome, Outgoing
from sebar.channels.conversation.notice import written
from sebar.channels.kinds.telegram_bot.api import Api, in_words, outcome


class Telegram:
    """What sends notices, as each brand's own bot."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._bots: dict[str, Api] = {}

    def send(self, message: Outgoing) -> Outcome:
        """Send one notice, and say what Telegram made of it."""
        return self._runner.run(self._send(message))

    def close(self) -> None:
        """Let go of the connections."""
        self._runner.run(self._open.aclose())
        self._runner.close()

    async def _send(self, message: Outgoing) -> Outcome:
        token = message.account["token"]
        if token not in self._bots:
            try:
                self._bots[token] = await self._open.enter_async_context(Api(token))
            except TelegramError as trouble:
                return Outcome(came=Came.LATER, trouble=in_words(trouble), wait=outcome(trouble).wait)
        try:
            await self._bots[token].write(message.address, written(message))
        except TelegramError as trouble:
            return outcome(trouble)
        return Outcome(came=Came.SENT)


def open_sender() -> Telegram:
    """Return what sends notices."""
    return Telegram()
