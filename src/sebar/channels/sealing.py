"""Addresses and secrets at rest: encrypted where they are needed again, hashed with a key where they need not be.

Both keys come from the instance's own secret, so a copy of the database alone tells neither.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from sebar.kit import config


def seal(text: str) -> bytes:
    """Return the text encrypted and authenticated."""
    return _fernet().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Return the text that was sealed; empty when another instance's key sealed it, or nothing was."""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        return ""


def seal_many(values: dict[str, str]) -> bytes:
    """Return several named texts sealed together."""
    return seal(msgspec.json.encode(values).decode())


def unseal_many(sealed: bytes | memoryview) -> dict[str, str]:
    """Return what `seal_many` sealed; empty when that cannot be read."""
    text = unseal(sealed)
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def hashed(channel: str, address: str) -> str:
    """Return by what an address on a channel is known again: 64 hexadecimal digits.

    Parameters
    ----------
    address
        In the one form in which it is to be known: `sebar.channels.known_by` asks the channel for that.
    """
    return hmac.digest(_key(b"addresses"), f"{channel}\0{address}".encode(), "sha256").hex()


def signed(purpose: str, number: int) -> str:
    """Return a token for a number, 16 hexadecimal digits, that nobody else can make."""
    return hmac.digest(_key(b"tokens"), f"{purpose}\0{number}".encode(), "sha256").hex()[:16]


def is_signed(purpose: str, number: int, token: str) -> bool:
    """Say whether the token is the number's own."""
    return hmac.compare_digest(signed(purpose, number).encode(), token.encode())


@lru_cache(maxsize=1)
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"sealing")))


def _key(purpose: bytes) -> bytes:
    return hashlib.blake2b(config.load().secret, person=purpose[:16], digest_size=32).digest()
