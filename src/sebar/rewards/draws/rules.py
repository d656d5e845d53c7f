"""What a draw must be before it is kept or opened, which step may follow which, and who enters once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from sebar.kit import text
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.rewards.draws import randomness
from sebar.rewards.draws.file import MOST_PLACES, Prize
from sebar.rewards.draws.randomness import MARGIN, Source

TEXTS: Final = {"title": 80, "rules": 20_000}
"""The wordings of a draw in one language, and how many characters each may have."""
LAW: Final = {
    "sponsor": 300,
    "permit_number": 80,
    "permit_office": 120,
    "permit_date": 10,
    "permit_asked": 10,
    "eligibility": 1000,
    "void_where": 500,
}
"""What laws want said, each by the name under which it is kept, and how many characters it may have."""
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("sponsor",),
    "ID": ("permit_number", "permit_office", "permit_date", "permit_asked"),
    "US": ("eligibility", "void_where"),
    "ELSEWHERE": ("eligibility",),
}
"""What must be said before a draw opens: everywhere, in Indonesia, in the United States, anywhere else."""
DATES: Final = ("permit_date", "permit_asked")
EMPTY: Final = gettext_noop("This is empty, and a draw cannot open without it.")
WORKING_DAYS: Final = 14
"""In Indonesia a permit is asked for that many working days before, at least (Permensos 12/2019)."""
MOST_WAITING: Final = timedelta(minutes=30)
"""How long a list waits for tickets that were earned in time and are not written down yet."""
SILENCE: Final = timedelta(days=3)
"""How long a source must have been due before a draw can be given up because it says nothing."""
KEPT: Final = timedelta(days=365)
"""How long those wait for a next draw who had entered freely one that was given up."""
YOUNGEST: Final = 13
OLDEST: Final = 99
REASON_LENGTH: Final = 500
PERSON_LENGTH: Final = 80
_MOST_PRIZES: Final = 100
_PRIZE_LENGTH: Final = 120
_SATURDAY: Final = 5
_LONGEST_WAIT: Final = 366  # more days need not be counted one by one


class Step(StrEnum):
    """What may be done to a draw as a whole."""

    CHANGE = "change"
    OPEN = "open"
    ENTER = "enter"
    POSTPONE = "postpone"
    FREEZE = "freeze"
    DRAW = "draw"
    HAND_OUT = "hand_out"
    SETTLE = "settle"
    CANCEL = "cancel"
    GIVE_UP = "give_up"


_STEPS: Final[dict[Step, tuple[frozenset[str], str]]] = {
    Step.CHANGE: (frozenset({"planned"}), "planned"),
    Step.OPEN: (frozenset({"planned"}), "open"),
    Step.ENTER: (frozenset({"open"}), "open"),
    Step.POSTPONE: (frozenset({"open"}), "open"),
    Step.FREEZE: (frozenset({"open"}), "frozen"),
    Step.DRAW: (frozenset({"frozen"}), "drawn"),
    Step.HAND_OUT: (frozenset({"drawn"}), "drawn"),
    Step.SETTLE: (frozenset({"drawn"}), "settled"),
    Step.CANCEL: (frozenset({"planned", "open"}), "cancelled"),
    Step.GIVE_UP: (frozenset({"frozen"}), "cancelled"),
}
_REFUSALS: Final = {
    Step.CHANGE: gettext_noop("Only a planned draw can be changed: people have read the rules of this one."),
    Step.OPEN: gettext_noop("Only a planned draw can be opened."),
    Step.ENTER: gettext_noop("Nobody can enter this draw just now."),
    Step.POSTPONE: gettext_noop("Only an open draw can be postponed: the list of this one is not to be touched."),
    Step.FREEZE: gettext_noop("Only an open draw can be frozen, and only once."),
    Step.DRAW: gettext_noop("Winners are drawn once, from a frozen list; this draw takes no randomness now."),
    Step.HAND_OUT: gettext_noop("Prizes are handed out between the draw and its settling."),
    Step.SETTLE: gettext_noop("Only a draw that has winners can be settled."),
    Step.CANCEL: gettext_noop("A draw can be cancelled only before its list is frozen."),
    Step.GIVE_UP: gettext_noop("Only a draw whose list is fixed and that has no winners can be given up."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawForm:
    """A draw as a member writes it. `check` makes it fit to be kept, `check_openable` to be opened.

    Attributes
    ----------
    texts
        Language to the wordings named in `TEXTS`.
    prizes
        In the order in which they are drawn.
    entries_until
        Until when tickets count and people may enter.
    source
        From where the randomness will come, and when.
    reserves
        How many are drawn to follow where a winner cannot be reached.
    is_once
        Whether nobody wins twice.
    minimum_age
        Who may win, in years; 0 while nobody has said.
    jurisdictions
        Whose law it is made for: ``ID``, ``US``, both, or neither.
    law
        The fields of `LAW`; days are written like 2026-12-01.
    """

    texts: Mapping[str, Mapping[str, str]]
    prizes: Sequence[Prize]
    entries_until: datetime
    source: Source
    reserves: int = 5
    is_once: bool = True
    minimum_age: int = 0
    jurisdictions: Sequence[str] = ()
    law: Mapping[str, str] = field(default_factory=dict)


def may_follow(state: str, step: Step) -> bool:
    """Say whether a draw in this state can take this step."""
    return state in _STEPS[step][0]


def after(state: str, step: Step) -> str:
    """Return the state after a step.

    Raises
    ------
    UserError
        When the draw cannot take this step.
    """
    if not may_follow(state, step):
        raise UserError(_REFUSALS[step], field="state")
    return _STEPS[step][1]


def check(form: DrawForm, languages: Sequence[str], now: datetime) -> DrawForm:
    """Return the form tidied, as it will be kept.

    Raises
    ------
    UserErrors
        With one clear sentence for every field that cannot be used.
    """
    checks = Checks()
    checked = DrawForm(
        texts={language: _texts(checks, form.texts.get(language, {}), language) for language in languages},
        prizes=checks(_prizes, form.prizes, languages),
        entries_until=checks(text.zoned, form.entries_until, field="entries_until"),
        source=checks(_source, form.source),
        reserves=checks(_reserves, form.reserves),
        is_once=form.is_once,
        minimum_age=checks(_age, form.minimum_age),
        jurisdictions=checks(_jurisdictions, form.jurisdictions),
        law={name: checks(_law, form.law.get(name, ""), name) for name in LAW},
    )
    checks.finish()
    check_times(checked.entries_until, checked.source, now)
    return checked


def check_times(entries_until: datetime, source: Source, now: datetime) -> None:
    """Do nothing if entries end in the future, and long enough before the source speaks.

    Raises
    ------
    UserErrors
        When not.
    """
    if entries_until <= now:
        message = gettext_noop("Entries would end in the past: choose a later moment.")
        raise UserErrors([UserError(message, field="entries_until")])
    if entries_until + MARGIN > randomness.read(source.time):
        message = gettext_noop(
            "The draw must be at least {minutes} minutes after the end of entries, so that the list stands in public."
        )
        raise UserErrors([UserError(message, field="draws_at", minutes=round(MARGIN.total_seconds() / 60))])


def check_openable(form: DrawForm, languages: Sequence[str], now: datetime) -> None:
    """Do nothing if a draw says all that people and the law must know.

    Raises
    ------
    UserErrors
        Naming everything that is missing.
    """
    wrong = [UserError(EMPTY, field=name) for name in _missing(form, languages)]
    if not form.jurisdictions:
        message = gettext_noop("It is not said where people may win: in Indonesia, in the United States, or elsewhere.")
        wrong.append(UserError(message, field="jurisdictions"))
    asked = form.law.get("permit_asked", "")
    if "ID" in form.jurisdictions and asked and working_days(date.fromisoformat(asked), now.date()) < WORKING_DAYS:
        message = gettext_noop(
            "The permit was asked for on {asked:d}: the draw may open when {days} working days have passed since."
        )
        wrong.append(UserError(message, field="permit_asked", asked=date.fromisoformat(asked), days=WORKING_DAYS))
    if wrong:
        raise UserErrors(wrong)
    check_times(form.entries_until, form.source, now)


def working_days(first: date, last: date) -> int:
    """Return how many days from Monday to Friday come after `first` until `last`; public holidays are counted too."""
    days = min(max((last - first).days, 0), _LONGEST_WAIT)
    return sum((first + timedelta(days=day)).weekday() < _SATURDAY for day in range(1, days + 1))


def check_freezable(entries_until: datetime, source: Source, now: datetime) -> None:
    """Do nothing if a list may be fixed now: nobody can enter any more, and the source is far enough from speaking.

    Raises
    ------
    UserError
        When not.
    """
    if now < entries_until:
        raise UserError(gettext_noop("People may still enter: the list is fixed when entries have ended."))
    if now + MARGIN > randomness.read(source.time):
        raise UserError(
            gettext_noop(
                "It is too late to fix the list: its hash must stand in public {minutes} minutes before the source "
                "speaks. Postpone the draw."
            ),
            minutes=round(MARGIN.total_seconds() / 60),
        )


def waits_until(entries_until: datetime, source: Source) -> datetime:
    """Return until when the list waits for rewards that are behind: as long as the source is not near speaking."""
    return min(entries_until + MOST_WAITING, randomness.read(source.time) - 2 * MARGIN)


def check_spoken(source: Source, now: datetime) -> None:
    """Do nothing if the source can have spoken.

    Raises
    ------
    UserError
        When its moment is still to come.
    """
    if now < randomness.read(source.time):
        raise UserError(
            gettext_noop("The source speaks at {time}: nothing that is known before can be its word."),
            field="value",
            time=source.time,
        )


def check_silent(source: Source, now: datetime) -> None:
    """Do nothing if the source has been due for so long that a draw may be given up.

    Raises
    ------
    UserError
        When it may still speak: whoever could cancel at once could wait for the result and refuse it.
    """
    if now < randomness.read(source.time) + SILENCE:
        raise UserError(
            gettext_noop(
                "The source may still speak: a draw can be given up {days} days after {time} at the earliest."
            ),
            field="reason",
            days=SILENCE.days,
            time=source.time,
        )


def free_tickets(tickets: Mapping[int, int]) -> int:
    """Return how many tickets everybody has who entered without passing anything on: as many as the best has earned."""
    return max(tickets.values(), default=1)


def check_entry(*, name: str, email: str, is_old_enough: bool, minimum_age: int) -> tuple[str, str]:
    """Return name and address of somebody who enters without passing anything on, tidied.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    checked = checks(_person, name), checks(_email, email)
    checks(_old_enough, is_old_enough, minimum_age)
    checks.finish()
    return checked


