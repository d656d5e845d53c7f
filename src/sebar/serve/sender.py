"""The sender: writes to people over the channels that do, and answers and listens where a channel must all the time.

``python -m sebar.serve.sender PARENT``. Each channel has a thread of its own, so that one that fails or waits never
slows another. What is being sent is in the database before it leaves, so the process may be killed at any moment.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar import channels
from sebar.channels.base import Channel
from sebar.channels.conversation import actions as conversation
from sebar.channels.jobs import Sending
from sebar.channels.kinds.email import jobs as email
from sebar.channels.notices import Notices
from sebar.serve.child import end_with_parent
from sebar.serve.turns import Job, Turns

_KINDNESS: Final = 2
_SECONDS_TO_END: Final = 4.0
_REST_AFTER_TROUBLE: Final = 10.0
_log = logging.getLogger("sebar.sender")


def main() -> None:
    """Send, answer and listen until told to end; a message under way is finished first."""
    end_with_parent(int(sys.argv[1]), signal.SIGTERM)
    os.nice(_KINDNESS)  # whoever answers people comes first
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threads = [
        _start(partial(work, channel), channel.name, stopping)
        for channel in channels.ALL.values()
        for work in _works(channel)
    ]
    threads.append(_start(_tell, "notices", stopping))
    stopping.wait()
    deadline = time.monotonic() + _SECONDS_TO_END
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.0))
    # An ordinary exit would wait for threads that libraries keep, without a bound.
    os._exit(0)


def _works(channel: Channel) -> list[Callable[[Channel, threading.Event], None]]:
    return [work for work, is_wanted in ((_send, channel.sends), (_serve, channel.serves)) if is_wanted]


def _start(work: Callable[[threading.Event], None], name: str, stopping: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
    thread.start()
    return thread


def _send(channel: Channel, stopping: threading.Event) -> None:
    sending = Sending(channel, stopping)
    _take_turns({channel.name: sending.turn}, stopping)
    sending.close()


def _tell(stopping: threading.Event) -> None:
    """Queue news and letters that people asked for, and forget what bots have heard long ago."""
    _take_turns({"notices": Notices().turn, "inbox": conversation.tidy, "own letters": email.write}, stopping)


def _take_turns(jobs: dict[str, Job], stopping: threading.Event) -> None:
    turns = Turns(jobs, _log)
    while not stopping.wait(turns.turn()):
        pass


def _serve(channel: Channel, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            channel.serve(stopping)
        except Exception:  # noqa: BLE001 - one channel that is wrong must not keep the others from their work
            _log.exception("%s", channel.name)
            stopping.wait(_REST_AFTER_TROUBLE)


if __name__ == "__main__":
    main()
