"""Reading what somebody wrote to a bot: which command it is, in which of our languages, and what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from sebar.kit import codes
from sebar.kit.errors import UserError

LONGEST: Final = 1000
"""How many characters a message may have; whatever is longer was not meant for a bot."""


class Command(StrEnum):
    """What somebody wants."""

    START = auto()
    JOIN = auto()
    LINK = auto()
    INVITE = auto()
    STATS = auto()
    NEWS = auto()
    STOP = auto()
    HELP = auto()
    YES = auto()
    NO = auto()
    LANGUAGE = auto()
    WORDS = auto()  # none of these


@dataclass(frozen=True, slots=True)
class Wish:
    """A message as we understand it.

    Attributes
    ----------
    command, rest
        What is wanted, and what was written after it.
    language
        ``en`` or ``id`` when the word belongs to one of them only, else empty.
    has_slash
        Whether it was written as a command, so that it cannot be the answer to a question.
    how
        When somebody joins: ``link`` when `rest` came by a link, ``code`` when somebody typed it.
    """

    command: Command
    rest: str = ""
    language: str = ""
    has_slash: bool = False
    how: str = ""


_BOTH, _ENGLISH, _INDONESIAN = "", "en", "id"
# The English commands stand in the messengers' menus, so that who uses one need not speak English.
_WORDS: Final[dict[str, tuple[Command, str]]] = {
    "start": (Command.START, _BOTH),
    "mulai": (Command.START, _INDONESIAN),
    "join": (Command.JOIN, _BOTH),
    "ikut": (Command.JOIN, _INDONESIAN),
    "link": (Command.LINK, _BOTH),
    "tautan": (Command.LINK, _INDONESIAN),
    "invite": (Command.INVITE, _BOTH),
    "ajak": (Command.INVITE, _INDONESIAN),
    "undang": (Command.INVITE, _INDONESIAN),
    "stats": (Command.STATS, _BOTH),
    "statistik": (Command.STATS, _INDONESIAN),
    "news": (Command.NEWS, _BOTH),
    "kabar": (Command.NEWS, _INDONESIAN),
    "stop": (Command.STOP, _BOTH),
    "unsubscribe": (Command.STOP, _BOTH),
    "berhenti": (Command.STOP, _INDONESIAN),
    "help": (Command.HELP, _BOTH),
    "bantuan": (Command.HELP, _INDONESIAN),
    "yes": (Command.YES, _ENGLISH),
    "agree": (Command.YES, _ENGLISH),
    "ya": (Command.YES, _INDONESIAN),
    "iya": (Command.YES, _INDONESIAN),
    "setuju": (Command.YES, _INDONESIAN),
    "no": (Command.NO, _ENGLISH),
    "tidak": (Command.NO, _INDONESIAN),
    "en": (Command.LANGUAGE, _ENGLISH),
    "english": (Command.LANGUAGE, _ENGLISH),
    "id": (Command.LANGUAGE, _INDONESIAN),
    "indonesia": (Command.LANGUAGE, _INDONESIAN),
}
_LINK: Final = re.compile(rf"/r/([{codes.ALPHABET}]{{{codes.LENGTH}}})(?![a-z0-9])")
_MOST_WORDS: Final = 2  # “stop please” is a command without a slash, a sentence that begins so is not
_ON: Final = frozenset({"on", "ya", "yes", "aktif", "nyala"})
_OFF: Final = frozenset({"off", "tidak", "no", "mati", "stop"})


def read(text: str) -> Wish:
    """Return what somebody wants who wrote this."""
    words = text.split()
    if not words:
        return Wish(Command.WORDS)
    has_slash = words[0].startswith("/")
    # In groups Telegram writes /help@the_bot; “Stop!” is meant as it sounds.
    first = words[0].lstrip("/").partition("@")[0].rstrip(".!").casefold()
    if first in _WORDS and (has_slash or len(words) <= _MOST_WORDS):
        command, language = _WORDS[first]
        how = "link" if command in {Command.START, Command.JOIN} else ""
        return Wish(command, " ".join(words[1:]), language, has_slash, how)
    return _code(text) or Wish(Command.WORDS, text.strip(), has_slash=has_slash)


def is_on(rest: str) -> bool | None:
    """Return whether news are to be switched on or off; None when that was not said."""
    word = rest.casefold()
    if word in _ON:
        return True
    return False if word in _OFF else None


def _code(text: str) -> Wish | None:
    """Return the start that is meant when somebody passes on nothing but a link, or types nothing but a code."""
    followed = _LINK.search(text)
    if followed is not None:
        return Wish(Command.START, followed[1], how="link")
    try:
        return Wish(Command.START, codes.spell(codes.read_typed(text)), how="code")
    except UserError:
        return None
