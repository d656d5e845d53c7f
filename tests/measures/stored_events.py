"""Campaigns of every shape, drawn at random, always the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from sebar.events.answer import Answer
from sebar.events.event import Event, Kind, Verdict

START = 1_764_547_200_000  # 2025-12-01, midnight UTC
HOUR = 3_600_000
EMPTY, LONELY, BUSY, DEEP, OLD, SILENT = 1, 2, 3, 4, 5, 6
CAMPAIGNS = (EMPTY, LONELY, BUSY, DEEP, OLD, SILENT)
CREATIVES = ("", "video", "game")
COUNTRIES = ("", "ID", "SG", "MY")
SOURCES = ("", "list", "advertisement")
_REFUNDED = 0.3
CHANNELS = ("", "link", "messenger", "qr", "email", "x", "facebook", "code", "line")


@dataclass(frozen=True)
class Stored:
    """What the store holds, and how to ask it."""

    events: tuple[Event, ...]
    ask: Callable[[str, Mapping[str, Any]], Answer]


def campaign(number: int) -> list[Event]:
    draw = random.Random(number)
    if number == EMPTY:
        return []
    if number == LONELY:
        return _joins(draw, number, people=1, seeds=1, hours=1, start=START)
    people, seeds, hours = {BUSY: (900, 160, 400), DEEP: (300, 2, 90), OLD: (400, 60, 5 * 8766), SILENT: (120, 40, 30)}[
        number
    ]
    joined = _joins(draw, number, people=people, seeds=seeds, hours=hours, start=START - (number == OLD) * 9 * HOUR)
    if number == SILENT:
        return joined
    return joined + _others(draw, number, joined, hours)


def _joins(draw: random.Random, campaign: int, *, people: int, seeds: int, hours: int, start: int) -> list[Event]:
    found: list[Event] = []
    for number in range(people):
        at = start + draw.randrange(hours * HOUR // 4) if number < seeds else 0
        above = None if number < seeds else found[_whose(draw, campaign, number, seeds)]
        person = campaign * 1_000_000 + number + 1
        found.append(
            _event(
                draw,
                campaign,
                Kind.JOIN,
                at if above is None else above.ts + int(draw.expovariate(8 / (hours * HOUR))),
                participant=person,
                parent=above.participant if above else 0,
                root=above.root if above else person,
                generation=above.generation + 1 if above else 0,
                props={} if above else {"source": SOURCES[number % 3]},
            )
        )
    return found


def _whose(draw: random.Random, campaign: int, number: int, seeds: int) -> int:
    if campaign == DEEP:  # one long chain with short branches
        return max(number - 1 - draw.choice((0, 0, 1, 2, 3)), 0)
    return int(number * draw.random() ** 3)


def _others(draw: random.Random, campaign: int, joined: list[Event], hours: int) -> list[Event]:
    found = []
    kinds = (Kind.VIEW, Kind.VISIT, Kind.VISIT, Kind.VISIT, Kind.SHARE, Kind.INVITE, Kind.CONFIRM, Kind.CONVERSION)
    for _ in range(3 * len(joined)):
        kind = draw.choice(kinds)
        owner = joined[int(len(joined) * draw.random() ** 2)]
        judged = (Verdict.CRAWLER, Verdict.PREVIEW, Verdict.REPEAT) if kind in {Kind.VISIT, Kind.VIEW} else ()
        worth = kind is Kind.CONVERSION
        found.append(
            _event(
                draw,
                campaign,
                kind,
                owner.ts + draw.randrange(hours * HOUR // 3),
                participant=owner.participant,
                parent=owner.parent,
                root=owner.root,
                generation=owner.generation,
                visitor=draw.choice((0, *range(1, 400), 2**64 - 1)),
                value=draw.randrange(9_000_000) if worth else 0,
                currency=draw.choice(("IDR", "USD")) if worth else "",
                verdict=draw.choice((Verdict.PERSON, Verdict.PERSON, *judged)),
                reason="drawn",
                props={"external_id": f"order-{len(found)}"} if worth else {},
            )
        )
    refunds = [_refund(e, draw) for e in found if e.kind is Kind.CONVERSION and draw.random() < _REFUNDED]
    corrected = draw.sample(found, 5)
    props = [{"event": str(UUID(int=draw.getrandbits(128)))} for _ in corrected]  # of other campaigns' events
    corrections = [
        _event(draw, campaign, Kind.CORRECTION, e.ts, verdict=Verdict.SCANNER, reason="burst", props=named)
        for e, named in zip(corrected, props, strict=True)
    ]
    return found + refunds + corrections


def _refund(of: Event, draw: random.Random) -> Event:
    """Return that a conversion is undone within two days, as `participants` says it."""
    later = of.ts + draw.randrange(48 * HOUR)
    return msgspec.structs.replace(of, id=UUID(int=draw.getrandbits(128)), kind=Kind.REFUND, ts=later)


def _event(draw: random.Random, campaign: int, kind: Kind, ts: int, **more: Any) -> Event:
    channel = draw.choice(CHANNELS[: 3 + campaign])
    more = {"creative": CREATIVES[ts % 3], "country": COUNTRIES[ts % 4], **more}
    return Event(id=UUID(int=draw.getrandbits(128)), ts=ts, campaign=campaign, kind=kind, channel=channel, **more)
