"""What a beacon says, as bytes: Eddystone-URL, a URI in a long advertisement, and what invites to connect.

Pure: no adapter is needed, and nothing but the standards (Core Specification Supplement; Eddystone-URL) decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

SERVICE: Final = UUID("7b1f2c64-5a0e-4d3b-9c58-5e6261720001")
"""The service in which a beacon's link can be read."""
EDDYSTONE_BYTES: Final = 17
"""How many bytes of an address an Eddystone beacon carries, beside the byte of its scheme."""

_SCHEMES: Final = ("http://www.", "https://www.", "http://", "https://")
_ENDINGS: Final = (".com", ".org", ".edu", ".net", ".info", ".biz", ".gov")
_SHORT_BYTES: Final = 31
_LONG_BYTES: Final = 251  # what one command gives to an adapter
_FLAGS: Final = bytes([2, 0x01, 0x06])  # found by whoever looks, no classic Bluetooth
_EDDYSTONE: Final = (0xFEAA).to_bytes(2, "little")
_POWER: Final = 0xEC  # -20 dBm at no distance: the usual of small adapters, for those who guess how far away it is
_URI_SCHEMES: Final = {"http:": 0x16, "https:": 0x17}


class Mode(StrEnum):
    """By which means a beacon says its link."""

    EDDYSTONE = "eddystone"
    EXTENDED = "extended"
    GATT = "gatt"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What a beacon offers.

    Attributes
    ----------
    link
        The whole link, as it travels on this channel.
    short
        The shortest address that leads there; empty when there is none.
    name
        What programs show that list beacons.
    headline
        What the link is about.
    """

    link: str
    short: str
    name: str
    headline: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Advert:
    """One advertisement, said over and over.

    Attributes
    ----------
    data, response
        What is said to everybody, and what to those who ask for more.
    is_long
        Whether only Bluetooth 5 can say it.
    invites
        Whether one may connect to read more.
    """

    data: bytes
    response: bytes = b""
    is_long: bool = False
    invites: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is advertised, and what had to be left out and why."""

    adverts: tuple[Advert, ...]
    left_out: tuple[UserError, ...]


def plan(offer: Offer, mode: Mode, *, takes_long: bool) -> Plan:
    """Return what to advertise.

    Parameters
    ----------
    takes_long
        Whether the adapter knows extended advertising (Bluetooth 5).

    Raises
    ------
    UserError
        When the one means that `mode` names cannot carry the link; of several, those that can are used.
    """
    left_out: list[UserError] = []

    def attempt(one: Mode, make: Callable[[], bytes]) -> bytes:
        try:
            return make() if mode in {one, Mode.ALL} else b""
        except UserError as refused:
            if mode is not Mode.ALL:
                raise
            left_out.append(refused)
            return b""

    frame = attempt(Mode.EDDYSTONE, lambda: _frame(offer))
    long = attempt(Mode.EXTENDED, lambda: _long(offer, takes_long=takes_long))
    invites = mode in {Mode.GATT, Mode.ALL}
    adverts = [_short(frame, offer.name, invites=invites)] if frame or invites else []
    adverts += [Advert(data=long, is_long=True)] if long else []
    return Plan(adverts=tuple(adverts), left_out=tuple(left_out))


def eddystone(address: str) -> bytes:
    """Return the frame that says an address of the web.

    Raises
    ------
    UserError
        When the address is too long, or has letters that a frame cannot say.
    """
    start = max((scheme for scheme in _SCHEMES if address.startswith(scheme)), key=len, default="")
    rest = address.removeprefix(start)
    if not start or not all("!" <= letter <= "~" for letter in rest):
        raise UserError(
            gettext_noop("Eddystone cannot say “{address}”: it takes plain web addresses of letters a-z and digits."),
            address=address,
        )
    encoded = _shortened(rest)
    if len(encoded) > EDDYSTONE_BYTES:
        raise UserError(
            gettext_noop(
                "“{address}” takes {count} bytes in an Eddystone beacon, and {most} fit: a shorter host name in"
                " SEBAR_URL helps, or --mode extended, which carries the whole link."
            ),
            address=address,
            count=len(encoded),
            most=EDDYSTONE_BYTES,
        )
    return bytes([0x10, _POWER, _SCHEMES.index(start)]) + encoded


def uri(address: str) -> bytes:
    """Return the field that says an address in an advertisement (type 0x24).

    Raises
    ------
    UserError
        When it is longer than an advertisement.
    """
    scheme = next((scheme for scheme in _URI_SCHEMES if address.startswith(scheme)), "")
    said = chr(_URI_SCHEMES.get(scheme, 1)) + address.removeprefix(scheme)
    if len(said.encode()) + 2 > _LONG_BYTES:
        raise UserError(
            gettext_noop("“{address}” takes {count} bytes in an advertisement, and {most} fit: use --mode gatt."),
            address=address,
            count=len(said.encode()),
            most=_LONG_BYTES - 2,
        )
    return _field(0x24, said.encode())


def _frame(offer: Offer) -> bytes:
    if not offer.short:
        raise UserError(
            gettext_noop(
                "Eddystone has no room for the campaign’s own page: name somebody with --code, or use --mode extended."
            ),
            field="code",
        )
    return eddystone(offer.short)


def _long(offer: Offer, *, takes_long: bool) -> bytes:
    if not takes_long:
        raise UserError(
            gettext_noop("This adapter has no extended advertising (Bluetooth 5): use --mode eddystone or --mode gatt.")
        )
    said = uri(offer.link)
    return said + _name(offer.name, _LONG_BYTES - len(said))


def _short(frame: bytes, name: str, *, invites: bool) -> Advert:
    """Return the one short advertisement: an Eddystone frame, an invitation to connect, or both."""
    service = _field(0x07, SERVICE.bytes[::-1])
    said = _field(0x03, _EDDYSTONE) + _field(0x16, _EDDYSTONE + frame) if frame else service
    more = service if frame and invites else b""
    return Advert(data=_FLAGS + said, response=more + _name(name, _SHORT_BYTES - len(more)), invites=invites)


def _shortened(rest: str) -> bytes:
    encoded = rest.encode()
    for code, ending in enumerate(_ENDINGS):
        encoded = encoded.replace(f"{ending}/".encode(), bytes([code]))
        encoded = encoded.replace(ending.encode(), bytes([code + len(_ENDINGS)]))
    return encoded


def _name(name: str, room: int) -> bytes:
    """Return the field with a name, shortened to the room there is."""
    whole = name.encode()
    cut = whole[: max(room - 2, 0)].decode(errors="ignore").encode()
    return _field(0x09 if cut == whole else 0x08, cut) if cut else b""


def _field(kind: int, content: bytes) -> bytes:
    return bytes([len(content) + 1, kind]) + content
