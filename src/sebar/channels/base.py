"""What a channel is: a means by which something is passed on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from importlib import import_module, resources
from textwrap import shorten
from threading import Event
from typing import Any, Final, Literal, Protocol
from urllib.parse import quote

from sebar.campaigns.models import Campaign
from sebar.kit.words import say

_PART: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing a brand enters to set a channel up.

    Attributes
    ----------
    name, label, hint
        Its name in the account, and what people read beside it, marked for translation.
    check
        Returns what was entered as it is kept; raises `UserError` when it cannot be used. Empty input comes here too.
    kind
        Type of the form's line: ``text``, ``email``, ``number``, ``url`` or ``checkbox`` (then ``yes`` or empty);
        ``made`` is not asked for: `check` makes it of an empty text.
    is_secret
        Whether it is kept encrypted and never shown again.
    """

    name: str
    label: str
    hint: str = ""
    check: Callable[[str], str] = str.strip
    kind: Literal["text", "email", "number", "url", "checkbox", "made"] = "text"
    is_secret: bool = False

    @property
    def title(self) -> str:
        """What people read beside it, in the reader's language."""
        return say(self.label)

    @property
    def help(self) -> str:
        """What helps to fill it in, in the reader's language."""
        return say(self.hint) if self.hint else ""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message as the channel that sends it sees it.

    Attributes
    ----------
    number
        The message's own; whatever a provider needs to know it again is made of it.
    address
        Whom it goes to, as the channel spells it.
    language
        In which to write.
    content
        What it says: its keys are the channel's own, or a notice's ``subject``, ``text`` and ``link``.
    brand, campaign
        Their names, for people to read; `account` is what the brand entered, secrets included.
    colour
        The campaign's, like ``#0f6b5c``.
    brand_key
        By which a brand is told from all others, whatever they enter.
    """

    number: int
    language: str
    brand: str
    brand_key: int
    campaign: str
    colour: str
    # Never in a log.
    address: str = field(repr=False)
    content: Mapping[str, str] = field(repr=False)
    account: Mapping[str, str] = field(repr=False)


class Came(StrEnum):
    """What became of an attempt to send."""

    SENT = "sent"
    LATER = "later"  # certainly not sent; trying this one again helps
    AWAY = "away"  # certainly not sent: the provider cannot be reached, so nothing else of this brand goes out either
    REFUSED = "refused"  # certainly not sent, and never will be
    GONE = "gone"  # refused because nobody can be reached at this address any more
    DOUBTFUL = "doubtful"  # nobody knows whether it was sent, so it is never tried again


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an attempt to send, and what the provider said about it, or what is `kept` of a sentence of ours.

    `wait` is how long one that was not sent yet must rest at least.
    """

    came: Came
    trouble: str = ""
    wait: timedelta = timedelta(0)


