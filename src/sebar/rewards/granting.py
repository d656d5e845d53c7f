"""Granting: what happened to friends becomes rewards, exactly once, however often the worker is killed.

The position in the outbox moves in the transaction that writes the rewards, so both are there or neither is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sebar import outbox
from sebar.campaigns.models import Campaign
from sebar.events import event as events
from sebar.events.event import Event, Kind
from sebar.outbox import Position
from sebar.participants.models import Conversion, Participant
from sebar.rewards import ledger, queries, rules
from sebar.rewards.models import Reward, RewardHold, RewardPosition, RewardRule
from sebar.rewards.rules import Cause, Happened, RuleKind, State, Tally, Trigger

_AT_ONCE: Final = 100  # on SQLite, whoever joins waits while these are answered
_MOVED_AT_ONCE: Final = 200
_KINDS: Final = frozenset({Kind.CONFIRM, Kind.CONVERSION, Kind.REFUND})


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
    """Grant and take back, event by event. Of whom nobody brought, nobody is rewarded."""
    ever_on = _rules({event.campaign for event in happened})
    told = [event for event in happened if event.campaign in ever_on]
    if not told:
        return
    ledger.lock(ever_on.keys())
    people = Participant.objects.select_related("parent__campaign").in_bulk({event.participant for event in told})
    for event in told:
        friend = people.get(event.participant)
        if friend is not None and friend.parent is not None:
            _Friend(friend, friend.parent, ever_on[event.campaign]).answer(event)


def _rules(campaigns: Collection[int]) -> dict[int, list[RewardRule]]:
    found: dict[int, list[RewardRule]] = {}
    ever_on = RewardRule.objects.filter(campaign__in=campaigns, on_at__isnull=False).exclude(kind=RuleKind.LEADERBOARD)
    for rule in ever_on.select_related("campaign", "pool").order_by("pk"):
        found.setdefault(rule.campaign_id, []).append(rule)
    return found


class _Friend:
    """Somebody who was brought, by whom, and the rules that may reward it. The books are locked."""

    def __init__(self, friend: Participant, referrer: Participant, ever_on: Sequence[RewardRule]) -> None:
        self._friend = friend
        self._referrer = referrer
        self._people = {referrer.pk: referrer, friend.pk: friend}
        self._rules = ever_on

    def answer(self, event: Event) -> None:
        """Grant or take back for what happened."""
        if event.kind is Kind.CONFIRM:
            self._joined()
        elif event.kind is Kind.CONVERSION:
            self._converted(event.props.get("external_id", ""))
        else:
            self._refunded(event.props.get("external_id", ""))

    def _joined(self) -> None:
        if self._friend.confirmed_at is not None:
            self._give(Trigger.JOIN, "join", self._friend.confirmed_at)

    def _converted(self, name: str) -> None:
        order = self._orders().filter(external_id=name, refunded_at=None).first()
        if order is not None:
            self._give(Trigger.CONVERSION, f"order:{name}", order.happened_at)

    def _refunded(self, name: str) -> None:
        """Take back what was given for an order; another order of the same friend then counts in its place."""
        if not self._orders().filter(external_id=name, refunded_at__isnull=False).exists():
            return
        given = Reward.objects.filter(referral=self._friend, trigger=f"order:{name}", state__in=rules.LIVE)
        ledger.move(given.select_related("rule").order_by("pk"), State.REVERSED, cause=Cause.REFUND)
        recount(self._referrer, to=State.REVERSED, cause=Cause.REFUND)
        for other in self._orders().filter(refunded_at=None).order_by("happened_at", "pk"):
            self._converted(other.external_id)

    def _orders(self) -> QuerySet[Conversion]:
        return Conversion.objects.filter(campaign=self._friend.campaign_id, participant=self._friend)

    def _give(self, trigger: Trigger, key: str, at: datetime) -> None:
        happened = Happened(trigger=trigger, key=key, friend=self._friend.pk, referrer=self._referrer.pk, at=at)
        for rule in self._rules:
            terms = queries.terms_of(rule)
            if terms.trigger != trigger or not rules.holds(terms, at, on_at=rule.on_at, off_at=rule.off_at):
                continue
            deserving = rules.beneficiaries(terms, happened, self._tally(rule))
            had = Reward.objects.filter(rule=rule, referral=self._friend, trigger=key).values_list(
                "participant", flat=True
            )
            new = {one for one in deserving if self._people[one].left_at is None} - set(had if deserving else ())
            made = ledger.grant(rule, happened, [self._people[one] for one in deserving if one in new])
            refused = set(RewardHold.objects.filter(pk__in=self._people, is_rejected=True).values_list("pk", flat=True))
            fraud = [reward for reward in made if refused & {reward.participant_id, reward.referral_id}]
            ledger.move(fraud, State.REJECTED, cause=Cause.FRAUD)

    def _tally(self, rule: RewardRule) -> Tally:
        is_milestone, stands = rule.kind == RuleKind.MILESTONE, queries.live(rule)
        given = Counter[int]()
        if is_milestone or rule.most is not None:
            given.update({person: stands.filter(participant=person).count() for person in self._people})
        return Tally(
            friends=queries.friends(self._referrer, rule.trigger) if is_milestone else 1,
            is_counted=not is_milestone
            and queries.of_rule(rule).filter(referral=self._friend).exclude(_REFUNDED).exists(),
            given=given,
            spent=queries.spent(rule) if rule.budget is not None else 0,
            stock=None if rule.pool is None else queries.stock(rule.pool).left,
        )


_REFUNDED: Final = Q(state=State.REVERSED, cause=Cause.REFUND)
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
