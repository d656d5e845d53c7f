"""What people type: names, longer texts and moments, checked and tidied. Any script and direction is welcome."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

# Characters that reorder the text around them. Names in right-to-left scripts do not need them.
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_EMAIL: Final = re.compile(r"[^\s@<>,;:\"\\()\[\]]+@[^\s@<>,;:\"\\()\[\]]+\.[^\s@<>,;:\"\\()\[\].]+")
_GOOGLE: Final = frozenset({"gmail.com", "googlemail.com"})
_MARK: Final = re.compile(r"\{\s*\w+\s*\}")
_URL_LENGTH: Final = 500
_EMAIL_LENGTH: Final = 254


def line(text: str, *, field: str, most: int) -> str:
    """Return `text` as one tidy line of at most `most` characters.

    Raises
    ------
    UserError
        When it is too long or holds control characters.
    """
    _refuse_controls(text, field, allowed="\t\r\n")
    return _short_enough(" ".join(text.split()), field, most)


def title(text: str, *, field: str, most: int) -> str:
    """Return what somebody calls a thing of theirs, tidied as `line` does.

    Raises
    ------
    UserError
        When it is empty, too long, or cannot be shown.
    """
    tidy = line(text, field=field, most=most)
    if not tidy:
        raise UserError(gettext_noop("The name is empty: write what you want to call it."), field=field)
    return tidy


def paragraphs(text: str, *, field: str, most: int) -> str:
    """Return `text` with its line breaks, tidied at the ends, of at most `most` characters.

    Raises
    ------
    UserError
        When it is too long or holds control characters.
    """
    _refuse_controls(text, field, allowed="\t\r\n")
    return _short_enough(text.replace("\r\n", "\n").replace("\r", "\n").strip(), field, most)


def without_marks(text: str, *, field: str, label: str, but: str = "") -> str:
    """Return `text` if nothing stays in braces in it that is never filled in: people would read the braces.

    Parameters
    ----------
    label
        What the field is called, in the reader's language.
    but
        The mark that is filled in, with its braces; empty where none is.

    Raises
    ------
    UserError
        When something else stands in braces.
    """
    strange = next((found[0] for found in _MARK.finditer(text) if found[0] != but), "")
    if strange:
        message = gettext_noop("“{label}” has “{shown}”, and nothing is filled in for that: take it out.")
        if but:
            message = gettext_noop(
                "“{label}” has “{shown}”, and nothing is filled in for that: write {mark}, or take it out."
            )
        raise UserError(message, field=field, label=label, shown=shown(strange), mark=but)
    return text


def slug(text: str, *, field: str, most: int) -> str:
    """Return `text` as the part of an address that people can read and type.

    Raises
    ------
    UserError
        When it is empty, too long, or has anything but small letters, digits and single hyphens between them.
    """
    tidy = text.strip().lower()
    if not _SLUG.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” cannot stand in an address: use small letters a-z, digits and single hyphens."),
            field=field,
            shown=shown(text),
        )
    return _short_enough(tidy, field, most)


def slug_from(name: str, *, most: int, otherwise: str) -> str:
    """Return a slug that reminds of `name`, or `otherwise` when nothing of the name can stand in an address.

    It has whole words, as many as fit; only a first word that is longer than all of it is cut.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    whole = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(whole) > most:
        whole = whole[: most + 1].rpartition("-")[0] or whole[:most]
    return whole or otherwise


def url(text: str, *, field: str) -> str:
    """Return `text` as an address of the web (http or https), or empty when it is empty.

    Raises
    ------
    UserError
        When it is anything else, carries a password, or is too long.
    """
    tidy = text.strip()
    if not tidy:
        return ""
    if len(tidy) > _URL_LENGTH or not _is_web_address(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not an address of a web page: it should look like https://example.com/page."),
            field=field,
            shown=shown(text),
        )
    return tidy


def email(text: str, *, field: str) -> str:
    """Return `text` as an e-mail address in small letters, or empty when it is empty.

    Raises
    ------
    UserError
        When no mail could go there.
    """
    tidy = text.strip().lower()
    if tidy and (len(tidy) > _EMAIL_LENGTH or not _EMAIL.fullmatch(tidy) or not tidy.isprintable()):
        raise UserError(
            gettext_noop("“{shown}” is not an e-mail address: it should look like name@example.com."),
            field=field,
            shown=shown(text),
        )
    return tidy


def mailbox(address: str) -> str:
    """Return the one spelling of all addresses that lead to a mailbox, so that nobody who said no is found by another.

    What stands after a ``+``, and the dots and the other name of Google's mail, make no difference.
    """
    local, _at, domain = unicodedata.normalize("NFKC", address).lower().partition("@")
    local = local.partition("+")[0]
    if domain in _GOOGLE:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def one_of(given: str, known: Collection[str], *, field: str) -> str:
    """Return what was chosen.

    Raises
    ------
    UserError
        When it is not among `known`.
    """
    if given not in known:
        message = gettext_noop("“{shown}” cannot be chosen here: choose from {known}.")
        raise UserError(message, field=field, shown=shown(given), known=", ".join(known))
    return given


def zoned(given: datetime, *, field: str) -> datetime:
    """Return the moment.

    Raises
    ------
    UserError
        When it has no time zone.
    """
    if given.tzinfo is None:
        raise UserError(
            gettext_noop("“{shown}” has no time zone: write it like 2026-12-01T09:00:00+07:00."),
            field=field,
            shown=given.isoformat(),
        )
    return given


def can_be_stored(text: str) -> bool:
    """Say whether a database can hold `text`: with a NUL in it, PostgreSQL cannot even be asked for it."""
    return "\0" not in text


def shown(text: str) -> str:
    """Return the beginning of `text` as it can be put into a sentence."""
    tidy = "".join(letter if letter.isprintable() else "�" for letter in text.strip())
    return f"{tidy[:40]}…" if len(tidy) > 41 else tidy  # noqa: PLR2004 - forty letters and the sign that more follow


def _refuse_controls(text: str, field: str, allowed: str) -> None:
    if text.isprintable():
        return
    for position, letter in enumerate(text, start=1):
        if letter in allowed:
            continue
        if unicodedata.category(letter) in {"Cc", "Cs"} or letter in _REORDERING:
            raise UserError(
                gettext_noop(
                    "“{shown}” has a character that cannot be shown (U+{code}, place {position}): take it out."
                ),
                field=field,
                shown=shown(text),
                code=f"{ord(letter):04X}",
                position=position,
            )


def _short_enough(text: str, field: str, most: int) -> str:
    if len(text) > most:
        raise UserError(
            gettext_noop("“{shown}” has {length} characters; at most {most} fit here."),
            field=field,
            shown=shown(text),
            length=len(text),
            most=most,
        )
    return text


def _is_web_address(text: str) -> bool:
    if any(letter.isspace() or not letter.isprintable() or letter in '<>"\\^`{|}' for letter in text):
        return False
    try:
        parts = urlsplit(text)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return False
    return port_is_right and _is_host(parts.hostname)


def _is_host(name: str) -> bool:
    try:
        return bool(_HOST.fullmatch(f"[{name}]" if ":" in name else name.encode("idna").decode()))
    except UnicodeError:
        return False
