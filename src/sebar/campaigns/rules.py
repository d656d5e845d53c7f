"""What a campaign must be before it is stored or published, and which step may follow which."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from sebar.kit import text
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import LANGUAGES as NAMES
from sebar.kit.words import gettext_noop, languages_known, say

Texts = TypeVar("Texts", bound=Mapping[str, Any])

LANGUAGES: Final = ("en", "id")
TEXTS: Final = {"headline": 80, "text": 2000, "call_to_action": 40, "share_text": 280}
"""The wordings of a campaign in one language, and how many characters each may have."""
NAME_LENGTH: Final = 80
SLUG_LENGTH: Final = 60
CONSENT_LENGTH: Final = 2000
STATEMENT_LENGTH: Final = 1500
CONSENT: Final = {
    "en": (
        "I agree that {brand} keeps what I enter here and who joined through whom, in order to run “{campaign}”. "
        "I can ask {brand} at any time to delete it."
    ),
    "id": (
        "Saya setuju {brand} menyimpan apa yang saya isi di sini dan siapa bergabung melalui siapa, untuk menjalankan "
        "“{campaign}”. Saya dapat meminta {brand} menghapusnya kapan saja."
    ),
}
"""What people agree to when a brand has not worded it itself."""

_MOST_PEOPLE: Final = 10_000_000_000
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2199, 12, 31, tzinfo=UTC)
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_ASKS: Final = ("no", "optional", "required")
_CONFIRMATIONS: Final = ("at_once", "by_brand")


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignForm:
    """A campaign as a person or program writes it. `check` makes it fit to be stored.

    Attributes
    ----------
    texts
        Language to the wordings named in `TEXTS`.
    target_url
        The brand's own page; empty for the page that Sebar hosts.
    stop_url
        Where links lead once the campaign is stopped; empty for the page that Sebar hosts.
    starts_at, ends_at
        When people can join, with their zone; None for no bound.
    time_zone
        In which the brand reads and writes times, like ``Asia/Jakarta``.
    asks_name, asks_email
        ``no``, ``optional`` or ``required``.
    confirmation
        ``at_once``, or ``by_brand`` through the API.
    colour
        Of the campaign's pages, like ``#0f6b5c``.
    goal
        How many participants the brand wants; None when it has set no goal.
    population
        How many people could become participants at most, seeds included; None when nobody knows.
    """

    name: str
    slug: str
    languages: Sequence[str] = ("en",)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    target_url: str = ""
    stop_url: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = "Asia/Jakarta"
    asks_name: str = "optional"
    asks_email: str = "no"
    confirmation: str = "at_once"
    colour: str = "#0f6b5c"
    goal: int | None = None
    population: int | None = None


class Phase(StrEnum):
    """What a campaign is at a moment: its status, and where that moment lies between its start and its end."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
    STOPPED = "stopped"

    @property
    def reason(self) -> str:
        """One sentence for people: why they can or cannot join."""
        return say(_REASONS[self])

    @property
    def is_over(self) -> bool:
        """Whether nobody can join any more, unless somebody lets it go on."""
        return self in {Phase.ENDED, Phase.STOPPED}


_REASONS: Final = {
    Phase.DRAFT: gettext_noop("This campaign is not published yet."),
    Phase.SCHEDULED: gettext_noop("This campaign has not started yet."),
    Phase.RUNNING: gettext_noop("This campaign is running: people can join."),
    Phase.PAUSED: gettext_noop("This campaign is paused: nobody can join just now."),
    Phase.ENDED: gettext_noop("This campaign is over: nobody can join any more."),
    Phase.STOPPED: gettext_noop("This campaign was stopped: nobody can join any more."),
}


class Step(StrEnum):
    """What may be done to a campaign as a whole."""

    PUBLISH = "publish"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


