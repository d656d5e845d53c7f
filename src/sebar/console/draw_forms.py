"""The form of a prize draw as browsers send it, and back again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from sebar.campaigns.models import Campaign
from sebar.console import forms
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop
from sebar.rewards.draws import queries, randomness
from sebar.rewards.draws.file import Prize
from sebar.rewards.draws.models import Draw
from sebar.rewards.draws.randomness import Drand, Lottery, Source
from sebar.rewards.draws.rules import LAW, NEEDED, TEXTS, DrawForm

_PRIZE: Final = re.compile(r"(?:(\d{1,4})\s*[x×*]\s*)?(.*)", re.IGNORECASE)
_MOST_DIGITS: Final = 6
_UNCHOSEN: Final = {
    "entries_until": gettext_noop("Choose the day and hour until which people may enter."),
    "draws_at": gettext_noop("Choose the day and hour at which it is drawn."),
}


@dataclass(frozen=True)
class Line:
    """One field: `kind` is ``line``, ``area``, ``moment`` or ``day``."""

    name: str
    label: str
    hint: str
    kind: str
    value: str
    error: str
    most: int


@dataclass(frozen=True)
class Part:
    """Fields that stand together under a heading; `switch` names the box or button that makes them count."""

    name: str
    heading: str
    lines: tuple[Line, ...]
    is_on: bool = True


def fresh(campaign: Campaign) -> dict[str, str]:
    """Return what stands in the form of a new draw."""
    first = {f"texts.{language}.title": "" for language in campaign.languages}
    return {**first, "source": "drand", "reserves": "5", "is_once": "1", "order": "ascending", "lowest": "1"}


def entered_of(draw: Draw) -> dict[str, str]:
    """Return a draw as its form would send it."""
    zone = draw.campaign.time_zone
    source = draw.from_source
    return {
        **{f"texts.{code}.{what}": words for code, texts in draw.texts.items() for what, words in texts.items()},
        **_entered_prizes(draw),
        "entries_until": forms.local(draw.entries_until, zone),
        "draws_at": forms.local(draw.draws_at, zone),
        **_entered_source(source),
        "reserves": str(draw.reserves),
        "is_once": "1" if draw.is_once else "",
        "minimum_age": str(draw.minimum_age or ""),
        **{f"law.{place}": "1" for place in draw.jurisdictions},
        **draw.law,
    }


def _entered_prizes(draw: Draw) -> dict[str, str]:
    first, *others = draw.campaign.languages
    prizes = queries.prizes_of(draw)
    named = {
        f"prizes.{language}": "\n".join(one.said(language) for one in prizes)
        for language in others
        if any(one.said(language) != one.name for one in prizes)
    }
    return {"prizes": "\n".join(f"{one.count} × {one.said(first)}" for one in prizes), **named}


def _entered_source(source: Source) -> dict[str, str]:
    if isinstance(source, Drand):
        return {"source": "drand", "order": "ascending", "lowest": "1"}
    return {
        "source": "lottery",
        "lottery": source.name,
        "drawing": source.drawing,
        "numbers": str(source.numbers),
        "lowest": str(source.lowest),
        "highest": str(source.highest),
        "order": source.order,
    }


def read(sent: QueryDict, campaign: Campaign) -> DrawForm:
    """Return what was sent.

    Raises
    ------
    UserErrors
        When something that must be a number or a moment is none.
    """
    checks = Checks()
    until = checks(lambda _none: moment(sent, "entries_until", campaign), None)
    draws_at = checks(lambda _none: moment(sent, "draws_at", campaign), None)
    counts = {name: checks(_count, _Count(sent.get(name, ""), name)).number for name in _COUNTS}
    prizes = _prizes(sent, campaign, checks)
    checks.finish()
    assert until is not None  # noqa: S101 - otherwise the checks would have raised
    assert draws_at is not None  # noqa: S101
    return DrawForm(
        texts={
            language: {what: sent.get(f"texts.{language}.{what}", "") for what in TEXTS}
            for language in campaign.languages
        },
        prizes=prizes,
        entries_until=until,
        source=_source(sent, draws_at, counts),
        reserves=counts["reserves"],
        is_once=bool(sent.get("is_once")),
        minimum_age=counts["minimum_age"],
        jurisdictions=tuple(place for place in NEEDED if place and sent.get(f"law.{place}")),
        law={name: sent.get(name, "") for name in LAW},
    )


def moment(sent: QueryDict, field: str, campaign: Campaign) -> datetime:
    """Return a moment that must be there, in the campaign's zone.

    Raises
    ------
    UserError
        When it is missing, or none.
    """
    found = forms.moment(sent, field, campaign.time_zone)
    if found is None:
        raise UserError(_UNCHOSEN[field], field=field)
    return found


def parts(entered: Mapping[str, str], errors: Mapping[str, str], campaign: Campaign) -> dict[str, Part]:
    """Return the fields of the form by the part in which they stand."""
    names = dict(settings.LANGUAGES)

    def line(name: str, label: str, hint: str = "", kind: str = "line", most: int = 120) -> Line:
        return Line(name, label, hint, kind, entered.get(name, ""), errors.get(name, ""), most)

    words = tuple(
        part
        for language in campaign.languages
        for part in (
            line(f"texts.{language}.title", _("Title (%(language)s)") % {"language": names[language]}, most=80),
            line(
                f"texts.{language}.rules",
                _("Rules (%(language)s)") % {"language": names[language]},
                _("Who may win, what the prizes are worth, who pays tax, what becomes of a prize nobody takes."),
                "area",
                TEXTS["rules"],
            ),
        )
    )
    return {
        "words": Part("words", _("What people read"), words),
        "when": Part(
            "when",
            _("When"),
            (
                line("entries_until", _("Entries until"), _("Tickets count that were earned by then."), "moment"),
                line(
                    "draws_at",
                    _("Drawn at"),
                    _("At least 5 minutes later. The source must not have spoken before."),
                    "moment",
                ),
            ),
        ),
        "prizes": Part(
            "prizes",
            _("Prizes"),
            (
                line(
                    "prizes",
                    _("Prizes, one a line"),
                    _("Like: 2 × Coffee grinder. They are drawn in this order."),
                    "area",
                    12_000,
                ),
                *(
                    line(
                        f"prizes.{language}",
                        _("The same prizes (%(language)s)") % {"language": names[language]},
                        _("One a line, in the same order. Left empty, they are called the same."),
                        "area",
                        12_000,
                    )
                    for language in campaign.languages[1:]
                ),
            ),
        ),
        "lottery": Part(
            "lottery",
            _("The lottery"),
            (
                line("lottery", _("Name of the lottery"), _("So that nobody can mean another one.")),
                line("drawing", _("Which drawing"), _("Like: Saturday, 5 December 2026, first drawing")),
                line("numbers", _("How many numbers"), "", most=2),
                line("lowest", _("Lowest number"), "", most=6),
                line("highest", _("Highest number"), _("Bonus numbers are not used."), most=6),
            ),
            entered.get("source") == "lottery",
        ),
        "winning": Part(
            "winning",
            _("Who wins"),
            (
                line("minimum_age", _("Minimum age, in years"), "", most=12),
                line(
                    "reserves",
                    _("Reserves"),
                    _("They are drawn with the winners and follow who cannot be reached."),
                    most=4,
                ),
            ),
        ),
        "all": Part(
            "all",
            _("Everywhere"),
            (
                line(
                    "sponsor",
                    _("Organiser"),
                    _("Who answers for it: name and postal address; shown to everybody."),
                    "area",
                    300,
                ),
                line(
                    "eligibility",
                    _("Who is eligible"),
                    _("Like: residents of the 50 states, 18 or older. For Indonesia alone it may stay empty."),
                    "area",
                    1000,
                ),
            ),
        ),
        "ID": Part(
            "ID",
            _("Indonesia: undian gratis berhadiah"),
            (
                line("permit_number", _("Number of the permit"), "", most=80),
                line("permit_office", _("Office that issued it")),
                line("permit_date", _("Day of the permit"), "", "day", 10),
                line(
                    "permit_asked",
                    _("Day it was asked for"),
                    _("At least 14 working days before the draw opens."),
                    "day",
                    10,
                ),
            ),
            bool(entered.get("law.ID")),
        ),
        "US": Part(
            "US",
            _("United States: sweepstakes"),
            (
                line(
                    "void_where",
                    _("Void where"),
                    _("Like: void in Florida and New York, and where prohibited."),
                    "area",
                    500,
                ),
            ),
            bool(entered.get("law.US")),
        ),
        "ELSEWHERE": Part("ELSEWHERE", _("Elsewhere"), (), bool(entered.get("law.ELSEWHERE"))),
    }


_COUNTS: Final = ("reserves", "minimum_age", "numbers", "lowest", "highest")


@dataclass(frozen=True)
class _Count:
    typed: str
    field: str
    number: int = 0


def _count(given: _Count) -> _Count:
    digits = given.typed.strip() or "0"
    if not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        raise UserError(gettext_noop("“{shown}” is no whole number."), field=given.field, shown=given.typed[:20])
    return _Count(given.typed, given.field, int(digits))


def _prizes(sent: QueryDict, campaign: Campaign, checks: Checks) -> list[Prize]:
    """Return the prizes as they were sent; `checks` hears of languages in which not each has a name."""
    prizes = _lines(sent.get("prizes", ""))
    for language in campaign.languages[1:]:
        field = f"prizes.{language}"
        named = _lines(sent.get(field, ""))
        if named and len(named) != len(prizes):
            message = gettext_noop(
                "There are {count} kinds of prizes, and {shown} are named here: name each, in the same order, or none."
            )
            checks.errors.append(UserError(message, field=field, count=len(prizes), shown=len(named)))
            continue
        for one, other in zip(prizes, named, strict=False):
            if other.count not in {1, one.count}:
                message = gettext_noop(
                    "“{name}” is there {count} times, and {other} times here: write the same number."
                )
                checks.errors.append(UserError(message, field=field, count=one.count, name=one.name, other=other.count))
        if named:
            prizes = [
                Prize(one.name, one.count, {**one.names, language: other.name})
                for one, other in zip(prizes, named, strict=True)
            ]
    return prizes


def _lines(typed: str) -> list[Prize]:
    return [_prize(line) for line in typed.splitlines() if line.strip()]


def _prize(line: str) -> Prize:
    found = _PRIZE.fullmatch(line.strip())
    count, name = (found[1], found[2]) if found else (None, line)
    return Prize(name, int(count) if count else 1)


def _source(sent: QueryDict, draws_at: datetime, counts: Mapping[str, int]) -> Source:
    if sent.get("source") != "lottery":
        return randomness.drand_at(draws_at)
    return Lottery(
        name=" ".join(sent.get("lottery", "").split()),
        drawing=" ".join(sent.get("drawing", "").split()),
        time=randomness.spell(draws_at),
        numbers=counts["numbers"],
        lowest=counts["lowest"],
        highest=counts["highest"],
        order="drawn" if sent.get("order") == "drawn" else "ascending",
    )
