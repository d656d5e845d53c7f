"""The ledger: how rewards come to be and change their state. With `actions.py`, the only code that writes them.

Whoever writes here has locked the campaign's books first (`lock`), so that everything in them happens one after
another: that is why a budget stops at the exact amount, whoever grants at the same moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import F
from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.kit.ids import new_id
from sebar.participants.models import Participant
from sebar.rewards import rules
from sebar.rewards.models import LedgerEntry, Reward, RewardRule
from sebar.rewards.rules import Account, Cause, Happened, State

_AT_ONCE: Final = 1000
_Transfer = tuple[Account, Account]


def lock(campaigns: Collection[int]) -> None:
    """Let nobody else write in the books of these campaigns until this transaction ends.

    On SQLite the transaction has the whole database anyway. The lock does not hold up who joins.
    """
    found = Campaign.objects.filter(pk__in=campaigns).order_by("pk").select_for_update(no_key=True)
    list(found.values_list("pk", flat=True))


class Given(NamedTuple):
    """What a rule gives to somebody for what happened."""

    rule: RewardRule
    happened: Happened
    participant: Participant


def grant(given: Sequence[Given]) -> list[Reward]:
    """Write rewards into the books, as pending."""
    now = timezone.now()
    made = Reward.objects.bulk_create(
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
        for rule, happened, person in given
    )
    _write([(reward, (Account.BUDGET, Account.PENDING)) for reward in made], now)
    return made


def move(rewards: Iterable[Reward], to: State, *, cause: Cause | None = None, reason: str = "") -> list[Reward]:
    """Bring rewards into another state, each with the entries that this takes.

    The rewards were read after `lock`.

    Raises
    ------
    UserError
        When one of them cannot become that; then none has changed.
    """
    now, moved = timezone.now(), list(rewards)
    transfers = [(reward, rules.move(State(reward.state), to)) for reward in moved]
    changed = {"state": to, "cause": cause or "", "reason": reason} | _moments(to, now)
    for reward in moved:
        for name, value in changed.items():
            setattr(reward, name, value)
    _write(transfers, now)
    for first in range(0, len(moved), _AT_ONCE):
        numbers = [reward.pk for reward in moved[first : first + _AT_ONCE]]
        Reward.objects.filter(pk__in=numbers).update(**changed)
    return moved


def _moments(state: State, now: datetime) -> dict[str, datetime | None]:
    match state:
        case State.APPROVED:
            return {"approved_at": now}
        case State.FULFILLED:
            return {"fulfilled_at": now}
        case State.PENDING:
            return {"approved_at": None, "ended_at": None}
        case _:
            return {"ended_at": now}


def _write(transfers: Sequence[tuple[Reward, _Transfer]], at: datetime) -> None:
    """Write what each reward brings from one account to another, and what that makes of the rules' budgets."""
    LedgerEntry.objects.bulk_create(entry for reward, accounts in transfers for entry in _entries(reward, accounts, at))
    gave: Counter[int] = Counter()
    for reward, (source, target) in transfers:
        gave[reward.rule_id] += reward.amount * ((source is Account.BUDGET) - (target is Account.BUDGET))
    for rule, amount in gave.items():
        if amount:
            RewardRule.objects.filter(pk=rule).update(spent=F("spent") + amount)


def _entries(reward: Reward, accounts: _Transfer, at: datetime) -> Iterator[LedgerEntry]:
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
