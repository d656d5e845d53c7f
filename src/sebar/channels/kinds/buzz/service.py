"""Listens all the time, in the process that sends and serves."""

from __future__ import annotations

import time
from threading import Event
from typing import Final

from django.db import close_old_connections

from sebar.channels.kinds.buzz import jobs

_SHORTEST_REST: Final = 0.05


def serve(stopping: Event) -> None:
    """Listen until `stopping` is set. Whatever breaks ends it; whoever called begins it anew, and nothing is lost."""
    close_old_connections()
    listening = jobs.Listening()
    due = {listening.turn: 0.0, jobs.forget: 0.0}
    try:
        while not stopping.is_set():
            for job, at in due.items():
                if at <= time.monotonic():
                    due[job] = time.monotonic() + job()
            stopping.wait(max(min(due.values()) - time.monotonic(), _SHORTEST_REST))
    finally:
        listening.close()
