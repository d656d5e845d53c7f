"""What brands enter for every bot alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sebar.channels.base import Field
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

_MOST: Final = 1_000_000
_LONGEST_SECRET: Final = 1000


def most_a_day(given: str) -> str:
    """Return the brand's own limit; empty for the usual one."""
    tidy = given.strip()
    if tidy and not (tidy.isascii() and tidy.isdecimal() and 1 <= int(tidy[:9]) <= _MOST):
        raise UserError(
            gettext_noop("“{shown}” notices a day cannot be: write a number from 1 to {most}."),
            shown=text.shown(given),
            most=_MOST,
        )
    return tidy


MOST_A_DAY: Final = Field(
    name="most_a_day",
    label=gettext_noop("At most so many notices a day"),
    hint=gettext_noop("Leave it empty for 1,000. Answers to what people write are not counted."),
    kind="number",
    check=most_a_day,
)


def secret(missing: str) -> Callable[[str], str]:
    """Return the check of a secret that must be there; `missing` is what to say when it is not."""

    def check(given: str) -> str:
        tidy = given.strip()
        if not tidy:
            raise UserError(missing)
        if not tidy.isprintable() or len(tidy) > _LONGEST_SECRET:
            raise UserError(gettext_noop("What was entered cannot be a secret: copy it once more."))
        return tidy

    return check
