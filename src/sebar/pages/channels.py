"""How the channels are called and coloured, the same on every page."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_NAMES = {
    "whatsapp": "WhatsApp",
    "messenger": gettext_noop("Messenger"),
    "telegram": "Telegram",
    "facebook": "Facebook",
    "line": "LINE",
    "x": "X",
    "qr": "QR",
    "sms": "SMS",
    "link": gettext_noop("Link"),
    "copy": gettext_noop("Copied link"),
    "email": gettext_noop("E-mail"),
    "code": gettext_noop("Code"),
    "share": gettext_noop("Share sheet"),
    "native": gettext_noop("Share sheet"),
    "api": "API",
    "other": gettext_noop("Other"),
    "": gettext_noop("Unknown"),
}
_COLOURS = {
    "whatsapp": "c1",
    "messenger": "c1",
    "link": "c2",
    "copy": "c2",
    "qr": "c3",
    "telegram": "c4",
    "email": "c5",
}
_ALL = ("c1", "c2", "c3", "c4", "c5")
REST = "c6"


def name(channel: str) -> str:
    """Return what people call a channel; one we do not know keeps its own name."""
    known = _NAMES.get(channel)
    return _(known) if known else channel


def colours(channels: Sequence[str]) -> dict[str, str]:
    """Return a CSS class for each channel: its own where it has one, else one that is free."""
    chosen: dict[str, str] = {}
    for channel in channels:
        if _COLOURS.get(channel, REST) not in chosen.values():
            chosen[channel] = _COLOURS.get(channel, "")
    free = [css for css in _ALL if css not in chosen.values()]
    for channel in channels:
        if not chosen.get(channel):
            chosen[channel] = free.pop(0) if free else REST
    return chosen
