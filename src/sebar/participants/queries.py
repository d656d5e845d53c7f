"""Reads of participants. All start from a campaign or one of its participants; only codes and secrets are public."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, QuerySet

from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign, Status
from sebar.events.event import Event, Kind
from sebar.kit import codes, config, text
from sebar.kit.errors import NotFound, UserError
from sebar.kit.ids import new_id
from sebar.kit.words import gettext_noop
from sebar.participants import rules
from sebar.participants.models import Conversion, Participant, WaitingJoin

_SECRET_LENGTH = 22  # letters of base64: 132 bits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
PROMISED = 0
"""The version of a secret that was given to somebody who waited. Who joins at once begins at 1."""
_LOOKED_AT = 5000  # people who wait, at one turn


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends and the next begins."""

    joined_at: datetime
    number: int

    def spell(self) -> str:
        """Return the cursor as text for an address."""
        return f"{(self.joined_at - _EPOCH) // _MICROSECOND}-{self.number}"

    @staticmethod
    def read(spelled: str) -> Cursor:
        """Return the cursor that `spell` wrote.

        Raises
        ------
        UserError
            When it is not one.
        """
        moment, _, number = spelled.partition("-")
        try:
            return Cursor(_EPOCH + int(moment) * _MICROSECOND, int(number))
        except (ValueError, OverflowError):
            raise UserError(
                gettext_noop("“{shown}” is not a place to go on from: use the one the last page named, or none."),
                field="cursor",
                shown=spelled[:40],
            ) from None


@dataclass(frozen=True, slots=True)
class Page:
    """Some participants, and where the next ones begin; `next` is None after the last."""

    rows: list[Participant]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many joined through somebody: directly, and through those."""

    direct: int
    later: int


@dataclass(frozen=True, slots=True)
class Node:
    """One participant in a tree; `parent` is 0 for a seed, `direct` counts all own children, shown or not."""

    number: int
    parent: int
    generation: int
    name: str
    joined_at: datetime
    direct: int


def personal_secret(participant: Participant) -> str:
    """Return what opens the participant's own page. It is derived, not stored."""
    return secret_of(participant.pk, participant.secret_version)


def secret_of(number: int, version: int = PROMISED) -> str:
    """Return what opens the own page of the participant of a number; of one who still waits to be let in, as it is."""
    message = f"{number}.{version}".encode()
    key = hashlib.sha256(b"personal" + config.load().secret).digest()
    proof = base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode()
    return f"{codes.spell(number)}.{proof[:_SECRET_LENGTH]}"


def by_secret(secret: str) -> Participant | None:
    """Return whose own page this secret opens; who left for good has none."""
    found = of_code(secret.partition(".")[0])
    if (
        found is None
        or found.left_at is not None
        or not hmac.compare_digest(personal_secret(found).encode(), secret.encode(errors="replace"))
    ):
        return None
    return found


def waiting_by_secret(secret: str) -> WaitingJoin | None:
    """Return who waits for the own page that this secret will open."""
    number = _promised(secret)
    if number is None:
        return None
    return WaitingJoin.objects.select_related("campaign__brand").filter(pk=number).first()


def waited_in_vain(secret: str) -> bool:
    """Say whether this secret was given to somebody who waited to be let in, and who neither waits nor is in."""
    number = _promised(secret)
    if number is None or WaitingJoin.objects.filter(pk=number).exists():
        return False
    return not Participant.objects.filter(pk=number).exists()


def _promised(secret: str) -> int | None:
    """Return the number of whoever was given this secret before they were in; None for a forged one."""
    number = codes.read(secret.partition(".")[0])
    if number is None or not hmac.compare_digest(secret_of(number).encode(), secret.encode(errors="replace")):
        return None
    return number


def waiting(campaign: Campaign) -> int:
    """Return how many wait to join until a campaign goes on."""
    return WaitingJoin.objects.filter(campaign=campaign, is_refused=False).count()


def waiting_to_be_let_in(now: datetime) -> list[int]:
    """Return the numbers of some whose campaigns go on, of all brands, who asked first coming first."""
    found = WaitingJoin.objects.filter(is_refused=False, campaign__status=Status.RUNNING)
    found = found.exclude(campaign__starts_at__gt=now).exclude(campaign__ends_at__lte=now)
    return list(found.order_by("asked_at", "number").values_list("number", flat=True)[:_LOOKED_AT])


def lock_waiting(number: int) -> WaitingJoin | None:
    """Return who waits under a number, with the campaign as it is now, and keep the row from others until written."""
    found = WaitingJoin.objects.select_for_update(of=("self",)).select_related("campaign__brand")
    return found.filter(pk=number, is_refused=False).first()


