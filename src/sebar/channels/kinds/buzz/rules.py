"""What a mention is, which words it has, and how it is classed: pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop, say
from sebar.participants.rules import check_time

LONGEST_TEXT: Final = 2000
KEEP_DAYS: Final = 30
MOST_KEEP_DAYS: Final = 365
_NAME_LENGTH: Final = 80
_ID_LENGTH: Final = 500
_URL_LENGTH: Final = 500
_MOST_WORDS: Final = 50
_WORD_LENGTH: Final = 60
_LARGEST_REACH: Final = 10**12
NO_REACH: Final = gettext_noop("“{shown}” is not a reach: write how many may have seen it, as a whole number.")
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Controls, halves of characters, and what reorders the text around it: nothing anybody wrote on purpose.
_UNSHOWN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_LANGUAGE: Final = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9-]+)?", re.IGNORECASE)
_SPACED: Final = r"[^\W\u0e00-\U0010ffff]"  # letters of scripts that part words by spaces: all before Thai


class SourceKind(StrEnum):
    """Where mentions come from."""

    FEED = "feed"
    MASTODON = "mastodon"
    BLUESKY = "bluesky"
    FILE = "file"
    WEBHOOK = "webhook"

    @property
    def spoken(self) -> str:
        """What people call it, in the reader's language."""
        return say(_KINDS[self])


_KINDS: Final = {
    SourceKind.FEED: gettext_noop("Feed (RSS or Atom)"),
    SourceKind.MASTODON: "Mastodon",
    SourceKind.BLUESKY: "Bluesky",
    SourceKind.FILE: gettext_noop("File"),
    SourceKind.WEBHOOK: gettext_noop("Your own program"),
}
STREAMS: Final = frozenset({SourceKind.MASTODON, SourceKind.BLUESKY})


class Label(StrEnum):
    """How a mention is classed. Where several rules hold, the one that comes first here counts."""

    COMPLAINT = "complaint"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    UNCLASSED = "unclassed"

    @property
    def spoken(self) -> str:
        """What people call it, in the reader's language."""
        return say(_LABELS[self])


_LABELS: Final = {
    Label.COMPLAINT: gettext_noop("Complaint"),
    Label.NEGATIVE: gettext_noop("Negative"),
    Label.POSITIVE: gettext_noop("Positive"),
    Label.NEUTRAL: gettext_noop("Neutral"),
    Label.UNCLASSED: gettext_noop("Unclassed"),
}
CLASSES: Final = (Label.POSITIVE, Label.NEUTRAL, Label.NEGATIVE, Label.COMPLAINT)
"""What somebody can class a mention as, in the order of the buttons."""


class By(StrEnum):
    """Who or what classed a mention."""

    PERSON = "person"
    RULE = "rule"
    SOURCE = "source"  # it came with its class


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A mention as a source tells of it.

    Attributes
    ----------
    external_id
        What the source calls it; the same one again is the same mention.
    text
        What was said, as plain text.
    at
        When; now where it is not said.
    links
        Addresses that the text leads to without showing them, to look for words in.
    author
        Anything that names who said it. Only a keyed hash of it is kept.
    reach
        How many may have seen it; None when that is unknown.
    """

    external_id: str
    text: str
    at: datetime | None = None
    url: str = ""
    links: str = ""
    author: str = ""
    language: str = ""
    reach: int | None = None
    label: Label = Label.UNCLASSED


def tidy(heard: Heard, now: datetime) -> Heard:
    """Return something heard as it can be kept, whatever it was. Nobody is there who could correct it."""
    at = heard.at or now
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return replace(
        heard,
        text=shown(heard.text),
        at=min(at, now) if at >= _EARLIEST else now,
        url=_web_address(heard.url),
        language=_language(heard.language),
        reach=None if heard.reach is None else max(0, min(heard.reach, _LARGEST_REACH)),
    )


def check(given: Heard, now: datetime) -> Heard:
    """Return a mention that a person or their program gives, tidied.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    checked = replace(
        given,
        external_id=checks(text.line, given.external_id, field="id", most=_ID_LENGTH),
        text=checks(_said, given.text),
        at=checks(check_time, given.at, now, "time"),
        url=checks(text.url, given.url, field="url"),
        author=checks(text.line, given.author, field="author", most=_ID_LENGTH),
        language=checks(_known_language, given.language),
        reach=checks(_possible_reach, given.reach),
    )
    checks.finish()
    return tidy(checked, now)


def check_moment(given: str, field: str) -> datetime | None:
    """Return a moment as an address names it; None when it names none.

    Raises
    ------
    UserError
        When it is none, or its zone is missing.
    """
    if not given:
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UserError(
            gettext_noop("“{shown}” is no moment: write it like 2026-03-01T09:30Z."),
            field=field,
            shown=text.shown(given),
        )
    return found


def check_label(given: str) -> Label:
    """Return the class of this name.

    Raises
    ------
    UserError
        When there is none.
    """
    try:
        return Label(given.strip().lower() or Label.UNCLASSED)
    except ValueError:
        raise UserError(
            gettext_noop("“{shown}” is not a class: choose from {known}."),
            field="class",
            shown=text.shown(given),
            known=", ".join(Label),
        ) from None


