"""What participants do: the only code that writes them. Each writes its events in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from sebar import outbox
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign, Confirmation, ConsentText, Status
from sebar.campaigns.rules import Phase
from sebar.events.event import Event, Kind
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, Unavailable, UserError
from sebar.kit.words import gettext_noop
from sebar.participants import queries, rules
from sebar.participants.models import Conversion, How, Participant, WaitingJoin
from sebar.participants.rules import Entry, Kin, Known, Placed

Result = TypeVar("Result")
_ATTEMPTS: Final = 5
_CROWDED: Final = gettext_noop("Too many joined at the same moment; trying again helps.")
_CHUNK: Final = 900  # names in one question; more than 999 parameters is too much for some SQLite


@dataclass(frozen=True, slots=True)
class Joined:
    """A participant, and whether this join made them.

    `recognised_by` says what an already known one was recognised by: ``external_id``, ``submission`` or, where the
    brand's own program says so, ``email``.
    """

    participant: Participant
    is_new: bool
    recognised_by: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """A conversion, and whether it was recorded, or undone, just now."""

    conversion: Conversion
    is_new: bool


def join(
    *, campaign: Campaign, entry: Entry, consent_text: ConsentText | None = None, promised: int | None = None
) -> Joined:
    """Make somebody a participant, with exactly one parent or none, once and for all.

    Joining again changes nothing and returns the same participant.

    Parameters
    ----------
    promised
        The number they were to get when they were let `wait`; another one where somebody else has got that since.

    Raises
    ------
    NotAllowed
        When nobody can join just now; the sentence says why.
    UserErrors
        When something that was entered cannot be used.
    """
    now = timezone.now()
    _refuse_closed(campaign, now)
    checked = rules.check(entry, campaign, now)
    return at_once(lambda: _add(campaign, [checked], consent_text, now, promised=promised), crowded=_CROWDED)[0]


def add_many(*, campaign: Campaign, entries: Sequence[Entry]) -> list[Joined]:
    """Make many people participants in one transaction: all of them or, when anything is wrong, none.

    Parents may be among them, in any order. Who is a participant already stays as they are.

    Raises
    ------
    NotAllowed
        When nobody can join just now; the sentence says why.
    UserErrors
        Naming each wrong row.
    """
    now = timezone.now()
    _refuse_closed(campaign, now)
    checked = rules.check_all(entries, campaign, now)
    return at_once(lambda: _add(campaign, checked, None, now), crowded=_CROWDED)


def wait(*, campaign: Campaign, submission: str, sealed: bytes) -> WaitingJoin:
    """Let somebody wait to join until a held campaign goes on. Sent twice, it counts once.

    Parameters
    ----------
    submission
        Random mark of the page whose form was sent.
    sealed
        What they sent, encrypted.

    Raises
    ------
    Unavailable
        When nothing can be stored just now.
    """

    def write() -> WaitingJoin:
        row, _ = WaitingJoin.objects.get_or_create(
            campaign=campaign,
            submission=submission,
            defaults={"number": codes.new_number(), "sealed": sealed, "asked_at": timezone.now()},
        )
        return row

    return at_once(write, crowded=_CROWDED)


@transaction.atomic
def let_in(number: int, admit: Callable[[WaitingJoin], object]) -> None:
    """Make somebody who waits a participant by `admit`, once, and forget that they waited.

    Parameters
    ----------
    number
        The row's. Whoever takes themselves off the list in the meantime is not let in.
    admit
        Calls `join` with the `promised` row. What it raises leaves everything as it was.
    """
    row = queries.lock_waiting(number)
    if row is not None:
        admit(row)
        row.delete()


def refuse_waiting(number: int) -> None:
    """Note that what somebody sent who waits can no longer be taken."""
    WaitingJoin.objects.filter(pk=number).update(is_refused=True)


def wait_no_more(waiting: WaitingJoin) -> None:
    """Forget somebody who no longer wants to wait."""
    WaitingJoin.objects.filter(pk=waiting.pk).delete()


def forget_who_waits_in_vain(now: datetime) -> None:
    """Forget whoever waits for a campaign that was stopped or has ended, or has waited too long."""
    over = Q(campaign__status=Status.STOPPED) | Q(campaign__ends_at__lte=now)
    in_vain = WaitingJoin.objects.filter(over | Q(asked_at__lt=now - rules.WAITS_AT_MOST))
    if in_vain.exists():  # asked every other second: only then does anybody have to wait for a write
        in_vain.delete()


@transaction.atomic
def confirm(*, campaign: Campaign, number: int, at: datetime | None = None) -> Participant:
    """Confirm a join. Again changes nothing.

    Raises
    ------
    NotFound
        When the campaign has no such participant.
    """
    now = timezone.now()
    moment = rules.check_time(at, now, "at") or now
    mine = Participant.objects.filter(campaign=campaign, pk=number)
    is_new = mine.filter(confirmed_at__isnull=True).update(confirmed_at=moment) == 1
    participant = queries.of_number(campaign, number)
    if is_new:
        outbox.emit(queries.event_of(Kind.CONFIRM, participant, moment))
    return participant


def convert(
    *,
    campaign: Campaign,
    number: int,
    external_id: str,
    value: int = 0,
    currency: str = "",
    happened_at: datetime | None = None,
) -> Converted:
    """Record that a participant did what the brand wants. The same external id again changes nothing.

    Parameters
    ----------
    value, currency
        What it is worth, in minor units of an ISO 4217 currency.

    Raises
    ------
    NotFound
        When the campaign has no such participant.
    UserErrors
        When something cannot be used, or the external id belongs to somebody else's conversion.
    """
    now = timezone.now()
    name, worth, unit = rules.check_conversion(external_id, value, currency)
    moment = rules.check_time(happened_at, now, "happened_at") or now
    participant = queries.of_number(campaign, number)
    conversion = Conversion(
        campaign=campaign, participant=participant, external_id=name, value=worth, currency=unit, happened_at=moment
    )
    return at_once(lambda: _convert_once(conversion), crowded=_CROWDED)


@transaction.atomic
def refund(*, campaign: Campaign, external_id: str, at: datetime | None = None) -> Converted:
    """Record that a conversion is undone: the order was returned, the money given back. Again changes nothing.

    Raises
    ------
    NotFound
        When the campaign has no such conversion.
    """
    now = timezone.now()
    moment = rules.check_time(at, now, "at") or now
    conversion = queries.conversion_of(campaign, external_id)
    mine = Conversion.objects.filter(pk=conversion.pk, refunded_at=None)
    is_new = mine.update(refunded_at=moment) == 1
    if is_new:
        outbox.emit(_conversion_event(Kind.REFUND, conversion, moment))
    conversion.refresh_from_db(fields=["refunded_at"])
    return Converted(conversion, is_new)


def add_email(*, participant: Participant, email: str, consent_text: ConsentText) -> None:
    """Keep the address that somebody typed who joined without one, and what they agreed to. Who has one keeps it.

    As with those who type it when they join, it proves nothing until it is confirmed, and others may have the same.

    Raises
    ------
    UserError
        When it is empty, or no address.
    """
    tidy = rules.own_email(email)
    mine = Participant.objects.filter(pk=participant.pk, email=None, left_at=None)
    if mine.update(email=tidy, consent_text=consent_text):
        participant.email, participant.consent_text = tidy, consent_text


def renew_secret(*, participant: Participant) -> str:
    """Move the personal page to a new address and return its secret; the old one opens nothing any more."""
    Participant.objects.filter(pk=participant.pk).update(secret_version=F("secret_version") + 1)
    participant.refresh_from_db(fields=["secret_version"])
    return queries.personal_secret(participant)


def erase(*, participant: Participant) -> None:
    """Take the name and all else that tells who it is from a participant; the place in the tree stays.

    Only `sebar.leaving` calls this, which sees to all other tables too.
    """
    Participant.objects.filter(pk=participant.pk).update(
        name="",
        email=None,
        email_confirmed_at=None,
        external_id=None,
        submission=None,
        source="",
        left_at=timezone.now(),
    )


def _refuse_closed(campaign: Campaign, now: datetime) -> None:
    phase = campaign_rules.phase(campaign, now)
    if phase is not Phase.RUNNING:
        raise NotAllowed(phase.reason, field="campaign")


def at_once(write: Callable[[], Result], *, crowded: str) -> Result:
    """Write in one transaction; again when a concurrent one came first, which this one then finds.

    Raises
    ------
    Unavailable
        When nothing can be stored just now, or others came first each time: then `crowded` is said.
    """
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return write()
        except IntegrityError:
            continue
        except OperationalError as error:
            raise Unavailable(
                gettext_noop("This cannot be stored just now; nothing was changed, and trying again helps.")
            ) from error
    raise Unavailable(crowded)


def _add(
    campaign: Campaign,
    entries: list[Entry],
    consent_text: ConsentText | None,
    now: datetime,
    *,
    promised: int | None = None,
) -> list[Joined]:
    numbers = _free_numbers(len(entries)) if promised is None else _promised(promised)
    placed = rules.place(entries, _known(campaign, entries), lambda: next(numbers))
    new = [_participant(campaign, one, consent_text, now) for one in placed if not one.recognised_by]
    if promised is not None:
        for one in new:
            one.secret_version = queries.PROMISED
    people = {one.pk: one for one in new}
    people.update(Participant.objects.in_bulk({one.kin.number for one in placed} - people.keys()))
    _store(new)
    countries = {one.kin.number: one.entry.country for one in placed}
    outbox.emit(*(event for one in new for event in _joined(one, countries[one.pk])))
    return [Joined(people[one.kin.number], not one.recognised_by, one.recognised_by) for one in placed]


def _store(participants: Sequence[Participant]) -> None:
    """Insert new rows. Django's own bulk insert takes three times as long, most of it to write the statement."""
    columns = [field.attname for field in Participant._meta.concrete_fields]  # noqa: SLF001 - Django documents it
    rows = [[_as_stored(getattr(one, column)) for column in columns] for one in participants]
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO sebar_participant ({names}) VALUES ({places})", rows)  # noqa: S608 - our names
    for participant in participants:
        participant._state.adding = False  # noqa: SLF001 - Django documents it


