"""The public HTTP surface as a brand's own program uses it: the API by a key, and the links."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, TypeVar

import aiohttp
import msgspec

from sebar.kit.errors import UserError

Answer = TypeVar("Answer")
_PATIENCE_SECONDS: Final = 60.0
_SHOWN_LENGTH: Final = 200
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Problem(msgspec.Struct, frozen=True):
    """A problem document, as far as it matters here."""

    detail: str = ""


class Client:
    """Talks to one instance with one key. What it cannot answer just now is asked again, for a minute at most.

    Parameters
    ----------
    session
        An open session whose base address is the instance and whose headers carry the key.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._is_key_known = False

    async def get(self, path: str, answer: type[Answer], **query: str | int) -> Answer:
        """Return what the API answers to a question."""
        return _read(path, await self._ask("GET", path, params=query), answer)

    async def post(self, path: str, answer: type[Answer], body: object = None) -> Answer:
        """Return what the API answers to a change. It may be sent again, so it must count once."""
        content = await self._ask("POST", path, data=msgspec.json.encode(body) if body is not None else None)
        return _read(path, content, answer)

    async def put(self, path: str, answer: type[Answer], body: object) -> Answer:
        """Return what the API answers to what takes the place of what was there; `msgspec.Raw` is sent as it is."""
        return _read(path, await self._ask("PUT", path, data=msgspec.json.encode(body)), answer)

    async def press(self, path: str) -> None:
        """Press the button of a page, as somebody does who got there by a link in a letter.

        Raises
        ------
        UserError
            When there is no such page, or what it does is refused.
        """
        async with self._session.get(path) as response:
            token = _TOKEN.search(await response.text())
            cookies = "; ".join(f"{one.key}={one.value}" for one in response.cookies.values())
        if token is None:
            raise UserError(f"{path} has no button.")
        headers = {"cookie": cookies, "referer": str(response.url)}
        form = {"csrfmiddlewaretoken": token[1]}
        status, content = await self._send("POST", path, data=form, headers=headers)
        if status >= HTTPStatus.BAD_REQUEST:
            raise UserError(f"The button of {path} answers {status}: {_sentence(content)}")

    async def visit(
        self, code: str, *, at_ms: int, visitor: int, via: str = "", creative: str = "", agent: str = ""
    ) -> None:
        """Open somebody's link as a visitor did at that time, without following where it leads.

        Parameters
        ----------
        at_ms
            Original time, milliseconds since 1970 UTC.
        visitor
            Names the visitor; below 2 to the power of 64.
        via, creative
            The channel it travelled by, and what was passed on.
        agent
            What the visitor's program calls itself, when that matters.

        Raises
        ------
        UserError
            When the link does not lead anywhere.
        """
        headers = {"sebar-time": str(at_ms), "sebar-visitor": str(visitor), **({"sebar-agent": agent} if agent else {})}
        query = "&".join(f"{name}={value}" for name, value in (("via", via), ("c", creative)) if value)
        path = f"/r/{code}?{query}" if query else f"/r/{code}"
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            status, content = await self._send("GET", path, headers=headers)
            if status == HTTPStatus.FOUND:
                self._is_key_known = True
                return
            # A fresh key reaches the edge a moment after it was made.
            if (status != HTTPStatus.FORBIDDEN or self._is_key_known) and status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise UserError(f"The link /r/{code} answers {status} instead of leading on: {_sentence(content)}")
            await _wait(until, f"The link /r/{code} still answers {status}: {_sentence(content)}")

    async def touch(self, touches: list[dict[str, object]]) -> None:
        """Send touches as pages do, with the original time and visitor of each.

        Raises
        ------
        UserError
            When they are not taken.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        body = msgspec.json.encode(touches)
        while True:
            status, content = await self._send("POST", "/t", data=body)
            if status == HTTPStatus.NO_CONTENT:
                return
            if status not in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.FORBIDDEN}:
                raise UserError(f"Touches are answered with {status}: {_sentence(content)}")
            await _wait(until, f"Touches are still answered with {status}: {_sentence(content)}")

    async def _ask(self, method: str, path: str, **options: Any) -> bytes:
        until = time.monotonic() + _PATIENCE_SECONDS
        headers = {"content-type": "application/json"}
        while True:
            status, content = await self._send(method, f"/api/v1{path}", headers=headers, **options)
            if status < HTTPStatus.BAD_REQUEST:
                return content
            if status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise UserError(f"{method} {path} answers {status}: {_sentence(content)}")
            await _wait(until, f"{method} {path} still answers {status}: {_sentence(content)}")

    async def _send(self, method: str, path: str, **options: Any) -> tuple[int, bytes]:
        try:
            async with self._session.request(method, path, allow_redirects=False, **options) as response:
                return response.status, await response.read()
        except aiohttp.ClientError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, str(error).encode()


@asynccontextmanager
async def connected(url: str, key: str) -> AsyncIterator[Client]:
    """Open a client of the instance at `url`.

    Raises
    ------
    UserError
        When nothing answers there.
    """
    # Packing answers would cost the instance more than sending them as they are.
    headers: Mapping[str, str] = {"authorization": f"Bearer {key}", "accept-encoding": "identity"}
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
    async with aiohttp.ClientSession(
        url, connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout
    ) as session:
        try:
            async with session.get("/api/v1/openapi.json") as response:
                await response.read()
        except aiohttp.ClientError as error:
            raise UserError(
                f"No Sebar answers at {url} ({error}). Start it with `sebar up`, or name another address with --url.",
                field="url",
            ) from None
        yield Client(session)


def _read(path: str, content: bytes, answer: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(content, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} answers in a way this version does not know: {error}.") from None


async def _wait(until: float, complaint: str) -> None:
    if time.monotonic() > until:
        raise UserError(complaint)
    await asyncio.sleep(0.2)


def _sentence(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content[:_SHOWN_LENGTH].decode(errors="replace").strip()
