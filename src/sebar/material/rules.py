"""What a creative must be before it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import LANGUAGES, gettext_noop
from sebar.material.base import Content, Kind, Wording

NAME_LENGTH: Final = 20
MOST: Final = 50
"""Creatives that a campaign may have."""
QUOTA: Final = 5 * 1024**3
"""Bytes that a brand's material may take."""
MOST_POINTS: Final = 999_999_999
_OTHERWISE: Final = "creative"


@dataclass(frozen=True, kw_only=True, slots=True)
class CreativeForm:
    """A creative as a person or program writes it. `check` makes it fit to be stored.

    Attributes
    ----------
    name
        What links and events call it.
    texts
        Language to its wordings.
    content
        What its kind asks for beyond them.
    """

    name: str
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    content: Content = field(default_factory=dict)


def check(form: CreativeForm, kind: Kind, languages: Sequence[str]) -> CreativeForm:
    """Return the form tidied, with every wording of its kind in every language of its campaign.

    Raises
    ------
    UserErrors
        With a sentence for every field that cannot be used.
    """
    checks = Checks()
    name = checks(text.slug, form.name, field="name", most=NAME_LENGTH)
    texts = {
        language: {
            wording.name: checks(
                _wording,
                form.texts.get(language, {}).get(wording.name, ""),
                wording,
                f"texts.{language}.{wording.name}",
                f"{wording.title} ({LANGUAGES[language]})" if len(languages) > 1 else wording.title,
            )
            for wording in kind.wordings
        }
        for language in languages
    }
    content = checks(kind.check, form.content, languages)
    checks.finish()
    return CreativeForm(name=name, texts=texts, content=content)


def _wording(written: str, wording: Wording, where: str, label: str) -> str:
    tidy = (text.paragraphs if wording.is_long else text.line)(written, field=where, most=wording.most)
    if wording.is_needed and not tidy:
        raise UserError(gettext_noop("“{label}” is empty: write at least a few words."), field=where, label=label)
    _check_marks(tidy, wording, where, label)
    return tidy


def _check_marks(written: str, wording: Wording, where: str, label: str) -> None:
    """Let nothing stay in braces that is never filled in, and no card be the same for everybody."""
    own = f"{{{wording.mark}}}" if wording.mark else ""
    text.without_marks(written, field=where, label=label, but=own)
    if wording.needs_mark and own not in written:
        message = gettext_noop("“{label}” has no {mark}, so it would be the same for everybody: write {mark} in it.")
        raise UserError(message, field=where, label=label, mark=own)


def name_from(title: str, taken: Sequence[str]) -> str:
    """Return a name that reminds of a title and that no other creative of the campaign has."""
    first = text.slug_from(title, most=NAME_LENGTH - 3, otherwise=_OTHERWISE)
    names = (first, *(f"{first}-{number}" for number in range(2, MOST + 2)))
    return next(name for name in names if name not in taken)


def check_room(used: int, wanted: int, field: str = "file") -> None:
    """Do nothing if a brand that uses so many bytes may have so many more.

    Raises
    ------
    UserError
        When its share of the disk would not do.
    """
    if used + wanted > QUOTA:
        raise UserError(
            gettext_noop(
                "Your material takes {used} MB and this would add {wanted} MB, but a brand may have {most} MB: delete "
                "something first."
            ),
            field=field,
            used=used // 1024**2,
            wanted=max(wanted // 1024**2, 1),
            most=QUOTA // 1024**2,
        )


def check_size(size: int, kind: Kind) -> int:
    """Return how large an upload is said to be.

    Raises
    ------
    UserError
        When it is empty or larger than its kind may be.
    """
    if size > kind.most_bytes:
        raise UserError(
            gettext_noop("The file has {size:n} MB; at most {most} MB can be uploaded: make it smaller."),
            field="file",
            size=round(size / 1024**2, 1),
            most=kind.most_bytes // 1024**2,
        )
    if size <= 0:
        raise UserError(gettext_noop("The file is empty: choose another one."), field="file")
    return size
