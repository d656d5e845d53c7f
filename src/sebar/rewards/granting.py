"""Granting: what happened to friends becomes rewards, exactly once, however often the worker is killed.

The position in the outbox moves in the transaction that writes the rewards, so both are there or neither is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sebar import outbox
from sebar.campaigns.models import Campaign
from sebar.events import event as events
from sebar.events.event import Event, Kind
from sebar.outbox import Position
from sebar.participants.models import Conversion, Participant
from sebar.rewards import ledger, queries, rules
from sebar.rewards.ledger import Given
from sebar.rewards.models import Reward, RewardHold, RewardPosition, RewardRule
from sebar.rewards.rules import Cause, Happened, RuleKind, State, Tally, Trigger

_AT_ONCE: Final = 100  # on SQLite, whoever joins waits while these are answered
_MOVED_AT_ONCE: Final = 200
_KINDS: Final = frozenset({Kind.CONFIRM, Kind.CONVERSION, Kind.REFUND})
_EverOn = dict[int, list[RewardRule]]
"""Rules that were ever on, by their campaign."""


def take(*, limit: int = _AT_ONCE) -> int:
    """Give what the next events of the outbox deserve; return how many events were read."""
    after = queries.position()
    rows = outbox.read(after, limit)
    if not rows:
        return 0
    with transaction.atomic():
        if not _advance(after, rows[-1][0]):
            return 0  # another worker has read them meanwhile
        _answer([event for event in (events.decode(payload) for _, payload in rows) if event.kind in _KINDS])
    return len(rows)


@transaction.atomic
def approve(*, limit: int = _MOVED_AT_ONCE) -> int:
    """Approve rewards whose hold is over, whose joins are confirmed, and which nobody withholds; return how many."""
    due = _waiting().filter(counts_on__lte=timezone.now(), **_CONFIRMED)
    return _move_all(due.order_by("counts_on")[:limit], State.APPROVED)


def is_behind(campaign: Campaign, until: datetime) -> bool:
    """Say whether something that happened until a moment has not been answered yet."""
    position = queries.position()
    waiting = outbox.read(position, 1)
    if waiting and events.decode(waiting[0][1]).ts <= until.timestamp() * 1000:
        return True
    if not waiting and outbox.has_more(position):
        return True  # held back as long as another transaction runs
    return _waiting().filter(campaign=campaign, counts_on__lte=until, **_CONFIRMED).exists()


@transaction.atomic
def expire(*, limit: int = _MOVED_AT_ONCE) -> int:
    """End rewards that have waited for a join to be confirmed for too long; return how many."""
    late = _waiting().filter(counts_on__lte=timezone.now() - rules.EXPIRES_AFTER).exclude(**_CONFIRMED)
    return _move_all(late.order_by("counts_on")[:limit], State.EXPIRED, cause=Cause.TIME)


def recount(participant: Participant, *, to: State, cause: Cause) -> None:
    """Take back a participant's milestones for which they have too few friends now.

    The books are locked. What was rejected for that comes back when there are enough again.

    Parameters
    ----------
    to
        What becomes of them; handed over ones are only ever reversed.
    """
    milestones = Reward.objects.filter(participant=participant, rule__kind=RuleKind.MILESTONE).select_related("rule")
    for reward in milestones.order_by("pk"):
        has_enough = queries.friends(participant, reward.rule.trigger) >= (reward.rule.milestone or 0)
        if reward.state in _open_to(to) and not has_enough:
            ledger.move([reward], to, cause=cause)
        elif reward.state == State.REJECTED and reward.cause == Cause.FRIENDS and has_enough:
            bring_back([reward])


def bring_back(rewards: Iterable[Reward]) -> int:
    """Let rejected rewards wait again, as far as budget and codes allow; return how many. The books are locked."""
    brought = 0
    for reward in rewards:
        rule = reward.rule
        is_covered = rule.budget is None or queries.spent(rule) + reward.amount <= rule.budget
        has_code = rule.pool is None or queries.stock(rule.pool).left > 0
        is_free = rule.kind != RuleKind.MILESTONE or not queries.live(rule).filter(participant=reward.participant)
        if is_covered and has_code and is_free:
            ledger.move([reward], State.PENDING)
            brought += 1
    return brought


def _open_to(to: State) -> tuple[State, ...]:
    return tuple(state for state, other in rules.MOVES if other is to and state is not None)


def _advance(after: Position, to: Position) -> bool:
    if after == Position():
        RewardPosition.objects.get_or_create(pk=1)
    mine = RewardPosition.objects.filter(pk=1, transaction=after.transaction, seq=after.seq)
    return mine.update(transaction=to.transaction, seq=to.seq) == 1


def _answer(happened: Sequence[Event]) -> None:
    """Grant and take back, in the order of events. Of whom nobody brought, nobody is rewarded."""
    ever_on = _rules({event.campaign for event in happened})
    told = [event for event in happened if event.campaign in ever_on]
    if not told:
        return
    ledger.lock(ever_on.keys())
    people = Participant.objects.select_related("parent__campaign").in_bulk({event.participant for event in told})
    friends = [(event, people[event.participant]) for event in told if event.participant in people]
    brought = [(event, friend, friend.parent) for event, friend in friends if friend.parent is not None]
    for is_refund, run in groupby(brought, lambda one: one[0].kind is Kind.REFUND):
        if is_refund:
            for event, friend, referrer in run:
                _refund(friend, referrer, event.props.get("external_id", ""), ever_on)
        else:
            _give(_deeds(list(run)), ever_on)


def _rules(campaigns: Collection[int]) -> _EverOn:
    found: _EverOn = {}
    ever_on = RewardRule.objects.filter(campaign__in=campaigns, on_at__isnull=False).exclude(kind=RuleKind.LEADERBOARD)
    for rule in ever_on.select_related("campaign", "pool").order_by("pk"):
        found.setdefault(rule.campaign_id, []).append(rule)
    return found


@dataclass(frozen=True, slots=True)
class _Deed:
    """What a friend did, who they are, and who brought them."""

    happened: Happened
    friend: Participant
    referrer: Participant


def _deeds(told: Sequence[tuple[Event, Participant, Participant]]) -> list[_Deed]:
    """Return what of these events may deserve something: joins that are confirmed and orders that stand."""
    buyers = {friend.pk for event, friend, _ in told if event.kind is Kind.CONVERSION}
    orders = Conversion.objects.filter(participant__in=buyers, refunded_at=None) if buyers else ()
    standing = {(order.participant_id, order.external_id): order for order in orders}
    found = []
    for event, friend, referrer in told:
        if event.kind is Kind.CONFIRM:
            if friend.confirmed_at is not None:
                happened = _happened(Trigger.JOIN, "join", friend, referrer, friend.confirmed_at)
                found.append(_Deed(happened, friend, referrer))
        elif (order := standing.get((friend.pk, event.props.get("external_id", "")))) is not None:
            found.append(_bought(order, friend, referrer))
    return found


def _bought(order: Conversion, friend: Participant, referrer: Participant) -> _Deed:
    happened = _happened(Trigger.CONVERSION, f"order:{order.external_id}", friend, referrer, order.happened_at)
    return _Deed(happened, friend, referrer)


def _happened(trigger: Trigger, key: str, friend: Participant, referrer: Participant, at: datetime) -> Happened:
    return Happened(trigger=trigger, key=key, friend=friend.pk, referrer=referrer.pk, at=at)


def _refund(friend: Participant, referrer: Participant, name: str, ever_on: _EverOn) -> None:
    """Take back what was given for an order; another order of the same friend then counts in its place."""
    orders = Conversion.objects.filter(campaign=friend.campaign_id, participant=friend)
    if not orders.filter(external_id=name, refunded_at__isnull=False).exists():
        return
    given = Reward.objects.filter(referral=friend, trigger=f"order:{name}", state__in=rules.LIVE)
    ledger.move(given.select_related("rule").order_by("pk"), State.REVERSED, cause=Cause.REFUND)
    recount(referrer, to=State.REVERSED, cause=Cause.REFUND)
    others = orders.filter(refunded_at=None).order_by("happened_at", "pk")
    _give([_bought(order, friend, referrer) for order in others], ever_on)


def _give(deeds: Sequence[_Deed], ever_on: _EverOn) -> None:
    """Give what deeds deserve. The books are locked."""
    if not deeds:
        return
    books = _Books(deeds, [rule for deed in deeds for rule in ever_on[deed.friend.campaign_id]])
    for deed in deeds:
        for rule in ever_on[deed.friend.campaign_id]:
            books.enter(rule, deed)
    for given in books.refused:  # one by one: together they might be more than the budget holds
        ledger.move(ledger.grant([given]), State.REJECTED, cause=Cause.FRAUD)
    ledger.grant(books.given)


class _Books:
    """What rules have given to some people, and for some friends: read at once, and kept up as more is entered.

    What one rule gives depends on what it gave before, so deeds are entered one after another; but asking the database
    before each would hold up whoever joins meanwhile. A rule is known by its name, which all its versions share.

    Attributes
    ----------
    given, refused
        What is to be granted; of the latter, somebody is refused as fraud, so it is rejected at once.
    """

    def __init__(self, deeds: Sequence[_Deed], ever_on: Iterable[RewardRule]) -> None:
        self.given: list[Given] = []
        self.refused: list[Given] = []
        different = {rule.pk: rule for rule in ever_on}.values()
        self._people = {one.pk: one for deed in deeds for one in (deed.friend, deed.referrer)}
        self._left_out = set(
            RewardHold.objects.filter(pk__in=self._people, is_rejected=True).values_list("pk", flat=True)
        )
        self._had: set[tuple[int, int, str, int]] = set()
        self._counted: set[tuple[str, int]] = set()
        self._read_for({deed.friend.pk for deed in deeds})
        self._standing = self._read_standing({rule.name for rule in different if _counts_rewards(rule)})
        self._friends = {
            (rule.campaign_id, rule.trigger): queries.friends_of(rule.campaign, rule.trigger, self._people)
            for rule in different
            if rule.kind == RuleKind.MILESTONE
        }
        self._spent = {_purse(rule): queries.spent(rule) for rule in different if rule.budget is not None}
        self._stock = {rule.pool_id: queries.stock(rule.pool).left for rule in different if rule.pool is not None}

    def enter(self, rule: RewardRule, deed: _Deed) -> None:
        """Enter what a rule gives for a deed, if anything."""
        terms, happened = queries.terms_of(rule), deed.happened
        if terms.trigger != happened.trigger or not rules.holds(
            terms, happened.at, on_at=rule.on_at, off_at=rule.off_at
        ):
            return
        for one in rules.beneficiaries(terms, happened, self._tally(rule, deed)):
            key = (rule.pk, happened.friend, happened.key, one)
            if key not in self._had and self._people[one].left_at is None:
                self._had.add(key)
                self._counted.add((rule.name, happened.friend))
                self._enter(rule, happened, self._people[one])

    def _enter(self, rule: RewardRule, happened: Happened, person: Participant) -> None:
        given = Given(rule, happened, person)
        if self._left_out & {person.pk, happened.friend}:
            self.refused.append(given)
            return
        self.given.append(given)
        self._standing[rule.name, person.pk] += 1
        if rule.budget is not None:
            self._spent[_purse(rule)] += rule.amount
        if rule.pool_id is not None:
            self._stock[rule.pool_id] -= 1

    def _tally(self, rule: RewardRule, deed: _Deed) -> Tally:
        is_milestone, referrer = rule.kind == RuleKind.MILESTONE, deed.happened.referrer
        friends = self._friends[rule.campaign_id, rule.trigger] if is_milestone else {}
        return Tally(
            friends=friends.get(referrer, 0) if is_milestone else 1,
            is_counted=not is_milestone and (rule.name, deed.happened.friend) in self._counted,
            given={one: self._standing[rule.name, one] for one in (referrer, deed.happened.friend)},
            spent=self._spent.get(_purse(rule), 0),
            stock=None if rule.pool_id is None else self._stock[rule.pool_id],
        )

    def _read_for(self, friends: Collection[int]) -> None:
        columns = ("rule", "rule__name", "referral", "trigger", "participant", "state", "cause")
        for rule, name, friend, key, person, *end in Reward.objects.filter(referral__in=friends).values_list(*columns):
            self._had.add((rule, friend, key, person))
            if end != [State.REVERSED, Cause.REFUND]:
                self._counted.add((name, friend))

    def _read_standing(self, names: Collection[str]) -> Counter[tuple[str, int]]:
        if not names:
            return Counter()
        standing = Reward.objects.filter(participant__in=self._people, rule__name__in=names, state__in=rules.LIVE)
        counted = standing.order_by().values_list("rule__name", "participant").annotate(rewards=Count("*"))
        return Counter({(name, person): rewards for name, person, rewards in counted})


def _counts_rewards(rule: RewardRule) -> bool:
    return rule.kind == RuleKind.MILESTONE or rule.most is not None


def _purse(rule: RewardRule) -> tuple[int, str, str]:
    """Return what the versions of a rule that share a budget have in common."""
    return rule.campaign_id, rule.name, rule.unit


_CONFIRMED: Final = {"participant__confirmed_at__isnull": False, "referral__confirmed_at__isnull": False}


def _waiting() -> QuerySet[Reward]:
    """Return what is pending and withheld by nobody.

    Where a friend is refused, what still is pending does not depend on that friend: a milestone that others reach too.
    """
    holds = RewardHold.objects.filter(Q(pk=OuterRef("participant")) | Q(pk=OuterRef("referral"), is_rejected=False))
    return Reward.objects.filter(~Exists(holds), state=State.PENDING)


def _move_all(found: QuerySet[Reward], to: State, *, cause: Cause | None = None) -> int:
    """Bring what a question finds into another state; it is asked again once the books are locked."""
    seen = list(found.values_list("pk", "campaign_id"))
    if not seen:
        return 0
    ledger.lock({campaign for _, campaign in seen})
    again = _waiting().filter(pk__in=[number for number, _ in seen])
    return len(ledger.move(again.order_by("pk"), to, cause=cause))
