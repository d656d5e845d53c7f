"""Which letters the fonts at hand can draw. One that none of them has is left out: no box is ever printed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import typst

from sebar.channels.kinds.paper.compiling import compiled

_SOURCE: Final = b"""
#set text(font: ("Libertinus Serif", "New Computer Modern"))
#sys.inputs.words
"""
_PLAIN: Final = re.compile(r"[ -~\u00a0-\u017f\u2010-\u201e\u2026\n]*")
"""What typst's own fonts surely have: Latin letters and the punctuation around them."""
_REFUSED: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
_UNKNOWN: Final = frozenset({"Cc", "Cn", "Co", "Cs"})
_ROUNDS: Final = 8
_REMEMBERED: Final = 512


@lru_cache(maxsize=_REMEMBERED)
def printable(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text without what no font here can draw, and what that was."""
    if _PLAIN.fullmatch(text):
        return text, ()
    missing = dict.fromkeys(letter for letter in text if letter != "\n" and unicodedata.category(letter) in _UNKNOWN)
    kept = _without(text, missing)
    for _ in range(_ROUNDS):
        refused = _refused(kept)
        if not refused:
            break
        kept = _without(kept, refused)
        missing |= dict.fromkeys(refused)
    else:
        kept = "".join(letter for letter in kept if _PLAIN.fullmatch(letter))
    return (_tidy(kept) if missing else kept), tuple(missing)


def _without(text: str, parts: Iterable[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def _refused(text: str) -> list[str]:
    """Return what of a text no font here can draw.

    Typst says so only when it must keep a standard that forbids it; else it draws boxes.
    """
    try:
        compiled(_SOURCE, {"words": text}, standard="a-2u")
    except typst.TypstError as error:
        return [_ESCAPED.sub(_plain, one) for one in _REFUSED.findall(error.diagnostic)]
    return []


def _plain(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16)) if escaped[1] else escaped[2]


def _tidy(text: str) -> str:
    """Close the gaps that were left."""
    return re.sub(r"[ \t]+([,.;:!?]|$)|([ \t])[ \t]+", r"\1\2", text, flags=re.MULTILINE).strip()