def is_free(number: int) -> bool:
    """Say whether no participant has a number."""
    return not Participant.objects.filter(pk=number).exists()


def of_code(code: str) -> Participant | None:
    """Return whose code this is, in whatever campaign: a code is public."""
    number = codes.read(code)
    return _whole(Participant.objects.all()).filter(pk=number).first() if number else None


def of_number(campaign: Campaign, number: int) -> Participant:
    """Return the campaign's participant of this number.

    Raises
    ------
    NotFound
        When the campaign has none.
    """
    found = _whole(Participant.objects.filter(campaign=campaign)).filter(pk=number).first()
    if found is None:
        raise _nobody(codes.spell(number) if 0 < number <= codes.LAST else str(number))
    return found


def find(campaign: Campaign, reference: str) -> Participant:
    """Return the campaign's participant of this external id, or else of this code.

    Raises
    ------
    NotFound
        When the campaign has none.
    """
    if not text.can_be_stored(reference):
        raise _nobody(reference)
    mine = _whole(Participant.objects.filter(campaign=campaign))
    found = mine.filter(external_id=reference).first()
    if found is None:
        try:
            found = mine.filter(pk=codes.read_typed(reference)).first()
        except UserError:
            found = None
    if found is None:
        raise _nobody(reference)
    return found


def conversion_of(campaign: Campaign, external_id: str) -> Conversion:
    """Return the campaign's conversion of this external id.

    Raises
    ------
    NotFound
        When the campaign has none.
    """
    mine = Conversion.objects.select_related("participant").filter(campaign=campaign)
    found = mine.filter(external_id=external_id.strip()).first() if text.can_be_stored(external_id) else None
    if found is None:
        message = gettext_noop("This campaign has no conversion “{shown}”.")
        raise NotFound(message, field="external_id", shown=text.shown(external_id))
    return found


def children(
    participant: Participant, *, limit: int = 50, after: Cursor | None = None, newest_first: bool = False
) -> Page:
    """Return who joined directly through a participant, first ones first, or newest first."""
    return _page(Participant.objects.filter(parent=participant), after, limit, newest_first=newest_first)


def page(
    campaign: Campaign,
    *,
    after: Cursor | None = None,
    limit: int = 100,
    generation: int | None = None,
    root: int | None = None,
    search: str = "",
    newest_first: bool = False,
) -> Page:
    """Return the campaign's participants, first ones first, or newest first.

    Parameters
    ----------
    generation, root
        Only those of this generation, of the cascade of this seed.
    search
        Only those with this code, external id or e-mail address, or with this in their name.
    """
    found = Participant.objects.filter(campaign=campaign)
    if generation is not None:
        found = found.filter(generation=generation)
    if root is not None:
        found = found.filter(root_id=root)
    if search.strip():
        found = found.filter(_called(search.strip()))
    return _page(found, after, limit, newest_first=newest_first)


def counts(participant: Participant) -> Counts:
    """Return how many joined through a participant, directly and later."""
    direct = Participant.objects.filter(parent=participant).count()
    if participant.parent_id is None:
        # A seed's descendants are its whole cascade, which one index counts.
        return Counts(direct, Participant.objects.filter(root=participant).count() - 1 - direct)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE below(id) AS ("
            " SELECT id FROM sebar_participant WHERE parent_id = %s"
            " UNION ALL SELECT child.id FROM below JOIN sebar_participant child ON child.parent_id = below.id"
            ") SELECT count(*) FROM below",
            [participant.pk],
        )
        return Counts(direct, cursor.fetchone()[0] - direct)


def subtree(participant: Participant, *, limit: int = 200, depth: int = 3, newest_first: bool = False) -> list[Node]:
    """Return the tree under a participant, itself first, then generation by generation, first ones first.

    Parameters
    ----------
    limit
        At most this many nodes; whoever is left out is counted in the `direct` of their parent.
    depth
        At most this many generations below the participant.
    newest_first
        Whether those of a generation who joined last come first, and the first ones are left out.
    """
    order = ("-joined_at", "-id") if newest_first else ("joined_at", "id")
    found = level = [participant]
    while level and len(found) < limit and level[0].generation < participant.generation + depth:
        # One question a generation: a recursive one would collect all children of a seed that has very many.
        below = Participant.objects.filter(parent__in=level).order_by(*order)
        level = list(below[: limit - len(found)])
        found = [*found, *level]
    direct = _direct([one.pk for one in found])
    return [
        Node(one.pk, one.parent_id or 0, one.generation, one.name, one.joined_at, direct.get(one.pk, 0))
        for one in found
    ]


