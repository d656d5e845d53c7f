"""The real front with the edge behind the one public address, and the pages in threads of the test's process."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, socket
from socketserver import TCPServer

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from postfix_beside import wait_for_port

from ports import free_port
from sebar.edge.links import Publisher
from sebar.kit import config


class _Pages(ThreadedWSGIServer):
    """Django behind a Unix socket, where the front looks for it."""

    address_family = AF_UNIX

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 80
        self.setup_environ()

    def get_request(self) -> tuple[socket, tuple[str, int]]:
        return self.socket.accept()[0], ("127.0.0.1", 0)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def pages_and_front(folder: Path) -> Iterator[str]:
    """Run both, and yield their public address, by which all pages name themselves meanwhile."""
    port = free_port()
    environment = {"SEBAR_DATA": str(folder), "SEBAR_PORT": str(port)}
    settings = config.read(environment)
    settings.run.mkdir(parents=True)
    Publisher(settings.links).close()
    here = dataclasses.replace(config.load(), public_url=settings.public_url)
    with pytest.MonkeyPatch.context() as patch, _serving(settings.web_socket), _fronting(port, environment):
        patch.setattr(config, "load", lambda: here)
        yield settings.public_url


@contextmanager
def _serving(where: Path) -> Iterator[None]:
    with _Pages(str(where), _Quiet) as server:
        server.set_app(WSGIHandler())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _fronting(port: int, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--log-level", "error", "--no-ws"]
    command += ["--port", str(port), "sebar.serve.front:app"]
    front = subprocess.Popen(command, env=os.environ | environment)
    try:
        wait_for_port(port)
        yield
    finally:
        front.terminate()
        front.wait()
