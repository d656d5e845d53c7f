"""The worker: does what comes round by the clock, beside everything that answers people.

``python -m sebar.serve.worker PARENT``. Each job says how long it may rest; whatever one cannot do now, it does at its
next turn. What a job has done is in the database when its turn ends, so the process may be killed at any moment.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Final

from django.db import Error, close_old_connections

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar.kit.errors import Unavailable
from sebar.serve.child import end_with_parent
from sebar.steering import jobs

Job = Callable[[], float]
"""Does what is due, and returns after how many seconds to ask it again."""

_KINDNESS: Final = 5
_REST_AFTER_TROUBLE: Final = 5.0
_SHORTEST_REST: Final = 0.05
_log = logging.getLogger("sebar.worker")


class Worker:
    """Asks each job when its time has come.

    Parameters
    ----------
    wanted
        The jobs by the names under which trouble is told.
    clock
        Seconds that only ever rise.
    """

    def __init__(self, wanted: dict[str, Job], clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs = wanted
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
            _log.exception("%s", name)
            return _REST_AFTER_TROUBLE
        self._note(name, "")
        return rest

    def _note(self, name: str, trouble: str) -> None:
        if trouble != self._trouble[name]:
            _log.warning("%s: %s", name, trouble or "All goes on.")
        self._trouble[name] = trouble


def main() -> None:
    """Work until told to end."""
    end_with_parent(int(sys.argv[1]), signal.SIGTERM)
    os.nice(_KINDNESS)  # whoever answers people comes first
    worker = Worker({"forecasts": jobs.Foreseeing().turn, "scores": jobs.score, "learning": jobs.learn})
    while True:
        time.sleep(worker.turn())


if __name__ == "__main__":
    main()
