"""The two processes that Granian runs: ``python -m sebar.serve.process front|web PARENT``."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import sys
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sebar.kit import config
from sebar.kit.config import Config
from sebar.serve.child import end_with_parent

_SECONDS_TO_END = 3


def front(settings: Config) -> None:
    """Serve the one public port: the edge, and the way to Django."""
    Granian(
        "sebar.serve.front:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        websockets=False,
        workers_kill_timeout=_SECONDS_TO_END,
        log_level=LogLevels.critical,
    ).serve(target_loader=load)


def web(settings: Config) -> None:
    """Serve Django. One thread: more make it slower, more processes make it faster."""
    # One that was killed leaves its socket behind, and the next could not listen there.
    settings.web_socket.unlink(missing_ok=True)
    Granian(
        "sebar.wsgi:application",
        uds=settings.web_socket,
        uds_permissions=0o600,
        interface=Interfaces.WSGI,
        blocking_threads=1,
        workers_kill_timeout=_SECONDS_TO_END,
        log_level=LogLevels.critical,
    ).serve(target_loader=load)


def load(target: str) -> Any:
    """Return the application that `target` names, inside the worker that will run it."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        # What a request has acknowledged is durable already, so nothing is lost by ending at once.
        end_with_parent(parent.pid, signal.SIGKILL)
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def main() -> None:
    """Run the process that the command line names until it is told to end."""
    name, parent = sys.argv[1], int(sys.argv[2])
    end_with_parent(parent, signal.SIGTERM)
    {"front": front, "web": web}[name](config.load())


if __name__ == "__main__":
    main()