_STEPS: Final[dict[Step, tuple[frozenset[str], str]]] = {
    Step.PUBLISH: (frozenset({"draft"}), "running"),
    Step.PAUSE: (frozenset({"running"}), "paused"),
    Step.RESUME: (frozenset({"paused", "stopped"}), "running"),
    Step.STOP: (frozenset({"running", "paused"}), "stopped"),
}


class Timed(Protocol):
    """Anything with a status that is in force and bounds, as a stored campaign has them."""

    @property
    def in_force(self) -> str: ...
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def ends_at(self) -> datetime | None: ...


def phase(campaign: Timed, now: datetime) -> Phase:
    """Return what the campaign is at the moment `now`. Only in `Phase.RUNNING` can people join."""
    if campaign.in_force != "running":
        return Phase(campaign.in_force)
    if campaign.starts_at is not None and now < campaign.starts_at:
        return Phase.SCHEDULED
    if campaign.ends_at is not None and now >= campaign.ends_at:
        return Phase.ENDED
    return Phase.RUNNING


def may_follow(status: str, step: Step) -> bool:
    """Say whether a campaign of this status can take this step."""
    return status in _STEPS[step][0]


def after(status: str, step: Step) -> str:
    """Return the status after a step.

    Raises
    ------
    UserError
        When the campaign cannot take this step.
    """
    if not may_follow(status, step):
        raise UserError(_REFUSALS[step], field="status")
    return _STEPS[step][1]


_REFUSALS: Final = {
    Step.PUBLISH: gettext_noop("Only a draft can be published, and this campaign was published before."),
    Step.PAUSE: gettext_noop("Only a running campaign can be paused."),
    Step.RESUME: gettext_noop("Only a paused or stopped campaign can be resumed."),
    Step.STOP: gettext_noop("Only a running or paused campaign can be stopped."),
}


def check(form: CampaignForm) -> CampaignForm:
    """Return the form tidied, as it will be stored.

    Raises
    ------
    UserErrors
        With one clear sentence for every field that cannot be used; texts are named like ``texts.en.headline``.
    """
    checks = Checks()
    languages = checks(_languages, form.languages)
    texts = form.texts if checks.errors else checks(check_spoken, form.texts, languages, field="texts")
    checked = CampaignForm(
        name=checks(_name, form.name),
        slug=checks(text.slug, form.slug, field="slug", most=SLUG_LENGTH),
        languages=languages,
        texts={language: _texts(checks, texts.get(language, {}), language) for language in languages},
        target_url=checks(text.url, form.target_url, field="target_url"),
        stop_url=checks(text.url, form.stop_url, field="stop_url"),
        starts_at=checks(_moment, form.starts_at, field="starts_at"),
        ends_at=checks(_moment, form.ends_at, field="ends_at"),
        time_zone=checks(check_time_zone, form.time_zone, "time_zone"),
        asks_name=checks(text.one_of, form.asks_name, _ASKS, field="asks_name"),
        asks_email=checks(text.one_of, form.asks_email, _ASKS, field="asks_email"),
        confirmation=checks(text.one_of, form.confirmation, _CONFIRMATIONS, field="confirmation"),
        colour=checks(_colour, form.colour),
        goal=checks(_people, form.goal, field="goal"),
        population=checks(_people, form.population, field="population"),
    )
    checks.finish()
    checks(_in_order, checked.starts_at, checked.ends_at)
    checks(_within, checked.goal, checked.population)
    checks.finish()
    return checked


def check_publishable(form: CampaignForm, now: datetime) -> None:
    """Do nothing if a campaign that reads like `form` can be shown to people.

    Raises
    ------
    UserErrors
        Naming everything that is still missing.
    """
    missing = [
        UserError(
            sentence,
            field=f"texts.{language}.{what}",
            language=NAMES[language],
        )
        for language in form.languages
        for what, sentence in _NEEDED.items()
        if not form.texts.get(language, {}).get(what)
    ]
    if form.ends_at is not None and form.ends_at <= now:
        missing.append(UserError(_OVER, field="ends_at"))
    if missing:
        raise UserErrors(missing)


