"""What people may answer when asked how they heard of a campaign."""

from __future__ import annotations

import secrets
from types import MappingProxyType
from typing import Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop

PERSON: Final = "person"
OTHER: Final = "other"
ANSWERS: Final = MappingProxyType(
    {
        PERSON: gettext_noop("A person told me"),
        "message": gettext_noop("A message that somebody sent me"),
        "post": gettext_noop("A post in a social network"),
        "advert": gettext_noop("An advertisement"),
        "website": gettext_noop("A blog or website"),
        "email": gettext_noop("An e-mail"),
        "poster": gettext_noop("A poster or leaflet"),
        "news": gettext_noop("Radio, television or a newspaper"),
        "place": gettext_noop("In a shop or at an event"),
        OTHER: gettext_noop("Something else"),
    }
)
"""Each answer by the name under which it is stored."""
MOST_WORDS: Final = 200


def shuffled() -> list[str]:
    """Return the answers in random order, since people favour the first; the one that is always last stays there."""
    names = [name for name in ANSWERS if name != OTHER]
    secrets.SystemRandom().shuffle(names)
    return [*names, OTHER]


def check(answer: str, words: str) -> tuple[str, str]:
    """Return answer and words as they are stored.

    Raises
    ------
    UserErrors
        When no answer was chosen, or the words are too long.
    """
    checks = Checks()
    checked = checks(_answer, answer), checks(text.line, words, field="words", most=MOST_WORDS)
    checks.finish()
    return checked


def _answer(given: str) -> str:
    if given not in ANSWERS:
        raise UserError(gettext_noop("No answer is chosen: choose one, or leave the question out."), field="answer")
    return given
