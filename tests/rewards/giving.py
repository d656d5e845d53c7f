"""Rules for rewards, and a worker that reads on: what tests of rewards begin with."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from builders import a_membership, a_participant
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.outbox import OutboxRow
from sebar.participants import actions as participants
from sebar.participants.models import Participant
from sebar.rewards import actions, granting, ledger, queries
from sebar.rewards.ledger import Given
from sebar.rewards.models import CouponPool, Reward, RewardPosition, RewardRule
from sebar.rewards.rules import Happened, Terms, Trigger

DAY = timedelta(days=1)


def member_of(campaign: Campaign) -> Membership:
    return a_membership(campaign.brand)


def a_rule(campaign: Campaign, *, is_on: bool = True, at: datetime | None = None, **different: Any) -> RewardRule:
    """Return a rule that gives ten points to whoever brings a friend, on since yesterday."""
    member = member_of(campaign)
    terms = Terms(**{"name": "Thanks", "what": "points", "amount": 10, **different})
    rule, _ = actions.draft_rule(membership=member, campaign=campaign, terms=terms)
    return actions.switch_on(membership=member, rule=rule, at=at or timezone.now() - DAY) if is_on else rule


def a_pool(campaign: Campaign, codes: int = 3, *, name: str = "Cups", low_at: int = 1) -> CouponPool:
    pool, _ = actions.add_pool(membership=member_of(campaign), campaign=campaign, name=name, low_at=low_at)
    if codes:
        given = "\n".join(f"{name}-{number:05}" for number in range(codes))
        actions.add_codes(membership=member_of(campaign), pool=pool, given=given)
    return pool


def a_reward(member: Membership, campaign: Campaign, referrer: Participant, *, mark: str = "Thanks") -> Reward:
    """Give somebody an approved reward, and the campaign a leaderboard and a pool of codes; nothing is committed."""
    friend = a_participant(campaign, referrer)
    converts(friend)
    actions.draft_rule(membership=member, campaign=campaign, terms=Terms(name="Most", kind="leaderboard"))
    rule, _ = actions.draft_rule(membership=member, campaign=campaign, terms=Terms(name=mark))
    happened = Happened(trigger=Trigger.JOIN, key="join", friend=friend.pk, referrer=referrer.pk, at=friend.joined_at)
    (reward,) = ledger.grant([Given(rule, happened, referrer)])
    granting.approve()
    pool, _ = actions.add_pool(membership=member, campaign=campaign, name=mark)
    actions.add_codes(membership=member, pool=pool, given="coupon-1")
    return reward


def _is_behind() -> bool:
    newest = OutboxRow.objects.order_by("transaction", "seq").values_list("transaction", "seq").last()
    read = RewardPosition.objects.values_list("transaction", "seq").first() or (0, 0)
    return newest is not None and read < newest


def take() -> int:
    """Answer the next events as soon as they can be read; return how many, 0 when there are none."""
    patience = time.monotonic() + 60
    # PostgreSQL holds rows back while any transaction of the same server runs, as those of tests beside this one do.
    while not (taken := granting.take()) and _is_behind() and time.monotonic() < patience:
        pass
    return taken


def work() -> None:
    """Do what the worker does until nothing is left to do."""
    while take():
        pass
    while granting.approve():
        pass


def converts(friend: Participant, name: str = "order-1", **different: Any) -> None:
    participants.convert(campaign=friend.campaign, number=friend.pk, external_id=name, **different)


def refunds(friend: Participant, name: str = "order-1") -> None:
    participants.refund(campaign=friend.campaign, external_id=name)


def rewards(campaign: Campaign) -> list[tuple[int, int, str, int]]:
    """Return who got how much for whom, and its state; the books are right."""
    assert queries.wrong(campaign) == []
    found = Reward.objects.filter(campaign=campaign).order_by("pk")
    return [(one.participant_id, one.referral_id, one.state, one.amount) for one in found]


def states(campaign: Campaign) -> list[str]:
    return [state for _, _, state, _ in rewards(campaign)]


def fulfil_all(campaign: Campaign) -> int:
    approved = Reward.objects.filter(campaign=campaign, state="approved").values_list("pk", flat=True)
    return actions.fulfil(membership=member_of(campaign), campaign=campaign, numbers=list(approved))
