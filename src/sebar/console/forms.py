"""The campaign form as browsers send it, and back again."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar

from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from sebar.campaigns import rules
from sebar.campaigns.rules import CampaignForm
from sebar.kit.errors import UserError

Value = TypeVar("Value")
_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Singapore", "Asia/Kuala_Lumpur", "UTC")
_MOST_DIGITS = 18
_LANGUAGE_NAMES = {"en": "English", "id": "Bahasa Indonesia"}


def fresh(language: str) -> CampaignForm:
    """Return the form of a new campaign, filled with what suits most."""
    return CampaignForm(name="", slug="", languages=(language,), texts={code: usual(code) for code in rules.LANGUAGES})


def usual(language: str) -> dict[str, str]:
    """Return the wordings a campaign has until somebody writes better ones."""
    with translation.override(language):
        return {
            "headline": "",
            "text": "",
            "call_to_action": _("Join in"),
            "share_text": _("I have joined. Join through my link:"),
        }


def read(sent: QueryDict) -> tuple[CampaignForm, dict[str, str]]:
    """Return what was sent, and by field what of it cannot be read, which is left out.

    Empty wordings take the usual ones, an empty slug and headline follow the name.
    """
    errors: dict[str, str] = {}

    def readable(reading: Callable[[QueryDict, str], Value | None], field: str) -> Value | None:
        try:
            return reading(sent, field)
        except UserError as error:
            errors[field] = error.message
            return None

    name = sent.get("name", "")
    zone = sent.get("time_zone", "Asia/Jakarta")
    languages = tuple(sent.getlist("languages"))
    form = CampaignForm(
        name=name,
        slug=sent.get("slug", "").strip() or rules.slug_from(name),
        languages=languages,
        texts={language: _wordings(sent, language, name) for language in languages},
        target_url=sent.get("target_url", "") if sent.get("target") == "own" else "",
        stop_url=sent.get("stop_url", ""),
        starts_at=readable(partial(moment, zone=zone), "starts_at"),
        ends_at=readable(partial(moment, zone=zone), "ends_at"),
        time_zone=zone,
        asks_name=sent.get("asks_name", "optional"),
        asks_email=sent.get("asks_email", "no"),
        confirmation=sent.get("confirmation", "at_once"),
        colour=sent.get("colour", "#0f6b5c"),
        goal=readable(_count, "goal"),
        population=readable(_count, "population"),
    )
    return form, errors


def _wordings(sent: QueryDict, language: str, name: str) -> dict[str, str]:
    given = {what: sent.get(f"texts.{language}.{what}", "") for what in rules.TEXTS}
    expected = usual(language) | {"headline": name[: rules.TEXTS["headline"]]}
    return {what: written if written.strip() else expected[what] for what, written in given.items()}


def moment(sent: QueryDict, field: str, zone: str) -> datetime | None:
    """Return a moment as a browser's calendar field writes it; None when it is empty.

    Raises
    ------
    UserError
        When it is no day and time.
    """
    text = sent.get(field, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone))
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        message = _("“%(text)s” is no day and time: choose one from the calendar, or leave it empty.")
        raise UserError(message % {"text": text[:40]}, field=field) from None


def _count(sent: QueryDict, field: str) -> int | None:
    """Return a whole number as people write it, with points, commas or blanks between thousands."""
    text = sent.get(field, "").strip()
    digits = text.translate(str.maketrans("", "", ".,  \N{NO-BREAK SPACE}"))
    if not text:
        return None
    if not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        message = _("“%(text)s” is not a number of people: write it like 10000, or leave it empty.")
        raise UserError(message % {"text": text[:40]}, field=field)
    return int(digits)


@dataclass(frozen=True)
class Wording:
    """One wording's field."""

    name: str
    label: str
    kind: str
    value: str
    most: int
    error: str


@dataclass(frozen=True)
class LanguagePart:
    """The wordings in one language."""

    code: str
    name: str
    is_chosen: bool
    wordings: tuple[Wording, ...]


def language_parts(form: CampaignForm, errors: dict[str, str]) -> list[LanguagePart]:
    """Return the fields of the wordings; a language not chosen shows the usual ones."""
    return [
        LanguagePart(
            code,
            _LANGUAGE_NAMES[code],
            code in form.languages,
            tuple(_wording(form, code, what, errors) for what in rules.TEXTS),
        )
        for code in sorted(rules.LANGUAGES, key=lambda code: code not in form.languages)
    ]


def _wording(form: CampaignForm, language: str, what: str, errors: dict[str, str]) -> Wording:
    label, kind = labels()[what]
    name = f"texts.{language}.{what}"
    value = form.texts.get(language, usual(language)).get(what, "")
    return Wording(name, label, kind, value, rules.TEXTS[what], errors.get(name, ""))


def labels() -> dict[str, tuple[str, str]]:
    """Return the label of each wording and whether it has one line or several."""
    return {
        "headline": (_("Headline"), "line"),
        "text": (_("Text"), "area"),
        "call_to_action": (_("Words on the button"), "line"),
        "share_text": (_("Message people pass on"), "area"),
    }


def local(when: datetime | None, zone: str) -> str:
    """Return a moment as a browser's calendar field writes it."""
    return when.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if when else ""


@lru_cache(maxsize=1)
def _known_zones() -> tuple[str, ...]:
    return tuple(sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc")))


def zones() -> Iterable[tuple[str, str]]:
    """Return the time zones to choose from, Indonesia's first, each with a readable name."""
    known = [*_ZONES, *(zone for zone in _known_zones() if zone not in _ZONES)]
    return [(zone, zone.replace("_", " ")) for zone in known]
