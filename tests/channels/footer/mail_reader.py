"""Reads mail without anything of ours, to say what became of it."""

from __future__ import annotations

import email
from email.message import EmailMessage, Message
from email.policy import default

from mail_corpus import LINE

SHOWN = "share.example.com/r/k7m2fqx</a>"
ADDED = {"content-type", "content-transfer-encoding", "mime-version", "x-sebar-footer"}


def body(mail: bytes) -> bytes:
    """Return what stands below the headers."""
    return mail.partition(b"\r\n\r\n")[2]


def headers(mail: bytes) -> list[tuple[str, str]]:
    """Return the headers that nobody may touch, with their exact values."""
    parsed: Message[str, str] = email.message_from_bytes(mail)
    return [(name, str(value)) for name, value in parsed.items() if name.lower() not in ADDED]


def texts(mail: bytes) -> dict[str, str]:
    """Return the texts that a mail program would show, by their type."""
    parsed = email.message_from_bytes(mail, policy=default)
    assert isinstance(parsed, EmailMessage)
    found = {kind: parsed.get_body((kind,)) for kind in ("plain", "html")}
    return {kind: part.get_content() for kind, part in found.items() if part is not None}


def has_footer(mail: bytes) -> bool:
    """Say whether every text of a mail ends with the footer, and each has it once."""
    found = texts(mail)
    return bool(found) and all(
        text.rstrip().endswith(LINE) and text.count(LINE) == 1 if kind == "plain" else text.count(SHOWN) == 1
        for kind, text in found.items()
    )


def pieces(mail: bytes) -> list[tuple[str, bytes]]:
    """Return the type and the unpacked content of every part that holds something."""
    parsed: Message[str, str] = email.message_from_bytes(mail)
    return [
        (part.get_content_type(), part.get_payload(decode=True) or b"")
        for part in parsed.walk()
        if not part.is_multipart()
    ]
