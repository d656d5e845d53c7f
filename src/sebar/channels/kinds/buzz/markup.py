"""Plain text from the HTML of strangers."""

from __future__ import annotations

import html
import re
from typing import Final

import nh3

_BREAK: Final = re.compile(r"<br\b[^<>]*>|</(?:p|div|li|tr|h[1-6]|blockquote)>", re.IGNORECASE)
_LINK: Final = re.compile(r"""\bhref\s*=\s*["']?([^"'\s<>]{1,500})""", re.IGNORECASE)
_UNSAID: Final = {"script", "style", "noscript", "template"}


def plain(markup: str) -> str:
    """Return what a page shows of this HTML, as text without any markup."""
    lines = _BREAK.sub("\n\\g<0>", markup)
    return html.unescape(nh3.clean(lines, tags=set(), clean_content_tags=_UNSAID)).strip()


def links(markup: str) -> str:
    """Return the addresses that this HTML leads to, parted by spaces."""
    return " ".join(map(html.unescape, _LINK.findall(markup)))
