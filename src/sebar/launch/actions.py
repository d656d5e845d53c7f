"""The gate: a draft is published here, with nothing missing or with a reason that is kept.

Rewards or a draw that begin in a campaign that is public already pass the same gate for what the law wants said.
"""

from __future__ import annotations

from datetime import datetime
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
from sebar.launch.queries import Gap
from sebar.rewards import actions as rewards
from sebar.rewards.draws import actions as draws
from sebar.rewards.draws.models import Draw
from sebar.rewards.models import RewardRule
from sebar.rewards.rules import Status as RuleStatus

REASON_LENGTH: Final = 500
_FILL: Final = gettext_noop(
    "The checklist is not complete: fill its gaps, or write down why it is published all the same."
)
_ASK: Final = gettext_noop("The checklist is not complete: fill its gaps, or ask an owner to publish it with a reason.")
_FILL_LEGAL: Final = gettext_noop(
    "The brief lacks its legal note: write it, or write down why this begins all the same."
)
_ASK_LEGAL: Final = gettext_noop(
    "The brief lacks its legal note: write it, or ask an owner to begin this with a reason."
)


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
    gaps = queries.gaps(campaign)
    why = _why(membership, gaps, reason, fill=_FILL, ask=_ASK)
    audit.record(
        membership=membership,
        verb="campaign.published",
        subject=campaign.slug,
        reason=why,
        details={"gaps": [gap.key for gap in gaps]},
    )
    return campaign


@transaction.atomic
def switch_on(*, membership: Membership, rule: RewardRule, reason: str = "", at: datetime | None = None) -> RewardRule:
    """Let a rule give rewards from now on, as `rewards.actions.switch_on` does.

    Raises
    ------
    UserErrors
        When people can see the campaign, its brief does not say what the law wants, and no owner gives a reason.
    """
    was_on = rule.status == RuleStatus.ON
    switched = rewards.switch_on(membership=membership, rule=rule, at=at)
    if not was_on:
        _begin(membership, rule.campaign, "sharing_rewards", reason, what=rule.name)
    return switched


@transaction.atomic
def open_draw(*, membership: Membership, slug: str, number: int, reason: str = "") -> Draw:
    """Show a draw to everybody, as `draws.actions.open_draw` does.

    Raises
    ------
    UserErrors
        When the draw lacks something itself, or its campaign's brief names neither permit nor free way in and no owner
        gives a reason.
    """
    opened = draws.open_draw(membership=membership, slug=slug, number=number)
    _begin(membership, opened.campaign, "prize_draw", reason, what=str(number))
    return opened


def _begin(membership: Membership, campaign: Campaign, note: str, reason: str, *, what: str) -> None:
    gaps = queries.legal_gaps(campaign, note)
    why = _why(membership, gaps, reason, fill=_FILL_LEGAL, ask=_ASK_LEGAL)
    if gaps:
        audit.record(
            membership=membership,
            verb=f"{note}.begun",
            subject=campaign.slug,
            reason=why,
            details={"gaps": [gap.key for gap in gaps], "what": what},
        )


def _why(membership: Membership, gaps: list[Gap], reason: str, *, fill: str, ask: str) -> str:
    """Return the reason, tidied.

    Raises
    ------
    UserErrors
        Naming every gap, when there are some and no reason is given or no owner gives it.
    """
    why = text.line(reason, field="reason", most=REASON_LENGTH)
    if gaps and not (why and _may_overrule(membership)):
        refused = UserError(fill if _may_overrule(membership) else ask, field="reason")
        raise UserErrors([refused, *(UserError(gap.words, field=gap.field) for gap in gaps)])
    return why


def _may_overrule(membership: Membership) -> bool:
    """Say whether a member may publish with gaps. Only owners make keys, so a program's reason is theirs."""
    return membership.may(Verb.MANAGE) or membership.user is None