def check_reason(reason: str) -> str:
    """Return why something was decided, tidied.

    Raises
    ------
    UserError
        When it is empty or too long.
    """
    tidy = text.line(reason, field="reason", most=REASON_LENGTH)
    if not tidy:
        raise UserError(gettext_noop("The reason is empty: others will ask for it, so write one."), field="reason")
    return tidy


def _missing(form: DrawForm, languages: Sequence[str]) -> list[str]:
    """Return the names of the fields without which a draw cannot open, in the order of the form."""
    words = [f"texts.{language}.{what}" for language in languages for what in TEXTS if not form.texts[language][what]]
    needed = dict.fromkeys(name for place in ("", *form.jurisdictions) for name in NEEDED[place])
    return [
        *words,
        *(() if form.minimum_age else ("minimum_age",)),
        *(name for name in needed if not form.law.get(name)),
    ]


def _texts(checks: Checks, given: Mapping[str, str], language: str) -> dict[str, str]:
    title, rules = f"texts.{language}.title", f"texts.{language}.rules"
    return {
        "title": checks(text.line, given.get("title", ""), field=title, most=TEXTS["title"]),
        "rules": checks(text.paragraphs, given.get("rules", ""), field=rules, most=TEXTS["rules"]),
    }


def _prizes(given: Sequence[Prize], languages: Sequence[str]) -> Sequence[Prize]:
    tidy = [_prize(one, languages) for one in given]
    if not tidy or not all(all([one.name, *one.names.values()]) for one in tidy) or len(tidy) > _MOST_PRIZES:
        raise UserError(
            gettext_noop("A draw has from 1 to {most} kinds of prizes, each with a name: write one a line."),
            field="prizes",
            most=_MOST_PRIZES,
        )
    if min(one.count for one in tidy) < 1 or sum(one.count for one in tidy) > MOST_PLACES:
        raise UserError(
            gettext_noop("A draw has at most {most} winners, and of each prize at least one."),
            field="prizes",
            most=MOST_PLACES,
        )
    return tidy


