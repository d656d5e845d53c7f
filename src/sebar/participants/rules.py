"""How people become participants: what they may enter, who is the same person, and who gets which parent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from sebar.kit import codes, text
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import gettext_noop, say

BATCH_LIMIT: Final = 10_000
_SHOWN_ERRORS: Final = 50
_NAME_LENGTH: Final = 80
_EXTERNAL_ID_LENGTH: Final = 120
_SOURCE_LENGTH: Final = 40
_LARGEST_VALUE: Final = 10**15
_WORD: Final = re.compile(r"[a-z0-9_-]{1,20}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SUBMISSION: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_HOWS: Final = ("link", "code", "api")
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_MAY_DIFFER: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is known of somebody who joins.

    Attributes
    ----------
    external_id
        The brand's own name for the person; the same one again is the same person.
    referred_by
        Who brought them: a code, or for `how` ``api`` an external id or a code; empty for a seed.
    how
        What says so: ``link`` (an unknown one makes a seed), ``code`` or ``api`` (an unknown one is an error).
    channel, creative, source
        How the link travelled, which variant it was, and where a seed came from.
    country
        From where they joined, ISO 3166-1 alpha-2; kept with the event only.
    submission
        Random mark of the page whose form was sent: sent twice, it counts once.
    joined_at
        Only from callers who may set original times.
    """

    name: str = ""
    email: str = ""
    external_id: str = ""
    language: str = ""
    referred_by: str = ""
    how: str = "api"
    channel: str = ""
    creative: str = ""
    source: str = ""
    country: str = ""
    submission: str = ""
    joined_at: datetime | None = None


class Asking(Protocol):
    """Anything that says what people are asked when they join, as a stored campaign does."""

    @property
    def asks_name(self) -> str: ...
    @property
    def asks_email(self) -> str: ...


def check(entry: Entry, asking: Asking, now: datetime) -> Entry:
    """Return the entry tidied, as it will be stored.

    Raises
    ------
    UserErrors
        With one clear sentence for every field that cannot be used.
    """
    checks = Checks()
    is_form = entry.how != "api"
    checked = Entry(
        name=checks(_name, entry.name, asking.asks_name if is_form else "optional"),
        email=checks(_email, entry.email, asking.asks_email if is_form else "optional"),
        external_id=checks(text.line, entry.external_id, field="external_id", most=_EXTERNAL_ID_LENGTH),
        language=entry.language,
        referred_by=entry.referred_by.strip() if is_form else checks(_reference, entry.referred_by),
        how=checks(text.one_of, entry.how, _HOWS, field="how"),
        channel=checks(_word, entry.channel, "channel", is_form),
        creative=checks(_word, entry.creative, "creative", is_form),
        source=checks(text.line, entry.source, field="source", most=_SOURCE_LENGTH),
        country=checks(_country, entry.country, is_form),
        submission=checks(_submission, entry.submission),
        joined_at=checks(check_time, entry.joined_at, now, "joined_at"),
    )
    checks.finish()
    return checked


def check_all(entries: Sequence[Entry], asking: Asking, now: datetime) -> list[Entry]:
    """Return all entries tidied.

    Raises
    ------
    UserErrors
        With what is wrong, each named by its row: the field of the fourth row's e-mail is ``participants[3].email``.
    """
    if len(entries) > BATCH_LIMIT:
        raise UserError(
            gettext_noop("{count} participants at once are too many: send at most {most} in one request."),
            field="participants",
            count=len(entries),
            most=BATCH_LIMIT,
        )
    checked: list[Entry] = []
    wrong: list[UserError] = []
    for row, entry in enumerate(entries):
        try:
            checked.append(check(entry, asking, now))
        except UserErrors as errors:
            wrong.extend(of_row(row, error) for error in errors.errors)
            if len(wrong) >= _SHOWN_ERRORS:
                break
    if wrong:
        raise UserErrors(wrong)
    return checked


def of_row(row: int, error: UserError) -> UserError:
    """Return the error with the row it is about; people count rows from one."""
    message = gettext_noop("Row {row}: {what}")
    return UserError(message, field=f"participants[{row}].{error.field}", row=row + 1, what=error.message)


def own_email(given: str) -> str:
    """Return the address that somebody adds who joined without one.

    Raises
    ------
    UserError
        When it is empty, or no address.
    """
    tidy = text.email(given, field="email")
    if not tidy:
        raise UserError(gettext_noop("The address is empty: write yours, like name@example.com."), field="email")
    return tidy


def check_time(given: datetime | None, now: datetime, field: str) -> datetime | None:
    """Return when something happened, in UTC.

    Raises
    ------
    UserError
        When it has no time zone or lies in the future.
    """
    if given is None:
        return None
    text.zoned(given, field=field)
    if not _EARLIEST <= given <= now + _CLOCKS_MAY_DIFFER:
        raise UserError(
            gettext_noop(
                "“{shown}” is not a time at which this can have happened: it lies in the future or before 2000."
            ),
            field=field,
            shown=given.isoformat(),
        )
    return given.astimezone(UTC)


