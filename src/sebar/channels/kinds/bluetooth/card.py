"""The card that is pushed to a phone: who offers what, and the link."""

from __future__ import annotations

import binascii

from sebar.channels.kinds.bluetooth.advertising import Offer
from sebar.channels.kinds.bluetooth.obex import File


def card(offer: Offer, *, name: str) -> File:
    """Return the card (vCard 2.1, the one that every receiver must know) as a file of this name."""
    lines = [
        "BEGIN:VCARD",
        "VERSION:2.1",
        _line("N", offer.name.replace(";", ",")),  # a semicolon parts family name and given name
        _line("FN", offer.name),
        _line("NOTE", offer.headline),
        f"URL:{offer.link}",
        "END:VCARD",
    ]
    return File(f"{name}.vcf", "text/x-vcard", "".join(f"{line}\r\n" for line in lines).encode())


def _line(field: str, words: str) -> str:
    """Return a line whose words may be of any script; nothing in them can end it."""
    coded = binascii.b2a_qp(words.encode(), quotetabs=True, istext=False).decode().replace("\n", "\r\n")
    return f"{field};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{coded}"
