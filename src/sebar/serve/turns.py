"""Taking turns: jobs that come round by the clock, each of which says how long it may rest."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from django.db import Error, close_old_connections

from sebar.kit.errors import Unavailable

Job = Callable[[], float]
"""Does what is due, and returns after how many seconds to ask it again."""

_REST_AFTER_TROUBLE: Final = 5.0
_SHORTEST_REST: Final = 0.05


class Turns:
    """Asks each job when its time has come.

    Parameters
    ----------
    wanted
        The jobs by the names under which trouble is told.
    log
        Where trouble is told.
    clock
        Seconds that only ever rise.
    """

    def __init__(
        self, wanted: dict[str, Job], log: logging.Logger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = wanted
        self._log = log
        self._clock = clock
        self._due = dict.fromkeys(wanted, 0.0)
        self._trouble = dict.fromkeys(wanted, "")

    def turn(self) -> float:
        """Ask every job whose time has come; return after how many seconds the next one's has."""
        for name, job in self._jobs.items():
            if self._due[name] <= self._clock():
                rest = self._ask(name, job)
                self._due[name] = self._clock() + rest
        return max(min(self._due.values()) - self._clock(), _SHORTEST_REST)

    def _ask(self, name: str, job: Job) -> float:
        try:
            rest = job()
        except (Unavailable, Error, sqlite3.Error, OSError) as trouble:
            self._note(name, str(trouble))
            close_old_connections()
            return _REST_AFTER_TROUBLE
        except Exception:  # noqa: BLE001 - one job that is wrong must not keep the others from their work
            self._log.exception("%s", name)
            return _REST_AFTER_TROUBLE
        self._note(name, "")
        return rest

    def _note(self, name: str, trouble: str) -> None:
        if trouble != self._trouble[name]:
            self._log.warning("%s: %s", name, trouble or "All goes on.")
        self._trouble[name] = trouble