def _prize(given: Prize, languages: Sequence[str]) -> Prize:
    """Return a prize with its names in the campaign's languages; none where they are all the same."""
    names = {
        language: text.line(given.names.get(language) or given.name, field="prizes", most=_PRIZE_LENGTH)
        for language in languages
    }
    return Prize(names[languages[0]], given.count, names if len({*names.values()}) > 1 else {})


def _source(given: Source) -> Source:
    try:
        randomness.check(msgspec.convert(msgspec.to_builtins(given), Source))
    except msgspec.ValidationError as error:
        message = gettext_noop("The source of randomness is not whole: {reason}.")
        raise UserError(message, field="source", reason=str(error)[:200]) from None
    return given


def _reserves(given: int) -> int:
    if not 0 <= given <= MOST_PLACES:
        raise UserError(
            gettext_noop("{shown} reserves cannot be drawn: choose from 0 to {most}."),
            field="reserves",
            shown=given,
            most=MOST_PLACES,
        )
    return given


def _age(given: int) -> int:
    if given and not YOUNGEST <= given <= OLDEST:
        raise UserError(
            gettext_noop("{shown} is no age to win from: choose from {least} to {most}."),
            field="minimum_age",
            shown=given,
            least=YOUNGEST,
            most=OLDEST,
        )
    return given


