"""A fresh instance of its own for a bench: its own folder, its own port, ended and deleted afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fresh:
    """A running instance.

    Attributes
    ----------
    process
        Process number of its supervisor.
    folder
        Its data folder.
    environment
        With which any command reaches it.
    url
        Its address.
    seconds_to_start
        From nothing until it said that it was ready.
    """

    process: int
    folder: Path
    environment: dict[str, str]
    url: str
    seconds_to_start: float


@contextmanager
def fresh() -> Iterator[Fresh]:
    """Start an instance, and end it with the context."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sebar-bench-") as folder:
        environment = os.environ | {"SEBAR_DATA": folder, "SEBAR_PORT": str(port)}
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "sebar.serve.supervisor"], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            if process.stdout is None or not any(line.startswith("Sebar is ready") for line in process.stdout):
                sys.exit("The instance did not start; the lines above say why.")
            seconds = time.perf_counter() - began
            yield Fresh(process.pid, Path(folder), environment, f"http://localhost:{port}", seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
