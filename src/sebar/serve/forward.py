"""The way from the front to the web process: one kept HTTP client over a Unix socket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

import aiohttp
from yarl import URL

from sebar.edge import links
from sebar.edge.links import Found
from sebar.edge.request import Origin, Scope
from sebar.kit.errors import Unavailable

_CONNECTIONS: Final = 128
_READ_AHEAD: Final = 16 * 1024 * 1024
_PATH_SAFE: Final = "/:@!$&'()*+,;=~-._"
_QUERY_SAFE: Final = f'{_PATH_SAFE}?%[]{{}}|\\^`"'
_OF_ONE_HOP: Final = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length"}
)
_OURS_TO_SAY: Final = frozenset({"host", "forwarded", "x-real-ip"})
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=30, sock_connect=2, sock_read=90)


class Stream(Protocol):
    """An answer under way."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a part."""


class Answering(Protocol):
    """How the server takes an answer."""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...
    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Stream: ...


class Web:
    """The web process, as the front sees it.

    Parameters
    ----------
    socket
        `Config.web_socket`.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._session: aiohttp.ClientSession | None = None

    async def ask_for_link(self, code: str) -> Found | None:
        """Return the link of a code that is not published yet; None when nobody has this code.

        Raises
        ------
        Unavailable
            When the web process does not answer.
        """
        try:
            async with self._kept().get(URL(f"http://web/-/link/{code}")) as response:
                if response.status == 404:  # noqa: PLR2004 - HTTP's not found
                    return None
                response.raise_for_status()
                return links.decode(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable("The web process did not say whose link this is.") from error

    async def forward(self, scope: Scope, body: bytes | None, origin: Origin, host: str, answer: Answering) -> None:
        """Pass a request on and its answer back.

        Raises
        ------
        Unavailable
            When the web process does not answer. Nothing has been answered then.
        """
        request = self._kept().request(
            scope.method,
            _url(scope),
            headers=_headers_in(scope, origin, host),
            data=body,
            allow_redirects=False,
        )
        try:
            async with request as response:
                await _pass_back(response, scope.method, answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable("The web process did not answer.") from error

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()

    def _kept(self) -> aiohttp.ClientSession:
        # Made with the first request, since it belongs to the running loop.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(self._socket), limit=_CONNECTIONS, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                max_field_size=65536,
            )
        return self._session


async def _pass_back(response: aiohttp.ClientResponse, method: str, answer: Answering) -> None:
    headers = _headers_out(response)
    if method == "HEAD" or response.status in {204, 304}:
        answer.response_empty(response.status, headers)
        return
    # Read ahead, so that a slow reader never holds up the web process's only thread.
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > _READ_AHEAD or response.content_type == "text/event-stream":
            break
    else:
        answer.response_bytes(response.status, headers, b"".join(parts))
        return
    stream = answer.response_stream(response.status, headers)
    try:
        for part in parts:
            await stream.send_bytes(part)
        async for part in response.content.iter_any():
            await stream.send_bytes(part)
    except Exception:  # noqa: BLE001 - the server names no type for a reader who went away; part is sent, nothing else can be
        response.close()


def _url(scope: Scope) -> URL:
    query = scope.query_string
    behind = f"?{quote(query, safe=_QUERY_SAFE)}" if query else ""
    return URL(f"http://web{quote(scope.path, safe=_PATH_SAFE)}{behind}", encoded=True)


def _headers_in(scope: Scope, origin: Origin, host: str) -> list[tuple[str, str]]:
    # WSGI cannot tell a_b from a-b, so a name with an underscore could pose as one that only we may say.
    passed = [
        (name, value)
        for name, value in _end_to_end(scope.headers.items())
        if name not in _OURS_TO_SAY and "_" not in name and not name.startswith(("x-forwarded-", "proxy-"))
    ]
    return [
        *passed,
        ("host", host),
        ("x-forwarded-for", origin.address),
        ("x-forwarded-proto", origin.scheme),
        ("x-forwarded-country", origin.country),
    ]


def _headers_out(response: aiohttp.ClientResponse) -> list[tuple[str, str]]:
    named = [(name.lower(), value) for name, value in response.headers.items()]
    return [(name, value) for name, value in _end_to_end(named) if name not in {"server", "date"}]


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers that are not about one hop, as RFC 9110 7.6.1 names them."""
    listed = list(headers)
    also = {
        part.strip().lower() for name, value in listed if name == "connection" for part in value.split(",")
    } | _OF_ONE_HOP
    return [(name, value) for name, value in listed if name not in also]
