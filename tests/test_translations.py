"""The Indonesian of every page: complete, with the same placeholders, and compiled from what the sources say today."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import translation

import sebar
from sebar.kit import words as kit_words
from sebar.pages import words

PACKAGE = Path(sebar.__file__).parent
ROOT = Path(__file__).parent.parent
MESSAGES = Path("locale/id/LC_MESSAGES")
RENEW = "run `make messages` and complete src/sebar/locale/id/LC_MESSAGES/django.po"

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*(?::\w+)?\}|<[^>]+>|/c/…|`[^`]+`")
TEMPLATE_TAG = re.compile(
    r"{#.*?#}|{% block width %}.*?{% endblock %}|{% blocktranslate.*?endblocktranslate %}|{%.*?%}|{{.*?}}", re.DOTALL
)
UNSAID = re.compile(r"<(style|script|code|textarea)\b.*?</\1>|<[^>]*>|&\w+;", re.DOTALL)
SPOKEN_ATTRIBUTE = re.compile(r'(?:aria-label|title|alt|data-busy|data-done)="([^"{]*)')
SAME_EVERYWHERE = {"Sebar", "English", "Bahasa Indonesia", "API", "CSV", "UTC", "R", "K", "S"}
SAME_EVERYWHERE |= {
    "randomness",
    "round",
    "signature",
    "draw-",
    ".json",
}  # names in what drand publishes, and of a file


@dataclass(frozen=True)
class Message:
    """One entry of a `.po` file."""

    english: str
    english_plural: str
    translated: str
    is_fuzzy: bool


def read(path: Path) -> list[Message]:
    entries = path.read_text(encoding="utf-8").strip().split("\n\n")[1:]
    return [
        Message(
            english=_part(entry, "msgid"),
            english_plural=_part(entry, "msgid_plural"),
            translated=_part(entry, r"msgstr(?:\[0\])?"),
            is_fuzzy=bool(re.search(r"^#,.*\bfuzzy\b", entry, re.MULTILINE)),
        )
        for entry in entries
    ]


def _part(entry: str, keyword: str) -> str:
    found = re.search(rf'^{keyword} ((?:".*"\n?)+)', entry, re.MULTILINE)
    return "".join(map(ast.literal_eval, found[1].splitlines())) if found else ""


MESSAGES_NOW = read(PACKAGE / MESSAGES / "django.po")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package in which the strings were collected and compiled anew."""
    folder = tmp_path_factory.mktemp("collected") / "sebar"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__", "static", "*.mo"))
    subprocess.run(
        [ROOT / "tools/messages", folder],
        env=os.environ | {"PYTHON": sys.executable},
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / MESSAGES


def compiled(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)


def test_nothing_is_left_in_english_or_guessed() -> None:
    assert len(MESSAGES_NOW) > 400
    unfinished = [message.english for message in MESSAGES_NOW if not message.translated or message.is_fuzzy]
    assert not unfinished, RENEW


def test_translations_keep_the_placeholders_and_markup() -> None:
    for message in MESSAGES_NOW:
        expected = sorted(PLACEHOLDER.findall(message.english_plural or message.english))
        assert sorted(PLACEHOLDER.findall(message.translated)) == expected, message.english


def test_translations_keep_the_air_around_them() -> None:
    for message in MESSAGES_NOW:
        for edge in (str.lstrip, str.rstrip):
            assert (edge(message.english) == message.english) == (edge(message.translated) == message.translated)


ONE_WORD = {
    "arms?": "varian",
    "brief": "brief",
    "campaigns?": "kampanye",
    "cascades?": "kaskade",
    "channels?": "saluran",
    "creatives?": "materi",
    "draft": "draf",
    "e-mail": "email",
    "external id": "ID eksternal",
    "forecasts?": "perkira",
    "goal": "target",
    "instance": "instalasi",
    "lottery": "lotre",
    "participants?": "peserta",
    "prizes?": "hadiah|undian",
    "rewards?": "imbalan",
    "seeds?(?! that follows)": "bibit",
}
"""Words of the vocabulary and the one Indonesian word for each; `for instance` is none, nor the seed of a draw."""
NEVER = re.compile(
    r"\b((antar)?rantai|kanal|instans|benih|bita|konsep|porta|prakiraan|ramalan|ringkasan|surel)\b", re.IGNORECASE
)


@pytest.mark.parametrize(("english", "indonesian"), ONE_WORD.items())
def test_each_word_of_the_vocabulary_is_one_word(english: str, indonesian: str) -> None:
    one = re.compile(rf"(?<!for )(?<!{{)\b{english}\b", re.IGNORECASE)
    asked = [message for message in MESSAGES_NOW if one.search(PLACEHOLDER.sub("", message.english))]
    assert [message for message in asked if not re.search(indonesian, message.translated, re.IGNORECASE)] == []
    assert [message for message in asked if NEVER.search(message.translated)] == []


def test_measuring_and_size_are_two_words() -> None:
    said = {message.english: message.translated for message in MESSAGES_NOW}
    assert said["Measures"] == "Pengukuran"
    assert said["Cascade sizes"] == "Besar kaskade"


def test_the_catalogue_is_what_the_sources_say(collected: Path) -> None:
    kept, now = read(PACKAGE / MESSAGES / "django.po"), read(collected / "django.po")
    assert {message.english for message in now} == {message.english for message in kept}, RENEW
    assert set(now) == set(kept), RENEW


def test_what_runs_is_compiled_from_the_catalogue(collected: Path) -> None:
    assert compiled(PACKAGE / MESSAGES / "django.mo") == compiled(collected / "django.mo"), RENEW


def test_no_sentence_hides_in_a_formatted_string() -> None:
    """What collects the sentences finds none there, so they would stay English."""
    marks = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "npgettext", "pgettext"}
    hidden = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in sorted(PACKAGE.glob("**/*.py"))
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in marks
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("templates/**/*.html")), ids=lambda path: str(path.relative_to(PACKAGE / "templates"))
)
def test_templates_say_nothing_that_cannot_be_translated(path: Path) -> None:
    template = path.read_text(encoding="utf-8")
    said = [
        *re.split(r"[\n·,:()/]", UNSAID.sub("\n", TEMPLATE_TAG.sub("\n", template))),
        *SPOKEN_ATTRIBUTE.findall(template),
    ]
    unmarked = {text.strip() for text in said if re.search(r"[A-Za-z]{2}", text)} - SAME_EVERYWHERE
    assert not unmarked


def test_pages_speak_indonesian_from_where_they_are_installed() -> None:
    with translation.override("id"):
        assert words.growth(1.1, 1.3) == "tumbuh sendiri"
        assert words.growth(0.9, 1.3) == "belum tentu tumbuh sendiri"
        assert words.growth(0.1, 0.3) == "hanya tumbuh selama bibit ditambah"
        assert words.people(1234) == "1.234 orang"
        assert words.span(-1.5, 2.0, 1) == "−1,5 sampai 2,0"
        assert words.typed(12345.5) == "12345,5"
        assert kit_words.say("Row {row}: {what}", row=2, what="?") == "Baris 2: ?"
