"""Who wins: steps that anybody can take again, from the hash of a published list and a value that nobody could know.

Standard library only. `docs/draws.md` says the same steps in words, and as a program of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

DOMAIN: Final = "sebar-draw/1"
"""Name and version of these steps. It goes into every seed, so that no other use of the same value gives the same."""
BITS: Final = 256
"""How large the numbers of a stream are: each is one block of HMAC-SHA-256."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The entrants who won, by place, and those who follow where a winner cannot be reached, in their order."""

    winners: tuple[str, ...]
    reserves: tuple[str, ...]


def canonical(value: object) -> bytes:
    """Return the one way to write a value of objects, lists, texts and whole numbers as JSON (RFC 8785).

    Names are sorted, nothing stands between the parts, and only what must be is escaped.
    """
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
    ).encode()


def hash_of(listed: bytes) -> str:
    """Return the SHA-256 of a list in its canonical form, as 64 small hexadecimal digits."""
    return hashlib.sha256(listed).hexdigest()


def seed_of(list_hash: str, value: str) -> bytes:
    """Return the 32 bytes from which winners are drawn: SHA-256 over domain, hash and value, each on its own line.

    Parameters
    ----------
    list_hash
        As `hash_of` returns it.
    value
        What the source of randomness said, as its rules write it; no line break stands in it.
    """
    return hashlib.sha256(f"{DOMAIN}\n{list_hash}\n{value}".encode()).digest()


def numbers(seed: bytes) -> Iterator[int]:
    """Yield numbers below two to the power of `BITS`: HMAC-SHA-256 under the seed of 0, 1, 2 … as eight bytes."""
    counter = 0
    while True:
        yield int.from_bytes(hmac.digest(seed, counter.to_bytes(8), "sha256"))
        counter += 1


def below(bound: int, stream: Iterator[int], bits: int = BITS) -> int:
    """Return a number from 0 to `bound` - 1, each equally likely: what would favour the small ones is passed over.

    Parameters
    ----------
    stream
        Numbers below two to the power of `bits`, which must be at least `bound`.
    """
    limit = (1 << bits) - (1 << bits) % bound
    return next(number for number in stream if number < limit) % bound


def draw(entrants: Sequence[tuple[str, int]], seed: bytes, *, places: int, reserves: int, is_once: bool) -> Drawn:
    """Return who wins.

    Each place is drawn by one number below the sum of all tickets still in: tickets are counted through in the order
    of the list, and whose ticket it is wins. Reserves are drawn on in the same way, each person once, without winners.

    Parameters
    ----------
    entrants
        Each entrant with their tickets, at least one, in the order of the list.
    places
        How many win; fewer when there are fewer people.
    reserves
        How many follow them.
    is_once
        Whether a winner's tickets are taken out at once, so that nobody wins twice.
    """
    urn = _Urn([tickets for _, tickets in entrants])
    stream = numbers(seed)
    won: list[int] = []
    for _ in range(places):
        if not urn.total:
            break
        won.append(urn.find(below(urn.total, stream)))
        if is_once:
            urn.take_out(won[-1])
    for place in set(won):
        urn.take_out(place)
    follow: list[int] = []
    while urn.total and len(follow) < reserves:
        follow.append(urn.find(below(urn.total, stream)))
        urn.take_out(follow[-1])
    return Drawn(tuple(entrants[place][0] for place in won), tuple(entrants[place][0] for place in follow))


class _Urn:
    """Tickets by entrant, with sums of blocks kept (Fenwick 1994): finding and taking out cost log n steps."""

    def __init__(self, tickets: Sequence[int]) -> None:
        self._tickets = list(tickets)
        self._sums = [0, *tickets]
        self.total = sum(tickets)
        for place in range(1, len(self._sums)):
            above = place + (place & -place)
            if above < len(self._sums):
                self._sums[above] += self._sums[place]

    def find(self, number: int) -> int:
        """Return at which place the ticket of this number is, counted from 0."""
        place = 0
        for step in reversed(range(len(self._sums).bit_length())):
            ahead = place + (1 << step)
            if ahead < len(self._sums) and self._sums[ahead] <= number:
                place = ahead
                number -= self._sums[ahead]
        return place

    def take_out(self, place: int) -> None:
        """Take all tickets of a place out. Again changes nothing."""
        tickets, self._tickets[place] = self._tickets[place], 0
        self.total -= tickets
        block = place + 1
        while block < len(self._sums):
            self._sums[block] -= tickets
            block += block & -block