class Sender(Protocol):
    """What really sends, in a process of its own, one message at a time. ``kinds/<name>/sending.py`` makes it."""

    def send(self, message: Outgoing) -> Outcome:
        """Send one message, and come back only when it is known what became of it."""

    def close(self) -> None:
        """Let go of what is kept open; called whenever there has been nothing to send for a while."""


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
        reads before it, ``{message}`` both together, ``{subject}`` what stands over a letter, ``{picture}`` the address
        of the campaign's picture, ``{server}`` the one of many servers on which the person is. Empty: it has no button.
    hands_on
        What is handed on where its button leads to no address, with the same names: copied, or given to the device.
    shows_card
        Whether those who get it see a card of the link: its picture, headline and first words.
    order
        Place among the buttons: the smallest stand open, the others behind “more”.
    counts_as
        ``invite`` when it goes to people one chooses, ``share`` when to whoever may see it.
    opens_page
        Whether its button leads to another page; else to a program of the device.
    needs_phone
        Whether hardly anything but phones has its program: on others its button stands behind “more”.
    longest
        How many characters a message may have there, its link included; 0: as many as one likes.
    about
        What it is and what it takes, in a few sentences for whoever runs campaigns, marked for translation.
    fields
        What a brand enters before the channel can be used; none: it works at once.
    refuse
        Raises `UserError` where all that was entered cannot be used together; it is given that, and what other brands
        of this instance have entered.
    one_spelling
        Returns the one spelling of all addresses that reach the same person, by which they are known.
    is_gone_for_all
        Whether an address that nobody can be reached at is so for every brand, as a browser is; a bot may be blocked,
        or a mailbox refuse one brand only.
    try_out
        Asks the provider whether what was entered can be used. Raises `UserError`, for the field that it refuses, or
        `Unavailable` where nobody can ask just now: then it is kept, and this is said.
    lacks
        Returns what this instance lacks for it, as one sentence for whoever runs it; empty when nothing.
    wants
        Returns what is still missing in what a brand entered before the channel does all that it can, as one sentence;
        empty when nothing.
    claims
        Returns what a brand that entered this says is its own outside of Sebar, like a domain; empty when nothing.
    prove
        Raises `UserError` where nobody can see in public that the claim is true, `Unavailable` where nobody can look.
    is_offered
        Whether anything of ours offers it; else it is only counted, where links or programs name it, and there is
        nothing to switch.
    is_on
        Whether a campaign has it unless somebody switches it off.
    sends
        Whether it writes to people by itself: its folder then has ``sending.py`` with ``open_sender() -> Sender``.
    hears_back
        What is heard of what it sent: that it came back where it cannot be delivered, or also that it arrived; else
        nobody tells whether it did.
    serves
        Whether it answers or listens all the time: its folder then has ``service.py`` with
        ``serve(stopping: threading.Event) -> None``, which runs in a thread of its own until that event.
    """

    name: str
    label: str
    colour: str = ""
    address: str = ""
    hands_on: str = ""
    shows_card: bool = True
    order: int = 0
    counts_as: Literal["invite", "share"] = "invite"
    opens_page: bool = True
    needs_phone: bool = False
    longest: int = 0
    about: str = ""
    fields: tuple[Field, ...] = ()
    refuse: Callable[[Mapping[str, str], Sequence[Mapping[str, str]]], None] = lambda _entered, _others: None
    one_spelling: Callable[[str], str] = str
    is_gone_for_all: bool = False
    try_out: Callable[[Mapping[str, str]], None] = lambda _entered: None
    lacks: Callable[[], str] = str
    wants: Callable[[Mapping[str, str]], str] = lambda _entered: ""
    claims: Callable[[Mapping[str, str]], str] = lambda _entered: ""
    prove: Callable[[Mapping[str, str]], None] = lambda _entered: None
    is_offered: bool = True
    is_on: bool = True
    sends: bool = False
    hears_back: Literal["", "returns", "arrivals"] = ""
    serves: bool = False

    @property
    def title(self) -> str:
        """What people call it, in the reader's language."""
        return say(self.label)

    @cached_property
    def icon(self) -> str:
        """Its drawing as SVG, from its folder; empty without one."""
        drawn = resources.files(f"sebar.channels.kinds.{self.name}") / "icon.svg"
        return drawn.read_text(encoding="utf-8").strip() if drawn.is_file() else ""

    @property
    def description(self) -> str:
        """What it is, in the reader's language."""
        return say(self.about) if self.about else ""

    def own_part(self, campaign: Campaign) -> dict[str, Any] | None:
        """Return what its folder shows on its page in the console: a template and its context; None for nothing."""
        folder = f"sebar.channels.kinds.{self.name}"
        if not (resources.files(folder) / "console.html").is_file():
            return None
        has_context = (resources.files(folder) / "console.py").is_file()
        context = import_module(f"{folder}.console").context(campaign) if has_context else {}
        return {"template": f"{self.name}/console.html", **context}

    def open_sender(self) -> Sender:
        """Return what sends. Loading it may take a while: only the process that sends does."""
        made: Sender = import_module(f"sebar.channels.kinds.{self.name}.sending").open_sender()
        return made

    def serve(self, stopping: Event) -> None:
        """Answer or listen until `stopping` is set. Loading it may take a while: only the process that serves does."""
        import_module(f"sebar.channels.kinds.{self.name}.service").serve(stopping)

    def link(self, bare: str) -> str:
        """Return somebody's bare link as it travels on this channel."""
        return f"{bare}{'&' if '?' in bare else '?'}via={self.name}"

    @property
    def asks_server(self) -> bool:
        """Whether people must say first on which server they are."""
        return "{server}" in self.address

    def door(self, bare: str, *, words: str, subject: str, picture: str = "", server: str = "") -> str:
        """Return where the button of the person with this bare link leads; words that are too long are cut."""
        parts = self._parts(bare, words=words, subject=subject, picture=picture, server=server)
        return self.address.format(**{name: quote(part, safe="") for name, part in parts.items()})

    def said(self, bare: str, *, words: str, subject: str, picture: str = "") -> list[tuple[str, str]]:
        """Return what the person with this bare link passes on: name and text of each part, as `door` has them.

        Empty where the channel has neither an address nor anything to hand on.
        """
        parts = self._parts(bare, words=words, subject=subject, picture=picture, server="")
        return [(name, parts[name]) for name in _PART.findall(self.address or self.hands_on) if name != "server"]

    def _parts(self, bare: str, *, words: str, subject: str, picture: str, server: str) -> dict[str, str]:
        own = self.link(bare)
        room = self.longest - len(own) - 1
        if self.longest and len(words) > room:
            words = shorten(words, room, placeholder="…")
        return {
            "link": own,
            "words": words,
            "message": f"{words} {own}".strip(),
            "subject": subject,
            "picture": picture,
            "server": server,
        }
