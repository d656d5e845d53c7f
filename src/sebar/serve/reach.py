"""Whether each part of the running instance answers."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

from sebar.kit.config import Config

_SECONDS = 3.0
_WELL = 200


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))


def engine_answers(settings: Config) -> bool:
    """Return whether the engine listens for questions."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(str(settings.engine_socket))
        except OSError:
            return False
    return True


def web_answers(settings: Config) -> bool:
    """Return whether Django and its database answer on Django's own socket."""
    return _answers(_UnixConnection(settings.web_socket), settings.public_url)


def front_answers(settings: Config) -> bool:
    """Return whether the public port answers that it is well."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
    host = everywhere.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=_SECONDS)
    return _answers(connection, settings.public_url)


PARTS: dict[str, Callable[[Config], bool]] = {
    "engine": engine_answers,
    "web": web_answers,
    "front": front_answers,
}
"""Every part by its name, and how to find out whether it answers."""


def first_silent(settings: Config) -> str:
    """Return the name of a part that does not answer, empty when all do."""
    return next((name for name, answers in PARTS.items() if not answers(settings)), "")


def _answers(connection: http.client.HTTPConnection, public_url: str) -> bool:
    try:
        connection.request("GET", "/-healthy", headers={"Host": public_url.partition("//")[2]})
        return connection.getresponse().status == _WELL
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
