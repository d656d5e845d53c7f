"""Sentences that are shown to people but written where no Django is.

They are English here; Django's start-up puts its own translation in (`speak_with`), so that a sentence is translated
when it is shown, into the language of whoever reads it. A placeholder like ``{most:n}`` holds a number, which is
written in that language too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, Final

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}
"""What the pages speak: each language by its code, named in itself."""
_NUMBER: Final = "n"
_TOLD: Final = "\n"
_speakers: list[tuple[Callable[[str], str], Callable[[str], str]]] = []


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation and return it as it is. The name is the one that `makemessages` looks for."""
    return sentence


def languages_known(codes: Iterable[str] = tuple(LANGUAGES)) -> str:
    """Return the languages to choose from, for programs and people: ``en (English), id (Bahasa Indonesia)``."""
    return ", ".join(f"{code} ({LANGUAGES[code]})" if code in LANGUAGES else code for code in codes)


def speak_with(translate: Callable[[str], str], mark: Callable[[str], str]) -> None:
    """Translate everything that `say` says from now on, and let `mark` give ``1,234.5`` the marks of the language."""
    _speakers[:] = [(translate, mark)]


def say(template: str, **values: object) -> str:
    """Return the sentence in the reader's language with `values` in its ``{placeholders}``."""
    for translate, mark in _speakers:
        return fill(translate(template), values, mark)
    return fill(template, values)


def number(value: float) -> str:
    """Return a number with the marks of the reader's language: ``1,234`` or ``1.234``."""
    return next((mark for _, mark in _speakers), str)(_plain(value))


def kept(sentence: str, told: str) -> str:
    """Return a sentence marked for translation and what another program said about it, as one text to be stored."""
    return f"{sentence}{_TOLD}{told}"


def say_kept(stored: str) -> str:
    """Return what `kept` made, the sentence in the reader's language; any other text as `say` does."""
    sentence, _between, told = stored.partition(_TOLD)
    said = say(sentence) if sentence else ""
    return f"{said} ({told})" if told else said


def fill(template: str, values: Mapping[str, object], mark: Callable[[str], str] = str) -> str:
    """Return a sentence with `values` in its placeholders, the numbers written by `mark`; without any, as it is."""
    return _Filling(mark).vformat(template, (), values) if values else template


class _Filling(Formatter):
    def __init__(self, mark: Callable[[str], str]) -> None:
        self._mark = mark

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == _NUMBER:
            return self._mark(_plain(value))
        return str(super().format_field(value, format_spec))


def _plain(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"
