"""Reads of reward rules, rewards, balances and coupons. All start from a campaign or one of its participants."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.kit import text
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.outbox import Position
from sebar.participants.models import Conversion, Participant
from sebar.rewards import rules
from sebar.rewards.models import (
    Coupon,
    CouponPool,
    LedgerEntry,
    Reward,
    RewardHold,
    RewardPosition,
    RewardRule,
)
from sebar.rewards.rules import LIVE, Account, Happened, RuleKind, Simulated, State, Status, Terms, Trigger, What

_KEPT_SECONDS: Final = 30
_BOARD: Final = 10
_LARGEST: Final = 2**63 - 1
_Row = TypeVar("_Row", RewardRule, Reward, CouponPool)


@dataclass(frozen=True, slots=True)
class Balance:
    """Where all amounts of one unit are; `budget_left` is None when no rule that is on has a budget."""

    unit: str
    pending: int
    earned: int
    fulfilled: int
    owed_back: int
    budget_left: int | None
    people_owed: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some rewards, newest first; `next` is what to send for those before them, None at the end."""

    rows: list[Reward]
    next: int | None


@dataclass(frozen=True, slots=True)
class Stock:
    """A pool's codes: all, given, redeemed, and those nobody has or was promised."""

    pool: CouponPool
    codes: int
    given: int
    redeemed: int
    left: int

    @property
    def promised(self) -> int:
        """How many codes people have earned or wait for, and have not taken."""
        return self.codes - self.given - self.left

    @property
    def is_low(self) -> bool:
        """Whether it is time for new codes."""
        return self.left <= self.pool.low_at


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Unpaid money, and on whom it hangs: on whoever would get it, and on the friend for whom."""

    sums: tuple[tuple[str, int], ...]
    """Currency and minor units of what each pair of two such people has in one currency."""
    places: Mapping[int, frozenset[int]]
    """Where in `sums` those stand that hang on a participant."""

    def of(self, people: Iterable[int]) -> dict[str, int]:
        """Return how much hangs on any of these participants, in minor units by currency; each reward counts once."""
        found: Counter[str] = Counter()
        for place in set[int]().union(*(self.places.get(number, ()) for number in people)):
            currency, amount = self.sums[place]
            found[currency] += amount
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a leaderboard."""

    rank: int
    participant: int
    name: str
    friends: int


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard: the first ten with masked names, and how many people brought how many friends."""

    rows: tuple[Ranked, ...]
    counts: tuple[int, ...]
    """How many friends each person brought, in rising order."""

    def rank(self, friends: int) -> int | None:
        """Return the rank of somebody with so many friends; None for none."""
        return len(self.counts) - bisect_right(self.counts, friends) + 1 if friends else None


def terms_of(rule: RewardRule) -> Terms:
    """Return what a rule says."""
    return Terms(
        name=rule.name,
        kind=rule.kind,
        trigger=rule.trigger,
        who=rule.who,
        what=rule.what,
        amount=rule.amount,
        currency=rule.unit if rule.what == What.MONEY else "",
        hold_days=rule.hold_days,
        budget=rule.budget,
        milestone=rule.milestone,
        most=rule.most,
        by_month=rule.by_month,
        address=rule.address,
        pool=rule.pool_id,
        labels=rule.labels,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
    )


def position() -> Position:
    """Return how far the outbox has been read for rewards."""
    found = RewardPosition.objects.filter(pk=1).values_list("transaction", "seq").first()
    return Position(*found) if found else Position()


def versions(campaign: Campaign, name: str) -> QuerySet[RewardRule]:
    """Return all versions of a rule."""
    return RewardRule.objects.filter(campaign=campaign, name=name)


def current(campaign: Campaign) -> list[RewardRule]:
    """Return the newest version of each of a campaign's rules, in the order in which they were first made."""
    mine = RewardRule.objects.filter(campaign=campaign, name=OuterRef("name")).values("name")
    found = RewardRule.objects.filter(
        campaign=campaign, version=Subquery(mine.annotate(last=Max("version")).values("last"))
    ).annotate(first=Subquery(mine.annotate(first=Min("pk")).values("first")))
    return list(found.select_related("pool").order_by("first"))


def on(campaign: Campaign, *, kind: RuleKind | None = None) -> list[RewardRule]:
    """Return the rules that are on and within their times just now."""
    now = timezone.now()
    return [rule for rule in current(campaign) if kind in {None, rule.kind} and _is_on(rule, now)]


