"""Rewards: rules and what they would cost, what was given and is owed, coupons, leaderboards, refunds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import Given, Limit, Moment, Original
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.kit import codes, text
from sebar.kit.errors import NotAllowed, UserError
from sebar.kit.words import gettext_noop
from sebar.launch import actions as launch
from sebar.participants import queries as participants
from sebar.rewards import actions, queries, rules
from sebar.rewards.models import Reward, RewardRule
from sebar.rewards.queries import Balance, Stock
from sebar.rewards.rules import RuleKind, State, Terms
from sebar.rewards.rules import Status as RuleStatus

router = Router(tags=["Rewards"])
Before = Annotated[int | None, Field(description="`next` of the page before; left out for the first page.")]


class NewRule(Given):
    """A rule for rewards. The same again changes nothing."""

    name: str
    kind: Annotated[str, Field(description="each (friend), milestone (so many friends) or leaderboard")] = "each"
    trigger: Annotated[str, Field(description="join (confirmed) or conversion")] = "join"
    who: Annotated[str, Field(description="referrer, friend or both")] = "referrer"
    what: Annotated[str, Field(description="money, points, tickets, coupon or unlock")] = "points"
    amount: Annotated[int, Field(description="Minor units (cents) of money, else a whole number.")] = 1
    currency: Annotated[str, Field(description="ISO 4217, like IDR; for money.")] = ""
    hold_days: Annotated[int, Field(description="0 to 90 days until it counts.")] = 0
    budget: Annotated[int | None, Field(description="What all its rewards may cost; needed for money.")] = None
    milestone: Annotated[int | None, Field(description="How many friends it takes.")] = None
    most: Annotated[int | None, Field(description="Rewards for one participant at most.")] = None
    by_month: Annotated[bool, Field(description="A leaderboard that begins anew each month.")] = False
    address: Annotated[str, Field(description="What is unlocked.")] = ""
    pool: Annotated[int | None, Field(description="The pool that coupons come from.")] = None
    labels: Annotated[
        dict[str, str],
        Field(description="What people are told it is, by language: a free coffee. For points, coupon and unlock."),
    ] = {}
    valid_from: Moment = None
    valid_to: Moment = None

    def terms(self) -> Terms:
        """Return it as the terms that `sebar.rewards` takes."""
        return Terms(**self.model_dump())


class RuleChange(Given):
    """What changes in a rule from now on; what is left out stays."""

    kind: str = ""
    trigger: str = ""
    who: str = ""
    what: str = ""
    amount: int = 1
    currency: str = ""
    hold_days: int = 0
    budget: int | None = None
    milestone: int | None = None
    most: int | None = None
    by_month: bool = False
    address: str = ""
    pool: int | None = None
    labels: dict[str, str] = {}
    valid_from: Moment = None
    valid_to: Moment = None


class Switching(Given):
    """Since when a rule is on; now when left out."""

    since: Original = None
    reason: Annotated[
        str, Field(description="Needed while a public campaign’s brief has no note on rewards; kept in the audit log.")
    ] = ""


class Fulfilling(Given):
    """Approved rewards of money or points that were handed over. Those that were marked before stay so."""

    rewards: Annotated[list[int], Field(min_length=1, max_length=actions.MOST_AT_ONCE)]


class Ending(Given):
    """Why a reward is refused or taken back."""

    reason: str


class NewPool(Given):
    """A pool for coupon codes. One of the same name is taken as it is."""

    name: str
    low_at: Annotated[int, Field(description="Say so when at most this many codes are left.")] = 20


class NewCodes(Given):
    """Codes for a pool. All are added or, if anything is wrong, none."""

    codes: list[str]


class Redeeming(Given):
    """A coupon that is redeemed. The same occasion again changes nothing."""

    code: str
    by: Annotated[str, Field(description="Your own name for the occasion, like the order's number.")]


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule: the newest version. `status` is draft, on or off; `spent` counts all versions."""

    id: int
    name: str
    version: int
    status: str
    kind: str
    trigger: str
    who: str
    what: str
    amount: int
    currency: str
    hold_days: int
    budget: int | None
    spent: int
    milestone: int | None
    most: int | None
    by_month: bool
    address: str
    pool: int | None
    labels: dict[str, str]
    valid_from: datetime | None
    valid_to: datetime | None
    on_at: datetime | None
    off_at: datetime | None


