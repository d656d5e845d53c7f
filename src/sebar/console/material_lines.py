"""The lines of a quiz or a page in its form: one more, one up or down, one less, before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_HEAD: Final = r"(result|block|question|question\.\d{1,2})"
_PRESSED: Final = re.compile(rf"(up|down|remove) {_HEAD}\.(\d{{1,2}})|more {_HEAD}")
_LEADS: Final = re.compile(r"question\.\d+\.\d+\.to")


@dataclass(frozen=True)
class Lines:
    """What was sent, with its lines as they stand now.

    Attributes
    ----------
    fields
        Everything that was sent, by name; nothing on a fresh page.
    longer
        The list that one line was asked for, like ``question.0``; empty for none.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    longer: str = ""

    def rows(self, head: str, there: int, *, least: int, most: int) -> int:
        """Return how many lines of a list the form shows: what is there and one to fill in, or what there was.

        Parameters
        ----------
        head
            What the names of its fields begin with, like ``result`` or ``question.0``.
        """
        sent = max((int(found[1]) + 1 for name in self.fields if (found := _line(head, name))), default=0)
        return min(max(there + 1, least, sent + (head == self.longer)), most)


def pressed(fields: Mapping[str, str], button: str) -> Lines | None:
    """Return the lines after a button was pressed, like ``up block.2`` or ``more result``; None where it is none."""
    found = _PRESSED.fullmatch(button)
    if found is None:
        return None
    verb, head, number, longer = found.groups()
    if longer:
        return Lines(fields, longer)
    place = int(number)
    if verb == "remove":
        return Lines(_moved(fields, head, lambda at: None if at == place else at - (at > place)))
    other = place + (1 if verb == "down" else -1)
    swapped = {place: other, other: place} if other >= 0 else {}
    return Lines(_moved(fields, head, lambda at: swapped.get(at, at)))


def _moved(fields: Mapping[str, str], head: str, to: Callable[[int], int | None]) -> dict[str, str]:
    """Return the fields with the lines of a list elsewhere; answers go on leading to the result that they led to."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        line = _line(head, name)
        place = to(int(line[1])) if line else None
        if line is None:
            found[name] = _leading(value, to) if head == "result" and _LEADS.fullmatch(name) else value
        elif place is not None:
            found[f"{head}.{place}{line[2]}"] = value
    return found


def _leading(value: str, to: Callable[[int], int | None]) -> str:
    place = to(int(value) - 1) if value.isascii() and value.isdecimal() and len(value) < 3 and int(value) else None  # noqa: PLR2004 - fits
    return "" if place is None else str(place + 1)


def _line(head: str, name: str) -> re.Match[str] | None:
    return re.fullmatch(rf"{re.escape(head)}\.(\d{{1,2}})(\..+)", name)
