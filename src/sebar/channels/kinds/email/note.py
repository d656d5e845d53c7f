"""A few words to a friend: what may stand in them, since they go out over a brand's name.

What a mail program would make a link of, or is a plain disguise of that, is refused, and so are numbers to call or to
pay to. Dots in times, amounts, dates, degrees and abbreviations are none of that.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

from linkify_it.tlds import TLDS

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

_ASCII: Final = frozenset(name.lower() for name in TLDS)
_OTHERS: Final = frozenset(name[4:].encode().decode("punycode") for name in _ASCII if name.startswith("xn--"))
# RFC 2606 and 7686 name endings that nobody can have; they are written like addresses all the same.
_ENDINGS: Final = _ASCII | _OTHERS | {"example", "invalid", "localhost", "onion", "test"}
_DEGREES: Final = frozenset({"s.farm", "m.farm", "s.pd.sd"})  # written like addresses, and on many doors
_DOTS: Final = str.maketrans(dict.fromkeys("。｡․·•∙‧・", "."))
_DOTTED: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?P<more>[/:?#]\S)?")
_PLAIN: Final = re.compile(r"[a-z0-9]+")
_COMMON: Final = (
    "com|net|org|info|biz|xyz|site|website|online|shop|store|top|club|app|dev|link|click|live|id|co|io|ly|cc|ru|tk"
)
_LINKS: Final = re.compile(
    rf"""
    \w@\w                                                        # a mailbox
    | \b(?:h..ps?|ftp|file)\s?:\s?/ | \w://                       # an address, disguised or not
    | \b(?:mailto|tel|sms|callto|whatsapp|tg|xmpp|sip|javascript):\S
    | \bwww\d?\.\w
    | [\[({{<]\s*(?:\.|dot|titik)\s*[\])}}>]                     # bca[.]com, bca (dot) com
    | \b(?:dot|titik)[\W_]*(?:{_COMMON})\b                      # bca titik com
    | \w\s+\.\s*(?:{_COMMON})\b                                 # bca .com
    | \w\.\s+(?:com|net|org|biz|xyz|(?:co|or|my|web|biz)\.id)\b  # bca. com
    """,
    re.VERBOSE,
)
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_HOST_NUMBER: Final = re.compile(rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\.?\d)")
_AMOUNTS: Final = re.compile(
    r"""
    (?:\b(?:rp|idr|usd|eur|sgd|myr)\.?|[$€£¥])\s?\d[\d.,]*      # Rp 15.000
    | (?<![\d.,+])[1-9]\d{0,2}(?:[.,]\d{3})+(?![\d.,]*\d)        # 1.500.000
    | (?<![\d.:])\d{1,2}[.:]\d{2}(?![.:/-]?\d)                   # 19.30
    | (?<![\d./-])\d{1,2}([./-])\d{1,2}\1\d{2}(?:\d{2})?(?![./-]?\d)  # 27.11.2026
    | (?<![\d-])\d{4}-\d{2}-\d{2}(?!-?\d)                        # 2026-11-27
    """,
    re.VERBOSE,
)
_BEFORE: Final = re.compile(r"\S+$")
_AFTER: Final = re.compile(r"\S+")
_NUMBER: Final = re.compile(r"\d(?:[\s().+/-]{0,3}\d){7,}")  # eight digits: no number to call or to pay to has fewer


def check(written: str, *, field: str) -> str:
    """Return what somebody wrote to a friend.

    Raises
    ------
    UserError
        When something in it is, or plainly stands for, the address of a page or a mailbox, or a number to call.
    """
    plain = _plain(written)
    link = _link(plain)
    if link:
        message = gettext_noop(
            "“{shown}” looks like the address of a page: leave it out, since your own link stands in the letter. If it"
            " is none, put a blank after the full stop."
        )
        raise UserError(message, field=field, shown=text.shown(link))
    number = _NUMBER.search(_AMOUNTS.sub("|", plain))
    if number is not None:
        message = gettext_noop(
            "“{shown}” looks like a telephone or account number: leave it out. Your friend knows how to reach you, and"
            " swindlers would have people call theirs."
        )
        raise UserError(message, field=field, shown=text.shown(number[0]))
    return written


def _plain(written: str) -> str:
    """Return what a reader sees: without letters that nobody sees, dots and digits of every kind as the usual ones."""
    seen = unicodedata.normalize("NFKC", written.translate(_DOTS)).translate(_DOTS)
    return "".join(letter for letter in seen if unicodedata.category(letter) != "Cf").lower()


def _link(plain: str) -> str:
    found = _LINKS.search(plain) or _HOST_NUMBER.search(_AMOUNTS.sub("|", plain))
    if found is None:
        found = next((one for one in _DOTTED.finditer(plain) if _is_address(one)), None)
    return _whole(found) if found is not None else ""


def _whole(found: re.Match[str]) -> str:
    """Return what was found with the rest of the words that it cuts: people know again what they wrote."""
    before, after = _BEFORE.search(found.string[: found.start()]), _AFTER.match(found.string[found.end() :])
    return f"{before[0] if before else ''}{found[0]}{after[0] if after else ''}"


def _is_address(dotted: re.Match[str]) -> bool:
    """Say whether something with dots in it ends as hosts do, here or before somebody forgot a blank."""
    more = dotted["more"] or ""
    host = dotted[0].removesuffix(more).strip("_-")
    if host in _DEGREES and not more:
        return False
    pairs = list(pairwise(host.split(".")))
    return any(_is_ending(after) and (bool(more) or not _is_abbreviated(before, after)) for before, after in pairs)


def _is_abbreviated(before: str, after: str) -> bool:
    """Say whether two parts with a dot between are a degree like “M.Si”, or “s.d.”, far rather than a host."""
    return len(before) == 1 and before.isalpha() and len(after) <= 2  # noqa: PLR2004 - as in “Si”


def _is_ending(label: str) -> bool:
    """Say whether hosts end like this; “com-nya” and “com去” do, to a program that looks for links."""
    begins = _PLAIN.match(label)
    return label in _ENDINGS or (begins is not None and begins[0] in _ENDINGS)
