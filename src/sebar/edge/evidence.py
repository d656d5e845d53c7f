"""What a request says about who sent it, made into the touch that is journaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from sebar.edge.links import Link
from sebar.edge.request import Headers, Network, Scope, origin_of
from sebar.edge.touch import LATEST_MS
from sebar.edge.visitor import Visitors
from sebar.events.event import Kind
from sebar.events.touch import Touch
from sebar.kit.errors import UserError
from sebar.kit.ids import new_id_bytes

_AGENT_LENGTH: Final = 300
_HEADER_LENGTH: Final = 40
_VISITORS: Final = 2**64
_SECURE: Final = {"scheme": "https"}
_NOTHING: Final[dict[str, str]] = {}
_NOBODYS: Final = Link(participant=0, campaign=0)


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """The fields of a `Touch` that do not depend on the link."""

    ts: int
    visitor: int
    network: int
    method: str
    agent: str
    purpose: str
    fetch: str
    country: str
    replayed: bool
    props: dict[str, str]


def evidence_of(scope: Scope, trusted: Sequence[Network], visitors: Visitors, now: int) -> Evidence:
    """Return the evidence that a request carries; `now` in milliseconds since 1970 UTC."""
    headers = scope.headers
    origin = origin_of(scope, trusted)
    agent = headers.get("user-agent", "")[:_AGENT_LENGTH]
    hashes = visitors.hashes(origin.address, agent, now)
    return Evidence(
        now,
        hashes.visitor,
        hashes.network,
        scope.method,
        agent,
        _purpose(headers),
        _fetch(headers),
        origin.country,
        False,
        _SECURE if origin.scheme == "https" else _NOTHING,
    )


def replayed(headers: Headers) -> Evidence:
    """Return the evidence of a visit that a privileged key plays again: original time, visitor and agent, if any.

    Raises
    ------
    UserError
        When a header is not the number it should be.
    """
    ts = _number(headers, "sebar-time", "milliseconds since 1970 UTC", LATEST_MS)
    visitor = _number(headers, "sebar-visitor", "a number below 2 to the power of 64", _VISITORS - 1)
    return original(ts, visitor, headers.get("sebar-agent", ""))


def original(ts: int, visitor: int, agent: str = "") -> Evidence:
    """Return the evidence of a touch that a privileged key plays again; `ts` in milliseconds since 1970 UTC."""
    return Evidence(ts, visitor % _VISITORS, 0, "GET", agent[:_AGENT_LENGTH], "", "", "", True, _NOTHING)


def touch_of(
    evidence: Evidence,
    kind: Kind,
    campaign: int,
    link: Link | None,
    *,
    channel: str,
    creative: str,
    identity: bytes | None = None,
    props: dict[str, str] = _NOTHING,
) -> Touch:
    """Return the touch to journal. Without a link it is nobody's, only the campaign's."""
    whose = link or _NOBODYS
    return Touch(  # by position, which takes a fifth of the time: see there for the names
        identity or new_id_bytes(evidence.ts),
        evidence.ts,
        campaign,
        kind,
        whose.participant,
        whose.parent,
        whose.root,
        whose.generation,
        channel,
        creative,
        evidence.visitor,
        evidence.network,
        evidence.method,
        evidence.agent,
        evidence.purpose,
        evidence.fetch,
        evidence.country,
        evidence.replayed,
        evidence.props | props if props else evidence.props,
    )


def _purpose(headers: Headers) -> str:
    said = headers.get("sec-purpose", "") or headers.get("purpose", "") or headers.get("x-moz", "")
    return said[:_HEADER_LENGTH]


def _fetch(headers: Headers) -> str:
    mode = headers.get("sec-fetch-mode", "")
    if not mode:
        return ""
    return f"{mode}/{headers.get('sec-fetch-dest', '')}/{headers.get('sec-fetch-user', '')}"[:_HEADER_LENGTH]


def _number(headers: Headers, name: str, meaning: str, largest: int) -> int:
    text = headers.get(name, "0")
    if text.isascii() and text.isdecimal() and len(text) <= len(str(largest)) and int(text) <= largest:
        return int(text)
    raise UserError(f"The header {name} is “{text[:_HEADER_LENGTH]}”; it should be {meaning}.", field=name)
