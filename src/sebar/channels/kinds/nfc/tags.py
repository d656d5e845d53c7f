"""What stands on an NFC tag: a link alone, or a poster of a link with titles. Bytes of the NFC Data Exchange Format.

The one place that knows ``ndeflib``, which has no types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import ndef

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop


@dataclass(frozen=True, slots=True)
class Tag:
    """A chip that is sold in stickers and cards.

    Attributes
    ----------
    memory
        Bytes that the seller names.
    room
        Bytes of the longest message that fits. The chip declares 144, 496 and 872 bytes as usable, and of these the
        message's frame takes 4, on the smallest chip 7 together with what the factory has written.
    """

    name: str
    memory: int
    room: int


TAGS: Final = (Tag("NTAG213", 144, 137), Tag("NTAG215", 504, 492), Tag("NTAG216", 888, 868))
"""The usual chips, smallest first."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a phone reads from a tag: a link, and the titles of a poster by language."""

    link: str
    titles: Mapping[str, str] = field(default_factory=dict)


def link(address: str) -> bytes:
    """Return the message that opens an address. Phones of both kinds understand it."""
    return _encoded(ndef.UriRecord(address))


def poster(address: str, titles: Mapping[str, str]) -> bytes:
    """Return the message that opens an address and says in each language what it is (a smart poster)."""
    record = ndef.SmartposterRecord(address)
    for language, title in titles.items():
        record.set_title(title, language)
    return _encoded(record)


def read(message: bytes) -> Content:
    """Return what a message says.

    Raises
    ------
    UserError
        When the message is cut short or damaged, or holds no link.
    """
    try:
        records = list(ndef.message_decoder(message))
    except ndef.DecodeError:
        raise UserError(
            gettext_noop(
                "These {count} bytes are not a whole NFC message: download the file or read the tag once more."
            ),
            count=len(message),
        ) from None
    for record in records:
        if isinstance(record, ndef.UriRecord):
            return Content(record.iri)
        if isinstance(record, ndef.SmartposterRecord) and record.resource is not None:
            return Content(record.resource.iri, dict(record.titles))
    raise UserError(gettext_noop("There is no link in this NFC message: write the tag anew."))


def _encoded(record: object) -> bytes:
    return b"".join(ndef.message_encoder([record]))
