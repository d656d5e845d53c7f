"""What a kind of material is: which words and which file it takes, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sebar.kit.words import gettext_noop, say

Content = dict[str, Any]
"""What a kind keeps beyond its words, as JSON can hold it."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One text of a kind, in each language of the campaign.

    Attributes
    ----------
    name, label, hint
        Its name, and what people read beside it, marked for translation.
    most
        How many characters it may have.
    is_needed
        Whether it may not be empty.
    is_long
        Whether it may have several lines.
    mark
        What stands in braces for something that is filled in, as ``name`` in “{name} saves you a seat”; empty for
        nothing.
    needs_mark
        Whether it is nothing without that.
    """

    name: str
    label: str
    most: int
    hint: str = ""
    is_needed: bool = False
    is_long: bool = False
    mark: str = ""
    needs_mark: bool = False

    @property
    def title(self) -> str:
        """What people read beside it, in the reader's language."""
        return say(self.label)

    @property
    def help(self) -> str:
        """What helps to fill it in, in the reader's language."""
        return say(self.hint) if self.hint else ""


TITLE = Wording(name="title", label=gettext_noop("Title"), most=80, is_needed=True)
TEXT = Wording(name="text", label=gettext_noop("Text"), most=280, is_long=True)
SHARE = Wording(
    name="share",
    label=gettext_noop("Message people pass on"),
    most=280,
    hint=gettext_noop("Empty: the campaign’s own message."),
    is_long=True,
)


@dataclass(frozen=True)
class Taken:
    """What was made of an upload: names in the media folder, and how many bytes they take.

    Attributes
    ----------
    files
        What `Creative.files` keeps.
    size
        Bytes on the disk.
    """

    files: dict[str, Any]
    size: int


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of material.

    Attributes
    ----------
    name
        As its module is called; also of its templates.
    label, about
        What people call it and what it is, marked for translation.
    order
        Place among the kinds that can be chosen.
    words
        Its texts, besides the message that people pass on.
    accept
        Which files a browser offers for the upload, as HTML writes it; empty: it takes no upload.
    most_bytes
        How large an upload may be.
    needs_upload
        Whether it is nothing without one.
    takes_address
        Whether it may be fetched from an address instead.
    takes_cover
        Whether a picture may be uploaded beside it, to be shown where it cannot be played.
    steps
        How playing it is told: ``quarters`` of its length, ``ends`` for beginning and end only, or not at all.
    keeps
        Which of somebody's points are kept, ``best`` or ``latest``; nothing where it makes none.
    look
        Looks at an upload before it is kept. Raises `UserError` where it can be seen at once that it will not do.
    take
        Makes of an upload what pages show. Raises `UserError` when it cannot be used.
    is_slow
        Whether the worker takes the upload, because that keeps a processor busy.
    read
        Makes of a form's flat fields what `check` takes.
    check
        Returns content fit to be kept, in the languages of its campaign. Raises `UserErrors` when it cannot be used.
    """

    name: str
    label: str
    about: str
    order: int
    words: tuple[Wording, ...] = ()
    share: Wording = SHARE
    accept: str = ""
    most_bytes: int = 0
    needs_upload: bool = False
    takes_address: bool = False
    takes_cover: bool = False
    steps: Literal["", "ends", "quarters"] = ""
    keeps: Literal["", "best", "latest"] = ""
    look: Callable[[Path], None] = lambda _path: None
    take: Callable[[Path, Path], Taken] = field(default=lambda _path, _folder: Taken({}, 0))
    is_slow: bool = False
    read: Callable[[Mapping[str, str], Sequence[str]], Content] = lambda _fields, _languages: {}
    check: Callable[[Content, Sequence[str]], Content] = lambda _content, _languages: {}

    @property
    def title(self) -> str:
        """What people call it, in the reader's language."""
        return say(self.label)

    @property
    def description(self) -> str:
        """What it is, in the reader's language."""
        return say(self.about)

    @property
    def wordings(self) -> tuple[Wording, ...]:
        """All its texts."""
        return (*self.words, self.share)
