"""What is done with buzz: the only code that writes sources, mentions and rules.

A classed mention is one `reaction` event, written in the same transaction. Classed anew, the event that counted is
corrected to be a repeat, and a new one tells the new class: so measures, which count what is a person's, see each
mention once, with its newest class.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

from django.db import transaction
from django.utils import timezone

from sebar import outbox
from sebar.campaigns.models import Campaign
from sebar.channels import sealing
from sebar.channels.kinds.buzz import queries, rules, webhook
from sebar.channels.kinds.buzz.models import BuzzRule, BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import STREAMS, By, Heard, Label, SourceKind, Words
from sebar.events.event import Event, Kind, Verdict
from sebar.kit.errors import Checks, NotAllowed, NotFound, UserError
from sebar.kit.hosts import host
from sebar.kit.ids import new_id, now_ms
from sebar.kit.words import gettext_noop

MOST_A_DAY: Final = 5000
"""How many mentions one feed or stream may bring within a day: words that are too common must not fill the house."""
_MOST_SOURCES: Final = 50
_MOST_RULES: Final = 200
_MOST_FAILURES: Final = 1000  # enough to know
_CHUNK: Final = 500  # identifiers in one question
_JETSTREAM: Final = "wss://jetstream2.us-east.bsky.network/subscribe"
_SCHEMES: Final = {SourceKind.BLUESKY: ("wss",), SourceKind.MASTODON: ("https",)}


@dataclass(frozen=True, slots=True)
class Added:
    """A source that was just made. `secret` signs what a program sends; it is shown once."""

    source: BuzzSource
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of mentions: new ones, those that were known already, and those over the day's limit."""

    new: int = 0
    known: int = 0
    left: int = 0


def add_source(
    *,
    campaign: Campaign,
    kind: SourceKind,
    name: str,
    address: str = "",
    words: str = "",
    token: str = "",
    keep_days: int = rules.KEEP_DAYS,
) -> Added:
    """Listen to another place.

    Parameters
    ----------
    address
        Of a feed, of a Mastodon server, of a Jetstream (empty: Bluesky's own).
    words
        What a mention must have one of, parted by commas or lines; streams need some.
    token
        With which a Mastodon server lets its stream be read.
    keep_days
        After how many days what people wrote is deleted.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    NotAllowed
        When the campaign has as many sources as it can.
    """
    if queries.sources(campaign).count() >= _MOST_SOURCES:
        raise NotAllowed(gettext_noop("{most} sources are as many as a campaign can have."), most=_MOST_SOURCES)
    checks = Checks()
    source = BuzzSource(
        campaign=campaign,
        kind=kind,
        name=checks(rules.check_name, name),
        address=_address(checks, kind, address),
        words=checks(rules.check_words, rules.parted(words), is_needed=kind in STREAMS),
        keep_days=checks(rules.check_days, keep_days),
        due_at=timezone.now() if kind == SourceKind.FEED else None,
    )
    checks.finish()
    secret = webhook.new_secret() if kind == SourceKind.WEBHOOK else ""
    source.code = secrets.token_hex(10) if secret else None
    source.sealed = sealing.seal(secret or token.strip())
    source.save(force_insert=True)
    return Added(source, secret)


def remove_source(*, campaign: Campaign, number: int) -> BuzzSource:
    """Stop listening to a place, for good. What was heard stays until its days are over.

    Raises
    ------
    NotFound
        When the campaign has no such source.
    """
    source = queries.source(campaign, number)
    BuzzSource.objects.filter(pk=source.pk).update(removed_at=timezone.now(), sealed=b"", code=None, trouble={})
    return source


def source_for_files(*, campaign: Campaign, name: str) -> BuzzSource:
    """Return the campaign's source of files with this name, made if need be: the same file again brings nothing new."""
    wanted = rules.check_name(name)
    known = queries.sources(campaign).filter(kind=SourceKind.FILE, name=wanted).first()
    return known or add_source(campaign=campaign, kind=SourceKind.FILE, name=wanted).source


def take(*, source: BuzzSource, heard: Iterable[Heard]) -> Taken:
    """Keep what a source told of, each mention once, classed by the campaign's rules where it came without a class.

    Raises
    ------
    NotAllowed
        When the campaign does not listen, or the source was removed.
    """
    now = timezone.now()
    if source.removed_at is not None or not queries.is_listening(source.campaign):
        raise NotAllowed(gettext_noop("This campaign does not listen just now: switch Buzz on and add the source."))
    tidied = [rules.tidy(one, now) for one in heard]
    told = {_known_by(one.external_id): one for one in reversed(tidied) if one.text}
    by_rule = rules.together(queries.class_rules(source.campaign).values_list("label", "words"))
    total = Taken()
    for start in range(0, len(told), _CHUNK):
        some = dict(list(told.items())[start : start + _CHUNK])
        came = _take_some(source, some, by_rule, now)
        total = Taken(total.new + came.new, total.known + came.known, total.left + came.left)
    return total


