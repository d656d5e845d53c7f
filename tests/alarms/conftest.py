"""The real engine beside the tests, as the console's have it, and a brand's program that is told of alarms."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine_beside import _campaigns_of_its_own, count, store, without_engine  # noqa: F401 - fixtures found by their names
from push_service import service  # noqa: F401 - a fixture found by its name


@dataclass
class Program:
    """Where it listens, and what it was told: headers and body."""

    address: str
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204


@pytest.fixture
def program() -> Iterator[Program]:
    """A program on this machine that takes what it is told."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    found = Program(f"http://127.0.0.1:{server.server_port}/alarms")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
