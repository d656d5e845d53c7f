"""The only client for addresses that people give us: feeds, streams, whatever a brand or a stranger names.

Such an address may point into the network that we stand in, and a name may mean another machine at each look-up. So
the guard stands where it cannot be passed by: at the opening of every socket, with the very address it is opened to.
Nothing is redirected, proxies and passwords of the environment are not used, and every answer is bounded in size and
time.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from requests_hardened.ip_filter import filter_host

from sebar.kit import config, text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

LARGEST: Final = 2 * 1024 * 1024
"""How many bytes of an answer are read at most, after unpacking."""
SECONDS: Final = 20.0
"""How long an answer may take in all, from looking up the name to the last byte."""
_PORTS: Final = frozenset({80, 443})
_CHUNK: Final = 65_536
_LONGEST_LINE: Final = 1024 * 1024
_reach_loopback = False  # tests serve on this machine and set it; nothing else can


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: all of its body, and its headers by their names in small letters. `is_new`: not “as you know it”."""

    body: bytes
    headers: Mapping[str, str]
    is_new: bool = True


def check(address: str, *, field: str, schemes: Collection[str] = ("https", "http")) -> str:
    """Return an address, tidied, if it looks like one that may be asked; whether it may shows when it is asked.

    Raises
    ------
    UserError
        When it is empty, no address of the public web, of another scheme, or names another port than 80 and 443.
    """
    tidy = address.strip()
    scheme, _, rest = tidy.partition("://")
    if scheme not in schemes or not rest:
        raise UserError(
            gettext_noop("“{shown}” cannot be used: an address begins with {schemes}.") if tidy else _EMPTY,
            field=field,
            shown=text.shown(address),
            schemes=" / ".join(f"{one}://" for one in schemes),
        )
    web = urlsplit(text.url(f"https://{rest}", field=field))
    if not _is_usual(web.port or 443, web.hostname or "", _PORTS):
        raise UserError(
            gettext_noop("“{shown}” names a port that cannot be used: leave it out, or use 443 or 80."),
            field=field,
            shown=text.shown(address),
        )
    refuse_ours(web.hostname or "", web.port or 443, ports=_PORTS, field=field)
    return tidy


