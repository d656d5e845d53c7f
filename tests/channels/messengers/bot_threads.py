"""Bots that really run, in threads of the test's process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from sebar.channels import ALL


@contextmanager
def serving(channel: str) -> Iterator[None]:
    """Run a channel's service as the sender process does, in a thread of its own."""
    stopping = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            ALL[channel].serve(stopping)
        except BaseException as error:  # noqa: BLE001 - the test is told
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work, name=channel)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(30)
        assert not thread.is_alive()
        assert not failed, failed
