"""What is done with channels: the only code that writes their tables. Each verb is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from sebar import channels, outbox
from sebar.brands.models import Brand
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.channels import gate, rules, sealing
from sebar.channels.base import Came, Field, Outcome, Outgoing
from sebar.channels.models import Account, Contact, Message, News, Pace, Purpose, State, Suppression, Switch, ToldJoin
from sebar.channels.rules import Reason
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.kit.errors import Checks, NotFound, Unavailable, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.participants import queries as participants
from sebar.participants.models import Participant

_TROUBLE_LENGTH: Final = 300
_BOUNCED: Final = "bounced"


@dataclass(slots=True)
class Resting:
    """Brands whose provider is away, and campaigns that must wait, by their keys: nothing of theirs is taken.

    By the purposes that are spared: only the others of such a campaign wait.
    """

    brands: set[int] = field(default_factory=set)
    campaigns: dict[frozenset[str], set[int]] = field(default_factory=dict)


def switch(*, campaign: Campaign, channel: str, is_on: bool) -> None:
    """Let a campaign have a channel, or take it away: no button, no sends. Links that travel already keep working.

    Raises
    ------
    UserError
        When there is no such channel, or it is one that is only counted.
    """
    _known(channel)
    if not channels.ALL[channel].is_offered:
        message = gettext_noop(
            "{channel} is only counted, where links or programs name it: there is nothing to switch."
        )
        raise UserError(message, field="channel", channel=channels.ALL[channel].title)
    Switch.objects.update_or_create(campaign=campaign, channel=channel, defaults={"is_on": is_on})


def set_up(*, membership: Membership, channel: str, entered: Mapping[str, str]) -> None:
    """Keep what a brand needs to use a channel, once its provider takes it. An empty secret leaves the one kept.

    Where the provider cannot be asked just now it is kept all the same, and the channel's trouble says so.

    Raises
    ------
    NotAllowed
        When this member may not.
    UserErrors
        With one sentence for every field that cannot be used.
    """
    membership.require(Verb.MANAGE)
    _known(channel)
    kept = gate.account(membership.brand, channel) or {}
    checks = Checks()
    values: dict[str, str] = {}
    for asked in channels.ALL[channel].fields:
        given = entered.get(asked.name, "")
        if asked.is_secret and not given:
            given = kept.get(asked.name, "")
        values[asked.name] = checks(_named(asked), given)
    checks.finish()
    others = Account.objects.filter(channel=channel).exclude(brand=membership.brand)
    # Whoever only says that a domain is theirs keeps nobody else from it.
    channels.ALL[channel].refuse(values, [other.settings for other in others if gate.is_proved(other)])
    untried = _untried(channel, values)
    if values.get("duties") and membership.user is not None:
        # Whoever answers for letters to friends is kept with the day, as a signature would be.
        values["duties_by"] = kept.get("duties_by") or membership.user.email
        values["duties_at"] = kept.get("duties_at") or timezone.now().isoformat(timespec="seconds")
    if kept.get(gate.PROVED) == channels.ALL[channel].claims(values):
        values[gate.PROVED] = kept.get(gate.PROVED, "")
    secret = {asked.name for asked in channels.ALL[channel].fields if asked.is_secret}
    Account.objects.update_or_create(
        brand=membership.brand,
        channel=channel,
        defaults={
            "settings": {name: value for name, value in values.items() if name not in secret},
            "sealed": sealing.seal_many({name: value for name, value in values.items() if name in secret}),
            "trouble": untried,
            "trouble_at": timezone.now() if untried else None,
        },
    )


def _untried(channel: str, values: Mapping[str, str]) -> str:
    """Have the provider try what was entered; return why it could not be asked, empty where it took it."""
    try:
        channels.ALL[channel].try_out(values)
    except UserError as refused:
        raise UserErrors([refused]) from None
    except Unavailable as away:
        return str(away)
    return ""


def prove(*, membership: Membership, channel: str) -> None:
    """Look in public whether what a brand claims on a channel is its own, and keep that it is.

    Raises
    ------
    NotAllowed
        When this member may not.
    NotFound
        When the channel is not set up.
    UserError
        When nobody can see it, with what is seen instead.
    Unavailable
        When nobody can look just now.
    """
    membership.require(Verb.MANAGE)
    _known(channel)
    row = gate.account_row(membership.brand, channel)
    if row is None:
        raise NotFound(gettext_noop("It is not set up yet."), field="channel")
    given = gate.entered(row)
    channels.ALL[channel].prove(given)  # outside of a transaction: it may take seconds
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=row.pk)
        if gate.entered(row) == given:
            row.settings |= {gate.PROVED: channels.ALL[channel].claims(given)}
            row.save(update_fields=["settings"])


def take_down(*, membership: Membership, channel: str) -> None:
    """Forget what a brand entered for a channel. Letters that wait are left alone: nobody answers for them now."""
    membership.require(Verb.MANAGE)
    Account.objects.filter(brand=membership.brand, channel=channel).delete()


def note_trouble(*, brand: Brand, channel: str, trouble: str) -> None:
    """Keep what the provider said last, for the channel's page; empty when all goes on."""
    Account.objects.filter(brand=brand, channel=channel).update(
        trouble=trouble[:_TROUBLE_LENGTH], trouble_at=timezone.now() if trouble else None
    )