def withdraw(*, sources: Collection[int], external_ids: Collection[str]) -> int:
    """Forget what people wrote and have deleted since; return how many mentions that was. Their class stays."""
    hashes = [_known_by(one) for one in external_ids]
    return _forget_text(
        [
            number
            for start in range(0, len(hashes), _CHUNK)
            for number in Mention.objects.filter(
                source__in=sources, external_id_hash__in=hashes[start : start + _CHUNK]
            ).values_list("pk", flat=True)
        ]
    )


def forget() -> int:
    """Delete what people wrote whose days are over; return of how many mentions."""
    now = timezone.now()
    return sum(
        _forget_text(queries.to_forget(number, before=now - timedelta(days=days)))
        for number, days in BuzzSource.objects.values_list("pk", "keep_days")
    )


@transaction.atomic
def class_mentions(*, campaign: Campaign, numbers: Collection[int], label: Label) -> int:
    """Class mentions of a campaign as somebody has read them; return how many have another class now.

    Whatever the campaign does not have is left out.
    """
    return _class([(one, label) for one in queries.locked(campaign, numbers)], By.PERSON)


def add_rule(*, campaign: Campaign, label: Label, words: str) -> BuzzRule:
    """Class whatever comes from now on and has one of these words.

    Raises
    ------
    UserError
        When there are no words, or some that cannot be used.
    NotAllowed
        When the campaign has as many rules as it can.
    """
    if label not in rules.CLASSES:
        raise UserError(gettext_noop("Choose the class that the words stand for."), field="label")
    if queries.class_rules(campaign).count() >= _MOST_RULES:
        raise NotAllowed(gettext_noop("{most} rules are as many as a campaign can have."), most=_MOST_RULES)
    return BuzzRule.objects.create(
        campaign=campaign, label=label, words=rules.check_words(rules.parted(words), is_needed=True)
    )


def remove_rule(*, campaign: Campaign, number: int) -> None:
    """Stop classing by a rule. What it has classed stays so.

    Raises
    ------
    NotFound
        When the campaign has no such rule.
    """
    if not queries.class_rules(campaign).filter(pk=number).delete()[0]:
        raise NotFound(gettext_noop("There is no such rule."), field="rule")


def apply_rules(*, campaign: Campaign) -> int:
    """Class by the rules what nobody has classed yet; return how many that was."""
    by_rule = rules.together(queries.class_rules(campaign).values_list("label", "words"))
    numbers = [one.pk for one in queries.unclassed(campaign) if rules.classify(one.text, by_rule) != Label.UNCLASSED]
    done = 0
    for start in range(0, len(numbers), _CHUNK):
        with transaction.atomic():
            found = queries.locked(campaign, numbers[start : start + _CHUNK])
            meant = [(one, rules.classify(one.text, by_rule)) for one in found if not one.labelled_by]
            done += _class([(one, label) for one, label in meant if label != Label.UNCLASSED], By.RULE)
    return done


def note_heard(*, number: int, position: str = "", known: dict[str, str] | None = None) -> None:
    """Keep that a source answered, how far its stream was heard, and what its server wants to hear next time."""
    now = timezone.now()
    BuzzSource.objects.filter(pk=number).update(
        heard_at=now,
        trouble={},
        failures=0,
        due_at=now + rules.pause(0),
        **({"position": position} if position else {}),
        **({"known": known} if known is not None else {}),
    )


def note_trouble(*, number: int, error: UserError) -> None:
    """Keep why a source could not be heard; a feed is left in peace for longer each time."""
    failures = BuzzSource.objects.filter(pk=number).values_list("failures", flat=True).first() or 0
    BuzzSource.objects.filter(pk=number).update(
        trouble={"sentence": error.template, "values": {name: str(value) for name, value in error.values.items()}},
        failures=min(failures + 1, _MOST_FAILURES),
        due_at=timezone.now() + rules.pause(failures + 1),
    )


