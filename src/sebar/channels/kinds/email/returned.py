"""Letters that come back: which one it was, and whether its address is dead (RFC 3464)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Final

from flufl.bounce import all_failures

from sebar.channels.kinds.email.letter import number_of

_TOKEN: Final = re.compile(r"\+(\d{1,19}-[0-9a-f]{16})@")
_ADDRESSED: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_STATUS: Final = re.compile(r"^Status:\s*(\d\.\d+\.\d+)", re.MULTILINE | re.IGNORECASE)
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Returned:
    """A letter that came back.

    Attributes
    ----------
    number
        Which message it was.
    is_final
        Whether nobody can be reached there any more; else it may work another time.
    words
        What the other side said.
    """

    number: int
    is_final: bool
    words: str


def read(raw: bytes, recipient: str = "") -> Returned | None:
    """Return what a returned letter tells; None when it is no returned letter of ours.

    Which letter it was is said by the address it came back to, which only we can make: what stands in its text anybody
    may write.

    Parameters
    ----------
    raw
        The whole message.
    recipient
        The address it was delivered to, where the mail server says it; else its headers are looked at.
    """
    message = message_from_bytes(raw, policy=policy.compat32)
    number = _number(recipient) or next(
        filter(None, (_number(str(message.get(name, ""))) for name in _ADDRESSED)), None
    )
    if number is None:
        return None
    is_temporary, is_permanent = _verdict(message)
    if not (is_temporary or is_permanent):
        return None
    return Returned(number, is_permanent, _words(raw))


def _verdict(message: Message) -> tuple[bool, bool]:
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - it breaks on mail that is odd in many ways; that is no returned letter then
        return False, False
    return bool(temporary), bool(permanent)


def _number(address: str) -> int | None:
    found = _TOKEN.search(address)
    return number_of(found[1]) if found else None


def _words(raw: bytes) -> str:
    text = raw.decode(errors="replace")
    status = _STATUS.search(text)
    told = re.search(r"^Diagnostic-Code:\s*(?:[\w-]+;\s*)?(.*(?:\n[ \t].*)*)", text, re.MULTILINE | re.IGNORECASE)
    return " ".join((told[1] if told else status[1] if status else "").split())[:_SHOWN]
