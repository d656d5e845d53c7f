"""What stands for people in a draw, and what is kept sealed of them. All keys come from the instance's own secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from sebar.kit import config, text


def mark_of(draw: str, who: str) -> str:
    """Return what stands for somebody in the list of one draw: 32 hexadecimal digits, others in every draw.

    Parameters
    ----------
    draw
        The random digits of the draw.
    who
        ``participant`` or ``free`` and the number or hash of whoever it is.
    """
    return hmac.digest(_key(b"draw entrants"), f"{draw}\0{who}".encode(), "sha256").hex()[:32]


def hashed(email: str) -> str:
    """Return by what an e-mail address is known again: 64 hexadecimal digits, one for all that lead to one mailbox."""
    return hmac.digest(_key(b"draw addresses"), text.mailbox(email).encode(), "sha256").hex()


def seal(name: str, email: str) -> bytes:
    """Return a name and an address, encrypted and authenticated."""
    return _fernet().encrypt(msgspec.json.encode((name, email)))


def unseal(sealed: bytes | memoryview) -> tuple[str, str]:
    """Return the name and address that were sealed; empty ones when nothing was, or by another instance."""
    try:
        return msgspec.json.decode(_fernet().decrypt(bytes(sealed)), type=tuple[str, str])
    except InvalidToken:
        return "", ""


@lru_cache(maxsize=1)
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"draw sealing")))


def _key(purpose: bytes) -> bytes:
    return hashlib.blake2b(config.load().secret, person=purpose[:16], digest_size=32).digest()
