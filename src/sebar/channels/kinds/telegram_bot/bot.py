"""One Telegram bot: it asks for what people wrote to it, and answers."""

from __future__ import annotations

import asyncio
from typing import Final

from telegram.error import InvalidToken, TelegramError

from sebar.channels.base import Came
from sebar.channels.conversation import answering
from sebar.channels.conversation.service import Desk
from sebar.channels.conversation.turn import Reply, Saying
from sebar.channels.kinds.telegram_bot import api
from sebar.channels.kinds.telegram_bot.api import Api, Heard
from sebar.channels.kinds.telegram_bot.entered import door

NAME: Final = "telegram_bot"
_FIRST_REST: Final = 1.0
_LONGEST_REST: Final = 60.0


async def answer(desk: Desk) -> None:
    """Answer on one account until cancelled, or until only another account helps."""
    clock, rest = asyncio.get_running_loop().time, _FIRST_REST
    while True:
        began = clock()
        try:
            async with Api(desk.account["token"]) as bot:
                if bot.name.casefold() != desk.account["name"].casefold():
                    await desk.tell(api.OTHER_NAME)
                    return
                await bot.offer(answering.menu())
                await _listen(desk, bot)
        except InvalidToken:
            await desk.tell(api.WRONG_TOKEN)
            return
        except TelegramError as trouble:
            await desk.tell(api.in_words(trouble))
            rest = min(rest * 2, _LONGEST_REST) if clock() - began < _LONGEST_REST else _FIRST_REST
            await asyncio.sleep(max(rest, api.outcome(trouble).wait.total_seconds()))


async def _listen(desk: Desk, bot: Api) -> None:
    while True:
        everything = await bot.listen()
        await desk.tell("")
        for heard in everything:
            await _answer(desk, bot, heard)


async def _answer(desk: Desk, bot: Api, heard: Heard) -> None:
    saying = Saying(
        brand=desk.brand,
        channel=NAME,
        address=heard.address,
        text=heard.text,
        language=heard.language,
        mark=str(heard.number),
        door=door(desk.account["name"], "{code}"),
    )
    for reply in await desk.answer(saying):
        if not await _is_written(bot, heard.address, reply):
            return


async def _is_written(bot: Api, address: str, reply: Reply) -> bool:
    """Write a reply, once more if Telegram asks for patience; whoever cannot be written to asked for nothing more."""
    for _ in range(2):
        try:
            await bot.write(address, reply.text)
        except TelegramError as trouble:
            outcome = api.outcome(trouble)
            if outcome.came is not Came.LATER:
                return False
            await asyncio.sleep(outcome.wait.total_seconds())
        else:
            return True
    return False
