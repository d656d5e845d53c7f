"""The one public port: the edge answers ``/r/`` and ``/t``, everything else goes on to the web process.

Start it with ``granian --interface rsgi sebar.serve.front:app``. Links work while web and engine are down.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from sebar.edge import touch
from sebar.edge.app import Edge
from sebar.edge.links import LinkTable
from sebar.edge.request import Reply, Scope, origin_of, plain
from sebar.edge.visitor import Visitors
from sebar.events.journal import Journal
from sebar.kit import brake, config
from sebar.kit.config import Config
from sebar.kit.errors import Unavailable
from sebar.serve import clips, waiting
from sebar.serve.forward import Answering, Web

BODY_BYTES: Final = 12 * 1024 * 1024
FORM_BYTES: Final = 256 * 1024  # the longest form has half of it; reading one keeps the web process's only thread busy
_HELD_BYTES: Final = 256 * 1024 * 1024  # of all bodies that are being received
_HEADER_BYTES: Final = 32 * 1024
_BODY_SECONDS: Final = 60
_SECONDS_BETWEEN_NOTES: Final = 5
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(?::[0-9]{1,5})?")
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([^;"\s]*)')
_ENCODINGS: Final = frozenset({"utf-8", "utf8"})

log = logging.getLogger("sebar.front")


class Exchange(Answering, clips.Sending, Protocol):
    """One request's body coming in, its answer going out."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class TooLarge(Exception):
    """A body is longer than we read: than `most` bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class Front:
    """The application of the public port.

    Parameters
    ----------
    settings
        The instance's settings.
    """

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._hosts = frozenset(
            {urlsplit(settings.public_url).hostname, settings.host.lower(), "localhost", "127.0.0.1", "::1"}
        )
        self._held = 0
        self._note_again_at = 0.0
        self._web = Web(settings.web_socket)
        self._links: LinkTable
        self._journal: Journal
        self._edge: Edge

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open what a worker needs; the server calls it once in each."""
        settings = self._settings
        self._links = LinkTable(settings.links, brake.opened(settings.brake))
        self._journal = Journal(settings.journal, writer="front")
        self._edge = Edge(
            links=self._links,
            journal=self._journal,
            visitors=Visitors(settings.salts),
            ask=self._web.ask_for_link,
            trusted_proxies=settings.trusted_proxies,
        )

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close it; the server calls it when the worker ends."""
        loop.run_until_complete(self._web.close())
        self._journal.close()
        self._links.close()

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request."""
        path = scope.path
        try:
            reply = await self._edge.follow(scope, path[3:]) if path.startswith("/r/") else None
            if reply is None:
                reply = await self._beyond_links(scope, path, exchange)
        except Unavailable as error:
            self._note(error)
            reply = waiting.reply(scope)
        except TooLarge as error:
            reply = plain(413, f"A request like this may have {error.most // 1024} kB; this one has more.")
        except Exception:
            log.exception("A request could not be answered.")
            reply = plain(500, "Something went wrong here. It was noted.")
        if reply is not None:
            _send(reply, exchange)

    def _note(self, trouble: Unavailable) -> None:
        """Write into the log what cannot be answered just now; not for every request, for there may be many."""
        now = time.monotonic()
        if now >= self._note_again_at:
            self._note_again_at = now + _SECONDS_BETWEEN_NOTES
            log.warning("%s %s", trouble, trouble.__cause__ or "")

    async def _beyond_links(self, scope: Scope, path: str, exchange: Exchange) -> Reply | None:
        if path == "/t":
            return await self._touches(scope, exchange)
        if path.startswith(clips.PATH):
            return clips.answer(scope, self._settings.media / "clips", exchange)
        refusal = self._refusal(scope, path)
        if refusal is None:
            await self._forward(scope, exchange)
        return refusal

    async def _touches(self, scope: Scope, exchange: Exchange) -> Reply:
        if scope.method != "POST":
            return plain(405, "Touches are sent with POST.", ("allow", "POST"))
        try:
            body = await self._body(scope, exchange, touch.BYTES)
        except TooLarge:
            return plain(413, f"A batch of touches may have {touch.BYTES} bytes; this one has more.")
        return await self._edge.collect(scope, body)

    def _refusal(self, scope: Scope, path: str) -> Reply | None:
        """Return why a request goes no further, or None when it may."""
        if path.startswith("/-/") or path == "/-":
            return plain(404, "There is nothing here.")
        host = _host(scope)
        if _name(host) not in self._hosts:
            return plain(421, f"“{host[:80]}” is not the address of this place. It is {self._settings.public_url}.")
        if sum(len(name) + len(value) for name, value in scope.headers.items()) > _HEADER_BYTES:
            return plain(431, f"The headers have more than {_HEADER_BYTES // 1024} kB. Delete this site's cookies.")
        if not _is_utf8(scope.headers.get("content-type", "")):
            return plain(415, "Everything here is UTF-8: send this without a charset, or with charset=utf-8.")
        return None

    async def _forward(self, scope: Scope, exchange: Exchange) -> None:
        origin = origin_of(scope, self._settings.trusted_proxies)
        body = await self._body(scope, exchange, _most(scope)) if _has_body(scope) else None
        await self._web.forward(scope, body, origin, _host(scope), exchange)

    async def _body(self, scope: Scope, exchange: Exchange, most: int) -> bytes:
        """Return the whole body. Slow senders wait here, not in the web process's only thread."""
        declared = scope.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > most:
            raise TooLarge(most)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for part in exchange:
                    size += len(part)
                    self._held += len(part)
                    if size > most:
                        raise TooLarge(most)
                    if self._held > _HELD_BYTES:
                        raise Unavailable("Too many large bodies are being received.")
                    parts.append(part)
        except TimeoutError:
            raise Unavailable(f"A body did not arrive within {_BODY_SECONDS} s.") from None
        finally:
            self._held -= size
        return b"".join(parts)


def _send(reply: Reply, exchange: Exchange) -> None:
    if reply.body:
        exchange.response_str(reply.status, reply.headers, reply.body)
    else:
        exchange.response_empty(reply.status, reply.headers)


def _has_body(scope: Scope) -> bool:
    headers = scope.headers
    return scope.method not in {"GET", "HEAD"} or "content-length" in headers or "transfer-encoding" in headers


def _most(scope: Scope) -> int:
    """Return how long a body may be. Only programs, and people who send a picture, need long ones."""
    is_form = scope.headers.get("content-type", "").strip().lower().startswith("application/x-www-form-urlencoded")
    may_be_long = scope.path.startswith(("/api/", "/console/brands/"))
    return BODY_BYTES if may_be_long and not is_form else FORM_BYTES


def _is_utf8(content_type: str) -> bool:
    # Django looks up whatever stands there among Python's codecs, some of which are no encodings of text.
    return all(name in _ENCODINGS for name in _CHARSET.findall(content_type.lower()))


def _host(scope: Scope) -> str:
    return scope.authority or scope.headers.get("host", "")


@lru_cache(maxsize=1024)
def _name(host: str) -> str | None:
    """Return the name in a Host header; None when it holds anything but a name and a port."""
    match = _HOST.fullmatch(host.lower())
    return match[1].strip("[]") if match else None


app = Front(config.load())