def lasting(campaign: Campaign) -> list[RewardRule]:
    """Return the rules that are on and can still give all that they promise for one more friend; no leaderboards.

    One query, for pages that very many people open; what a pool has left is counted anew twice a minute.
    """
    newest: dict[str, RewardRule] = {}
    given: Counter[tuple[str, str]] = Counter()
    for rule in RewardRule.objects.filter(campaign=campaign).select_related("pool").order_by("pk"):
        newest[rule.name] = rule
        given[rule.name, rule.unit] += rule.spent
    now = timezone.now()
    found = [rule for rule in newest.values() if rule.kind != RuleKind.LEADERBOARD and _is_on(rule, now)]
    return [rule for rule in found if _lasts(rule, given[rule.name, rule.unit], _left(rule.pool))]


def _is_on(rule: RewardRule, now: datetime) -> bool:
    return rule.status == Status.ON and rules.holds(terms_of(rule), now, on_at=rule.on_at, off_at=rule.off_at)


def _left(pool: CouponPool | None) -> int | None:
    """Return how many codes of a pool nobody has or was promised, as they were half a minute ago at most."""
    if pool is None:
        return None
    left: int = cache.get_or_set(f"rewards.left.{pool.pk}", lambda: stock(pool).left, _KEPT_SECONDS) or 0
    return left


def rule_of(campaign: Campaign, number: int) -> RewardRule:
    """Return one version of one of the campaign's rules.

    Raises
    ------
    NotFound
        When the campaign has none of this number.
    """
    found = RewardRule.objects.select_related("campaign", "pool").filter(campaign=campaign)
    return _one(found, number, "rule", gettext_noop("This campaign has no rule {number}."))


def reward_of(campaign: Campaign, number: int) -> Reward:
    """Return one of the campaign's rewards.

    Raises
    ------
    NotFound
        When the campaign has none of this number.
    """
    found = Reward.objects.select_related("rule", "participant", "coupon").filter(campaign=campaign)
    return _one(found, number, "reward", gettext_noop("This campaign has no reward {number}."))


def coupon_reward(participant: Participant, number: int) -> Reward:
    """Return one of a participant's coupons.

    Raises
    ------
    NotFound
        When they have none of this number.
    """
    found = Reward.objects.select_related("rule", "coupon").filter(participant=participant, rule__what=What.COUPON)
    return _one(found, number, "reward", gettext_noop("You have no coupon {number}."))


def pool_of(campaign: Campaign, number: int) -> CouponPool:
    """Return one of the campaign's pools.

    Raises
    ------
    NotFound
        When the campaign has none of this number.
    """
    found = CouponPool.objects.filter(campaign=campaign)
    return _one(found, number, "pool", gettext_noop("This campaign has no pool of coupons {number}."))


def coupon_of(campaign: Campaign, code: str) -> Coupon:
    """Return one of the campaign's coupons.

    Raises
    ------
    NotFound
        When the campaign has no such code.
    """
    mine = Coupon.objects.select_related("reward", "pool").filter(campaign=campaign)
    found = mine.filter(code=code.strip()).first() if text.can_be_stored(code) else None
    if found is None:
        message = gettext_noop("“{shown}” is no coupon of this campaign: check every letter.")
        raise NotFound(message, field="code", shown=text.shown(code))
    return found


def spent(rule: RewardRule) -> int:
    """Return what a rule has given in all its versions, in its present unit."""
    found: int | None = versions(rule.campaign, rule.name).filter(unit=rule.unit).aggregate(sum=Sum("spent"))["sum"]
    return found or 0


def budgets(campaigns: Iterable[int]) -> dict[int, list[tuple[RewardRule, int, int]]]:
    """Return the rules of these campaigns that are on, each with what it has `spent` and its budget, where it has one.

    It takes one query, however many they are.
    """
    versions: dict[tuple[int, str], list[RewardRule]] = defaultdict(list)
    for rule in RewardRule.objects.filter(campaign__in=[*campaigns]).order_by("pk"):
        versions[rule.campaign_id, rule.name].append(rule)
    found: dict[int, list[tuple[RewardRule, int, int]]] = defaultdict(list)
    for (campaign, _), every in versions.items():
        newest = max(every, key=lambda one: one.version)
        if newest.budget and newest.status == Status.ON:
            spent = sum(one.spent for one in every if one.unit == newest.unit)
            found[campaign].append((newest, spent, newest.budget))
    return found