def _as_stored(value: Any) -> Any:
    """Return the value as this database takes it: SQLite has no times."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _promised(number: int) -> Iterator[int]:
    if queries.is_free(number):
        yield number
    yield from _free_numbers(1)


def _free_numbers(count: int) -> Iterator[int]:
    """Draw numbers nobody has. For a single one the primary key is the check: a collision draws again."""
    numbers = {codes.new_number() for _ in range(count)}
    if count > 1:
        numbers -= {row[0] for row in _rows("id", numbers)}
    yield from numbers
    while True:
        yield codes.new_number()


def _known(campaign: Campaign, entries: list[Entry]) -> Known:
    """Return everybody in the campaign whom the entries may be or name."""
    names, numbers = rules.references(entries)
    rows = [
        *_rows("external_id", names, campaign),
        *_rows("id", numbers, campaign),
        *_rows("email", {entry.email for entry in entries if entry.email and entry.how == "api"}, campaign),
        *_rows("submission", {entry.submission for entry in entries if entry.submission}, campaign),
    ]
    return Known(
        by_external_id={row[4]: row[0] for row in rows if row[4]},
        by_submission={row[5]: row[0] for row in rows if row[5]},
        by_email={row[6]: row[0] for row in rows if row[6] and row[7]},
        kin={row[0]: Kin(row[0], row[1] or 0, row[2], row[3]) for row in rows},
    )


_Row = tuple[int, int | None, int, int, str | None, str | None, str | None, bool]


def _rows(column: str, values: Collection[str | int], campaign: Campaign | None = None) -> Iterator[_Row]:
    """Return what is needed of the participants with these values. In SQL, since every join passes here twice."""
    ordered = tuple(values)
    mine = "campaign_id = %s AND " if campaign else ""
    if column == "email":
        mine += "consent_text_id IS NULL AND "  # people typed the others, which proves nothing
    owner: tuple[int, ...] = (campaign.pk,) if campaign else ()
    for start in range(0, len(ordered), _CHUNK):
        some = ordered[start : start + _CHUNK]
        places = ", ".join(["%s"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, parent_id, root_id, generation, external_id, submission, email,"  # noqa: S608 - our own names
                " consent_text_id IS NULL"
                f" FROM sebar_participant WHERE {mine}{column} IN ({places})",
                (*owner, *some),
            )
            yield from cursor.fetchall()


def _participant(campaign: Campaign, placed: Placed, consent_text: ConsentText | None, now: datetime) -> Participant:
    entry, kin = placed.entry, placed.kin
    joined_at = entry.joined_at or now
    return Participant(
        id=kin.number,
        campaign=campaign,
        parent_id=kin.parent or None,
        root_id=kin.root,
        generation=kin.generation,
        how=entry.how if kin.parent else How.NOBODY.value,
        channel=entry.channel,
        creative=entry.creative,
        source=entry.source,
        name=entry.name,
        email=entry.email or None,
        external_id=entry.external_id or None,
        submission=entry.submission or None,
        language=campaign_rules.spoken(entry.language, campaign.languages),
        consent_text=consent_text,
        joined_at=joined_at,
        confirmed_at=joined_at if campaign.confirmation == Confirmation.AT_ONCE else None,
    )


def _joined(participant: Participant, country: str) -> Iterator[Event]:
    yield queries.event_of(
        Kind.JOIN,
        participant,
        participant.joined_at,
        country=country,
        props={"how": participant.how, "source": participant.source},
    )
    if participant.confirmed_at is not None:
        yield queries.event_of(Kind.CONFIRM, participant, participant.confirmed_at)


def _convert_once(conversion: Conversion) -> Converted:
    """Record the conversion, or find the one recorded before under its external id."""
    earlier = Conversion.objects.filter(campaign_id=conversion.campaign_id, external_id=conversion.external_id).first()
    if earlier is None:
        conversion.save(force_insert=True)
        outbox.emit(_conversion_event(Kind.CONVERSION, conversion, conversion.happened_at))
        return Converted(conversion, is_new=True)
    if earlier.participant_id != conversion.participant_id:
        raise UserError(
            gettext_noop(
                "The conversion “{name}” was recorded for somebody else before: give each its own external id."
            ),
            field="external_id",
            name=conversion.external_id,
        )
    return Converted(earlier, is_new=False)


def _conversion_event(kind: Kind, conversion: Conversion, moment: datetime) -> Event:
    return queries.event_of(
        kind,
        conversion.participant,
        moment,
        value=conversion.value,
        currency=conversion.currency,
        props={"external_id": conversion.external_id},
    )
