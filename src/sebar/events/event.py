"""The one schema of everything that happens, as it stands in the event store and in the outbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec


class Kind(StrEnum):
    """What a person did with a campaign."""

    VIEW = "view"  # saw the material on a page
    VISIT = "visit"  # opened somebody's link
    SHARE = "share"  # passed it on to the public, or to people we do not know
    INVITE = "invite"  # passed it on to one person
    JOIN = "join"  # became a participant
    CONFIRM = "confirm"  # the join was confirmed
    CONVERSION = "conversion"  # did what the brand wants
    REACTION = "reaction"  # said something about it: good, neutral, bad, a complaint
    UNSUBSCRIBE = "unsubscribe"  # does not want to be written to any more
    CORRECTION = "correction"  # an earlier touch is judged anew; `props["event"]` names it
    PLAY = "play"  # played the material; `props["step"]` says how far, `props["score"]` how well
    REFUND = "refund"  # a conversion is undone; `props["external_id"]` names it


class Verdict(StrEnum):
    """Was this touch a person? Only `PERSON` counts for K, R and rewards."""

    PERSON = "person"
    CRAWLER = "crawler"  # says itself that it is a program
    PREVIEW = "preview"  # a messenger or network fetched the link to show a card
    PREFETCH = "prefetch"  # a browser fetched ahead; nobody looked
    HEAD = "head"  # asked for the headers only
    SCANNER = "scanner"  # opened many links at once, as mail gateways do
    REPEAT = "repeat"  # the same touch again from the same visitor within moments


class Event(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One immutable thing that happened. Field order is the wire format: only ever append.

    Attributes
    ----------
    id
        UUIDv7.
    ts
        When it happened, milliseconds since 1970 UTC.
    campaign
        Campaign identifier.
    kind
        What happened.
    participant
        Whose touch it is: the new participant of a join, the converter of a conversion, for views, visits and shares
        the owner of the link. 0 when nobody's.
    parent, root, generation
        The participant's parent (0 for a seed), the seed of its cascade and its distance from it.
    visitor
        Keyed hash of the visitor that changes every day; 0 when unknown.
    channel, creative
        How it travelled and which variant it was; empty when unknown.
    value, currency
        Worth of a conversion in minor units, and its ISO 4217 code.
    country, device
        ISO 3166 code and class of device; empty when unknown.
    verdict, reason
        Whether it counts, and the named rule that said so.
    props
        Anything else worth keeping, as text.
    """

    id: UUID
    ts: int
    campaign: int
    kind: Kind
    participant: int = 0
    parent: int = 0
    root: int = 0
    generation: int = 0
    visitor: int = 0
    channel: str = ""
    creative: str = ""
    value: int = 0
    currency: str = ""
    country: str = ""
    device: str = ""
    verdict: Verdict = Verdict.PERSON
    reason: str = ""
    props: dict[str, str] = {}


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Event)


def encode(event: Event) -> bytes:
    """Return the event as MessagePack."""
    return _encoder.encode(event)


def decode(row: bytes) -> Event:
    """Return the event that `encode` wrote."""
    return _decoder.decode(row)