def check_draft(form: CampaignForm, now: datetime) -> None:
    """Do nothing if a draft may read like `form`: much may be missing, but nobody means an end that is over.

    Raises
    ------
    UserErrors
        When it ends in the past.
    """
    if form.ends_at is not None and form.ends_at <= now:
        raise UserErrors([UserError(_OVER, field="ends_at")])


def check_new_end(end: datetime | None, before: datetime | None, now: datetime) -> None:
    """Do nothing if a public campaign may end then: a slip of the pen must not end it for everybody.

    Raises
    ------
    UserErrors
        When it would be over at once.
    """
    if end is not None and end <= now and end != before:
        message = gettext_noop("The end lies in the past: choose a later one; to end it now, stop it.")
        raise UserErrors([UserError(message, field="ends_at")])


_NEEDED: Final = {
    "headline": gettext_noop(
        "The headline in {language} is empty: people need it before the campaign can be published."
    ),
    "call_to_action": gettext_noop(
        "The words on the button in {language} are empty: people need them before the campaign can be published."
    ),
    "share_text": gettext_noop(
        "The message people pass on is empty in {language}: they need it before the campaign can be published."
    ),
}
_OVER: Final = gettext_noop("The end lies in the past: choose a later one, or none.")


def stop_address(url: str) -> str:
    """Return the tidied address to which links lead once the campaign is stopped.

    Raises
    ------
    UserError
        When it is no address of the web.
    """
    return text.url(url, field="stop_url")


