"""The raw evidence of one touch, as the edge journals it before anyone has judged it."""

from __future__ import annotations

from typing import Final

import msgspec

from sebar.events.event import Kind


class Touch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a request to the edge said about itself. Field order is the wire format: only ever append.

    No address is kept: `visitor` and `network` are keyed hashes whose key changes every day.

    Attributes
    ----------
    id
        The 16 bytes of a UUIDv7.
    ts, campaign, kind, participant, parent, root, generation, channel, creative
        As in `sebar.events.event.Event`; participant is the owner of the link.
    visitor
        Keyed hash of address and user agent.
    network
        Keyed hash of the address's network (/24 or /48), to see bursts by.
    method
        GET, HEAD or POST.
    agent
        The User-Agent header, cut at 300 characters.
    purpose
        Sec-Purpose, Purpose or X-Moz header, whichever says that this is a prefetch.
    fetch
        Sec-Fetch-Mode, Sec-Fetch-Dest and Sec-Fetch-User joined by ``/``; empty when the browser sent none.
    country
        ISO 3166 code from a trusted proxy, or empty.
    replayed
        True when a privileged key played it again with its original time; it is not judged anew.
    props
        Further named evidence, as text.
    """

    id: bytes
    ts: int
    campaign: int
    kind: Kind
    participant: int = 0
    parent: int = 0
    root: int = 0
    generation: int = 0
    channel: str = ""
    creative: str = ""
    visitor: int = 0
    network: int = 0
    method: str = ""
    agent: str = ""
    purpose: str = ""
    fetch: str = ""
    country: str = ""
    replayed: bool = False
    props: dict[str, str] = {}


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Touch)


def encode(touch: Touch) -> bytes:
    """Return the touch as MessagePack."""
    return _encoder.encode(touch)


def decode(row: bytes) -> Touch:
    """Return the touch that `encode` wrote."""
    return _decoder.decode(row)
