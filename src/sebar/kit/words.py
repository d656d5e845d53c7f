"""Sentences that are shown to people but written where no Django is.

They are English here; Django's start-up puts its own translation in (`speak_with`), so that a sentence is translated
when it is shown, into the language of whoever reads it. A placeholder like ``{most:n}`` holds a number, and one like
``{asked:d}`` a day; they are written in that language too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from string import Formatter
from typing import Any, Final

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}
"""What the pages speak: each language by its code, named in itself."""
_NUMBER: Final = "n"
_DAY: Final = "d"
_TOLD: Final = "\n"
_FILLED: Final = "\x1e"  # a control character that no sentence has
_LONGEST_VALUE: Final = 60
_speakers: list[tuple[Callable[[str], str], Callable[[str], str], Callable[[date], str]]] = []


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation and return it as it is. The name is the one that `makemessages` looks for."""
    return sentence


def languages_known() -> str:
    """Return the languages to choose from, for programs and people: ``en (English), id (Bahasa Indonesia)``."""
    return ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())


def speak_with(translate: Callable[[str], str], mark: Callable[[str], str], day: Callable[[date], str]) -> None:
    """Translate everything that `say` says from now on.

    Parameters
    ----------
    translate, mark, day
        Return a sentence, a number like ``1,234.5``, and a day as the reader's language writes them.
    """
    _speakers[:] = [(translate, mark, day)]


def say(template: str, **values: object) -> str:
    """Return the sentence in the reader's language with `values` in its ``{placeholders}``."""
    for translate, mark, day in _speakers:
        return fill(translate(template), values, mark, day)
    return fill(template, values)


def number(value: float) -> str:
    """Return a number with the marks of the reader's language: ``1,234`` or ``1.234``."""
    return next((mark for _, mark, _ in _speakers), str)(_plain(value))


def kept(sentence: str, told: str) -> str:
    """Return a sentence marked for translation and what another program said about it, as one text to be stored."""
    return f"{sentence}{_TOLD}{told}"


def kept_with(sentence: str, values: Mapping[str, object]) -> str:
    """Return a sentence marked for translation and what fills it, as one text to be stored. Long values are cut."""
    cut = {
        name: value if isinstance(value, int | float) else str(value)[:_LONGEST_VALUE] for name, value in values.items()
    }
    return f"{sentence}{_FILLED}{json.dumps(cut, ensure_ascii=False)}"


def say_kept(stored: str) -> str:
    """Return what `kept` or `kept_with` made in the reader's language; any other text as `say` does."""
    sentence, is_filled, values = stored.partition(_FILLED)
    if is_filled:
        return say(sentence, **json.loads(values))
    sentence, _between, told = stored.partition(_TOLD)
    said = say(sentence) if sentence else ""
    return f"{said} ({told})" if told else said


def fill(
    template: str,
    values: Mapping[str, object],
    mark: Callable[[str], str] = str,
    day: Callable[[date], str] = date.isoformat,
) -> str:
    """Return a sentence with `values` in its placeholders, written by `mark` and `day`; without any, as it is."""
    return _Filling(mark, day).vformat(template, (), values) if values else template


class _Filling(Formatter):
    def __init__(self, mark: Callable[[str], str], day: Callable[[date], str]) -> None:
        self._mark, self._day = mark, day

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == _NUMBER:
            return self._mark(_plain(value))
        if format_spec == _DAY and isinstance(value, date):
            return self._day(value)
        return str(super().format_field(value, format_spec))


def _plain(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"
