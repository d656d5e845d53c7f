"""The ledger: how rewards come to be and change their state. With `actions.py`, the only code that writes them.

Whoever writes here has locked the campaign's books first (`lock`), so that everything in them happens one after
another: that is why a budget stops at the exact amount, whoever grants at the same moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.kit.ids import new_id
from sebar.participants.models import Participant
from sebar.rewards import rules
from sebar.rewards.models import LedgerEntry, Reward, RewardRule
from sebar.rewards.rules import Account, Cause, Happened, State


def lock(campaigns: Collection[int]) -> None:
    """Let nobody else write in the books of these campaigns until this transaction ends.

    On SQLite the transaction has the whole database anyway. The lock does not hold up who joins.
    """
    found = Campaign.objects.filter(pk__in=campaigns).order_by("pk").select_for_update(no_key=True)
    list(found.values_list("pk", flat=True))


def grant(rule: RewardRule, happened: Happened, people: Iterable[Participant]) -> list[Reward]:
    """Give each of these people what the rule gives, as pending."""
    now = timezone.now()
    made = [
        Reward(
            campaign_id=rule.campaign_id,
            rule=rule,
            participant=person,
            referral_id=happened.friend,
            trigger=happened.key,
            unit=rule.unit,
            amount=rule.amount,
            happened_at=happened.at,
            counts_on=happened.at + timedelta(days=rule.hold_days),
            granted_at=now,
        )
        for person in people
    ]
    for reward in made:
        reward.save(force_insert=True)
    _write(made, (Account.BUDGET, Account.PENDING), now)
    return made


def move(rewards: Iterable[Reward], to: State, *, cause: Cause | None = None, reason: str = "") -> list[Reward]:
    """Bring rewards into another state, each with the entries that this takes.

    The rewards were read after `lock`.

    Raises
    ------
    UserError
        When one of them cannot become that; then none has changed, if the caller's transaction ends with it.
    """
    now, moved = timezone.now(), list(rewards)
    for reward in moved:
        accounts = rules.move(State(reward.state), to)
        reward.state, reward.cause, reward.reason = to, cause or "", reason
        if to is State.APPROVED:
            reward.approved_at = now
        elif to is State.FULFILLED:
            reward.fulfilled_at = now
        elif to is State.PENDING:
            reward.approved_at = reward.ended_at = None
        else:
            reward.ended_at = now
        _write([reward], accounts, now)
        reward.save(update_fields=["state", "cause", "reason", "approved_at", "fulfilled_at", "ended_at"])
    return moved


def _write(rewards: Collection[Reward], accounts: tuple[Account, Account], at: datetime) -> None:
    LedgerEntry.objects.bulk_create(entry for reward in rewards for entry in _entries(reward, accounts, at))
    gave: Counter[int] = Counter()
    for reward in rewards:
        gave[reward.rule_id] += reward.amount * ((accounts[0] is Account.BUDGET) - (accounts[1] is Account.BUDGET))
    for rule, amount in gave.items():
        if amount:
            RewardRule.objects.filter(pk=rule).update(spent=F("spent") + amount)


def _entries(reward: Reward, accounts: tuple[Account, Account], at: datetime) -> Iterator[LedgerEntry]:
    transaction = new_id()
    for account, amount in zip(accounts, (-reward.amount, reward.amount), strict=True):
        yield LedgerEntry(
            transaction=transaction,
            campaign_id=reward.campaign_id,
            reward=reward,
            account=account,
            participant_id=None if account is Account.BUDGET else reward.participant_id,
            unit=reward.unit,
            amount=amount,
            at=at,
        )
