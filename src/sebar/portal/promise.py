"""What rewards promise where people decide: on the page on which a friend joins, and on the one that is passed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sebar.campaigns.models import Campaign
from sebar.pages.rewards import described
from sebar.portal.rewards import begun, offer
from sebar.rewards import queries
from sebar.rewards.draws.models import Draw, DrawState
from sebar.rewards.models import RewardRule
from sebar.rewards.rules import RuleKind, Trigger, What, Who

Drawings = Sequence[tuple[Draw, str]]
"""The draws that a campaign's pages point to, each with its title."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What rewards promise somebody.

    Attributes
    ----------
    lines
        One sentence for each rule.
    is_limited
        Whether some of it may run out.
    draw
        The prize draw that tickets are for; None where no ticket is promised.
    """

    lines: list[str]
    is_limited: bool
    draw: Draw | None


def to_friend(campaign: Campaign, drawings: Drawings) -> Promise | None:
    """Return what somebody gets who comes by a friend's link; None for nothing."""
    found = [rule for rule in queries.lasting(campaign) if rule.kind == RuleKind.EACH and rule.who != Who.REFERRER]
    return _promise(drawings, [(rule, _of_friend(rule)) for rule in found])


def to_referrer(campaign: Campaign, drawings: Drawings) -> Promise | None:
    """Return what somebody gets who brings friends, and what those get; None for nothing."""
    return _promise(drawings, [(rule, offer(rule)) for rule in queries.lasting(campaign)])


def _promise(drawings: Drawings, found: Sequence[tuple[RewardRule, str]]) -> Promise | None:
    """Put sentences together. Tickets are worth something only while a draw takes entries."""
    draw = next((one for one, _title in drawings if one.state == DrawState.OPEN), None)
    kept = [(rule, line) for rule, line in found if draw or rule.what != What.TICKETS]
    if not kept:
        return None
    return Promise(
        lines=[line for _rule, line in kept],
        is_limited=any(rule.budget is not None or rule.pool_id is not None for rule, _line in kept),
        draw=draw if any(rule.what == What.TICKETS for rule, _line in kept) else None,
    )


def _of_friend(rule: RewardRule) -> str:
    """Return what a rule gives the friend, as one sentence to them."""
    said = {
        (Who.FRIEND.value, True): _("You get %(what)s when you join."),
        (Who.FRIEND.value, False): _("You get %(what)s at your first purchase."),
        (Who.BOTH.value, True): _("You get %(what)s when you join, and your friend gets as much."),
        (Who.BOTH.value, False): _("You get %(what)s at your first purchase, and your friend gets as much."),
    }[rule.who, rule.trigger == Trigger.JOIN]
    return begun(said % {"what": described(rule)})