def path(participant: Participant) -> list[Participant]:
    """Return who brought whom down to a participant: the seed first, itself last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE above(id, parent_id) AS ("
            " SELECT id, parent_id FROM sebar_participant WHERE id = %s"
            " UNION ALL SELECT one.id, one.parent_id FROM above JOIN sebar_participant one ON one.id = above.parent_id"
            ") SELECT id FROM above",
            [participant.pk],
        )
        numbers = [row[0] for row in cursor.fetchall()]
    people = Participant.objects.in_bulk(numbers)
    return [people[number] for number in reversed(numbers)]


def why(participant: Participant, *, by: str = "") -> str:
    """Return one sentence for people: why this parent and no other; `by` is what they call the channel."""
    parent = participant.parent
    return rules.why(
        how=participant.how,
        channel=participant.channel,
        by=by,
        parent=parent.name if parent else "",
        code=codes.grouped(parent.pk) if parent else "",
    )


def names(campaign: Campaign, numbers: Collection[int]) -> dict[int, str]:
    """Return what those of the campaign's participants with these numbers are called; who has no name is left out."""
    found = Participant.objects.filter(campaign=campaign, pk__in=numbers).exclude(name="")
    return dict(found.values_list("pk", "name"))


def total(campaign: Campaign) -> int:
    """Return how many participants the campaign has."""
    return Participant.objects.filter(campaign=campaign).count()


def totals(brand: Brand) -> dict[int, int]:
    """Return how many participants each of the brand's campaigns has, by campaign identifier."""
    campaigns = list(Campaign.objects.filter(brand=brand).values_list("pk", flat=True))
    counted = Participant.objects.filter(campaign_id__in=campaigns).values("campaign_id").annotate(people=Count("*"))
    people = {row["campaign_id"]: row["people"] for row in counted}
    return {campaign: people.get(campaign, 0) for campaign in campaigns}


def converted(brand: Brand) -> dict[int, int]:
    """Return how many participants of the brand's campaigns did what it wants, not undone since, by campaign."""
    stand = Conversion.objects.filter(campaign__brand=brand, refunded_at=None).values("campaign_id")
    counted = stand.annotate(people=Count("participant", distinct=True)).order_by()
    return {row["campaign_id"]: row["people"] for row in counted}


def _whole(found: QuerySet[Participant]) -> QuerySet[Participant]:
    return found.select_related("campaign__brand", "parent")


def _nobody(reference: str) -> NotFound:
    return NotFound(
        gettext_noop("Nobody in this campaign has the code or external id “{shown}”."),
        field="participant",
        shown=reference[:40],
    )


def event_of(
    kind: Kind,
    participant: Participant,
    moment: datetime,
    *,
    channel: str | None = None,
    value: int = 0,
    currency: str = "",
    country: str = "",
    props: dict[str, str] | None = None,
) -> Event:
    """Return the event that a participant did this at a moment, with their place in the cascade.

    Parameters
    ----------
    channel
        How it travelled; None for what they joined by, which creative included.
    """
    ts = int(moment.timestamp() * 1000)
    return Event(
        id=new_id(ts),
        ts=ts,
        campaign=participant.campaign_id,
        kind=kind,
        participant=participant.pk,
        parent=participant.parent_id or 0,
        root=participant.root_id,
        generation=participant.generation,
        channel=participant.channel if channel is None else channel,
        creative=participant.creative if channel is None else "",
        value=value,
        currency=currency,
        country=country,
        props=props or {},
    )


def _called(search: str) -> Q:
    called = Q(name__icontains=search) | Q(external_id=search) | Q(email=search.lower())
    try:
        return called | Q(pk=codes.read_typed(search))
    except UserError:
        return called


def _page(found: QuerySet[Participant], after: Cursor | None, limit: int, *, newest_first: bool = False) -> Page:
    if after is not None:
        side = "lt" if newest_first else "gt"
        found = found.filter(
            Q(**{f"joined_at__{side}": after.joined_at}) | Q(joined_at=after.joined_at, **{f"id__{side}": after.number})
        )
    ordered = found.order_by("-joined_at", "-id") if newest_first else found.order_by("joined_at", "id")
    rows = list(ordered[: limit + 1])
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], Cursor(last.joined_at, last.pk))


def _direct(numbers: list[int]) -> dict[int, int]:
    counted = Participant.objects.filter(parent_id__in=numbers).values("parent_id").annotate(direct=Count("*"))
    return {row["parent_id"]: row["direct"] for row in counted}
