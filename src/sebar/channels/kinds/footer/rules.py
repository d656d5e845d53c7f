"""How mailboxes, conversations and tokens are spelled and recognised: pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sebar.channels import sealing
from sebar.kit import codes, text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

CHANNEL: Final = "footer"
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]+>")
_TOKEN_LETTERS: Final = 6
_FIRST_TOKEN: Final = len(codes.ALPHABET) ** (_TOKEN_LETTERS - 1)
_TOKENS: Final = len(codes.ALPHABET) ** _TOKEN_LETTERS - _FIRST_TOKEN


def address(given: str) -> str:
    """Return the address of a mailbox as it is recognised by.

    Raises
    ------
    UserError
        When it is none.
    """
    tidy = text.email(given, field="address")
    if not tidy:
        raise UserError(gettext_noop("The address is empty: write that of the mailbox you send from."), field="address")
    return tidy


def address_hash(address: str) -> str:
    """Return by what the mailbox with this address is known."""
    return sealing.hashed(CHANNEL, address)


def sender(envelope: str, signed_in: str = "") -> str:
    """Return the address of whoever sends a mail: who signed in, or else the envelope's sender. Empty: a bounce.

    Parameters
    ----------
    envelope
        As SMTP spells it, with its angle brackets or without.
    signed_in
        The name somebody signed in with; one without a domain gets that of the envelope.
    """
    from_envelope = envelope.strip().removeprefix("<").removesuffix(">").strip().lower()
    name = signed_in.strip().lower()
    if not name or not from_envelope or "@" in name:
        return name if name and from_envelope else from_envelope
    return f"{name}@{from_envelope.rpartition('@')[2]}"


def token(participant: int, address_hash: str) -> str:
    """Return the six letters by which the owner of a mailbox proves it, the same each time they are asked for."""
    drawn = int(sealing.signed(f"{CHANNEL} {address_hash}", participant), 16)
    return codes.spell(_FIRST_TOKEN + drawn % _TOKENS)


def is_proof(headers: Mapping[str, str], token: str) -> bool:
    """Say whether a mail was written to prove a mailbox: its subject is the token and nothing else, and it is no reply.

    A token somewhere in a subject proves nothing: whoever writes it to somebody gets it back in the answer.
    """
    letters = "".join(letter for letter in headers.get("subject", "").lower() if letter not in " -")
    return letters == token and not headers.get("in-reply-to") and not headers.get("references")


def thread_hash(headers: Mapping[str, str], sender: int) -> str:
    """Return by what a mail's conversation is known to a sender; empty when nothing says which it is.

    Parameters
    ----------
    headers
        By their names in small letters.
    """
    for name in ("references", "in-reply-to", "message-id"):
        found = _MESSAGE_ID.search(headers.get(name, ""))
        if found:
            return sealing.hashed(f"{CHANNEL} thread {sender}", found[0])
    return ""
