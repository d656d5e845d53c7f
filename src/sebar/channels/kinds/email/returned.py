"""Letters that come back: which one it was, and whether its address is dead (RFC 3464)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Final

from flufl.bounce import scan_message

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
        Whether nobody can be reached there any more; else it may work another time (a code like 4.4.7, RFC 3463 2).
    words
        What the other side said.
    """

    number: int
    is_final: bool
    words: str


def read(raw: bytes, recipient: str = "") -> Returned | None:
    """Return what a returned letter tells; None when it is no returned letter of ours.

    Nor is a notice that a letter is late: the mail servers still try, and say so once they give up (RFC 3464 2.3.3).

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
    if not _is_given_up(message):
        return None
    text = raw.decode(errors="replace")
    status = _STATUS.search(text)
    is_final = status is None or not status[1].startswith("4.")
    return Returned(number, is_final, _words(text, status[1] if status else ""))


def _is_given_up(message: Message) -> bool:
    try:
        return bool(scan_message(message))
    except Exception:  # noqa: BLE001 - it breaks on mail that is odd in many ways; that is no returned letter then
        return False


def _number(address: str) -> int | None:
    found = _TOKEN.search(address)
    return number_of(found[1]) if found else None


def _words(text: str, status: str) -> str:
    told = re.search(r"^Diagnostic-Code:\s*(?:[\w-]+;\s*)?(.*(?:\n[ \t].*)*)", text, re.MULTILINE | re.IGNORECASE)
    return " ".join((told[1] if told else status).split())[:_SHOWN]
