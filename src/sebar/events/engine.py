"""Ask the engine, the one process that holds the event store, over its Unix socket. Light enough for every process."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from sebar.events import answer
from sebar.events.answer import Answer, Question, Status
from sebar.events.event import Kind
from sebar.kit import config
from sebar.kit.errors import Unavailable
from sebar.kit.words import gettext_noop

_ASK_SECONDS: Final = 40.0  # the store itself gives up earlier
_EXPORT_SECONDS: Final = 900.0
_NO_ANSWER: Final = gettext_noop(
    "The engine does not answer. Is Sebar running? Start it with “sebar up”; if it is starting, try again in a moment."
)
_kept = threading.local()


class Misunderstood(Exception):
    """The engine cannot make sense of a question: a mistake in the program that asks."""


def ask(sql: str, parameters: Mapping[str, Any] | None = None, *, at: Path | None = None) -> Answer:
    """Return what ClickHouse SQL over the table `events` yields.

    Parameters
    ----------
    sql
        One SELECT; values go in by ``{name:Type}``.
    parameters
        The values by name.
    at
        The engine's socket; the one of this process's settings when absent.

    Raises
    ------
    Unavailable
        When no engine answers, or it takes too long.
    Misunderstood
        When the question cannot be answered at all.
    """
    question = answer.encode(Question(sql, dict(parameters or {})))
    return answer.decode_answer(_call("POST", "/ask", question, at))


def status(*, at: Path | None = None) -> Status:
    """Return how fresh the event store is. Cheap: poll it, and ask anew when its version has risen.

    Raises
    ------
    Unavailable
        When no engine answers.
    """
    return answer.decode_status(_call("GET", "/status", None, at))


def export(
    into: BinaryIO,
    *,
    form: str,
    campaigns: Sequence[int] = (),
    kinds: Sequence[Kind] = (),
    at: Path | None = None,
) -> None:
    """Write events into a file as ClickHouse itself writes them; see `sebar.events.store.Store.export`.

    Raises
    ------
    Unavailable
        When no engine answers or it goes away meanwhile. Then the file is not whole.
    """
    wanted = json.dumps({"form": form, "campaigns": [*campaigns], "kinds": [*kinds]})
    with closing(_Line(at or config.load().engine_socket, _EXPORT_SECONDS)) as line, _in_plain_words():
        line.request("POST", "/export", wanted)
        response = line.getresponse()
        if response.status != http.client.OK:
            _refuse(response.status, response.read())
        shutil.copyfileobj(response, into, 1 << 20)


class _Line(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

    def __del__(self) -> None:
        self.close()  # the thread that kept it is over


def _call(method: str, path: str, body: bytes | None, at: Path | None) -> bytes:
    line = _kept_line(at or config.load().engine_socket)
    with _in_plain_words():
        try:
            reply = _converse(line, method, path, body)
        except ConnectionError:  # the engine was restarted since the last question
            reply = _converse(line, method, path, body)
    status, content = reply
    if status != http.client.OK:
        _refuse(status, content)
    return content


def _converse(line: _Line, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
    try:
        line.request(method, path, body)
        response = line.getresponse()
        return response.status, response.read()
    except BaseException:
        line.close()  # half a conversation must not be taken for the next one
        raise


def _kept_line(path: Path) -> _Line:
    lines: dict[Path, _Line] = _kept.__dict__.setdefault("lines", {})
    return lines.setdefault(path, _Line(path, _ASK_SECONDS))


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(gettext_noop("The engine takes too long to answer. Try again in a moment.")) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(_NO_ANSWER) from error


def _refuse(status: int, content: bytes) -> None:
    message = content.decode()
    raise Unavailable(message) if status == http.client.SERVICE_UNAVAILABLE else Misunderstood(message)
