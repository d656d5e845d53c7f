"""The channels: every means by which something is passed on. One folder in ``kinds`` a channel, and nothing else.

    from sebar import channels

    channels.ALL["whatsapp"].link("https://share.example.com/r/k7m2fqx")
    channels.title("whatsapp")

One rule of attribution holds for all: the code in the link says whose it is, ``?via=`` how it travelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from sebar.channels import kinds, sealing
from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop, say

REST: Final = "c6"
"""Class of the colour of whatever has none of its own left."""
_COLOURS: Final = ("c1", "c2", "c3", "c4", "c5")
_UNKNOWN: Final = gettext_noop("Unknown")


def _found() -> Mapping[str, Channel]:
    """Return the channel of each folder, in the order of their buttons, then of their names."""
    every: list[Channel] = [
        import_module(f"{kinds.__name__}.{module.name}").CHANNEL for module in iter_modules(kinds.__path__)
    ]
    return MappingProxyType({one.name: one for one in sorted(every, key=lambda one: (one.order, one.name))})


ALL: Final = _found()
"""Every channel by its name."""
DOORS: Final = tuple(channel for channel in ALL.values() if channel.address)
"""Those with a button, in the order of the buttons."""


def known_by(channel: str, address: str) -> str:
    """Return by what an address on a channel is known again, however it is spelled: 64 hexadecimal digits."""
    return sealing.hashed(channel, ALL[channel].one_spelling(address))


def title(name: str) -> str:
    """Return what people call a channel; one that we do not know keeps its own name."""
    if not name:
        return say(_UNKNOWN)
    return ALL[name].title if name in ALL else name


def colours(names: Sequence[str]) -> dict[str, str]:
    """Return a CSS class for each channel: its own where it has one, else one that is free."""
    chosen: dict[str, str] = {}
    for name in names:
        own = ALL[name].colour if name in ALL else ""
        if own not in chosen.values():
            chosen[name] = own
    free = [css for css in _COLOURS if css not in chosen.values()]
    for name in names:
        if not chosen.get(name):
            chosen[name] = free.pop(0) if free else REST
    return chosen