def check_name(given: str) -> str:
    """Return the tidied name of a source.

    Raises
    ------
    UserError
        When it is empty or too long.
    """
    name = text.line(given, field="name", most=_NAME_LENGTH)
    if not name:
        raise UserError(gettext_noop("The source needs a name, like “Reviews in the shop”."), field="name")
    return name


def check_days(given: int) -> int:
    """Return after how many days what people wrote is to be deleted.

    Raises
    ------
    UserError
        When it is not from 1 to `MOST_KEEP_DAYS`.
    """
    if not 1 <= given <= MOST_KEEP_DAYS:
        raise UserError(
            gettext_noop("Texts are kept for 1 to {most} days: write a whole number between."),
            field="keep_days",
            most=MOST_KEEP_DAYS,
        )
    return given


def parted(given: str) -> list[str]:
    """Return the words that somebody wrote, parted by commas or lines, each once."""
    parts = (" ".join(part.split()) for line in given.splitlines() for part in line.split(","))
    return list(dict.fromkeys(part for part in parts if part.strip("*")))


def check_words(words: list[str], *, is_needed: bool) -> list[str]:
    """Return words to look for.

    Raises
    ------
    UserError
        When there are none though some are needed, too many, or one is too long or would be found nearly everywhere.
    """
    if is_needed and not words:
        raise UserError(gettext_noop("Write at least one word to look for, like the campaign’s name."), field="words")
    if len(words) > _MOST_WORDS:
        raise UserError(
            gettext_noop("{count} words are too many: write at most {most}."),
            field="words",
            count=len(words),
            most=_MOST_WORDS,
        )
    for word in words:
        text.line(word, field="words", most=_WORD_LENGTH)
        if len(word.strip("*")) == 1 and word.isascii():
            raise UserError(
                gettext_noop("“{shown}” would be found nearly everywhere: write a longer word."),
                field="words",
                shown=word,
            )
    return words


@dataclass(frozen=True)
class Words:
    """Words to look for, without regard to capitals.

    A word is found where no letter or digit touches it; a star at its beginning or end lets some. In scripts that do
    not part words by spaces it is found anywhere. ``kopisenja.id`` is found in every link to that host.
    """

    words: Sequence[str]

    def are_in(self, said: str) -> bool:
        """Say whether one of them is; where there are none, so is every text."""
        return not self.words or self._pattern.search(_folded(said)) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_pattern, self.words)))


def classify(said: str, rules: Mapping[Label, Words]) -> Label:
    """Return the class that the rules give a text; `Label.UNCLASSED` when none holds."""
    return next((label for label in Label if label in rules and rules[label].are_in(said)), Label.UNCLASSED)


def together(rules: Iterable[tuple[str, Sequence[str]]]) -> dict[Label, Words]:
    """Return all rules, each a class and its words, as `classify` wants them."""
    words: dict[Label, list[str]] = {}
    for label, some in rules:
        words.setdefault(Label(label), []).extend(some)
    return {label: Words(every) for label, every in words.items()}


def moment(seconds: float) -> datetime | None:
    """Return the moment so many seconds after 1970 UTC; None when no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def pause(failures: int) -> timedelta:
    """Return how long a feed is left in peace after so many failures in a row: a quarter of an hour, up to 8 hours."""
    return timedelta(minutes=15 << min(failures, 5))


def shown(said: str) -> str:
    """Return a text without what cannot be shown, cut to `LONGEST_TEXT`."""
    tidied = _UNSHOWN.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
    tidied = re.sub(r"\n{3,}", "\n\n", re.sub(r"[^\S\n]+", " ", tidied)).strip()
    return tidied if len(tidied) <= LONGEST_TEXT else f"{tidied[: LONGEST_TEXT - 1]}…"


def _pattern(word: str) -> str:
    bare = _folded(word.strip("*"))
    before = "" if word.startswith("*") or not re.match(_SPACED, bare) else f"(?<!{_SPACED})"
    after = "" if word.endswith("*") or not re.match(_SPACED, bare[-1]) else f"(?!{_SPACED})"
    return before + r"\s+".join(map(re.escape, bare.split())) + after


def _folded(said: str) -> str:
    return unicodedata.normalize("NFKC", said).casefold()


def _said(given: str) -> str:
    if not shown(given):
        raise UserError(gettext_noop("The text is empty: a mention needs what was said."), field="text")
    return given


def _known_language(given: str) -> str:
    if given and not _language(given):
        raise UserError(
            gettext_noop("“{shown}” is not a language: write its two letters, like id or en."),
            field="language",
            shown=text.shown(given),
        )
    return given


def _possible_reach(given: int | None) -> int | None:
    if given is not None and not 0 <= given <= _LARGEST_REACH:
        raise UserError(NO_REACH, field="reach", shown=given)
    return given


def _language(given: str) -> str:
    found = _LANGUAGE.fullmatch(given.strip())
    return found[1].lower() if found else ""


def _web_address(given: str) -> str:
    try:
        return text.url(_UNSHOWN.sub("", given), field="url")
    except UserError:
        return ""