def _jurisdictions(given: Sequence[str]) -> Sequence[str]:
    for place in given:
        if place not in NEEDED or not place:
            raise UserError(
                gettext_noop("“{shown}” is no law that is known here: choose from ID, US and ELSEWHERE."),
                field="jurisdictions",
                shown=text.shown(place),
            )
    return tuple(place for place in NEEDED if place in given)


def _law(given: str, name: str) -> str:
    tidy = text.paragraphs(given, field=name, most=LAW[name])
    if tidy and name in DATES:
        try:
            tidy = date.fromisoformat(tidy).isoformat()
        except ValueError:
            message = gettext_noop("“{shown}” is no day: write it like 2026-12-01.")
            raise UserError(message, field=name, shown=text.shown(given)) from None
    return tidy


def _person(given: str) -> str:
    tidy = text.line(given, field="name", most=PERSON_LENGTH)
    if not tidy:
        raise UserError(gettext_noop("Your name is missing: a prize goes to somebody."), field="name")
    return tidy


def _email(given: str) -> str:
    tidy = text.email(given, field="email")
    if not tidy:
        message = gettext_noop("Your e-mail address is missing: without it nobody can tell you that you have won.")
        raise UserError(message, field="email")
    return tidy


def _old_enough(given: bool, minimum_age: int) -> bool:
    if not given:
        message = gettext_noop("Only who is {age} or older may enter: tick the box if you are.")
        raise UserError(message, field="age", age=minimum_age)
    return given
