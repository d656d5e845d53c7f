"""Telegram's Bot API as we use it. The one place that knows python-telegram-bot.

A bot's token stands in every address that is asked, so whatever logs addresses is quieted here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

import httpx
from telegram import Bot, BotCommand, Update
from telegram.constants import ChatType
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from sebar.channels.base import Came, Outcome
from sebar.kit.words import gettext_noop

WRONG_TOKEN: Final = gettext_noop("Telegram does not know the bot’s token: copy it once more from @BotFather.")
OTHER_NAME: Final = gettext_noop("The token is another bot’s: enter that bot’s name, or this one’s token.")
OTHER_PROGRAM: Final = gettext_noop("Another program answers for this bot: stop it, or delete the bot’s webhook.")
NOT_REACHED: Final = gettext_noop("Telegram cannot be reached; it is tried again.")
BROKEN: Final = gettext_noop("The line to Telegram broke in the very moment of sending.")

_ADDRESS: Final = "https://api.telegram.org/bot"
_POLL_SECONDS: Final = 25
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's own switch to what its next version does
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message to the bot from one person: who, what, and what Telegram says they speak."""

    number: int
    address: str
    text: str
    language: str


class Api:
    """One bot, as `async with` opens it.

    Raises
    ------
    TelegramError
        From every method; `in_words` says what it means.
    """

    def __init__(self, token: str) -> None:
        self._bot = Bot(token, base_url=_ADDRESS, request=HTTPXRequest(), get_updates_request=HTTPXRequest())
        self._next: int | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._bot.initialize()
        except BaseException:
            await self._bot.shutdown()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._bot.shutdown()

    @property
    def name(self) -> str:
        """What Telegram calls the bot."""
        return self._bot.username

    async def offer(self, menu: Mapping[str, list[tuple[str, str]]]) -> None:
        """Show the commands in the bot's menu, by language; the first stands for all others too."""
        for place, (language, ways) in enumerate(menu.items()):
            commands = [BotCommand(command, words) for command, words in ways]
            await self._bot.set_my_commands(commands, language_code=None if place == 0 else language)

    async def listen(self) -> list[Heard]:
        """Return what people wrote, as soon as somebody does. What was returned before is done with."""
        updates = await self._bot.get_updates(self._next, timeout=_POLL_SECONDS, allowed_updates=[Update.MESSAGE])
        if updates:
            self._next = updates[-1].update_id + 1
        return [heard for heard in map(_heard, updates) if heard is not None]

    async def write(self, address: str, text: str) -> None:
        """Write to somebody who has started the bot."""
        await self._bot.send_message(int(address), text)


def in_words(trouble: TelegramError) -> str:
    """Return what to tell the brand; never what the library says, which may show the token."""
    if isinstance(trouble, InvalidToken):
        return WRONG_TOKEN
    return OTHER_PROGRAM if isinstance(trouble, Conflict) else NOT_REACHED


def outcome(trouble: TelegramError) -> Outcome:
    """Return what became of a message that was not simply sent."""
    match trouble:
        case RetryAfter():
            wait = trouble.retry_after
            wait = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            return Outcome(came=Came.LATER, trouble=NOT_REACHED, wait=wait)
        case Forbidden():  # they have blocked the bot, or left Telegram
            return Outcome(came=Came.GONE, trouble=trouble.message)
        case BadRequest():
            is_gone = "chat not found" in trouble.message.lower()
            return Outcome(came=Came.GONE if is_gone else Came.REFUSED, trouble=trouble.message)
        case NetworkError() if not isinstance(trouble.__cause__, _NOT_SENT):
            return Outcome(came=Came.DOUBTFUL, trouble=BROKEN)
    return Outcome(came=Came.LATER, trouble=in_words(trouble))


def _heard(update: Update) -> Heard | None:
    """Return what a person wrote to the bot alone; nothing of groups, of other bots, and of what has no words."""
    message = update.message
    if message is None or message.chat.type != ChatType.PRIVATE or not message.text:
        return None
    sender = message.from_user
    if sender is None or sender.is_bot:
        return None
    return Heard(update.update_id, str(message.chat.id), message.text, sender.language_code or "")