def check_conversion(external_id: str, value: int, currency: str) -> tuple[str, int, str]:
    """Return what names and measures a conversion, tidied.

    Raises
    ------
    UserErrors
        When the id is empty, the value is out of bounds, or a value has no currency.
    """
    checks = Checks()
    checked = (checks(_conversion_id, external_id), checks(_value, value), checks(_currency, currency, bool(value)))
    checks.finish()
    return checked


@dataclass(frozen=True, slots=True)
class Kin:
    """Where somebody stands: their parent (0 for a seed), the seed of the cascade and the distance from it."""

    number: int
    parent: int
    root: int
    generation: int


@dataclass(frozen=True, slots=True)
class Known:
    """The participants of the campaign that entries may be, or may have been brought by."""

    by_external_id: Mapping[str, int]
    by_email: Mapping[str, int]
    by_submission: Mapping[str, int]
    kin: Mapping[int, Kin]


@dataclass(frozen=True, slots=True)
class Placed:
    """Who an entry turned out to be.

    `recognised_by` names the identity by which they were known before, and is empty for a new participant.
    """

    entry: Entry
    kin: Kin
    recognised_by: str


def place(entries: Sequence[Entry], known: Known, draw: Callable[[], int]) -> list[Placed]:
    """Return who each entry is and, for the new ones, their parent, once and for all.

    An entry is who its external id, else its submission, else its e-mail says, be it stored or earlier among the
    entries; an e-mail only where the brand's own program says it and said it before. What people type proves nothing:
    whoever knows somebody's address would become them, or learn that they take part. Parents may stand anywhere among
    the entries.

    Parameters
    ----------
    draw
        Returns a number that nobody has, for a new participant.

    Raises
    ------
    UserErrors
        Naming the rows whose parent does not exist or would be their own descendant.
    """
    identities = _Identities(known)
    recognised: list[tuple[int, str]] = []
    new: dict[int, int] = {}
    for row, entry in enumerate(entries):
        number, recognised_by = identities.find(entry)
        if not number:
            number = draw()
            new[number] = row
            identities.add(entry, number)
        recognised.append((number, recognised_by))
    parents = _parents(entries, new, identities, known)
    kin = _kin(parents, new, known)
    return [
        Placed(entry, kin[number], recognised_by)
        for entry, (number, recognised_by) in zip(entries, recognised, strict=True)
    ]


def references(entries: Sequence[Entry]) -> tuple[set[str], set[int]]:
    """Return the external ids and the numbers by which the entries name themselves and their parents."""
    names: set[str] = {entry.external_id for entry in entries if entry.external_id}
    numbers: set[int] = set()
    for entry in entries:
        if entry.referred_by:
            if entry.how == "api":
                names.add(entry.referred_by)
            number = _number(entry)
            if number:
                numbers.add(number)
    return names, numbers


def why(*, how: str, channel: str, by: str, parent: str, code: str) -> str:
    """Return one sentence for people: why this parent and no other.

    Parameters
    ----------
    how, channel
        What told us and how it travelled, as stored with the participant. Whoever typed letters or words elsewhere than
        in the form was sent on to the link that they stand for; the channel tells which it was.
    by
        What people call the channel; empty when it is not known.
    parent, code
        The parent's name, if known, and code.
    """
    came = how
    if how in {"link", "code"} and channel in _TYPED:
        came = channel
    elif how == "link" and by:
        came = "channel"
    return say(_WHYS[came], who=f"{parent} ({code})" if parent else code, by=by)


_TYPED: Final = frozenset({"code", "spoken"})
_WHYS: Final = {
    "channel": gettext_noop(
        "The join came by the personal link of {who}, passed on by this means: {by}. The first join counts, later links"
        " change nothing."
    ),
    "spoken": gettext_noop(
        "The words that {who} says were typed at the join; the first join counts, later ones change nothing."
    ),
    "link": gettext_noop(
        "The join came by the personal link of {who}; the first join counts, later links change nothing."
    ),
    "code": gettext_noop("The code of {who} was typed at the join; the first join counts, later codes change nothing."),
    "api": gettext_noop("The brand’s own program named {who} at the join; it cannot be changed later."),
    "nobody": gettext_noop("Nobody’s link or code was used at the join: this is a seed."),
}


class _Identities:
    """Who is known by what, growing with each new entry."""

    def __init__(self, known: Known) -> None:
        self.by_external_id = dict(known.by_external_id)
        self._by_submission = dict(known.by_submission)
        self._by_email = dict(known.by_email)

    def find(self, entry: Entry) -> tuple[int, str]:
        for kind, value, numbers in self._of(entry):
            if value in numbers:
                return numbers[value], kind
        return 0, ""

    def add(self, entry: Entry, number: int) -> None:
        for _, value, numbers in self._of(entry):
            if value:
                numbers[value] = number

    def _of(self, entry: Entry) -> tuple[tuple[str, str, dict[str, int]], ...]:
        return (
            ("external_id", entry.external_id, self.by_external_id),
            ("submission", entry.submission, self._by_submission),
            ("email", entry.email if entry.how == "api" else "", self._by_email),
        )


