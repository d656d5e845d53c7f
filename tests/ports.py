"""Ports for servers that tests start."""

from __future__ import annotations

import socket
from random import SystemRandom
from typing import Final

# Below those that the kernel gives to connections going out: one of these cannot be taken before its server listens.
_RANGE: Final = range(15_000, 32_000)
_random = SystemRandom()  # the suite's own seed is the same in every worker, and so would be the ports


def free_port() -> int:
    """Return a port of this machine on which nothing listens."""
    while True:
        port = _random.choice(_RANGE)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
