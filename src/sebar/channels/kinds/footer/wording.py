"""The footer itself: a line of text and a link, as plain text and as HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Final
from urllib.parse import urlsplit

SEPARATOR: Final = "-- "
"""Stands above a signature; mail programs leave what follows it out of the answers they quote."""
_LONGEST: Final = 120  # letters of the text
_ONE_LINE: Final = 76
STYLE: Final = (
    "margin-top:1em;padding-top:.5em;border-top:1px solid #ccc;font-size:small;color:#767676"  # readable on black too
)


@dataclass(frozen=True)
class Footer:
    """What stands under a mail.

    Attributes
    ----------
    text
        At most one line; may be empty.
    link
        The sender's own.
    """

    text: str
    link: str

    def plain(self, *, is_flowed: bool = False) -> list[str]:
        """Return its lines as plain text, without line ends.

        Parameters
        ----------
        is_flowed
            Whether the text around it is ``format=flowed`` (RFC 3676), where a blank at an end would join lines.
        """
        whole = f"{self.text} {self.link}".strip()
        lines = [whole] if len(whole) <= _ONE_LINE else [self.text, self.link]
        return [SEPARATOR, *(_stuffed(line.rstrip()) if is_flowed else line.rstrip() for line in lines)]

    @cached_property
    def shown_link(self) -> str:
        """The link as people read it in HTML."""
        parts = urlsplit(self.link)
        return f"{parts.netloc}{parts.path}"

    @cached_property
    def html(self) -> str:
        """It as HTML, in letters that every character set has."""
        anchor = f'<a href="{escape(self.link)}" style="color:inherit">{escape(self.shown_link)}</a>'
        block = f'<div dir="auto" style="{STYLE}">{escape(self.text)} {anchor}</div>'
        return block.encode("ascii", "xmlcharrefreplace").decode("ascii")

    def is_in(self, text: str) -> bool:
        """Say whether a link of this host stands in `text`: quoted, say, or wrapped by a gateway that checks links."""
        return self._mark.search(text) is not None

    @cached_property
    def _mark(self) -> re.Pattern[str]:
        parts = urlsplit(self.link)
        start = f"{parts.netloc}{parts.path.rpartition('/')[0]}/"
        spelled = "".join("(?:/|%2f)" if letter == "/" else re.escape(letter) for letter in start)
        return re.compile(rf"(?:(?<![\w.@-])|(?<=%2f)){spelled}", re.IGNORECASE)


def one_line(text: str) -> str:
    """Return the first line of a longer text, shortened at a blank if it is long."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(first) <= _LONGEST:
        return first
    return f"{first[:_LONGEST].rpartition(' ')[0] or first[:_LONGEST]} ..."


def _stuffed(line: str) -> str:
    return f" {line}" if line.startswith((" ", ">", "From ")) else line