def _parents(entries: Sequence[Entry], new: Mapping[int, int], identities: _Identities, known: Known) -> dict[int, int]:
    parents: dict[int, int] = {}
    wrong: list[UserError] = []
    for number, row in new.items():
        try:
            parents[number] = _parent(entries[row], identities, known)
        except UserError as error:
            wrong.append(of_row(row, error) if len(entries) > 1 else error)
    if wrong:
        raise UserErrors(wrong[:_SHOWN_ERRORS])
    return parents


def _parent(entry: Entry, identities: _Identities, known: Known) -> int:
    """Return the parent's number, 0 for none. The brand's own names come before codes that are spelled alike."""
    if not entry.referred_by:
        return 0
    if entry.how == "api" and entry.referred_by in identities.by_external_id:
        return identities.by_external_id[entry.referred_by]
    number = _number(entry)
    if number in known.kin:
        return number
    if entry.how == "link":
        return 0
    if entry.how == "code":
        codes.read_typed(entry.referred_by)
        message = gettext_noop("Nobody in this campaign has the code “{shown}”: check it, or leave the field empty.")
        raise UserError(message, field="code", shown=text.shown(entry.referred_by))
    message = gettext_noop("Nobody in this campaign has the code or external id “{shown}”: add that person first.")
    raise UserError(message, field="referred_by", shown=text.shown(entry.referred_by))


def _number(entry: Entry) -> int:
    if entry.how == "link":
        return codes.read(entry.referred_by) or 0
    try:
        return codes.read_typed(entry.referred_by)
    except UserError:
        return 0


def _kin(parents: Mapping[int, int], new: Mapping[int, int], known: Known) -> dict[int, Kin]:
    """Return where everybody stands, working down from those whose parent is settled; no recursion: chains are long."""
    kin = dict(known.kin)
    for number in parents:
        chain: list[int] = []
        climbed: set[int] = set()
        while number and number not in kin:
            if number in climbed:
                raise UserErrors([_circle(new[number])])
            climbed.add(number)
            chain.append(number)
            number = parents[number]  # noqa: PLW2901 - climbs from child to parent
        for child in reversed(chain):
            kin[child] = _child_of(child, kin.get(parents[child]))
    return kin


def _child_of(number: int, parent: Kin | None) -> Kin:
    if parent is None:
        return Kin(number, 0, number, 0)
    return Kin(number, parent.number, parent.root, parent.generation + 1)


def _circle(row: int) -> UserError:
    message = gettext_noop("These people would have brought each other in a circle: one of them must come without.")
    return of_row(row, UserError(message, field="referred_by"))


def _name(given: str, asks: str) -> str:
    return _asked(text.line(given, field="name", most=_NAME_LENGTH), asks, "name")


def _email(given: str, asks: str) -> str:
    return _asked(text.email(given if asks != "no" else "", field="email"), asks, "email")


def _asked(given: str, asks: str, field: str) -> str:
    if asks == "required" and not given:
        raise UserError(_EMPTY[field], field=field)
    return given if asks != "no" else ""


_EMPTY: Final = {
    "name": gettext_noop("The name is empty: write the name your friends know you by."),
    "email": gettext_noop("The e-mail address is empty: it is needed to join."),
}


def _reference(given: str) -> str:
    return text.line(given, field="referred_by", most=_EXTERNAL_ID_LENGTH)


def _word(given: str, field: str, is_form: bool) -> str:
    """Return a short plain word. What links carry is dropped when broken: nobody who joins can mend it."""
    tidy = given.strip().lower()
    if not tidy or _WORD.fullmatch(tidy):
        return tidy
    if is_form:
        return ""
    raise UserError(
        gettext_noop("“{shown}” cannot be used here: write up to 20 small letters, digits, hyphens and underscores."),
        field=field,
        shown=text.shown(given),
    )


def _country(given: str, is_form: bool) -> str:
    """Return a country's two letters. What the front says is dropped when broken: nobody who joins can mend it."""
    tidy = given.strip().upper()
    if not tidy or _COUNTRY.fullmatch(tidy):
        return tidy
    if is_form:
        return ""
    raise UserError(
        gettext_noop("“{shown}” is no country: write its two letters, like ID."),
        field="country",
        shown=text.shown(given),
    )


def _submission(given: str) -> str:
    """Return the mark of a form; a broken one is as good as none."""
    return given if _SUBMISSION.fullmatch(given) else ""


def _conversion_id(given: str) -> str:
    tidy = text.line(given, field="external_id", most=_EXTERNAL_ID_LENGTH)
    if not tidy:
        message = gettext_noop("The external id is empty: give each conversion its own, so that it counts once.")
        raise UserError(message, field="external_id")
    return tidy


def _value(given: int) -> int:
    if not 0 <= given <= _LARGEST_VALUE:
        raise UserError(
            gettext_noop("{value} is not a value: write minor units (cents), from 0 to {most}."),
            field="value",
            value=given,
            most=_LARGEST_VALUE,
        )
    return given


def _currency(given: str, is_needed: bool) -> str:
    tidy = given.strip().upper()
    if (tidy or is_needed) and not _CURRENCY.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not a currency: write its three letters, like IDR."),
            field="currency",
            shown=text.shown(given),
        )
    return tidy
