"""Files of draws for tests, and the slow, obvious way to draw from one: every ticket is written out."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sebar.rewards.draws import algorithm, file, randomness
from sebar.rewards.draws.file import DrawFile, Listed, Prize
from sebar.rewards.draws.randomness import Lottery

# What drand's quicknet said in its round 1000, which everybody can look up.
ROUND = 1000
SIGNATURE = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
RANDOMNESS = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
ROUND_AT = datetime(2023, 8, 23, 15, 59, 24, tzinfo=UTC)


def a_mark(number: int) -> str:
    """Return what may stand for an entrant."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def a_lottery(**different: Any) -> Lottery:
    """Return the result of a lottery of six numbers from 1 to 45."""
    values = {
        "name": "Lotto",
        "drawing": "Saturday",
        "time": "2026-12-05T20:00:00Z",
        "numbers": 6,
        "lowest": 1,
        "highest": 45,
        "order": "ascending",
    }
    return Lottery(**{**values, **different})


def a_list(tickets: Sequence[int] = (1, 2, 3, 4), **different: Any) -> Listed:
    """Return a list of as many entrants as there are numbers of tickets, drawn by drand's round 1000."""
    values: dict[str, Any] = {
        "format": "sebar-draw/1",
        "draw": "0" * 32,
        "title": "Kopi seumur hidup ☕",
        "brand": "Kopi Senja",
        "campaign": "kopi",
        "frozen": randomness.spell(ROUND_AT - timedelta(hours=1)),
        "source": randomness.drand_at(ROUND_AT),
        "prizes": (Prize("Grinder", 1), Prize("Cup", 2)),
        "reserves": 2,
        "wins": "once",
        "free_tickets": 4,
        "entrants": tuple(sorted((a_mark(number), count) for number, count in enumerate(tickets))),
    }
    return Listed(**{**values, **different})


def a_file(listed: Listed | None = None, value: str = RANDOMNESS, signature: str = SIGNATURE) -> DrawFile:
    """Return the file of a draw whose winners are drawn."""
    listed = listed or a_list()
    list_hash = algorithm.hash_of(file.pack(listed))
    outcome = file.outcome(listed, list_hash, value, signature)
    return DrawFile(list=listed, hash=list_hash, outcome=outcome, passed_on=())


def as_json(found: DrawFile) -> Any:
    """Return a file as a program reads it."""
    return json.loads(file.write(found))


def as_file(found: object) -> DrawFile:
    """Return the file that a program wrote."""
    return file.read(json.dumps(found).encode())


def naive_winners(listed: Listed, list_hash: str, value: str) -> tuple[list[str], list[str]]:
    """Return winners and reserves with every ticket written out in one long line, as one would do it by hand."""
    seed = hashlib.sha256(b"sebar-draw/1\n" + list_hash.encode() + b"\n" + value.encode()).digest()
    line = [mark for mark, count in sorted(listed.entrants) for _ in range(count)]
    used = 0

    def pick() -> str:
        nonlocal used
        while True:
            block = hmac.new(seed, used.to_bytes(8, "big"), hashlib.sha256).digest()
            used += 1
            number = int(block.hex(), 16)
            if number // len(line) < 2**256 // len(line):
                return line[number % len(line)]

    won: list[str] = []
    for prize in listed.prizes:
        for _ in range(prize.count):
            if line:
                won.append(pick())
                if listed.wins == "once":
                    line = [mark for mark in line if mark != won[-1]]
    line = [mark for mark in line if mark not in won]
    follow: list[str] = []
    while line and len(follow) < listed.reserves:
        follow.append(pick())
        line = [mark for mark in line if mark != follow[-1]]
    return won, follow


def changed(found: DrawFile, **different: Any) -> DrawFile:
    """Return a file with other values."""
    return msgspec.structs.replace(found, **different)