def agree(*, participant: Participant, channel: str, address: str, language: str = "") -> Contact:
    """Keep that a participant asked to be written to at an address; after an end it begins anew."""
    contact, _ = Contact.objects.update_or_create(
        participant=participant,
        channel=channel,
        address_hash=channels.known_by(channel, address),
        defaults={
            "sealed": sealing.seal(address),
            "language": language or participant.language,
            "agreed_at": timezone.now(),
            "ended_at": None,
        },
    )
    return contact


def end(*, channel: str, address: str, brand: Brand | None = None) -> int:
    """End every consent to write to an address, of one brand or of all; return how many there were."""
    known_by = channels.known_by(channel, address)
    return _end(channel, known_by) if brand is None else _end(channel, known_by, participant__campaign__brand=brand)


def end_for(*, participant: Participant, channel: str, address: str) -> None:
    """End one participant's consent to be written to at an address; others who share it keep theirs."""
    _end(channel, channels.known_by(channel, address), participant=participant)


def suppress(*, address_hash: str, reason: str, brand: Brand | None) -> bool:
    """Never write to an address again, for a brand or for the whole instance; return whether that is new."""
    try:
        with transaction.atomic():
            _, is_new = Suppression.objects.get_or_create(
                brand=brand, address_hash=address_hash, defaults={"reason": reason}
            )
    except IntegrityError:  # somebody else did at the same moment
        return False
    return is_new


def reachable_again(*, brand: Brand, channel: str, address: str) -> None:
    """Write again to somebody who could not be reached for a while, when they themselves write from that address."""
    Suppression.objects.filter(brand=brand, address_hash=channels.known_by(channel, address), reason=_BOUNCED).delete()


def unsubscribe(*, message: Message) -> bool:
    """Never let the message's brand write to its recipient again; return whether that is new."""
    with transaction.atomic():
        is_new = suppress(
            address_hash=message.address_hash, reason=Kind.UNSUBSCRIBE.value, brand=message.campaign.brand
        )
        _end(message.channel, message.address_hash, participant__campaign__brand=message.campaign.brand)
        if is_new:
            _tell(Kind.UNSUBSCRIBE, message, timezone.now())
    return is_new


def queue(
    *,
    participant: Participant,
    channel: str,
    purpose: Purpose,
    address: str,
    once: str,
    content: Mapping[str, str],
    language: str = "",
) -> Message:
    """Take something to be sent, once.

    Parameters
    ----------
    participant
        Who asked for it, and whose link it carries.
    address
        Whom it goes to, in the one form in which the channel spells it.
    once
        What must not happen twice in a campaign on a channel; the same again returns the message that is there. Of
        letters to friends it is counted among those left alone, once for each who wrote.
    content
        What it says.

    Returns
    -------
    Message
        Waiting; or left alone, and then its `reason` says why.
    """
    now = timezone.now()
    message = Message(
        campaign=participant.campaign,
        channel=channel,
        purpose=purpose,
        participant=participant,
        once=once,
        address_hash=channels.known_by(channel, address),
        sealed=sealing.seal(address),
        language=language or participant.language,
        content=dict(content),
        created_at=now,
        due_at=now,
        changed_at=now,
    )
    try:
        with transaction.atomic():
            return _queue(message, now)
    except IntegrityError:
        return Message.objects.get(campaign=message.campaign, channel=channel, once=once)


def take_news(*, campaign: Campaign, texts: Mapping[str, Mapping[str, str]], is_correction: bool = False) -> News:
    """Take what a brand tells everybody in a campaign who asked for news; `notices` checks and spreads it."""
    kept = {language: dict(parts) for language, parts in texts.items()}
    return News.objects.create(campaign=campaign, texts=kept, is_correction=is_correction)


def told_of(*, friends: Iterable[Participant]) -> None:
    """Keep that parents are told of these friends' joins.

    Raises
    ------
    IntegrityError
        When they are told of one of them already.
    """
    now = timezone.now()
    ToldJoin.objects.bulk_create(ToldJoin(participant=friend, at=now) for friend in friends)


def forget_told(*, before: datetime) -> None:
    """Forget of which joins parents were told, where nobody looks at them any more."""
    ToldJoin.objects.filter(at__lt=before).delete()


