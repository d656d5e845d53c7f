"""The ways to pass a link on: one row a way. Each carries its own ``?via=``, so that every join knows how it travelled.

They are plain links to the program or service; no part of any service is loaded. The marks of the services are drawn
by Simple Icons (CC0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pass on.

    Attributes
    ----------
    via
        Name of the channel, as it stands in links and events.
    label
        What people call it.
    address
        Where it is done; ``{message}`` is the words with the link behind, ``{subject}`` stands over a letter.
    icon
        Template of its drawing.
    kind
        What it is counted as: ``invite`` to people one chooses, ``share`` to whoever may see it.
    opens_page
        Whether it leads to another page; else to a program of the device.
    """

    via: str
    label: str | Promise
    address: str
    icon: str
    kind: str = "invite"
    opens_page: bool = True


_ICONS: Final = "portal/ways"
WAYS: Final = (
    Way("whatsapp", "WhatsApp", "https://wa.me/?text={message}", f"{_ICONS}/whatsapp.svg"),
    Way("telegram", "Telegram", "https://t.me/share/url?url={link}&text={words}", f"{_ICONS}/telegram.svg"),
    Way("sms", "SMS", "sms:?&body={message}", f"{_ICONS}/sms.svg", opens_page=False),
    Way("email", _("E-mail"), "mailto:?subject={subject}&body={message}", f"{_ICONS}/email.svg", opens_page=False),
    Way("line", "LINE", "https://line.me/R/share?text={message}", f"{_ICONS}/line.svg"),
    Way(
        "facebook", "Facebook", "https://www.facebook.com/sharer/sharer.php?u={link}", f"{_ICONS}/facebook.svg", "share"
    ),
    Way("x", "X", "https://x.com/intent/post?text={words}&url={link}", f"{_ICONS}/x.svg", "share"),
)
SHEET: Final = "share"
"""Channel of the device's own share sheet."""
COPY: Final = "copy"
"""Channel of the link that people copy."""
QR: Final = "qr"
"""Channel of the link in the QR code."""
SPOKEN: Final = "code"
"""Channel of a code that somebody typed."""


@dataclass(frozen=True, slots=True)
class Door:
    """One way for one participant: where the button leads."""

    way: Way
    address: str


def doors(link: str, *, words: str, subject: str) -> list[Door]:
    """Return every way for the participant whose bare link is `link`.

    Parameters
    ----------
    words
        What a friend reads before the link.
    subject
        What stands over a letter.
    """
    return [Door(way, _address(way, link, words, subject)) for way in WAYS]


def by(link: str, via: str) -> str:
    """Return the link as it travels on one channel."""
    return f"{link}?via={via}"


def _address(way: Way, link: str, words: str, subject: str) -> str:
    own = by(link, way.via)
    message = f"{words} {own}".strip()
    parts = {"link": own, "words": words, "message": message, "subject": subject}
    return way.address.format(**{name: quote(part, safe="") for name, part in parts.items()})
