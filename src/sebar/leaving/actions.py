"""Leaving for good: whatever tells who a participant is goes; a place in the tree stays, without a name.

It concerns the tables of many packages at once and has to be whole, so it is written down in this one place. A test
holds `STAYS` to all tables that `sebar.portal.kept` tells participants of: whatever is not named there is empty after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sebar import channels
from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import ConsentText
from sebar.channels import actions as sending
from sebar.channels.conversation.models import Talk
from sebar.channels.kinds.email.models import OwnLetter
from sebar.channels.kinds.footer.models import FooterSender
from sebar.channels.kinds.link.models import NamedCard
from sebar.channels.kinds.spoken.models import Claim, SpokenCode
from sebar.channels.models import Contact, Message, Purpose, Suppression, ToldJoin
from sebar.channels.models import State as Sending
from sebar.channels.rules import Reason
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.kit import codes, text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material.models import Best
from sebar.participants import actions as participants
from sebar.participants.actions import at_once
from sebar.participants.models import Conversion, Participant
from sebar.rewards import ledger
from sebar.rewards.draws.models import Draw, DrawNaming, Entrant, FreeEntry
from sebar.rewards.models import Coupon, LedgerEntry, Reward, RewardHold
from sebar.rewards.rules import Cause, State
from sebar.steering.experiments.models import Assignment
from sebar.steering.plans import actions as plans

REASON_LENGTH: Final = 300
STAYS: Final[Mapping[type[Model], str]] = {
    Participant: "the number, who brought it, how and when: the place in the tree that friends’ counts hang on",
    ConsentText: "which wording was agreed to",
    Conversion: "the brand’s own orders, which whoever brought them may be rewarded for",
    SpokenCode: "three words that lead to the campaign; given to somebody else they would name the wrong parent",
    Message: "that something was sent, without address and words; a friend gets no second letter",
    ToldJoin: "that whoever brought them was told, for a few days: nobody is told twice",
    Suppression: "that nobody may write to an address, as a keyed hash",
    JoinEvidence: "keyed hashes of network and device, for 90 days as everybody’s: leaving hides no fraud",
    Suspicion: "what follows from them, for as long",
    Decision: "what people decided about the join, without their notes: figures hang on it",
    Reward: "what was handed over, and that the rest ended",
    LedgerEntry: "the books",
    Coupon: "codes that were handed over, which the shop must know again",
    RewardHold: "that rewards for this join wait or were refused, without words: leaving releases nothing",
    Assignment: "which variant was drawn, which the experiment’s figures hang on",
}
"""What of a participant who left remains under the bare number, and why."""
_ERASED: Final = (Contact, OwnLetter, FooterSender, NamedCard, Claim, Objection, DrawNaming, Best)
_LEFT: Final = "left"
_CROWDED: Final = gettext_noop("Very much happens around this person at this moment; trying again helps.")


def forget(*, participant: Participant, membership: Membership | None = None, reason: str = "") -> bool:
    """Erase what is kept about a participant, for good; return whether that was just now. Again changes nothing.

    Who joined through them stays where they are, and their link leads to the campaign, without a name. Rewards that
    were not handed over end, and so do tickets for draws whose list is not fixed. In a fixed list the line stays, and
    nobody stands behind it.

    Parameters
    ----------
    membership, reason
        Which member, or which program of the brand, does it and why: it goes into the audit log. Without one the
        participant does it.

    Raises
    ------
    NotAllowed
        When this member may not.
    UserError
        When a member gives no reason, or it is too long.
    """
    why = "" if membership is None else _checked(membership, reason)
    return at_once(lambda: _forget(participant.pk, membership, why), crowded=_CROWDED)


def _checked(membership: Membership, reason: str) -> str:
    membership.require(Verb.EDIT)
    tidy = text.line(reason, field="reason", most=REASON_LENGTH)
    if not tidy and membership.user is not None:
        raise UserError(gettext_noop("The reason is empty: say why, for whoever asks later."), field="reason")
    return tidy


@transaction.atomic
def _forget(number: int, membership: Membership | None, reason: str) -> bool:
    campaign = Participant.objects.values_list("campaign", flat=True).get(pk=number)
    ledger.lock([campaign])
    list(Draw.objects.select_for_update().filter(campaign=campaign).order_by("pk"))  # no list is fixed in between
    locked = Participant.objects.select_for_update(of=("self",)).select_related("campaign__brand")
    leaving = locked.get(pk=number)
    if leaving.left_at is not None:
        return False
    proven = _proven(leaving)
    _silence(leaving, proven)
    _end_rewards(leaving)
    _leave_draws(leaving, is_proven=bool(proven))
    for table in _ERASED:
        table._default_manager.filter(participant=leaving).delete()  # noqa: SLF001 - Django documents it
    Decision.objects.filter(participant=leaving).update(note="")
    if leaving.external_id:
        plans.leave_out(brand=leaving.campaign.brand, external_id=leaving.external_id)
    participants.erase(participant=leaving)
    if membership is not None:
        audit.record(
            membership=membership,
            verb="participant.forgotten",
            subject=leaving.campaign.slug,
            reason=reason,
            details={"code": codes.spell(number)},
        )
    return True


def _proven(leaving: Participant) -> set[str]:
    """Return by what their own e-mail addresses are known. One that was only typed may be anybody's."""
    asked = Contact.objects.filter(participant=leaving, channel="email")
    found = set(asked.values_list("address_hash", flat=True))
    if leaving.email and (leaving.consent_text_id is None or leaving.email_confirmed_at is not None):
        found.add(channels.known_by("email", leaving.email))
    return found


def _silence(leaving: Participant, proven: set[str]) -> None:
    """Let nothing be sent to them any more, nor for them; conversations with our programs are forgotten."""
    brand = leaving.campaign.brand
    for known_by in proven:
        sending.suppress(address_hash=known_by, reason=_LEFT, brand=brand)
    mine = Contact.objects.filter(participant=leaving)
    hashes = set(mine.values_list("address_hash", flat=True))
    others = Contact.objects.filter(participant__campaign__brand=brand, address_hash__in=hashes)
    shared = set(others.exclude(participant=leaving).values_list("address_hash", flat=True))
    Talk.objects.filter(brand=brand, address_hash__in=hashes - shared).delete()
    messages = Message.objects.filter(participant=leaving)
    messages.filter(state=Sending.WAITING).update(
        state=Sending.LEFT_ALONE, reason=Reason.NO_CONSENT, sealed=b"", content={}, changed_at=timezone.now()
    )
    messages.exclude(purpose=Purpose.INVITE).update(address_hash="")


def _end_rewards(leaving: Participant) -> None:
    mine = Reward.objects.filter(participant=leaving)
    unpaid = mine.filter(state__in=(State.PENDING, State.APPROVED)).select_related("rule__campaign", "rule__pool")
    ledger.move(unpaid.order_by("pk"), State.REJECTED, cause=Cause.LEFT)
    mine.exclude(reason="").update(reason="")
    RewardHold.objects.filter(participant=leaving).update(reason="")


def _leave_draws(leaving: Participant, *, is_proven: bool) -> None:
    """Let nobody stand behind their line in a fixed list. A free entry by an address they only typed is not theirs."""
    entered = Entrant.objects.filter(participant=leaving)
    if is_proven:
        theirs = entered.values("free_entry")
        FreeEntry.objects.filter(pk__in=theirs).update(sealed=b"", is_named=False)
    entered.update(participant=None)
