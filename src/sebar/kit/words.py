"""Sentences that are shown to people but written where no Django is.

They are English here; Django's start-up puts its own translation in (`speak_with`), so that a sentence is translated
when it is shown, into the language of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}
"""What the pages speak: each language by its code, named in itself."""
_translations: list[Callable[[str], str]] = []


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation and return it as it is. The name is the one that `makemessages` looks for."""
    return sentence


def languages_known() -> str:
    """Return the languages to choose from, for programs and people: ``en (English), id (Bahasa Indonesia)``."""
    return ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())


def speak_with(translate: Callable[[str], str]) -> None:
    """Translate everything that `say` says from now on."""
    _translations[:] = [translate]


def say(template: str, **values: object) -> str:
    """Return the sentence in the reader's language with `values` in its ``{placeholders}``."""
    for translate in _translations:
        template = translate(template)
    return template.format(**values) if values else template