def refuse_ours(host: str, port: int, *, ports: Collection[int], field: str) -> None:
    """Do nothing if a host, a name or a number, looks like one of the public internet and the port is one of these.

    Raises
    ------
    UserError
        When it can be seen without looking the name up that it is not.
    """
    is_refused = not may_reach(host, port, ports=ports) if _is_number(host) else not _is_usual(port, host, ports)
    if is_refused or (_is_this_machine(host) and not _reach_loopback):
        raise UserError(_SENTENCES[_Refused], field=field, host=host)


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a client whose every connection is guarded. What it raises, `in_words` says in a sentence."""
    connector = aiohttp.TCPConnector(socket_factory=_open, limit=0, force_close=True)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"Sebar (+{config.load().public_url})"},
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        read_bufsize=_LONGEST_LINE // 2,
        trust_env=False,
        trace_configs=[_without_redirects()],
    ) as client:
        yield client


async def fetch(
    client: aiohttp.ClientSession, address: str, *, kinds: Collection[str], headers: Mapping[str, str] | None = None
) -> Fetched:
    """Return what an address answers to GET.

    Parameters
    ----------
    client
        A `session`.
    kinds
        Media types that are taken, without parameters.
    headers
        Sent with the question; If-None-Match or If-Modified-Since may bring “as you know it”.

    Raises
    ------
    UserError
        With one sentence that says why there is no such answer.
    """
    try:
        async with client.get(address, headers={"Accept": ", ".join(kinds), **(headers or {})}) as response:
            said = {name.lower(): value for name, value in response.headers.items()}
            if response.status == HTTPStatus.NOT_MODIFIED:
                return Fetched(b"", said, is_new=False)
            refuse(response, kinds)
            return Fetched(await _bounded(response), said)
    except UserError:
        raise
    except Exception as error:
        raise in_words(error, address) from error


async def save(
    client: aiohttp.ClientSession,
    address: str,
    path: Path,
    *,
    most: int,
    seconds: float,
    tell: Callable[[int, int], None],
) -> None:
    """Write what an address answers to GET into a file, of whatever type it says to be.

    Parameters
    ----------
    client
        A `session`.
    most
        How many bytes it may have.
    seconds
        How long it may take in all; no piece may take longer than `SECONDS`.
    tell
        Told after each piece how many bytes there are, and of how many; 0 where nobody has said.

    Raises
    ------
    UserError
        With one sentence that says why there is no such file.
    """
    patience = aiohttp.ClientTimeout(total=seconds, sock_connect=SECONDS, sock_read=SECONDS)
    try:
        async with client.get(address, headers={"Accept-Encoding": "identity"}, timeout=patience) as response:
            await _written(response, path, most, tell)
    except UserError:
        raise
    except Exception as error:
        raise in_words(error, address) from error


def refuse(response: aiohttp.ClientResponse, kinds: Collection[str]) -> None:
    """Do nothing if this is an answer of one of these media types.

    Raises
    ------
    UserError
        When it is an error, or of another type.
    """
    host = response.url.host or ""
    if response.status != HTTPStatus.OK:
        raise answered(response)
    if response.content_type not in kinds:
        raise UserError(
            gettext_noop("{host} sent “{shown}”, which cannot be read here; it should be {kinds}."),
            host=host,
            shown=text.shown(response.content_type),
            kinds=", ".join(kinds),
        )


def answered(response: aiohttp.ClientResponse) -> UserError:
    """Return what was answered, as a sentence for whoever gave the address."""
    return UserError(
        gettext_noop("{host} answered “{status} {reason}”."),
        host=response.url.host or "",
        status=response.status,
        reason=text.shown(response.reason or ""),
    )


def in_words(error: Exception, address: str) -> UserError:
    """Return what went wrong on the way to an address, as a sentence for whoever gave it."""
    cause = getattr(error, "os_error", None)
    what = cause if isinstance(cause, _Refused) else error
    said = next((sentence for kind, sentence in _SENTENCES.items() if isinstance(what, kind)), _UNREADABLE)
    return UserError(said, host=urlsplit(address).hostname or "")


def _without_redirects() -> aiohttp.TraceConfig:
    async def refuse(_client: object, _context: object, asked: aiohttp.TraceRequestRedirectParams) -> None:
        asked.response.close()
        raise UserError(
            gettext_noop("{host} sends on to “{shown}”: if you trust that, enter it instead."),
            host=asked.url.host or "",
            shown=text.shown(asked.response.headers.get("Location", "")),
        )

    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(refuse)
    return config


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise _too_much(response, LARGEST)
    return bytes(body)


async def _written(response: aiohttp.ClientResponse, path: Path, most: int, tell: Callable[[int, int], None]) -> None:
    if response.status != HTTPStatus.OK:
        raise answered(response)
    announced, there = response.content_length or 0, 0
    with path.open("wb") as file:
        async for chunk in response.content.iter_chunked(_CHUNK):
            there += len(chunk)
            if max(there, announced) > most:
                raise _too_much(response, most)
            file.write(chunk)
            tell(there, announced)


def _too_much(response: aiohttp.ClientResponse, most: int) -> UserError:
    return UserError(
        gettext_noop("{host} sent more than {most} MB, which is too much for one answer."),
        host=response.url.host or "",
        most=most >> 20,
    )


class _Refused(OSError):
    """A socket that is not opened. All say the same, so that several in one attempt stay what they are."""


_EMPTY: Final = gettext_noop("The address is empty: enter one that begins with {schemes}.")
_UNREADABLE: Final = gettext_noop("What {host} sent cannot be understood.")
_SENTENCES: Final = {
    _Refused: gettext_noop(
        "{host} leads into a private network or to an unusual port; only public addresses can be used."
    ),
    aiohttp.InvalidURL: gettext_noop("“{host}” is not an address of the web."),
    aiohttp.ClientConnectorDNSError: gettext_noop(
        "{host} cannot be found: either there is no such address, or this server does not reach the internet."
    ),
    aiohttp.ClientSSLError: gettext_noop("{host} does not prove that it is {host}: its certificate cannot be trusted."),
    TimeoutError: gettext_noop("{host} took too long to answer."),
    ConnectionError: gettext_noop("{host} does not answer, or hangs up."),
    aiohttp.ClientConnectionError: gettext_noop("{host} does not answer, or hangs up."),
}
"""The first that fits counts."""


def _open(found: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, address = found
    if not may_reach(address[0], address[1], ports=_PORTS):
        raise _Refused
    return socket.socket(family, kind, protocol)


def may_reach(host: str, port: int, *, ports: Collection[int]) -> bool:
    """Say whether this is a numerical address of the public internet, and one of these ports.

    Only what was asked here may be connected to, and nothing else that its name may mean a moment later.
    """
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if not _is_usual(port, host, ports) or number.is_reserved or getattr(number, "is_site_local", False):
        return False
    try:
        filter_host(host, port, allow_loopback=_reach_loopback)
    except OSError:  # whatever it raises is one
        return False
    return True


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_this_machine(host: str) -> bool:
    """Say whether this name never means anything else, whoever is asked (RFC 6761)."""
    return host == "localhost" or host.endswith(".localhost")


def _is_usual(port: int, host: str, ports: Collection[int]) -> bool:
    return port in ports or (_reach_loopback and host in {"127.0.0.1", "::1", "localhost"})
