"""Loads the journals of an instance: `python loading.py DATA before|after|never NUMBER`.

Dies by its own hand right before or after that insert, or loads on until it is killed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from happenings import decoded

from sebar.events.event import Event
from sebar.events.loader import Loader
from sebar.events.store import Store, open_store
from sebar.kit import config


def mortal(store: Store, moment: str, number: int) -> Store:
    insert, inserts = store.insert, 0

    def insert_and_die(events: Sequence[Event], *, token: str, again: bool) -> None:
        nonlocal inserts
        inserts += 1
        if (moment, inserts) == ("before", number):
            os.kill(os.getpid(), signal.SIGKILL)
        insert(events, token=token, again=again)
        if (moment, inserts) == ("after", number):
            os.kill(os.getpid(), signal.SIGKILL)

    store.insert = insert_and_die  # type: ignore[method-assign]
    return store


if __name__ == "__main__":
    data, moment, number = sys.argv[1:]
    settings = config.read({"SEBAR_DATA": data})
    loader = Loader(mortal(open_store(settings), moment, int(number)), settings.positions, batch=500)
    print("open", flush=True)
    while loader.load_journals(settings.journal, decoded) or moment == "never":
        pass
