"""What the edge sees of a request and says in reply, and where a request really came from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_COUNTRY_LENGTH: Final = 2


class Headers(Protocol):
    """Request headers; names are lower case."""

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of a header."""

    def __contains__(self, key: str) -> bool: ...

    def items(self) -> list[tuple[str, str]]:
        """Return all headers, repeated ones repeatedly."""


class Scope(Protocol):
    """A request as the RSGI server describes it. `path` is percent-decoded, `client` is ``address:port``."""

    @property
    def proto(self) -> str: ...
    @property
    def http_version(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def authority(self) -> str | None: ...
    @property
    def headers(self) -> Headers: ...


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A whole answer."""

    status: int
    headers: list[tuple[str, str]]
    body: str = ""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a request came from: address as text, ``http`` or ``https``, and ISO 3166 country or empty."""

    address: str
    scheme: str
    country: str


def plain(status: int, sentence: str, *headers: tuple[str, str]) -> Reply:
    """Return a reply of one plain sentence."""
    always = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store")]
    return Reply(status, [*always, *headers], f"{sentence}\n")


def origin_of(scope: Scope, trusted: Sequence[Network]) -> Origin:
    """Return where a request came from. What headers say about it is believed from trusted proxies only."""
    peer = scope.client.rpartition(":")[0].strip("[]")
    if not trusted or not _is_in(peer, trusted):
        return Origin(peer, scope.scheme, "")
    headers = scope.headers
    scheme = headers.get("x-forwarded-proto", "").strip().lower()
    country = (headers.get("cf-ipcountry", "") or headers.get("x-country-code", "")).strip().upper()
    return Origin(
        _first_untrusted(headers, peer, trusted),
        scheme if scheme in {"http", "https"} else scope.scheme,
        country if len(country) == _COUNTRY_LENGTH and country.isascii() and country.isalpha() else "",
    )


def _first_untrusted(headers: Headers, peer: str, trusted: Sequence[Network]) -> str:
    """Return the nearest address that is no proxy of ours: what stands left of it anybody may have written."""
    named = [
        part.strip()
        for name, value in headers.items()
        if name == "x-forwarded-for"
        for part in value.split(",")
        if part.strip()
    ]
    nearest = peer
    for address in reversed(named):
        if _parsed(address) is None:
            break
        nearest = address
        if not _is_in(address, trusted):
            break
    return nearest


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None
