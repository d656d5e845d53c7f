"""The gate: a draft is published here, with nothing missing or with a reason that is kept."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import actions
from sebar.campaigns.models import Campaign
from sebar.kit import text
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.launch import queries

REASON_LENGTH: Final = 500
_FILL: Final = gettext_noop(
    "The checklist is not complete: fill its gaps, or write down why it is published all the same."
)
_ASK: Final = gettext_noop("The checklist is not complete: fill its gaps, or ask an owner to publish it with a reason.")


@transaction.atomic
def publish(*, membership: Membership, slug: str, reason: str = "") -> Campaign:
    """Show a draft to everybody. With gaps it takes an owner, or the brand's own program, and a reason.

    Raises
    ------
    UserError
        When the campaign is no draft.
    UserErrors
        Naming everything that is missing, when no reason is given or no owner gives it.
    """
    campaign = actions.publish(membership=membership, slug=slug)
    gaps, why = queries.gaps(campaign), text.line(reason, field="reason", most=REASON_LENGTH)
    if gaps and not (why and _may_overrule(membership)):
        refused = UserError(_FILL if _may_overrule(membership) else _ASK, field="reason")
        raise UserErrors([refused, *(UserError(gap.words, field=gap.field) for gap in gaps)])
    audit.record(
        membership=membership,
        verb="campaign.published",
        subject=campaign.slug,
        reason=why,
        details={"gaps": [gap.key for gap in gaps]},
    )
    return campaign


def _may_overrule(membership: Membership) -> bool:
    """Say whether a member may publish with gaps. Only owners make keys, so a program's reason is theirs."""
    return membership.may(Verb.MANAGE) or membership.user is None
