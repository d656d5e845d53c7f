"""Listening comes round by the clock: what was heard is taken, and what people wrote is forgotten in time.

Only actions write; a job that is killed in the middle has done what its actions have committed, and what was heard but
not taken is heard again wherever the source allows it.
"""

from __future__ import annotations

import time
from typing import Final

from sebar.channels.kinds.buzz import actions, queries
from sebar.channels.kinds.buzz.ears import Ears, Report
from sebar.channels.kinds.buzz.models import BuzzSource
from sebar.kit.errors import NotAllowed, UserError
from sebar.kit.words import gettext_noop

_REST: Final = 1.0
_REST_FORGETTING: Final = 300.0
_LOOK_SECONDS: Final = 5.0  # how often is looked whom to listen to
_TOO_MANY: Final = gettext_noop(
    "More than {most} mentions came within a day, and the rest is left out: look for words that are not so common."
)


class Listening:
    """Listens to every source of every campaign that does."""

    def __init__(self) -> None:
        self._ears = Ears()
        self._look_at = 0.0

    def turn(self) -> float:
        """Take what was heard, and look whom to listen to; return how long to rest."""
        for report in self._ears.taken():
            _take(report)
        if time.monotonic() >= self._look_at:
            self._ears.listen(queries.listening())
            self._look_at = time.monotonic() + _LOOK_SECONDS
        return _REST

    def close(self) -> None:
        """Hang up everywhere."""
        self._ears.close()


def forget() -> float:
    """Delete what people wrote whose days are over; return how long to rest."""
    actions.forget()
    return _REST_FORGETTING


def _take(report: Report) -> None:
    if report.gone:
        actions.withdraw(sources=report.sources, external_ids=report.gone)
    for source in queries.of_numbers(report.sources):
        error = report.error or _take_of(source, report)
        if error is None:
            actions.note_heard(number=source.pk, position=report.position, known=report.known)
        else:
            actions.note_trouble(number=source.pk, error=error)


def _take_of(source: BuzzSource, report: Report) -> UserError | None:
    """Take what was heard at one source; return what is wrong with it, if anything is."""
    if not report.heard:
        return None
    try:
        taken = actions.take(source=source, heard=report.heard)
    except NotAllowed as error:  # switched off or stopped in the meantime
        return error
    return UserError(_TOO_MANY, most=actions.MOST_A_DAY) if taken.left else None
