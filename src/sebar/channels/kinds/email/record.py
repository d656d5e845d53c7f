"""The DNS record by which mail servers check our signatures, and by which we see whose a domain is (RFC 6376)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import serialization

from sebar.kit.errors import Unavailable, UserError
from sebar.kit.words import gettext_noop

SELECTOR: Final = "sebar"
"""Under which the brand publishes the key (``sebar._domainkey.example.com``)."""
_SECONDS: Final = 5.0


def domain_of(account: Mapping[str, str]) -> str:
    """Return the domain that letters come from and that their signature speaks for."""
    return account["sender"].partition("@")[2]


def to_publish(account: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the text of the TXT record that makes signatures hold (RFC 6376 3.6)."""
    key = serialization.load_pem_private_key(account["dkim_key"].encode(), password=None).public_key()
    lines = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    public = "".join(lines.strip().splitlines()[1:-1])
    return f"{SELECTOR}._domainkey.{domain_of(account)}", f"v=DKIM1; k=rsa; p={public}"


def prove(account: Mapping[str, str]) -> None:
    """Do nothing if the record is published: only whoever has the domain can do that, and nobody else has its key.

    Raises
    ------
    UserError
        When there is no record yet, or another.
    Unavailable
        When the name servers do not answer.
    """
    from dns import exception, resolver  # noqa: PLC0415 - only a press on a button needs it

    name, text = to_publish(account)
    try:
        answer = resolver.resolve(name, "TXT", lifetime=_SECONDS, search=False)
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        message = gettext_noop(
            "There is no TXT record at {name} yet. A new one can take some hours until it is seen everywhere."
        )
        raise UserError(message, field="sender", name=name) from None
    except exception.DNSException as trouble:
        message = gettext_noop("The name servers do not answer just now: check once more in some minutes.")
        raise Unavailable(message) from trouble
    published = [b"".join(record.strings).decode(errors="replace") for record in answer]
    if _key(text) not in [_key(one) for one in published]:
        message = gettext_noop("The TXT record at {name} has another key: copy the text from here once more.")
        raise UserError(message, field="sender", name=name)


def _key(text: str) -> str:
    """Return the key in a record; tags may stand in any order, with spaces between and within (RFC 6376 3.2)."""
    tags = dict(part.partition("=")[::2] for part in "".join(text.split()).split(";"))
    return tags.get("p", "")