def told(*, news: News, up_to: int | None) -> None:
    """Keep up to which contact news is queued; None: for everybody."""
    if up_to is None:
        News.objects.filter(pk=news.pk).update(done_at=timezone.now())
    else:
        News.objects.filter(pk=news.pk).update(told_up_to=up_to)


def next_to_send(
    *, channel: str, done: tuple[Message, Outcome] | None = None, resting: Resting | None = None
) -> tuple[Message, Outgoing] | None:
    """Record what became of the last message and take the next one, in one transaction.

    What is taken is `State.SENDING` before it leaves the house, so that a process that dies in the middle leaves just
    that one doubtful, and nobody is written to twice. What may not go out is put aside first, whole campaigns at once.
    """
    aside = Resting() if resting is None else resting
    while True:
        now = timezone.now()
        with transaction.atomic():
            if done is not None:
                _finish(*done, now)
                done = None
            message = _first_due(channel, aside, now)
            if message is None:
                return None
            account = gate.account_row(message.campaign.brand, message.channel)
            reason = gate.refusal(message, account, now)
            if reason is None:
                _take(message, account, now)
                return message, _outgoing(message, account)
            _put_aside(message, reason, now)
        if reason.passes:
            aside.campaigns.setdefault(reason.spares, set()).add(message.campaign_id)


def leave_alone_what_is_over(*, channel: str) -> None:
    """Leave alone what rests until another attempt in campaigns that are over: nobody looks at it before."""
    now = timezone.now()
    resting = Message.objects.filter(channel=channel, state=State.WAITING, due_at__gt=now)
    resting = resting.exclude(purpose__in=Reason.OVER.spares)
    for campaign in Campaign.objects.filter(pk__in=resting.values("campaign")):
        if campaign_rules.phase(campaign, now).is_over:
            of_campaign = Message.objects.filter(channel=channel, state=State.WAITING, campaign=campaign)
            _leave_alone(of_campaign.exclude(purpose__in=Reason.OVER.spares), Reason.OVER, now)


def finish(message: Message, outcome: Outcome) -> None:
    """Record what became of a message that was taken."""
    with transaction.atomic():
        _finish(message, outcome, timezone.now())


def doubt_what_was_left(*, channel: str) -> int:
    """Mark what a process that died was just sending: nobody knows whether it went out. Return how many."""
    left = Message.objects.filter(channel=channel, state=State.SENDING)
    trouble = gettext_noop("The process ended in the very moment of sending, so nobody knows whether it went out.")
    return left.update(state=State.DOUBTFUL, trouble=trouble, sealed=b"", content={}, changed_at=timezone.now())


def bounced(*, message: Message, trouble: str, is_final: bool) -> None:
    """Record that a sent message came back. For good means that the address is never written to again."""
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(
            state=State.BOUNCED, trouble=trouble[:_TROUBLE_LENGTH], changed_at=timezone.now()
        )
        if is_final:
            suppress(address_hash=message.address_hash, reason=_BOUNCED, brand=message.campaign.brand)


def arrived(*, message: Message) -> None:
    """Record that the provider said that a message arrived."""
    Message.objects.filter(pk=message.pk).update(has_arrived=True)


def _queue(message: Message, now: datetime) -> Message:
    earlier = Message.objects.filter(campaign=message.campaign, channel=message.channel, once=message.once).first()
    if earlier is not None:
        if message.purpose == Purpose.INVITE:
            _count_second(message)
        return earlier
    reason = gate.refusal(message, gate.account_row(message.campaign.brand, message.channel), now)
    if reason is not None:
        message.reason = reason
        if not reason.passes:
            message.state, message.sealed, message.content = State.LEFT_ALONE, b"", {}
    if reason is not Reason.TOO_MANY:  # tomorrow they may, so nothing is kept that would stand in the way
        message.save(force_insert=True)
    return message


def _count_second(message: Message) -> None:
    Message.objects.get_or_create(
        campaign=message.campaign,
        channel=message.channel,
        once=f"again:{codes.spell(message.participant.pk)}:{message.address_hash}",
        defaults={
            "purpose": message.purpose,
            "participant": message.participant,
            "address_hash": message.address_hash,
            "sealed": b"",
            "language": message.language,
            "state": State.LEFT_ALONE,
            "reason": Reason.SECOND,
            "created_at": message.created_at,
            "due_at": message.due_at,
            "changed_at": message.changed_at,
        },
    )


def _first_due(channel: str, resting: Resting, now: datetime) -> Message | None:
    waiting = Message.objects.filter(channel=channel, state=State.WAITING, due_at__lte=now)
    if resting.brands:
        waiting = waiting.exclude(campaign__brand__in=resting.brands)
    for spared, campaigns in resting.campaigns.items():
        waiting = waiting.filter(~Q(campaign__in=campaigns) | Q(purpose__in=spared))
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True, of=("self",))
    return waiting.select_related("campaign__brand", "participant").order_by("due_at", "pk").first()