def spent_in(campaign: Campaign, unit: str) -> int:
    """Return what all of the campaign's rules have given in one unit; what was taken back in time is not in it."""
    found: int | None = RewardRule.objects.filter(campaign=campaign, unit=unit).aggregate(sum=Sum("spent"))["sum"]
    return found or 0


def is_used_up(rule: RewardRule) -> bool:
    """Say whether codes or budget of a rule do not last for all that it promises for one more friend."""
    left = stock(rule.pool).left if rule.pool is not None else None
    return not _lasts(rule, spent(rule) if rule.budget is not None else 0, left)


def _lasts(rule: RewardRule, given: int, left: int | None) -> bool:
    """Say whether a rule that has given so much, with so many codes left, can give what one more friend brings."""
    at_once = terms_of(rule).at_once
    if left is not None and left < at_once:
        return False
    return rule.budget is None or given + rule.amount * at_once <= rule.budget


def stock(pool: CouponPool) -> Stock:
    """Return how many codes a pool has, and how many of them nobody has or was promised."""
    counted = Coupon.objects.filter(pool=pool).aggregate(
        codes=Count("*"), given=Count("reward"), redeemed=Count("redeemed_at")
    )
    promised = Reward.objects.filter(rule__pool=pool, state__in=(State.PENDING, State.APPROVED)).count()
    codes, given, redeemed = counted["codes"], counted["given"], counted["redeemed"]
    return Stock(pool, codes, given, redeemed, codes - given - promised)


def stocks(campaign: Campaign) -> list[Stock]:
    """Return the campaign's pools."""
    return [stock(pool) for pool in CouponPool.objects.filter(campaign=campaign).order_by("pk")]


def of_pool(pool: CouponPool) -> Iterator[Coupon]:
    """Return every code of a pool."""
    return Coupon.objects.filter(pool=pool).select_related("reward").order_by("pk").iterator()


def counting(campaign: Campaign, trigger: str) -> QuerySet[Participant]:
    """Return the friends who count: confirmed or converted, brought by somebody, and not refused as fraud."""
    friends = Participant.objects.filter(campaign=campaign, parent__isnull=False, confirmed_at__isnull=False)
    if trigger == Trigger.CONVERSION:
        orders = Conversion.objects.filter(campaign=campaign, refunded_at=None)
        friends = friends.filter(pk__in=orders.values("participant"))
    return friends.exclude(pk__in=RewardHold.objects.filter(campaign=campaign, is_rejected=True).values("pk"))


def friends(participant: Participant, trigger: str) -> int:
    """Return how many friends of a participant count."""
    return friends_of(participant.campaign, trigger, [participant.pk]).get(participant.pk, 0)


def friends_of(campaign: Campaign, trigger: str, people: Collection[int]) -> dict[int, int]:
    """Return how many friends of each of these participants count; who has none is not in it."""
    brought = counting(campaign, trigger).filter(parent__in=people).order_by()
    return {number or 0: friends for number, friends in brought.values_list("parent").annotate(friends=Count("*"))}


def past(campaign: Campaign, trigger: str) -> Iterator[Happened]:
    """Return what a rule of this trigger would have seen, in the order of time; what was refunded is left out."""
    people = counting(campaign, trigger)
    if trigger == Trigger.JOIN:
        for number, parent, at in people.order_by("confirmed_at", "pk").values_list("pk", "parent_id", "confirmed_at"):
            if parent and at:
                yield Happened(trigger=Trigger.JOIN, key="join", friend=number, referrer=parent, at=at)
        return
    orders = Conversion.objects.filter(campaign=campaign, refunded_at=None, participant__in=people)
    columns = ("external_id", "participant_id", "participant__parent_id", "happened_at")
    for name, number, parent, at in orders.order_by("happened_at", "pk").values_list(*columns):
        yield Happened(trigger=Trigger.CONVERSION, key=f"order:{name}", friend=number, referrer=parent, at=at)


def simulate(campaign: Campaign, terms: Terms) -> Simulated:
    """Return what a rule would have given in this campaign so far, had it been on all the time.

    Raises
    ------
    NotFound
        When its pool of coupons is not this campaign's.
    """
    left = None if terms.pool is None else stock(pool_of(campaign, terms.pool)).left
    return rules.simulate(terms, past(campaign, terms.trigger), stock=left)


