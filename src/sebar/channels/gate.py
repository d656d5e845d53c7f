"""The one gate of everything that is sent: consent, suppression, limits, the campaign's state.

Asked when something is queued and once more in the moment of sending, since people change their minds in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from sebar import channels
from sebar.brands.models import Brand
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.channels import rules, sealing
from sebar.channels.models import Account, Contact, Message, Pace, Purpose, State, Suppression, Switch
from sebar.channels.rules import Facts, Reason
from sebar.events.event import Kind

_DAY: Final = timedelta(days=1)
_MOST_A_DAY: Final = 1000
PROVED: Final = "proved"
"""Under which an account keeps the claim that was seen to be true."""


def refusal(message: Message, account: Account | None, now: datetime) -> Reason | None:
    """Return why a message may not go out at this moment; None when it may.

    Parameters
    ----------
    message
        Stored or not, with its campaign, and that with its brand.
    account
        The brand's on the channel (`account_row`).
    """
    campaign, channel = message.campaign, channels.ALL[message.channel]
    settings = {} if account is None else account.settings
    return rules.refusal(
        Facts(
            purpose=message.purpose,
            phase=campaign_rules.phase(campaign, now),
            is_on=is_on(campaign, channel.name),
            is_set_up=not channel.lacks() and (not channel.fields if account is None else is_proved(account)),
            has_consent=_has_consent(message, settings),
            is_suppressed=_is_refused(message),
            by_person=_by_person(message, now),
            by_brand=account.sent if account is not None and account.sent_on == now.date() else 0,
            most_by_brand=int(settings.get("most_a_day") or _MOST_A_DAY),
            this_hour=0 if campaign.invitations_an_hour is None else _this_hour(campaign, now),
            most_an_hour=campaign.invitations_an_hour,
        )
    )


def is_on(campaign: Campaign, channel: str) -> bool:
    """Say whether a campaign has a channel."""
    switch = Switch.objects.filter(campaign=campaign, channel=channel).first()
    return channels.ALL[channel].is_on if switch is None else switch.is_on


def account(brand: Brand, channel: str) -> Mapping[str, str] | None:
    """Return what a brand entered to set a channel up, secrets included; None while that is missing.

    A channel that takes nothing is always set up.
    """
    if not channels.ALL[channel].fields:
        return {}
    row = account_row(brand, channel)
    return None if row is None else entered(row)


def entered(account: Account) -> Mapping[str, str]:
    """Return what a brand entered, secrets included."""
    return {**account.settings, **sealing.unseal_many(account.sealed)}


def account_row(brand: Brand, channel: str) -> Account | None:
    """Return what is stored of a brand's account; None while there is none, or where a channel takes nothing."""
    return Account.objects.filter(brand=brand, channel=channel).first() if channels.ALL[channel].fields else None


def is_proved(account: Account) -> bool:
    """Say whether what a brand claims outside of Sebar was seen to be its own.

    The first brand of an instance is believed: it is of those who run the instance.
    """
    if is_seen(account):
        return True
    return account.brand_id == Brand.objects.order_by("pk").values_list("pk", flat=True).first()


def is_seen(account: Account) -> bool:
    """Say whether what a brand claims outside of Sebar was seen there; also where it claims nothing."""
    claim = channels.ALL[account.channel].claims(account.settings)
    return not claim or account.settings.get(PROVED) == claim


def usable_account(campaign: Campaign, channel: str) -> Account | None:
    """Return the brand's account on a channel that a campaign has and can send by; None while something is missing."""
    if channels.ALL[channel].lacks() or not is_on(campaign, channel):
        return None
    row = account_row(campaign.brand, channel)
    return row if row is not None and is_proved(row) else None


def is_suppressed(brand: Brand, address_hash: str) -> bool:
    """Say whether an address must not be written to, by this brand or by anybody here."""
    return _suppressions(brand, address_hash).exists()


def hour_of(moment: datetime) -> datetime:
    """Return when the hour began in which a campaign that is slowed counts its invitations."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _this_hour(campaign: Campaign, now: datetime) -> int:
    sent = Pace.objects.filter(campaign=campaign, hour=hour_of(now)).values_list("sent", flat=True).first()
    return sent or 0


def _is_refused(message: Message) -> bool:
    """Say whether an address must not be written to for this purpose.

    Who unsubscribed and has agreed anew since then gets what they agreed to, and nothing else.
    """
    kept = _suppressions(message.campaign.brand, message.address_hash)
    since = None if message.purpose == Purpose.INVITE else _agreed_at(message)
    if since is not None:
        kept = kept.exclude(reason=Kind.UNSUBSCRIBE.value, created_at__lt=since)
    return kept.exists()


def _suppressions(brand: Brand, address_hash: str) -> QuerySet[Suppression]:
    return Suppression.objects.filter(Q(brand=brand) | Q(brand__isnull=True), address_hash=address_hash)


def _has_consent(message: Message, settings: Mapping[str, str]) -> bool:
    if message.purpose == Purpose.INVITE:
        return bool(settings.get("duties"))
    if message.purpose == Purpose.OWN:
        own = message.participant.email
        return bool(own) and channels.known_by(message.channel, own or "") == message.address_hash
    return _agreed_at(message) is not None


def _agreed_at(message: Message) -> datetime | None:
    """Return when the participant asked to be written to at this address; None where no such consent stands."""
    standing = Contact.objects.filter(
        participant=message.participant_id,
        channel=message.channel,
        address_hash=message.address_hash,
        ended_at__isnull=True,
    )
    found: datetime | None = standing.values_list("agreed_at", flat=True).first()
    return found


def _by_person(message: Message, now: datetime) -> int:
    """Return to how many friends a participant has written within a day; what they asked for themselves is free."""
    if message.purpose != Purpose.INVITE:
        return 0
    mine = Message.objects.filter(participant=message.participant_id, purpose=Purpose.INVITE)
    return mine.filter(created_at__gt=now - _DAY).exclude(Q(pk=message.pk) | Q(state=State.LEFT_ALONE)).count()
