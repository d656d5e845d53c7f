"""Participant codes: short, sayable over a telephone, and nothing but a number in another spelling.

A participant's identifier *is* the number that its code spells, so identifier and code never need a look-up table
and every stored event can show its code. The alphabet has no look-alikes (0/o, 1/l/i) and no vowels, so that no
code spells a word.
"""

from __future__ import annotations

import secrets
from string import ascii_lowercase, digits
from typing import Final

from sebar.kit.errors import UserError
from sebar.kit.text import shown
from sebar.kit.words import gettext_noop

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
LENGTH = 7
EXAMPLE = "k7m 2fqx"
"""A code as pages show one."""
FIRST: int = len(ALPHABET) ** (LENGTH - 1)
LAST: int = len(ALPHABET) ** LENGTH - 1
_NEVER: Final = ", ".join(letter for letter in f"{ascii_lowercase}{digits}" if letter not in ALPHABET)
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}


def new_number() -> int:
    """Return a random number whose code has exactly `LENGTH` letters (13 thousand million of them exist)."""
    return FIRST + secrets.randbelow(LAST - FIRST + 1)


def spell(number: int) -> str:
    """Return the code that spells `number`, for example ``"k7m2fqx"``."""
    letters = ""
    while number:
        number, value = divmod(number, len(ALPHABET))
        letters = ALPHABET[value] + letters
    return letters


def read(code: str) -> int | None:
    """Return the number a code spells, or None when it is not spelled like one. Exact spelling only: for links."""
    if len(code) != LENGTH:
        return None
    number = 0
    for letter in code:
        value = _VALUE.get(letter)
        if value is None:
            return None
        number = number * len(ALPHABET) + value
    return number if number >= FIRST else None


def read_typed(text: str) -> int:
    """Return the number of a code that a person typed or heard: case, spaces and hyphens do not matter.

    Raises
    ------
    UserError
        When no code can be spelled like this.
    """
    code = _letters(text)
    number = read(code)
    if number is None:
        wrong = next((letter for letter in code if letter not in _VALUE), code[:1])
        raise UserError(
            _why(code),
            field="code",
            shown=shown(text),
            wrong=shown(wrong),
            length=LENGTH,
            never=_NEVER,
            example=EXAMPLE,
        )
    return number


def is_as_long(text: str) -> bool:
    """Say whether what a person typed has as many letters as a code."""
    return len(_letters(text)) == LENGTH


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if not letter.isspace() and letter not in "-–_.")


def _why(code: str) -> str:
    """Return what is wrong with what spells no code."""
    if len(code) != LENGTH:
        return gettext_noop("“{shown}” is not a code: codes have {length} letters or digits, like {example}.")
    if _VALUE.keys() >= set(code):
        return gettext_noop("“{shown}” is not a code: no code begins with “{wrong}”. Compare it once more.")
    return gettext_noop(
        "“{shown}” is not a code: “{wrong}” stands in none, nor do any of {never}, which look or sound like others."
        " Compare it once more."
    )


def grouped(number: int) -> str:
    """Return the code in two groups for reading aloud, for example ``"k7m 2fqx"``."""
    code = spell(number)
    return f"{code[:3]} {code[3:]}"