def _take(message: Message, account: Account | None, now: datetime) -> None:
    if message.reason:  # it held for all that wait beside this one, and has passed for all
        same = Message.objects.filter(channel=message.channel, state=State.WAITING, campaign=message.campaign_id)
        same.filter(reason=message.reason).update(reason="", changed_at=now)
    message.state, message.reason, message.changed_at = State.SENDING, "", now
    message.attempts += 1
    message.save(update_fields=["state", "reason", "attempts", "changed_at"])
    if account is not None:
        sent = F("sent") + 1 if account.sent_on == now.date() else 1
        Account.objects.filter(pk=account.pk).update(sent_on=now.date(), sent=sent)
    if message.purpose == Purpose.INVITE and message.campaign.invitations_an_hour is not None:
        _count(message.campaign, now)


def _count(campaign: Campaign, now: datetime) -> None:
    hour = gate.hour_of(now)
    pace, _ = Pace.objects.select_for_update().get_or_create(campaign=campaign, defaults={"hour": hour, "sent": 0})
    pace.hour, pace.sent = hour, pace.sent + 1 if pace.hour == hour else 1
    pace.save(update_fields=["hour", "sent"])


def _put_aside(message: Message, reason: Reason, now: datetime) -> None:
    """Say why a message waits or is left alone, and the same at once of all others that this holds for."""
    same = Message.objects.filter(channel=message.channel, state=State.WAITING, campaign=message.campaign_id)
    same = same.exclude(purpose__in=reason.spares)
    if not reason.is_everybodys:
        same = same.filter(pk=message.pk)
    if reason.passes:
        same.exclude(reason=reason).update(reason=reason, changed_at=now)
    else:
        _leave_alone(same, reason, now)


def _leave_alone(messages: QuerySet[Message], reason: Reason, now: datetime) -> None:
    messages.update(state=State.LEFT_ALONE, reason=reason, sealed=b"", content={}, changed_at=now)


def _outgoing(message: Message, account: Account | None) -> Outgoing:
    campaign = message.campaign
    return Outgoing(
        number=message.pk,
        address=sealing.unseal(message.sealed),
        language=message.language,
        content=message.content,
        brand=campaign.brand.name,
        brand_key=campaign.brand_id,
        campaign=campaign.name,
        colour=campaign.colour,
        account={} if account is None else gate.entered(account),
    )


def _finish(message: Message, outcome: Outcome, now: datetime) -> None:
    message.trouble, message.changed_at = outcome.trouble[:_TROUBLE_LENGTH], now
    rest = rules.pause(message.attempts) if outcome.came in {Came.LATER, Came.AWAY} else None
    if rest is not None:
        message.state, message.due_at = State.WAITING, now + max(rest, outcome.wait)
    else:
        message.state, message.sealed, message.content = _ENDS[outcome.came], b"", {}
    message.save(update_fields=["state", "trouble", "sealed", "content", "due_at", "changed_at"])
    if outcome.came is Came.GONE:
        of_all = channels.ALL[message.channel].is_gone_for_all
        whose = {} if of_all else {"participant__campaign__brand": message.campaign.brand}
        _end(message.channel, message.address_hash, **whose)
        suppress(address_hash=message.address_hash, reason=_BOUNCED, brand=message.campaign.brand)
    if message.state == State.SENT and message.purpose == Purpose.INVITE:
        _tell(Kind.INVITE, message, now)


_ENDS: Final = {
    Came.SENT: State.SENT,
    Came.LATER: State.FAILED,  # tried often enough
    Came.AWAY: State.FAILED,
    Came.REFUSED: State.FAILED,
    Came.GONE: State.FAILED,
    Came.DOUBTFUL: State.DOUBTFUL,
}


def _end(channel: str, address_hash: str, **whose: object) -> int:
    """End consents to write to an address: of those whom Django's look-ups name, or else of everybody."""
    ended = Contact.objects.filter(channel=channel, address_hash=address_hash, ended_at__isnull=True, **whose)
    return ended.update(ended_at=timezone.now(), sealed=b"")


def _tell(kind: Kind, message: Message, moment: datetime) -> None:
    outbox.emit(participants.event_of(kind, message.participant, moment, channel=message.channel))


def _named(asked: Field) -> Callable[[str], str]:
    """Return the field's check; what it refuses is about this field, whatever it calls itself."""

    def checked(value: str) -> str:
        try:
            return asked.check(value)
        except UserError as error:
            raise UserError(error.template, field=asked.name, **error.values) from error

    return checked


def _known(channel: str) -> None:
    if channel not in channels.ALL:
        raise NotFound(gettext_noop("There is no channel called “{name}”."), field="channel", name=channel[:40])