def check_statement(texts: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """Return what a brand says about an affair, in each of the campaign's languages; nothing when all are empty.

    Raises
    ------
    UserErrors
        When a language is missing beside others or is none of the campaign's, or a text is too long.
    """
    checks = Checks()
    checks(check_spoken, texts, languages, field="statement")
    tidy = {
        language: checks(text.paragraphs, texts.get(language, ""), field=f"statement.{language}", most=STATEMENT_LENGTH)
        for language in languages
    }
    if any(tidy.values()):
        for language, words in tidy.items():
            if not words:
                message = gettext_noop("The statement is missing in {language}: people read it in their own language.")
                checks.errors.append(UserError(message, field=f"statement.{language}", language=NAMES[language]))
    checks.finish()
    return tidy if any(tidy.values()) else {}


def check_spoken(texts: Texts, languages: Sequence[str], *, field: str) -> Texts:
    """Return texts by language as they are: whoever writes in a language that nobody would read is told so.

    Raises
    ------
    UserErrors
        With a sentence for each language that the campaign does not have.
    """
    wrong = gettext_noop("“{shown}” is not a language of this campaign: it has {known}.")
    known = languages_known(languages)
    foreign = [
        UserError(wrong, field=field, shown=text.shown(language), known=known)
        for language in texts
        if language not in languages
    ]
    if foreign:
        raise UserErrors(foreign)
    return texts


def check_consent(texts: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """Return the wording of the consent in each of the campaign's languages, tidied.

    Raises
    ------
    UserErrors
        When one is missing, too long, cannot be shown, or is in no language of the campaign.
    """
    checks = Checks()
    checks(check_spoken, texts, languages, field="consent")
    checked = {language: checks(_consent, texts.get(language, ""), language) for language in languages}
    checks.finish()
    return checked


def check_time_zone(given: str, field: str) -> str:
    """Return the time zone.

    Raises
    ------
    UserError
        When there is none of this name.
    """
    if given not in _time_zones():
        wrong = gettext_noop("“{shown}” is not a time zone: write it like Asia/Jakarta.")
        raise UserError(wrong, field=field, shown=text.shown(given))
    return given


def default_consent(language: str, *, brand: str, campaign: str) -> str:
    """Return what people agree to when the brand has not worded it itself."""
    return CONSENT[language].format(brand=brand, campaign=campaign)


def slug_from(name: str) -> str:
    """Return the slug proposed for a campaign of this name."""
    return text.slug_from(name, most=SLUG_LENGTH - 6, otherwise="campaign")


def spoken(language: str, languages: Sequence[str]) -> str:
    """Return the language to speak to somebody who wants `language`: that one, or the campaign's first."""
    return language if language in languages or not languages else languages[0]


def text_for(texts: Mapping[str, Mapping[str, str]], language: str, languages: Sequence[str]) -> dict[str, str]:
    """Return all wordings in `language`, or in the campaign's first; what is not written is empty."""
    written = texts.get(spoken(language, languages), {})
    return {what: written.get(what, "") for what in TEXTS}


def _name(given: str) -> str:
    name = text.line(given, field="name", most=NAME_LENGTH)
    if not name:
        raise UserError(gettext_noop("The name is empty: give the campaign a name to find it by."), field="name")
    return name


def _languages(given: Sequence[str]) -> Sequence[str]:
    for language in given:
        if language not in LANGUAGES:
            raise UserError(
                gettext_noop("“{shown}” is not a language of these pages: choose from {known}."),
                field="languages",
                shown=text.shown(language),
                known=languages_known(),
            )
    if not given:
        raise UserError(
            gettext_noop("No language is chosen: choose at least one of {known}."),
            field="languages",
            known=languages_known(),
        )
    return tuple(dict.fromkeys(given))


def _texts(checks: Checks, given: Mapping[str, str], language: str) -> dict[str, str]:
    return {what: checks(_wording, given.get(what, ""), what, f"texts.{language}.{what}") for what in TEXTS}


def _wording(given: str, what: str, field: str) -> str:
    if what == "share_text":
        return passed_on(given, field=field)
    tidy = text.line if what in {"headline", "call_to_action"} else text.paragraphs
    return tidy(given, field=field, most=TEXTS[what])


def passed_on(given: str, *, field: str) -> str:
    """Return what people pass on with their link, tidied.

    Raises
    ------
    UserError
        When it cannot be used, also when it has a mark like ``{name}``: nothing is filled in.
    """
    tidy = text.paragraphs(given, field=field, most=TEXTS["share_text"])
    return text.without_marks(tidy, field=field, label=say(gettext_noop("Message people pass on")))


def _consent(given: str, language: str) -> str:
    tidy = text.paragraphs(given, field=f"consent.{language}", most=CONSENT_LENGTH)
    if not tidy:
        wrong = gettext_noop("The consent in {language} is empty: say what people agree to when they join.")
        raise UserError(wrong, field=f"consent.{language}", language=NAMES[language])
    return tidy


def _moment(given: datetime | None, field: str) -> datetime | None:
    if given is None:
        return None
    text.zoned(given, field=field)
    if not _EARLIEST <= given <= _LATEST:
        raise UserError(
            gettext_noop("“{shown}” is not a time that can be meant: choose one from 2000 to 2199."),
            field=field,
            shown=given.isoformat(),
        )
    return given.astimezone(UTC)


def _in_order(starts_at: datetime | None, ends_at: datetime | None) -> None:
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise UserError(gettext_noop("The end is not after the start: choose a later end."), field="ends_at")


def _within(goal: int | None, population: int | None) -> None:
    if goal is not None and population is not None and goal > population:
        wrong = gettext_noop("The goal is more people than could take part at most: lower it, or raise that number.")
        raise UserError(wrong, field="goal")


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) | {"UTC"}


def _people(given: int | None, field: str) -> int | None:
    if given is not None and not 1 <= given <= _MOST_PEOPLE:
        raise UserError(
            gettext_noop("{shown} people cannot be meant: write a number from 1 to 10,000,000,000, or leave it empty."),
            field=field,
            shown=str(given)[:40],
        )
    return given


def _colour(given: str) -> str:
    colour = given.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise UserError(
            gettext_noop("“{shown}” is not a colour: write it like #0f6b5c."), field="colour", shown=text.shown(given)
        )
    return colour
