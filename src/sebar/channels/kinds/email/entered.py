"""What a brand enters before we send letters for it, and what the instance must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sebar.kit import config, text
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop, say

_POSTAL: Final = 200
_KEY_BITS: Final = 2048
_MOST: Final = 100_000


def lacks() -> str:
    """Return what the instance lacks to send mail; empty when nothing."""
    return "" if config.load().mail else say(_NO_SERVER)


def wants(given: Mapping[str, str]) -> str:
    """Return what stands in the way of letters to friends: that nobody of the brand answers for them."""
    return "" if given.get("duties") else say(_NO_DUTIES)


def refuse(given: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> None:
    """Refuse a domain that another brand here sends from: their letters would vouch for each other.

    Raises
    ------
    UserError
        When it is another's, or letters would come back to another domain than they come from.
    """
    domain = given["sender"].partition("@")[2]
    if given["bounces"].partition("@")[2] != domain:
        message = gettext_noop("Returned letters must come back to the sender’s own domain, {domain}.")
        raise UserErrors([UserError(message, field="bounces", domain=domain)])
    if any(other.get("sender", "").partition("@")[2] == domain for other in others):
        message = gettext_noop("Another brand on this instance sends from {domain}: use a domain of your own.")
        raise UserErrors([UserError(message, field="sender", domain=domain)])


def sender(given: str) -> str:
    """Return the address letters come from."""
    return _address(given, gettext_noop("The sender’s address is empty: write one of your own domain."))


def bounces(given: str) -> str:
    """Return the address that letters come back to; what tells them apart is put before its ``@``."""
    return _address(given, gettext_noop("The address for returned letters is empty: write one of your own domain."))


def postal(given: str) -> str:
    """Return who is behind the letters."""
    tidy = text.line(given, field="postal", most=_POSTAL)
    if not tidy:
        raise UserError(
            gettext_noop("Your name and address are empty: whoever gets a letter must know who is behind it.")
        )
    return tidy


def most_a_day(given: str) -> str:
    """Return the brand's own limit; empty for the usual one."""
    tidy = given.strip()
    if tidy and not (tidy.isdecimal() and len(tidy) <= len(str(_MOST)) and 1 <= int(tidy) <= _MOST):
        raise UserError(
            gettext_noop("“{shown}” letters a day cannot be: write a number from 1 to {most}."),
            shown=text.shown(given),
            most=_MOST,
        )
    return tidy


def duties(given: str) -> str:
    """Return whether the brand answers for letters to friends; without that, nobody can send any."""
    return "yes" if given else ""


def dkim_key(given: str) -> str:
    """Return the key that signs letters (RFC 6376), made the first time."""
    if given:
        return given
    made = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _address(given: str, empty: str) -> str:
    tidy = text.email(given.strip(), field="email")
    if not tidy:
        raise UserError(empty)
    return tidy


_NO_DUTIES: Final = gettext_noop(
    "Nobody answers for letters to friends yet, so none can be sent: an owner ticks it where letters are set up."
)
_NO_SERVER: Final = gettext_noop("This instance has no mail server yet: whoever runs it sets SEBAR_MAIL.")
