"""Participant codes: short, sayable over a telephone, and nothing but a number in another spelling.

A participant's identifier *is* the number that its code spells, so identifier and code never need a look-up table
and every stored event can show its code. The alphabet has no look-alikes (0/o, 1/l/i) and no vowels, so that no
code spells a word.
"""

from __future__ import annotations

import secrets

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
LENGTH = 7
EXAMPLE = "k7m 2fqx"
"""A code as pages show one."""
FIRST: int = len(ALPHABET) ** (LENGTH - 1)
LAST: int = len(ALPHABET) ** LENGTH - 1
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
    code = "".join(letter for letter in text.lower() if not letter.isspace() and letter not in "-–_.")
    number = read(code)
    if number is None:
        raise UserError(
            gettext_noop("“{shown}” is not a code: codes have {length} letters or digits, like {example}."),
            field="code",
            shown=text.strip()[:20],
            length=LENGTH,
            example=EXAMPLE,
        )
    return number


def grouped(number: int) -> str:
    """Return the code in two groups for reading aloud, for example ``"k7m 2fqx"``."""
    code = spell(number)
    return f"{code[:3]} {code[3:]}"