@dataclass(frozen=True, slots=True)
class RuleKept(RuleShown):
    """A rule, and whether this request made it."""

    is_new: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a campaign."""

    rules: list[RuleShown]


@dataclass(frozen=True, slots=True)
class SimulatedShown:
    """What a rule would have given on the campaign's past; `refused` friends found no budget or codes left.

    `wanted` is what it would have cost with enough for everybody.
    """

    cost: int
    unit: str
    rewards: int
    people: int
    largest: int
    refused: int
    wanted: int


@dataclass(frozen=True, slots=True)
class RewardShown:
    """A reward. `participant` gets it for `friend`; `unit` is a currency, or points, tickets, coupon or unlock."""

    id: int
    rule: int
    participant: str
    friend: str
    trigger: str
    unit: str
    amount: int
    state: str
    cause: str
    reason: str
    happened_at: datetime
    counts_on: datetime
    approved_at: datetime | None
    fulfilled_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RewardsShown:
    """Some rewards, newest first; `next` is null on the last page."""

    rewards: list[RewardShown]
    next: int | None


@dataclass(frozen=True, slots=True)
class BalanceShown:
    """Where all amounts of one unit are."""

    unit: str
    pending: int
    earned: int
    fulfilled: int
    owed_back: int
    budget_left: int | None
    people_owed: int


@dataclass(frozen=True, slots=True)
class Balances:
    """Where all amounts are, unit by unit."""

    balances: list[BalanceShown]


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """How many rewards were marked as handed over just now."""

    fulfilled: int


@dataclass(frozen=True, slots=True)
class PoolShown:
    """A pool: all codes, those given, redeemed, and those that nobody has or was promised."""

    id: int
    name: str
    low_at: int
    codes: int
    given: int
    redeemed: int
    left: int
    is_low: bool


@dataclass(frozen=True, slots=True)
class Pools:
    """All pools of a campaign."""

    pools: list[PoolShown]


@dataclass(frozen=True, slots=True)
class CodesAdded:
    """How many codes were added."""

    added: int


@dataclass(frozen=True, slots=True)
class RedeemedShown:
    """A redeemed coupon: whose it is, on which occasion, and whether this request redeemed it."""

    code: str
    participant: str
    redeemed_at: datetime
    by: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class RankShown:
    """One line of a leaderboard."""

    rank: int
    participant: str
    friends: int


@dataclass(frozen=True, slots=True)
class BoardShown:
    """A leaderboard: its first ten, and how many people are on it."""

    rule: int
    people: int
    first: list[RankShown]


@router.get("/{slug}/reward-rules", auth=READ, response=Rules, summary="List reward rules")
def list_rules(request: HttpRequest, slug: str) -> Rules:
    """Return each rule in its newest version."""
    return Rules([_rule(rule) for rule in queries.current(_campaign(request, slug))])


@router.post(
    "/{slug}/reward-rules",
    auth=WRITE,
    response={HTTPStatus.OK: RuleKept, HTTPStatus.CREATED: RuleKept},
    summary="Draft a reward rule",
)
def draft_rule(request: HttpRequest, slug: str, given: NewRule) -> Status[RuleKept]:
    """Keep a rule that gives nothing until it is switched on. The same again answers `is_new: false`."""
    membership, campaign = asking(request).membership, _campaign(request, slug)
    rule, is_new = actions.draft_rule(membership=membership, campaign=campaign, terms=given.terms())
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return Status(status, RuleKept(**_columns(rule), is_new=is_new))


@router.post("/{slug}/reward-rules/simulate", auth=READ, response=SimulatedShown, summary="Simulate a reward rule")
def simulate(request: HttpRequest, slug: str, given: NewRule) -> SimulatedShown:
    """Say what such a rule would have given in this campaign so far. Nothing is kept."""
    terms = rules.check(given.terms())
    return SimulatedShown(unit=terms.unit, **asdict(queries.simulate(_campaign(request, slug), terms)))


@router.get("/{slug}/reward-rules/{rule}", auth=READ, response=RuleShown, summary="Read a reward rule")
def read_rule(request: HttpRequest, slug: str, rule: int) -> RuleShown:
    """One version of a rule."""
    return _rule(queries.rule_of(_campaign(request, slug), rule))


@router.patch("/{slug}/reward-rules/{rule}", auth=WRITE, response=RuleShown, summary="Change a reward rule")
def change_rule(request: HttpRequest, slug: str, rule: int, given: RuleChange) -> RuleShown:
    """Change the named terms. Of a rule that was on, the answer is a new version, from now on."""
    found = queries.rule_of(_campaign(request, slug), rule)
    terms = replace(queries.terms_of(found), **given.model_dump(exclude_unset=True))
    return _rule(actions.change_rule(membership=asking(request).membership, rule=found, terms=terms))


@router.post("/{slug}/reward-rules/{rule}/on", auth=WRITE, response=RuleShown, summary="Switch a reward rule on")
def switch_on(request: HttpRequest, slug: str, rule: int, given: Switching | None = None) -> RuleShown:
    """Reward what happens from now on. On already: nothing changes."""
    reason = given.reason if given else ""
    since = given.since if given else None
    if since is not None and not asking(request).may_replay:
        message = gettext_noop(
            "Only a key of scope replay may set original times: leave the time out, or use such a key."
        )
        raise NotAllowed(message, field="since")
    found = queries.rule_of(_campaign(request, slug), rule)
    return _rule(launch.switch_on(membership=asking(request).membership, rule=found, reason=reason, at=since))


@router.post("/{slug}/reward-rules/{rule}/off", auth=WRITE, response=RuleShown, summary="Switch a reward rule off")
def switch_off(request: HttpRequest, slug: str, rule: int) -> RuleShown:
    """Give nothing more; what was given stays."""
    found = queries.rule_of(_campaign(request, slug), rule)
    return _rule(actions.switch_off(membership=asking(request).membership, rule=found))


@router.get("/{slug}/reward-rules/{rule}/leaderboard", auth=READ, response=BoardShown, summary="Read a leaderboard")
def leaderboard(request: HttpRequest, slug: str, rule: int) -> BoardShown:
    """Return the first ten of a rule of kind leaderboard, as of half a minute ago at most."""
    found = queries.rule_of(_campaign(request, slug), rule)
    if found.kind != RuleKind.LEADERBOARD:
        message = gettext_noop("“{name}” is no leaderboard.")
        raise UserError(message, field="rule", name=found.name)
    board = queries.board(found)
    first = [RankShown(one.rank, codes.spell(one.participant), one.friends) for one in board.rows]
    return BoardShown(found.pk, len(board.counts), first)


@router.get("/{slug}/rewards", auth=READ, response=RewardsShown, summary="List rewards")
def list_rewards(
    request: HttpRequest, slug: str, *, limit: Limit = 100, after: Before = None, state: str = "", who: str = ""
) -> RewardsShown:
    """Return rewards, newest first; `state` and `who` (a code or external id) narrow the list."""
    campaign = _campaign(request, slug)
    if state:
        text.one_of(state, list(State), field="state")
    person = participants.find(campaign, who) if who else None
    found = queries.page(campaign, state=state, participant=person, before=after, limit=limit)
    return RewardsShown([_reward(reward) for reward in found.rows], found.next)


@router.get("/{slug}/rewards/balances", auth=READ, response=Balances, summary="Read the balances of rewards")
def balances(request: HttpRequest, slug: str) -> Balances:
    """Return what waits, is owed, was handed over, and is left of the budgets."""
    return Balances([_balance(one) for one in queries.balances(_campaign(request, slug))])


@router.post("/{slug}/rewards/fulfil", auth=WRITE, response=Fulfilled, summary="Mark rewards as handed over")
def fulfil(request: HttpRequest, slug: str, given: Fulfilling) -> Fulfilled:
    """Mark all of them or, if one is not approved, none. Again changes nothing."""
    membership, campaign = asking(request).membership, _campaign(request, slug)
    return Fulfilled(actions.fulfil(membership=membership, campaign=campaign, numbers=given.rewards))


@router.get("/{slug}/rewards/{reward}", auth=READ, response=RewardShown, summary="Read a reward")
def read_reward(request: HttpRequest, slug: str, reward: int) -> RewardShown:
    """One reward."""
    return _reward(queries.reward_of(_campaign(request, slug), reward))


@router.post("/{slug}/rewards/{reward}/reject", auth=WRITE, response=RewardShown, summary="Refuse a reward")
def reject(request: HttpRequest, slug: str, reward: int, given: Ending) -> RewardShown:
    """Refuse one that was not handed over. Again changes nothing."""
    membership, campaign = asking(request).membership, _campaign(request, slug)
    return _reward(actions.reject(membership=membership, campaign=campaign, number=reward, reason=given.reason))


@router.post("/{slug}/rewards/{reward}/reverse", auth=WRITE, response=RewardShown, summary="Take a reward back")
def reverse(request: HttpRequest, slug: str, reward: int, given: Ending) -> RewardShown:
    """Take one back; of one handed over, the ledger keeps that it is owed back. Again changes nothing."""
    membership, campaign = asking(request).membership, _campaign(request, slug)
    return _reward(actions.reverse(membership=membership, campaign=campaign, number=reward, reason=given.reason))


@router.get("/{slug}/coupon-pools", auth=READ, response=Pools, summary="List coupon pools")
def list_pools(request: HttpRequest, slug: str) -> Pools:
    """Return the pools and how many codes are left in each."""
    return Pools([_pool(one) for one in queries.stocks(_campaign(request, slug))])


@router.post("/{slug}/coupon-pools", auth=WRITE, response=PoolShown, summary="Make a coupon pool")
def add_pool(request: HttpRequest, slug: str, given: NewPool) -> PoolShown:
    """Make a pool; one of the same name is answered as it is."""
    membership, campaign = asking(request).membership, _campaign(request, slug)
    pool, _ = actions.add_pool(membership=membership, campaign=campaign, name=given.name, low_at=given.low_at)
    return _pool(queries.stock(pool))


@router.post("/{slug}/coupon-pools/{pool}/codes", auth=WRITE, response=CodesAdded, summary="Add coupon codes")
def add_codes(request: HttpRequest, slug: str, pool: int, given: NewCodes) -> CodesAdded:
    """Add all of them or, if anything is wrong, none; lines are counted from one."""
    found = queries.pool_of(_campaign(request, slug), pool)
    written = "\n".join(given.codes)
    return CodesAdded(actions.add_codes(membership=asking(request).membership, pool=found, given=written))


@router.post("/{slug}/coupons/redeem", auth=WRITE, response=RedeemedShown, summary="Redeem a coupon")
def redeem(request: HttpRequest, slug: str, given: Redeeming) -> RedeemedShown:
    """Use it up, once; the same occasion again answers `is_new: false`, another one says when and for what it was."""
    membership, campaign = asking(request).membership, _campaign(request, slug)
    done = actions.redeem(membership=membership, campaign=campaign, code=given.code, by=given.by)
    coupon, reward = done.coupon, done.coupon.reward
    return RedeemedShown(
        code=coupon.code,
        participant=codes.spell(reward.participant_id) if reward else "",
        redeemed_at=coupon.redeemed_at or coupon.pool.created_at,
        by=coupon.redeemed_by,
        is_new=done.is_new,
    )


def _campaign(request: HttpRequest, slug: str) -> Campaign:
    return campaigns.of_slug(asking(request).membership.brand, slug)


def _rule(rule: RewardRule) -> RuleShown:
    return RuleShown(**_columns(rule))


def _columns(rule: RewardRule) -> dict[str, Any]:
    own = {"id": rule.pk, "version": rule.version, "status": RuleStatus(rule.status).value}
    spent = queries.spent(rule) if rule.kind != RuleKind.LEADERBOARD else 0
    return asdict(queries.terms_of(rule)) | own | {"spent": spent, "on_at": rule.on_at, "off_at": rule.off_at}


def _reward(reward: Reward) -> RewardShown:
    return RewardShown(
        id=reward.pk,
        rule=reward.rule_id,
        participant=codes.spell(reward.participant_id),
        friend=codes.spell(reward.referral_id),
        trigger=reward.trigger,
        unit=reward.unit,
        amount=reward.amount,
        state=State(reward.state).value,
        cause=reward.cause,
        reason=reward.reason,
        happened_at=reward.happened_at,
        counts_on=reward.counts_on,
        approved_at=reward.approved_at,
        fulfilled_at=reward.fulfilled_at,
        ended_at=reward.ended_at,
    )


def _balance(one: Balance) -> BalanceShown:
    return BalanceShown(
        one.unit, one.pending, one.earned, one.fulfilled, one.owed_back, one.budget_left, one.people_owed
    )


def _pool(one: Stock) -> PoolShown:
    pool = one.pool
    return PoolShown(pool.pk, pool.name, pool.low_at, one.codes, one.given, one.redeemed, one.left, one.is_low)