@transaction.atomic
def _take_some(source: BuzzSource, told: dict[str, Heard], by_rule: dict[Label, Words], now: datetime) -> Taken:
    BuzzSource.objects.select_for_update().get(pk=source.pk)  # one at a time, so that nothing is taken twice
    mine = Mention.objects.filter(source=source)
    known = set(mine.filter(external_id_hash__in=told).values_list("external_id_hash", flat=True))
    fresh = [(mark, one) for mark, one in told.items() if mark not in known]
    room = len(fresh)
    if source.kind in STREAMS or source.kind == SourceKind.FEED:
        room = max(MOST_A_DAY - mine.filter(taken_at__gt=now - timedelta(days=1)).count(), 0)
    mentions = [_mention(source, mark, one, by_rule, now) for mark, one in fresh[:room]]
    outbox.emit(*(_reaction(one) for one in mentions if one.label != Label.UNCLASSED))
    Mention.objects.bulk_create(mentions)
    return Taken(len(mentions), len(known), len(fresh) - len(mentions))


def _mention(source: BuzzSource, mark: str, heard: Heard, by_rule: dict[Label, Words], now: datetime) -> Mention:
    label, by = heard.label, By.SOURCE
    if label == Label.UNCLASSED:
        label, by = rules.classify(heard.text, by_rule), By.RULE
    return Mention(
        campaign=source.campaign,
        source=source,
        external_id_hash=mark,
        at=heard.at or now,
        taken_at=now,
        url=heard.url,
        author=sealing.hashed("buzz author", f"{source.campaign_id}\0{heard.author}") if heard.author else "",
        text=heard.text,
        language=heard.language,
        reach=heard.reach,
        label=label,
        labelled_by="" if label == Label.UNCLASSED else by,
    )


def _class(meant: Sequence[tuple[Mention, Label]], by: By) -> int:
    """Give mentions, whose rows are locked, these classes, and tell of it."""
    changed = [(one, label) for one, label in meant if one.label != label]
    events: list[Event] = []
    for mention, label in changed:
        if mention.event is not None:
            events.append(_correction(mention))
        mention.label, mention.event = label, None
        if label != Label.UNCLASSED:
            events.append(_reaction(mention))
    for mention, _ in meant:
        mention.labelled_by = by
    Mention.objects.bulk_update([one for one, _ in meant], ["label", "labelled_by", "event"], batch_size=_CHUNK // 5)
    outbox.emit(*events)
    return len(changed)


def _reaction(mention: Mention) -> Event:
    """Return the event that counts for a mention from now on; the mention, not stored yet, has its identifier."""
    ts = int(mention.at.timestamp() * 1000)
    reach = {} if mention.reach is None else {"reach": str(mention.reach)}
    mention.event = new_id(ts)
    return Event(
        id=mention.event,
        ts=ts,
        campaign=mention.campaign_id,
        kind=Kind.REACTION,
        visitor=_visitor(mention),
        channel="buzz",
        props={"class": mention.label, "source": mention.source.name, **reach},
    )


def _correction(mention: Mention) -> Event:
    """Return what makes the reaction that counted so far a repeat of the one that follows."""
    now = now_ms()
    return Event(
        id=new_id(now),
        ts=now,
        campaign=mention.campaign_id,
        kind=Kind.CORRECTION,
        channel="buzz",
        verdict=Verdict.REPEAT,
        reason="reclassed",
        props={"event": str(mention.event)},
    )


def _visitor(mention: Mention) -> int:
    """Return a hash of who said it that, as every visitor's, is another one each day; 0 when that is unknown."""
    if not mention.author:
        return 0
    day = mention.at.astimezone(UTC).date().isoformat()
    return int.from_bytes(blake2b(f"{mention.author} {day}".encode(), digest_size=8).digest()) or 1


def _forget_text(numbers: Sequence[int]) -> int:
    return sum(
        Mention.objects.filter(pk__in=numbers[start : start + _CHUNK]).update(text="", url="", author="")
        for start in range(0, len(numbers), _CHUNK)
    )


def _known_by(external_id: str) -> str:
    return sealing.hashed("buzz", external_id)


def _address(checks: Checks, kind: SourceKind, given: str) -> str:
    if kind in {SourceKind.FILE, SourceKind.WEBHOOK}:
        return ""
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web only needs this when a source is added

    wanted = given.strip() or (_JETSTREAM if kind == SourceKind.BLUESKY else "")
    schemes = _SCHEMES.get(kind, ("https", "http"))

    def check(address: str) -> str:
        if kind == SourceKind.MASTODON and address and "://" not in address:
            address = f"https://{host(address, field='address')}"
        return http.check(address, field="address", schemes=schemes)

    return checks(check, wanted)
