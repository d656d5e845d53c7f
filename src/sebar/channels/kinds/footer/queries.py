"""Reads of footers: whose mail gets which, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, Sum
from django.utils import timezone

from sebar import channels
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.channels.kinds.footer import rules
from sebar.channels.kinds.footer.models import FooterSender, FooterTally
from sebar.channels.kinds.footer.reasons import Reason
from sebar.channels.kinds.footer.wording import Footer, one_line
from sebar.channels.shown import shown_to
from sebar.kit import codes
from sebar.material import queries as material
from sebar.material.models import Creative
from sebar.participants.models import Participant


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of whoever sends a mail.

    Attributes
    ----------
    sender
        Number of the mailbox whose footer is on; 0 for none.
    footer
        What goes under its mail; None when nothing does, and then `reason` says why.
    awaited
        The letters that would prove the mailbox to be somebody's, with its number there.
    """

    sender: int = 0
    footer: Footer | None = None
    reason: Reason | None = None
    awaited: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the mail of one sender, or of a campaign's."""

    added: int
    last_at: datetime | None
    left_alone: Mapping[Reason, int]


def standing(address: str) -> Standing:
    """Return what is known of the mailbox with this address. In SQL, since all mail of a company passes here."""
    known_by = rules.address_hash(address)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, participant_id, is_on, proven_at IS NULL FROM sebar_footersender WHERE address_hash = %s",
            [known_by],
        )
        rows = cursor.fetchall()
    awaited = {rules.token(who, known_by): sender for sender, who, _, is_awaited in rows if is_awaited}
    carrying = next(((sender, who) for sender, who, is_on, _ in rows if is_on), None)
    if carrying is None:
        return Standing(reason=Reason.NOT_ENROLLED, awaited=awaited)
    participant = Participant.objects.select_related("campaign").get(pk=carrying[1])
    reason = _refusal(participant.campaign)
    footer = None if reason else footer_of(participant)
    return Standing(sender=carrying[0], footer=footer, reason=reason, awaited=awaited)


def footer_of(participant: Participant) -> Footer:
    """Return the footer under a participant's mail, in the participant's language."""
    campaign = shown_to(participant)
    creative = material.creative_for(campaign, participant.creative)
    return footer_with(campaign, creative, participant.language, codes.spell(participant.pk))


def footer_with(campaign: Campaign, creative: Creative | None, language: str, code: str) -> Footer:
    """Return the footer in a language for whoever has this code and passes on this creative.

    It says the message of an experiment's arm, else the creative's own one line, where its kind has one, and else what
    the campaign says when it is passed on.

    Parameters
    ----------
    campaign
        As its experiments have it for them.
    """
    wording = campaign_rules.text_for(campaign.texts, language, campaign.languages)
    own = material.wording(creative, language).get("short", "") if creative is not None else ""
    link = channels.ALL[rules.CHANNEL].link(material.link_to(code, creative))
    return Footer(
        one_line(material.tried(campaign, language) or own or wording["share_text"] or wording["headline"]), link
    )


def has_it(sender: int, thread_hash: str) -> bool:
    """Say whether a sender's footer stands in a conversation already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM sebar_footerthread WHERE sender_id = %s AND root_hash = %s", [sender, thread_hash]
        )
        return cursor.fetchone() is not None


def of_participant(participant: Participant) -> FooterSender | None:
    """Return the mailbox that a participant has named, if any."""
    return FooterSender.objects.filter(participant=participant).first()


def of_number(sender: int) -> FooterSender | None:
    """Return the mailbox of this number."""
    return FooterSender.objects.select_related("participant").filter(pk=sender).first()


def of_campaign(campaign: Campaign) -> list[FooterSender]:
    """Return every mailbox named in a campaign, the first ones first."""
    found = FooterSender.objects.filter(participant__campaign=campaign).select_related("participant")
    return list(found.order_by("enrolled_at", "pk"))


def counts(campaign: Campaign) -> Counts:
    """Return what became of the mail of a campaign's senders."""
    return _counts(sender__participant__campaign=campaign)


def counts_of(sender: FooterSender) -> Counts:
    """Return what became of the mail of one sender."""
    return _counts(sender=sender)


def _counts(**whose: Campaign | FooterSender) -> Counts:
    rows = FooterTally.objects.filter(**whose).values("outcome").annotate(number=Sum("mails"), last=Max("last_at"))
    by_outcome = {row["outcome"]: row for row in rows.order_by("-number", "outcome")}
    added = by_outcome.pop(FooterTally.ADDED, None)
    return Counts(
        added=added["number"] if added else 0,
        last_at=added["last"] if added else None,
        left_alone={Reason(outcome): row["number"] for outcome, row in by_outcome.items()},
    )


def _refusal(campaign: Campaign) -> Reason | None:
    if campaign_rules.phase(campaign, timezone.now()) is not Phase.RUNNING:
        return Reason.NOT_RUNNING
    return None if gate.is_on(campaign, rules.CHANNEL) else Reason.CHANNEL_OFF
