"""Telling visitors apart without keeping who they are.

A visitor is a keyed hash of address and user agent. The key is a random salt that changes at midnight UTC and is then
deleted by whoever is first in the new day, so that nobody, we included, can find the address again or follow a person
from one day to the next.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from sebar.kit.errors import Unavailable

_DAY_MS: Final = 86_400_000
_KNOWN: Final = 10_000  # visitors, and networks: a page opened from a link soon sends touches of its own


class Visitor(msgspec.Struct, frozen=True, gc=False):
    """Keyed hashes, from 1 to 2**64 - 1: of the visitor, and of the network (/24 or /48) the visitor came from."""

    visitor: int
    network: int


class Visitors:
    """Hashes visitors with the salt of the day, which all processes share.

    Parameters
    ----------
    folder
        `Config.salts`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day = -1
        self._keyed = blake2b(digest_size=8)
        self._known: dict[tuple[str, str], Visitor] = {}
        self._networks: dict[str, int] = {}

    def hashes(self, address: str, agent: str, now: int) -> Visitor:
        """Return the hashes of a visitor.

        Parameters
        ----------
        address
            IP address as text.
        agent
            The User-Agent header.
        now
            Milliseconds since 1970 UTC; its day chooses the salt.

        Raises
        ------
        Unavailable
            When the salt of a new day cannot be kept, most likely because the disk is full.
        """
        day = now // _DAY_MS
        if day != self._day:
            self._keyed = blake2b(digest_size=8, key=_salt_of(self._folder, day))
            self._day = day
            self._known, self._networks = {}, {}
        return self._known.get((address, agent)) or self._meet(address, agent)

    def _meet(self, address: str, agent: str) -> Visitor:
        if len(self._known) >= _KNOWN:
            self._known, self._networks = {}, {}
        network = self._networks.get(address) or self._hash(network_of(address))
        self._networks[address] = network
        return self._known.setdefault((address, agent), Visitor(self._hash(f"{address} {agent}"), network))

    def _hash(self, text: str) -> int:
        keyed = self._keyed.copy()
        keyed.update(text.encode(errors="replace"))
        return int.from_bytes(keyed.digest()) or 1


def network_of(address: str) -> str:
    """Return the /24 or /48 network of an address; text that is no address stands for itself."""
    return _masked(address, 24, 48)


def line_of(address: str) -> str:
    """Return what one line to the internet has: an IPv4 address, or the /64 network of an IPv6 one."""
    return _masked(address, 32, 64)


def _masked(address: str, bits: int, bits_of_six: int) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, bits if parsed.version == 4 else bits_of_six), strict=False))  # noqa: PLR2004 - IPv4


def _salt_of(folder: Path, day: int) -> bytes:
    path = folder / f"{day}.salt"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _place(path, secrets.token_bytes(32))
            _forget_others(folder, day)
        return path.read_bytes()
    except OSError as error:
        raise Unavailable("The salt of the day cannot be kept just now. Is the disk full?") from error


def _place(path: Path, salt: bytes) -> None:
    """Write the file whole or not at all, and let the first of several processes win."""
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(salt)
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)


def _forget_others(folder: Path, day: int) -> None:
    for path in folder.glob("*.salt"):
        if path.stem != str(day):
            path.unlink(missing_ok=True)