def balances(campaign: Campaign) -> list[Balance]:
    """Return where all amounts are, unit by unit."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    entries = LedgerEntry.objects.filter(campaign=campaign).values("unit", "account").annotate(sum=Sum("amount"))
    for row in entries.order_by("unit", "account"):
        sums[row["unit"]][row["account"]] = row["sum"]
    left: dict[str, int] = defaultdict(int)
    for rule in current(campaign):
        if rule.status == Status.ON and rule.budget is not None:
            left[rule.unit] += max(rule.budget - spent(rule), 0)
    owed = Reward.objects.filter(campaign=campaign, state=State.APPROVED).values("unit")
    people = {row["unit"]: row["people"] for row in owed.annotate(people=Count("participant", distinct=True))}
    return [
        Balance(
            unit=unit,
            pending=sums[unit][Account.PENDING],
            earned=sums[unit][Account.EARNED],
            fulfilled=sums[unit][Account.FULFILLED],
            owed_back=sums[unit][Account.OWED_BACK],
            budget_left=left.get(unit),
            people_owed=people.get(unit, 0),
        )
        for unit in sorted(sums.keys() | left.keys())
    ]


def wrong(campaign: Campaign) -> list[str]:
    """Return what is wrong in the campaign's books, one line each; nothing, as long as they are right.

    Every transaction sums to zero, every account holds what the rewards in its state come to, and every rule has spent
    what its budget gave.
    """
    entries = LedgerEntry.objects.filter(campaign=campaign)
    found = [
        f"transaction {row['transaction']} {row['unit']}: {row['sum']}"
        for row in entries.values("transaction", "unit").annotate(sum=Sum("amount")).exclude(sum=0)
    ]
    held = Counter({
        (row["account"], row["participant"], row["unit"]): row["sum"]
        for row in entries.exclude(account=Account.BUDGET)
        .values("account", "participant", "unit").annotate(sum=Sum("amount")).order_by()
    })  # fmt: skip
    due: Counter[tuple[str, int, str]] = Counter()
    for reward in Reward.objects.filter(campaign=campaign):
        account = _ACCOUNTS.get((State(reward.state), reward.fulfilled_at is not None))
        if account:
            due[account, reward.participant_id, reward.unit] += reward.amount
    found += [f"{key}: {held[key]}, not {due[key]}" for key in held.keys() | due.keys() if held[key] != due[key]]
    gave = entries.filter(account=Account.BUDGET).values("reward__rule").annotate(sum=Sum("amount")).order_by()
    given = {row["reward__rule"]: -row["sum"] for row in gave}
    for rule in RewardRule.objects.filter(campaign=campaign):
        if rule.spent != given.get(rule.pk, 0):
            found.append(f"rule {rule.pk}: spent {rule.spent}, not {given.get(rule.pk, 0)}")
    return found


_ACCOUNTS: Final = {
    (State.PENDING, False): Account.PENDING,
    (State.APPROVED, False): Account.EARNED,
    (State.FULFILLED, True): Account.FULFILLED,
    (State.REVERSED, True): Account.OWED_BACK,
}


def page(
    campaign: Campaign,
    *,
    state: str = "",
    participant: Participant | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Page:
    """Return the campaign's rewards, newest first.

    Parameters
    ----------
    state, participant
        Only those in this state, of this participant.
    before
        `next` of the page before.
    """
    found = Reward.objects.filter(campaign=campaign).select_related("rule", "participant", "referral", "coupon")
    if state:
        found = found.filter(state=state)
    if participant is not None:
        found = found.filter(participant=participant)
    if before is not None:
        found = found.filter(pk__lt=min(max(before, 0), _LARGEST))
    rows = list(found.order_by("-pk")[: limit + 1])
    return Page(rows[:limit], rows[limit - 1].pk if len(rows) > limit else None)


def every(campaign: Campaign, *, state: str = "") -> Iterator[Reward]:
    """Return all the campaign's rewards, first ones first."""
    found = Reward.objects.filter(campaign=campaign).select_related("rule", "participant", "referral")
    return (found.filter(state=state) if state else found).order_by("pk").iterator()


