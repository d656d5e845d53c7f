"""From where a request comes: address and kind of browser. Nothing here is kept: who keeps something hashes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

_TELLING: Final = ("User-Agent", "Accept-Language", "Sec-CH-UA", "Sec-CH-UA-Platform")
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """An IP address as text, and what a browser says of itself; empty when unknown."""

    address: str = ""
    device: str = ""


NOWHERE: Final = Origin()


def origin(request: HttpRequest) -> Origin:
    """Return from where a request comes, as the front says."""
    device = "\n".join(request.headers.get(name, "")[:_LONGEST] for name in _TELLING)
    return Origin(address_of(request), device if device.strip() else "")


def address_of(request: HttpRequest) -> str:
    """Return the IP address that a request comes from."""
    return request.headers.get("X-Forwarded-For", "") or request.META.get("REMOTE_ADDR", "")
