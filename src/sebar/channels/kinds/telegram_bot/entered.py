"""What a brand enters for its Telegram bot."""

from __future__ import annotations

import re
from typing import Final

from sebar.channels.base import Field
from sebar.channels.conversation import entered
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,30}")
_TOKEN: Final = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,80}")


def name(given: str) -> str:
    """Return the bot's name, without what people write before it."""
    tidy = given.strip().removeprefix("https://t.me/").removeprefix("@")
    if not _NAME.fullmatch(tidy) or not tidy.lower().endswith("bot"):
        raise UserError(
            gettext_noop("“{shown}” is not a bot’s name: @BotFather gives one like kopi_senja_bot."),
            shown=text.shown(given),
        )
    return tidy


def token(given: str) -> str:
    """Return the token; what is wrong with it is said without showing it."""
    tidy = given.strip()
    if not _TOKEN.fullmatch(tidy):
        raise UserError(
            gettext_noop("That is not a token: copy the whole line that @BotFather gave, like 123456:AAE….")
        )
    return tidy


def door(name: str, code: str) -> str:
    """Return the address that opens the bot and starts it with a code."""
    return f"https://t.me/{name}?start={code}"


FIELDS: Final = (
    Field(
        name="name",
        label=gettext_noop("The bot’s name"),
        hint=gettext_noop("As it stands in its link, like kopi_senja_bot."),
        check=name,
    ),
    Field(name="token", label=gettext_noop("Token"), check=token, is_secret=True),
    entered.MOST_A_DAY,
)
