"""Keyed hashes of what a join leaves behind: by them two joins can be told to be from the same place, and nothing else.

The key comes from the instance's own secret, the campaign and the month: a copy of the database alone tells no address,
and neither two campaigns nor two months can be compared. Addresses are few enough to be tried by whoever holds secret
and database; that is why the hashes are deleted after `rules.KEEP_DAYS`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

from sebar.edge.visitor import line_of
from sebar.kit import config

_BITS = 63  # what a database's whole numbers hold


@dataclass(frozen=True, slots=True)
class Traces:
    """What stands for where somebody joined from, and the day by whose month it was hashed."""

    day: date
    network: int | None = None
    device: int | None = None


def of_join(address: str, headers: str, campaign: int, day: date) -> Traces:
    """Return what stands for an IP address and what a browser's requests say of it; both may be empty."""
    return Traces(day, network(address, campaign, day), device(headers, campaign, day))


def network(address: str, campaign: int, day: date) -> int | None:
    """Return what stands for the line to the internet of an IP address: IPv4 whole, /64 of IPv6; None for none."""
    return _hashed("network", line_of(address), campaign, day) if address else None


def device(headers: str, campaign: int, day: date) -> int | None:
    """Return what stands for a kind of browser, by what its requests say of it; None when they say nothing."""
    return _hashed("device", headers, campaign, day) if headers else None


def payment(account: str, campaign: int, day: date) -> int | None:
    """Return what stands for an account for payments, however it is spaced and cased; None for none."""
    tidy = "".join(account.split()).casefold()
    return _hashed("payment", tidy, campaign, day) if tidy else None


def _hashed(kind: str, value: str, campaign: int, day: date) -> int:
    key = hashlib.blake2b(config.load().secret, person=b"fraud", digest_size=32).digest()
    message = f"{kind}\0{campaign}\0{day.year}-{day.month}\0{value}".encode(errors="replace")
    return int.from_bytes(hmac.digest(key, message, "sha256")[:8]) >> (64 - _BITS)
