"""Where a browser may be reached: what it tells us when somebody asks for news, and our own key for it (RFC 8292)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sebar.channels import sealing
from sebar.kit import config
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256: FIPS 186-4 D.1.2.3
_POINT_BYTES: Final = 65
_SECRET_BYTES: Final = 16
_LONGEST: Final = 2000


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """What a note is encrypted with, so that the push service cannot read it (RFC 8291)."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """One browser, as its push service knows it."""

    endpoint: str
    keys: Keys


def read(given: str) -> str:
    """Return what a browser said in the one form in which it is kept.

    Raises
    ------
    UserError
        When no note could be sent there.
    """
    try:
        said = msgspec.json.decode(given[:_LONGEST], type=Subscription)
        point, secret = decoded(said.keys.p256dh), decoded(said.keys.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        is_usable = len(point) == _POINT_BYTES and len(secret) == _SECRET_BYTES
    except (ValueError, msgspec.MsgspecError):
        is_usable = False
    if not is_usable:
        message = gettext_noop("This browser’s answer cannot be used for news: reload the page and try once more.")
        raise UserError(message, field="subscription")
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web needs this when somebody asks for news

    http.check(said.endpoint, field="subscription")
    return msgspec.json.encode(said).decode()


def marks(sealed: Iterable[bytes | memoryview]) -> str:
    """Return by what a page tells whether it is in one of these browsers: a hash for each, with spaces between.

    Parameters
    ----------
    sealed
        What `read` returned for each of them, encrypted (`sealing`).
    """
    addresses = [sealing.unseal(one) for one in sealed]
    return " ".join(_mark(address) for address in addresses if address)


def _mark(address: str) -> str:
    """Return the hash that ``push.js`` makes of its own browser's address."""
    return hashlib.sha256(msgspec.json.decode(address, type=Subscription).endpoint.encode()).hexdigest()


def private_key() -> ec.EllipticCurvePrivateKey:
    """Return the key by which push services know this instance; derived, so that nothing more has to be kept."""
    digest = hashlib.blake2b(config.load().secret, person=b"web push", digest_size=64).digest()
    return ec.derive_private_key(1 + int.from_bytes(digest) % (_ORDER - 1), ec.SECP256R1())


def public_key() -> str:
    """Return the public half as browsers take it: the uncompressed point in base64url."""
    point = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of unpadded base64url."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(text) from error
