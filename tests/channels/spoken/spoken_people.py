"""What the tests of spoken codes share: words of a participant, and misspelled ones."""

from __future__ import annotations

from sebar.channels.kinds.spoken import actions, code
from sebar.participants.models import Participant


def words_of(participant: Participant, language: str = "en") -> str:
    """Return the words of a participant, who gets some if they have none."""
    return " ".join(code.words(actions.give(participant=participant), language))


def mistyped(words: str, at: int = 1) -> str:
    """Return words of which one has a letter that no such word has."""
    parts = words.split()
    parts[at] = parts[at][:-1] + "q"
    return " ".join(parts)


def unused(*, taken: set[int]) -> str:
    """Return the words of a code that nobody has."""
    number = next(number for number in range(500_000, 600_000) if number not in taken)
    return " ".join(code.words(number, "en"))
