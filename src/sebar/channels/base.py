"""What a channel is: a means by which something is passed on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Literal
from urllib.parse import quote

from sebar.kit.words import say


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One channel.

    Attributes
    ----------
    name
        As its folder is called: in links (``?via=``), in events, in every figure.
    label
        What people call it, marked for translation.
    colour
        Class of its colour in charts; empty: one that is free.
    address
        Where a press on its button leads. ``{link}`` is the person's link on this channel, ``{words}`` what a friend
        reads before it, ``{message}`` both together, ``{subject}`` what stands over a letter. Empty: it has no button.
    order
        Place among the buttons: the smallest stand open, the others behind “more”.
    counts_as
        ``invite`` when it goes to people one chooses, ``share`` when to whoever may see it.
    opens_page
        Whether its button leads to another page; else to a program of the device.
    """

    name: str
    label: str
    colour: str = ""
    address: str = ""
    order: int = 0
    counts_as: Literal["invite", "share"] = "invite"
    opens_page: bool = True

    @property
    def title(self) -> str:
        """What people call it, in the reader's language."""
        return say(self.label)

    @cached_property
    def icon(self) -> str:
        """Its drawing as SVG, from its folder; empty without one."""
        drawn = resources.files(f"sebar.channels.kinds.{self.name}") / "icon.svg"
        return drawn.read_text(encoding="utf-8").strip() if drawn.is_file() else ""

    def link(self, bare: str) -> str:
        """Return somebody's bare link as it travels on this channel."""
        return f"{bare}?via={self.name}"

    def door(self, bare: str, *, words: str, subject: str) -> str:
        """Return where the button of the person with this bare link leads."""
        own = self.link(bare)
        parts = {"link": own, "words": words, "message": f"{words} {own}".strip(), "subject": subject}
        return self.address.format(**{name: quote(part, safe="") for name, part in parts.items()})
