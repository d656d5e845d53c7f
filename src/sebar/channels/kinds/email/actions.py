"""Letters that people have sent to themselves: the only code that writes their table."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sebar import channels
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.channels import actions, gate, queries, sealing
from sebar.channels.kinds.email.models import OwnLetter
from sebar.channels.models import Purpose
from sebar.kit import addresses
from sebar.participants.models import Participant

LASTS: Final = timedelta(days=2)
"""How long the link in a letter can be used."""
MOST_A_DAY: Final = 3
"""How many letters one address can be asked to be sent within a day."""
_DAY: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=7)


def are_ready(campaign: Campaign) -> bool:
    """Say whether people of this campaign can have letters sent to themselves; also when it is held or over."""
    return gate.usable_account(campaign, "email") is not None


def welcome(*, participant: Participant) -> bool:
    """Have a welcome letter written to somebody who agrees to letters; return whether one can go."""
    if not participant.email or not are_ready(participant.campaign):
        return False
    _ask(participant.campaign, participant.email, participant.language, participant)
    return True


def want_news(*, participant: Participant) -> bool:
    """Take it that a participant wants news by letter; return whether it comes without another letter.

    Who has confirmed the address agrees by this; who only typed it gets a letter whose link confirms it.
    """
    if participant.email and participant.email_confirmed_at is not None:
        actions.agree(participant=participant, channel="email", address=participant.email)
        return True
    welcome(participant=participant)
    return False


def want_no_news(*, participant: Participant) -> None:
    """End news by letter to a participant; the way back to their page can still be asked for."""
    for contact in queries.contacts(participant, "email"):
        actions.end_for(participant=participant, channel="email", address=sealing.unseal(contact.sealed))


def has_asked(participant: Participant) -> bool:
    """Say whether a participant has asked for news by letter, and the letter that confirms their address can be used.

    The letter may be on its way still.
    """
    since = timezone.now() - LASTS
    return OwnLetter.objects.filter(participant=participant, is_welcome=True, used_at=None, asked_at__gt=since).exists()


def ask(*, campaign: Campaign, address: str, language: str) -> None:
    """Take it that somebody has lost their page. Whether anybody has this address here makes no difference to this."""
    _ask(campaign, address, language, None)


def write_next() -> bool:
    """Write the next letter that was asked for; return whether there was one.

    Where nobody has the address it is forgotten, and so is what is too old to be of use.
    """
    with transaction.atomic():
        OwnLetter.objects.filter(asked_at__lt=timezone.now() - _KEPT).delete()
        waiting = OwnLetter.objects.filter(written_at__isnull=True).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True, of=("self",))
        asked = waiting.select_related("campaign__brand").first()
        if asked is None:
            return False
        whose = _whose(asked)
        if whose is None or _is_too_often(asked):
            asked.delete()
        else:
            _write(asked, whose)
    return True


def usable(mark: str) -> OwnLetter | None:
    """Return the letter whose link ends with this, while it can be used."""
    found = _usable(mark, timezone.now()).select_related("participant", "campaign__brand").first()
    return found if found is not None and found.participant is not None else None


def campaign_of(mark: str) -> Campaign | None:
    """Return whose letter's link ends with this, used or not, as long as it is remembered."""
    found = OwnLetter.objects.filter(mark_hash=_hash(mark)).select_related("campaign__brand").first()
    return found.campaign if found is not None else None


@transaction.atomic
def use(*, mark: str) -> Participant | None:
    """Use up the link of a letter, which confirms the address; return whose page it opens, None when it opens nothing.

    Who agreed to letters when they joined gets news there from now on: before this, the address was only typed.
    """
    now = timezone.now()
    if not _usable(mark, now).update(used_at=now):
        return None
    letter = OwnLetter.objects.select_related("participant__campaign__brand").get(mark_hash=_hash(mark))
    whose = letter.participant
    if whose is None or not whose.email or channels.known_by("email", whose.email) != letter.address_hash:
        return None
    Participant.objects.filter(pk=whose.pk, email_confirmed_at=None).update(email_confirmed_at=now)
    is_ended = gate.is_suppressed(whose.campaign.brand, letter.address_hash)  # after it was written: the end counts
    if letter.is_welcome and not is_ended:
        actions.agree(participant=whose, channel="email", address=whose.email, language=letter.language)
    return whose


def _ask(campaign: Campaign, address: str, language: str, participant: Participant | None) -> None:
    OwnLetter.objects.create(
        campaign=campaign,
        participant=participant,
        is_welcome=participant is not None,
        address_hash=channels.known_by("email", address),
        sealed=sealing.seal(address),
        language=language,
        asked_at=timezone.now(),
    )


def _whose(asked: OwnLetter) -> Participant | None:
    """Return who has the address in this campaign: who confirmed it comes before who only typed it."""
    address = sealing.unseal(asked.sealed)
    found = Participant.objects.filter(campaign=asked.campaign_id, email=address, left_at=None)
    if asked.participant_id is not None:
        found = found.filter(pk=asked.participant_id)
    confirmed_first = F("email_confirmed_at").asc(nulls_last=True)
    by_brand_first = F("consent_text").asc(nulls_first=True)
    whole = found.select_related("campaign__brand")
    return whole.order_by(confirmed_first, by_brand_first, "-joined_at", "-pk").first() if address else None


def _is_too_often(asked: OwnLetter) -> bool:
    since = timezone.now() - _DAY
    same = OwnLetter.objects.filter(campaign__brand=asked.campaign.brand_id, address_hash=asked.address_hash)
    return same.filter(written_at__gt=since).count() >= MOST_A_DAY


def _write(asked: OwnLetter, whose: Participant) -> None:
    mark = secrets.token_urlsafe(16)
    with translation.override(campaign_rules.spoken(asked.language, whose.campaign.languages)):
        actions.queue(
            participant=whose,
            channel="email",
            purpose=Purpose.OWN,
            address=sealing.unseal(asked.sealed),
            once=f"own:{asked.pk}",
            content=_content(whose.campaign, addresses.way_back(mark), is_welcome=asked.is_welcome),
            language=translation.get_language(),
        )
    asked.participant, asked.sealed, asked.written_at, asked.mark_hash = whose, b"", timezone.now(), _hash(mark)
    asked.save(update_fields=["participant", "sealed", "written_at", "mark_hash"])


def _content(campaign: Campaign, link: str, *, is_welcome: bool) -> dict[str, str]:
    wording = campaign_rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    named = {"campaign": wording["headline"] or campaign.name, "brand": campaign.brand.name}
    once = _("The link opens your own page, once and within two days, and confirms that this address is yours.")
    if is_welcome:
        said = _("You are in: “{campaign}”. Friends who come by your link count for you.")
        subject = _("Welcome: {campaign}")
        why = _("You joined at {brand} and asked for letters. If it was somebody else, do nothing: no more will come.")
    else:
        said = _("Here is the way back to your own page of “{campaign}”.")
        subject = _("Your own page: {campaign}")
        why = _("Somebody asked {brand} for the way back to a page with your address. If it was not you, do nothing.")
    return {
        "subject": subject.format(**named),
        "text": f"{said.format(**named)}\n{once}",
        "link": link,
        "why": why.format(**named),
        "button": _("To my own page"),
    }


def _usable(mark: str, now: datetime) -> QuerySet[OwnLetter]:
    fresh = OwnLetter.objects.filter(mark_hash=_hash(mark), used_at=None, written_at__gt=now - LASTS)
    return fresh.filter(participant__left_at=None)


def _hash(mark: str) -> str:
    return hashlib.sha256(mark.encode(errors="replace")).hexdigest()
