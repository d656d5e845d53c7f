"""What the ear makes of words: which sound alike to many speakers of Indonesian, which only stand between others."""

from __future__ import annotations

import re
from typing import Final

FILLERS: Final = frozenset({
    "and", "comma", "dash", "dot", "hyphen", "minus", "space", "dan", "koma", "setrip", "spasi", "strip", "titik",
})  # fmt: skip
"""What people say or write between the words of a code; no list has them."""

_ALIKE: Final = (("sy", "s"), ("kh", "k"), ("v", "p"), ("f", "p"), ("z", "j"), ("x", "s"), ("q", "k"))
_LAST: Final = (("(?<!n)g$", "k"), ("d$", "t"), ("b$", "p"))
_DOUBLED: Final = r"(.)\1"


def said(word: str) -> str:
    """Return a word in small letters with one letter for each group that many speakers do not tell apart."""
    for written, heard in _ALIKE:
        word = word.replace(written, heard)
    for written, heard in _LAST:
        word = re.sub(written, heard, word)
    return re.sub(_DOUBLED, r"\1", word)