def counts(campaign: Campaign) -> dict[str, int]:
    """Return how many rewards are in each state."""
    found = Reward.objects.filter(campaign=campaign).values("state").annotate(rewards=Count("*")).order_by()
    return {row["state"]: row["rewards"] for row in found}


def of_participant(participant: Participant) -> list[Reward]:
    """Return a participant's rewards, newest first."""
    found = Reward.objects.filter(participant=participant).select_related("rule", "referral", "coupon")
    mine = list(found.order_by("-happened_at", "-pk"))
    for reward in mine:
        reward.participant = participant  # with its campaign, which would be asked for again, one by one
    return mine


def held(participant: Participant) -> RewardHold | None:
    """Return why a participant's rewards wait or were refused; None for almost everybody."""
    return RewardHold.objects.filter(participant=participant).first()


def board(rule: RewardRule) -> Board:
    """Return a rule's leaderboard as it was at most half a minute ago."""
    name = f"reward-board-{rule.pk}"
    kept: Board | None = cache.get(name)
    if kept is None:
        kept = _board(rule)
        cache.set(name, kept, _KEPT_SECONDS)
    return kept


def friends_on_board(rule: RewardRule, participant: Participant) -> int:
    """Return how many friends of a participant count on a leaderboard."""
    return _on_board(rule).filter(parent=participant).count()


def tickets(campaign: Campaign, until: datetime) -> dict[int, int]:
    """Return how many tickets for a prize draw each participant had earned by a moment; those taken back are gone.

    What counts is when they were earned for good, not when the worker came to write it down.
    """
    found = Reward.objects.filter(campaign=campaign, unit=What.TICKETS, state=State.APPROVED, counts_on__lte=until)
    rows = found.values("participant").annotate(sum=Sum("amount")).order_by("participant")
    return {row["participant"]: row["sum"] for row in rows}


def at_risk(campaign: Campaign) -> AtRisk:
    """Return which unpaid money hangs on whom."""
    unpaid = Reward.objects.filter(
        campaign=campaign, state__in=(State.PENDING, State.APPROVED), rule__what=What.MONEY
    ).order_by()
    sums: list[tuple[str, int]] = []
    places: dict[int, set[int]] = defaultdict(set)
    rows = unpaid.values_list("participant", "referral", "unit").annotate(sum=Sum("amount"))
    for place, (person, friend, unit, amount) in enumerate(rows):
        sums.append((unit, amount))
        places[person].add(place)
        places[friend].add(place)
    return AtRisk(tuple(sums), {number: frozenset(mine) for number, mine in places.items()})


def of_rule(rule: RewardRule) -> QuerySet[Reward]:
    """Return the rewards of a rule, in all its versions."""
    return Reward.objects.filter(rule__campaign=rule.campaign_id, rule__name=rule.name)


def live(rule: RewardRule) -> QuerySet[Reward]:
    """Return those that stand."""
    return of_rule(rule).filter(state__in=LIVE)


def _board(rule: RewardRule) -> Board:
    counted = _on_board(rule).values("parent").annotate(friends=Count("*")).order_by("-friends", "parent")
    rows: list[tuple[int, int]] = [(row["parent"] or 0, row["friends"]) for row in counted]
    board = Board((), tuple(sorted(friends for _, friends in rows)))
    names = Participant.objects.in_bulk([number for number, _ in rows[:_BOARD]])
    first = [Ranked(board.rank(one[1]) or 1, one[0], rules.masked(names[one[0]].name), one[1]) for one in rows[:_BOARD]]
    return Board(tuple(first), board.counts)


def _on_board(rule: RewardRule) -> QuerySet[Participant]:
    refused = RewardHold.objects.filter(campaign=rule.campaign, is_rejected=True).values("pk")
    found = counting(rule.campaign, rule.trigger).exclude(parent__in=refused)
    if not rule.by_month:
        return found
    local = timezone.now().astimezone(ZoneInfo(rule.campaign.time_zone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if rule.trigger == Trigger.JOIN:
        return found.filter(confirmed_at__gte=first)
    orders = Conversion.objects.filter(campaign=rule.campaign, refunded_at=None, happened_at__gte=first)
    return found.filter(pk__in=orders.values("participant"))


def _one(found: QuerySet[_Row], number: int, field: str, message: str) -> _Row:
    row = found.filter(pk=number).first() if 0 < number <= _LARGEST else None
    if row is None:
        raise NotFound(message, field=field, number=number)
    return row
