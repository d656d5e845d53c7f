"""What is decided about rewards: rules, handing over, taking back, coupons, and what follows a verdict on a person.

With `granting.py` and `ledger.py`, the only code that writes them. Whatever is decided by a member is in the audit log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.money import major
from sebar.kit.words import gettext_noop
from sebar.participants.actions import at_once
from sebar.participants.models import Participant
from sebar.rewards import coupon_codes, granting, ledger, queries, rules
from sebar.rewards.models import Coupon, CouponPool, Reward, RewardHold, RewardRule
from sebar.rewards.rules import BY_HAND, Cause, RuleKind, State, Status, Terms

MOST_AT_ONCE: Final = 1000
"""Rewards that are handed over in one request."""
_CROWDED: Final = gettext_noop("This cannot be stored just now; nothing was changed, and trying again helps.")
_CHUNK: Final = 500
_LARGEST_LOW: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A coupon, and whether it was redeemed just now."""

    coupon: Coupon
    is_new: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """How many refused rewards wait again, and for how many budget or codes do not last any more."""

    back: int
    lacking: int


def draft_rule(*, membership: Membership, campaign: Campaign, terms: Terms) -> tuple[RewardRule, bool]:
    """Keep a rule that gives nothing yet; return it, and whether it is new. The same again changes nothing.

    Raises
    ------
    UserErrors
        When something in the terms cannot be used, or the name is another rule's.
    """
    membership.require(Verb.EDIT)
    checked = _checked(campaign, terms)

    def keep() -> tuple[RewardRule, bool]:
        known = queries.versions(campaign, checked.name).order_by("-version").first()
        if known is not None and queries.terms_of(known) == checked:
            return known, False
        _refuse_name(campaign, checked)
        return RewardRule.objects.create(campaign=campaign, **_columns(checked)), True

    return at_once(keep, crowded=_CROWDED)


@transaction.atomic
def change_rule(*, membership: Membership, rule: RewardRule, terms: Terms) -> RewardRule:
    """Change a rule. A draft is changed itself; of one that was on, a new version takes its place from now on.

    Raises
    ------
    UserErrors
        When something in the terms cannot be used.
    UserError
        When this version is not the newest any more, or the budget is less than what the rule has given.
    """
    membership.require(Verb.EDIT)
    ledger.lock([rule.campaign_id])
    rule = _newest(rule)
    checked = _checked(rule.campaign, terms)
    if checked == queries.terms_of(rule):
        return rule
    _refuse_less_than_given(rule, checked)
    if checked.name != rule.name:
        if rule.version > 1 or rule.status != Status.DRAFT:
            message = gettext_noop("A rule that was on keeps its name: call it “{name}”, or make another rule.")
            raise UserError(message, field="name", name=rule.name)
        _refuse_name(rule.campaign, checked)
    if rule.status == Status.DRAFT:
        RewardRule.objects.filter(pk=rule.pk).update(**_columns(checked))
        return queries.rule_of(rule.campaign, rule.pk)
    new = _next_version(rule, checked)
    if rule.status == Status.ON:
        now = timezone.now()
        _end(rule, now)
        _begin(new, now)
    _note(membership, new, "reward_rule.changed", {"from": _said(rule), "to": _said(new)})
    return new


@transaction.atomic
def switch_on(*, membership: Membership, rule: RewardRule, at: datetime | None = None) -> RewardRule:
    """Let a rule give rewards from now on; one that was off goes on as a new version.

    Parameters
    ----------
    at
        Since when; only from callers who may set original times.

    Raises
    ------
    UserError
        When this version is not the newest any more.
    """
    membership.require(Verb.EDIT)
    ledger.lock([rule.campaign_id])
    rule = _newest(rule)
    if rule.status == Status.ON:
        return rule
    if rule.status == Status.OFF:
        rule = _next_version(rule, queries.terms_of(rule))
    _begin(rule, at or timezone.now())
    _note(membership, rule, "reward_rule.on", _said(rule))
    return rule


@transaction.atomic
def switch_off(*, membership: Membership, rule: RewardRule) -> RewardRule:
    """Let a rule give nothing any more. What it gave stays."""
    membership.require(Verb.EDIT)
    ledger.lock([rule.campaign_id])
    rule = _newest(rule)
    if rule.status == Status.ON:
        _end(rule, timezone.now())
        _note(membership, rule, "reward_rule.off", _said(rule))
    return rule


@transaction.atomic
def drop_draft(*, membership: Membership, rule: RewardRule) -> None:
    """Delete a rule that was never on.

    Raises
    ------
    UserError
        When it was.
    """
    membership.require(Verb.EDIT)
    if rule.on_at is not None:
        raise UserError(gettext_noop("“{name}” was on and is kept for the record."), field="rule", name=rule.name)
    RewardRule.objects.filter(pk=rule.pk, on_at=None).delete()


@transaction.atomic
def fulfil(*, membership: Membership, campaign: Campaign, numbers: Collection[int]) -> int:
    """Mark approved rewards of money or points as handed over; return how many were not before.

    Raises
    ------
    UserError
        When one of them is not there, not approved, or nothing that is handed over by hand: then none is marked.
    """
    membership.require(Verb.EDIT)
    if not numbers:
        raise UserError(gettext_noop("No reward is chosen: choose those that were handed over."), field="rewards")
    if len(numbers) > MOST_AT_ONCE:
        message = gettext_noop("{count} rewards at once are too many: choose at most {most}.")
        raise UserError(message, field="rewards", count=len(numbers), most=MOST_AT_ONCE)
    ledger.lock([campaign.pk])
    found = {number: queries.reward_of(campaign, number) for number in numbers}
    open_ones = [reward for reward in found.values() if reward.state != State.FULFILLED]
    for reward in open_ones:
        if reward.rule.what not in BY_HAND:
            message = gettext_noop("Reward {number} is not handed over by hand: only money and points are.")
            raise UserError(message, field="rewards", number=reward.pk)
        if reward.state != State.APPROVED:
            message = gettext_noop("Reward {number} is {state}: only approved ones can be handed over.")
            raise UserError(message, field="rewards", number=reward.pk, state=reward.state)
    ledger.move(open_ones, State.FULFILLED)
    if open_ones:
        details = {"rewards": [reward.pk for reward in open_ones]}
        audit.record(membership=membership, verb="reward.fulfilled", subject=campaign.slug, details=details)
    return len(open_ones)


def reject(*, membership: Membership, campaign: Campaign, number: int, reason: str) -> Reward:
    """Refuse a reward that was not handed over yet. Again changes nothing.

    Raises
    ------
    UserError
        When there is no reason, or it was handed over or taken back already.
    """
    return _end_by_member(membership, campaign, number, State.REJECTED, reason)


def reverse(*, membership: Membership, campaign: Campaign, number: int, reason: str) -> Reward:
    """Take a reward back; of one handed over, the ledger keeps that it is owed back. Again changes nothing.

    Raises
    ------
    UserError
        When there is no reason, or it was refused or has expired.
    """
    return _end_by_member(membership, campaign, number, State.REVERSED, reason)


def add_pool(*, membership: Membership, campaign: Campaign, name: str, low_at: int = 20) -> tuple[CouponPool, bool]:
    """Make a pool for coupon codes; return it, and whether it is new. One of the same name is taken as it is.

    Raises
    ------
    UserError
        When it has no name.
    """
    membership.require(Verb.EDIT)
    tidy = text.title(name, field="pool_name", most=rules.NAME_LENGTH)
    if not 0 <= low_at <= _LARGEST_LOW:
        message = gettext_noop("{value} is out of bounds here: write a whole number from {least} to {most}.")
        raise UserError(message, field="low_at", value=low_at, least=0, most=_LARGEST_LOW)
    values = {"low_at": low_at}
    return at_once(
        lambda: CouponPool.objects.get_or_create(campaign=campaign, name=tidy, defaults=values), crowded=_CROWDED
    )


def add_codes(*, membership: Membership, pool: CouponPool, given: str) -> int:
    """Add codes to a pool, all of them or, when anything is wrong, none; return how many.

    Raises
    ------
    UserErrors
        Naming the lines that cannot be used.
    """
    membership.require(Verb.EDIT)
    codes = coupon_codes.read(given)

    def add() -> int:
        names = list(codes)
        known: set[str] = set()
        for start in range(0, len(names), _CHUNK):
            mine = Coupon.objects.filter(campaign=pool.campaign_id, code__in=names[start : start + _CHUNK])
            known.update(mine.values_list("code", flat=True))
        coupon_codes.refuse_known(codes, known)
        new = (Coupon(pool=pool, campaign_id=pool.campaign_id, code=code) for code in names)
        Coupon.objects.bulk_create(new, batch_size=_CHUNK)
        audit.record(
            membership=membership,
            verb="coupons.added",
            subject=pool.campaign.slug,
            details={"pool": pool.name, "codes": len(names)},
        )
        return len(names)

    return at_once(add, crowded=_CROWDED)


def hand_out(*, participant: Participant, number: int) -> Coupon:
    """Give a participant the code of an approved coupon; the same again is the same code.

    Raises
    ------
    NotFound
        When it is not theirs.
    UserError
        When it is not approved, or the pool is empty.
    """

    def give() -> Coupon:
        ledger.lock([participant.campaign_id])
        reward = queries.coupon_reward(participant, number)
        if reward.state == State.FULFILLED:
            return Coupon.objects.get(reward=reward)
        if reward.state != State.APPROVED:
            raise UserError(gettext_noop("This coupon is not yours yet."), field="reward")
        coupon = Coupon.objects.filter(pool=reward.rule.pool_id, reward=None).order_by("pk").first()
        if coupon is None:
            message = gettext_noop("There are no codes just now; your coupon stays yours, so look again later.")
            raise UserError(message, field="reward")
        coupon.reward, coupon.given_at = reward, timezone.now()
        coupon.save(update_fields=["reward", "given_at"])
        ledger.move([reward], State.FULFILLED)
        return coupon

    return at_once(give, crowded=_CROWDED)


def redeem(*, membership: Membership, campaign: Campaign, code: str, by: str) -> Redeemed:
    """Use up a coupon for an occasion, once; the same occasion again changes nothing.

    Parameters
    ----------
    by
        What the shop calls the occasion, like the number of an order.

    Raises
    ------
    NotFound
        When the campaign has no such code.
    UserError
        When nobody was given it, it was taken back, or it was redeemed on another occasion.
    """
    membership.require(Verb.EDIT)
    occasion = text.line(by, field="by", most=120)
    if not occasion:
        message = gettext_noop("The occasion is empty: name it, like the number of the order, so that it counts once.")
        raise UserError(message, field="by")

    def use() -> Redeemed:
        ledger.lock([campaign.pk])
        coupon = queries.coupon_of(campaign, code)
        if coupon.reward is None:
            message = gettext_noop("“{code}” was not given to anybody yet.")
            raise UserError(message, field="code", code=coupon.code)
        if coupon.redeemed_at is not None:
            if coupon.redeemed_by == occasion:
                return Redeemed(coupon, is_new=False)
            message = gettext_noop("“{code}” was redeemed before: on {time} UTC, for “{by}”.")
            when = f"{coupon.redeemed_at:%Y-%m-%d %H:%M}"
            raise UserError(message, field="code", code=coupon.code, time=when, by=coupon.redeemed_by)
        if coupon.reward.state != State.FULFILLED:
            raise UserError(gettext_noop("“{code}” was taken back."), field="code", code=coupon.code)
        coupon.redeemed_at, coupon.redeemed_by = timezone.now(), occasion
        coupon.save(update_fields=["redeemed_at", "redeemed_by"])
        return Redeemed(coupon, is_new=True)

    return at_once(use, crowded=_CROWDED)


@transaction.atomic
def withhold(participant: Participant, reason: str) -> None:
    """Let a participant's unpaid rewards wait for a person to look, and those that others would get for them."""
    ledger.lock([participant.campaign_id])
    if not RewardHold.objects.filter(pk=participant.pk, is_rejected=True).exists():
        _hold(participant, reason, is_rejected=False)
    ledger.move(_hanging_on(participant, State.APPROVED), State.PENDING)


@transaction.atomic
def release(participant: Participant) -> None:
    """Let a participant's rewards go their way again, when they were withheld and not refused."""
    ledger.lock([participant.campaign_id])
    RewardHold.objects.filter(pk=participant.pk, is_rejected=False).delete()


@transaction.atomic
def reject_for(participant: Participant, reason: str, membership: Membership | None = None) -> int:
    """Refuse a participant's unpaid rewards, those that others would get for them, and those to come.

    What was handed over stays. Return how many rewards were refused.

    Parameters
    ----------
    membership
        Who decided; None when it follows from a verdict that is recorded elsewhere.
    """
    ledger.lock([participant.campaign_id])
    _hold(participant, reason, is_rejected=True)
    # A milestone of somebody else is not about one friend: it is counted anew below.
    others = Q(rule__kind=RuleKind.MILESTONE) & ~Q(participant=participant)
    unpaid = _hanging_on(participant, State.PENDING, State.APPROVED).exclude(others)
    refused = ledger.move(unpaid, State.REJECTED, cause=Cause.FRAUD, reason=reason[: rules.REASON_LENGTH])
    _recount_parent(participant)
    if membership is not None:
        _note_person(membership, participant, "rewards.rejected", reason)
    return len(refused)


@transaction.atomic
def restore_for(participant: Participant, membership: Membership | None = None) -> Restored:
    """Undo `reject_for`: what was refused waits again, as far as budget and codes last."""
    ledger.lock([participant.campaign_id])
    RewardHold.objects.filter(pk=participant.pk, is_rejected=True).delete()
    others = RewardHold.objects.filter(campaign=participant.campaign_id, is_rejected=True).values("pk")
    refused = _hanging_on(participant, State.REJECTED).filter(cause=Cause.FRAUD)
    free = list(refused.exclude(participant__in=others).exclude(referral__in=others))
    brought = granting.bring_back(free)
    _recount_parent(participant)
    if membership is not None:
        _note_person(membership, participant, "rewards.restored", "")
    return Restored(brought, len(free) - brought)


def _hold(participant: Participant, reason: str, *, is_rejected: bool) -> None:
    RewardHold.objects.update_or_create(
        participant=participant,
        defaults={
            "campaign_id": participant.campaign_id,
            "is_rejected": is_rejected,
            "reason": reason[: rules.REASON_LENGTH],
            "at": timezone.now(),
        },
    )


def _hanging_on(participant: Participant, *states: State) -> QuerySet[Reward]:
    mine = Q(participant=participant) | Q(referral=participant)
    return Reward.objects.filter(mine, state__in=states).select_related("rule__campaign", "rule__pool").order_by("pk")


def _recount_parent(participant: Participant) -> None:
    if participant.parent is not None:
        granting.recount(participant.parent, to=State.REJECTED, cause=Cause.FRIENDS)


def _end_by_member(membership: Membership, campaign: Campaign, number: int, to: State, reason: str) -> Reward:
    membership.require(Verb.EDIT)
    why = rules.check_reason(reason)

    def end() -> Reward:
        ledger.lock([campaign.pk])
        reward = queries.reward_of(campaign, number)
        if reward.state == to:
            return reward
        ledger.move([reward], to, cause=Cause.MEMBER, reason=why)
        details = {"reward": reward.pk}
        verb = f"reward.{to}"
        audit.record(membership=membership, verb=verb, subject=campaign.slug, reason=why, details=details)
        return reward

    return at_once(end, crowded=_CROWDED)


def _checked(campaign: Campaign, terms: Terms) -> Terms:
    checked = rules.check(terms)
    if checked.pool is not None:
        queries.pool_of(campaign, checked.pool)
    campaign_rules.check_spoken(checked.labels, campaign.languages, field="labels")
    return checked


def _columns(terms: Terms) -> dict[str, Any]:
    columns = asdict(terms)
    del columns["currency"]
    return columns | {"pool_id": columns.pop("pool"), "unit": terms.unit}


def _refuse_name(campaign: Campaign, terms: Terms) -> None:
    if queries.versions(campaign, terms.name).exists():
        message = gettext_noop("Another rule of this campaign is called “{name}”: choose another name.")
        raise UserError(message, field="name", name=terms.name)


def _refuse_less_than_given(rule: RewardRule, terms: Terms) -> None:
    if terms.budget is None or terms.budget == rule.budget or terms.unit != rule.unit:
        return
    given = queries.spent(rule)
    if terms.budget < given:
        message = gettext_noop(
            "The budget is less than the {given:n} {unit} that this rule has given already: write at least that, or "
            "switch the rule off."
        )
        raise UserError(message, field="budget", given=major(given, rule.unit), unit=rule.unit)


def _newest(rule: RewardRule) -> RewardRule:
    newest = queries.versions(rule.campaign, rule.name).select_related("campaign", "pool").order_by("-version").first()
    if newest is None or newest.pk != rule.pk:
        message = gettext_noop("“{name}” was changed meanwhile: open its newest version.")
        raise UserError(message, field="rule", name=rule.name)
    return newest


def _next_version(rule: RewardRule, terms: Terms) -> RewardRule:
    return RewardRule.objects.create(campaign=rule.campaign, version=rule.version + 1, **_columns(terms))


def _begin(rule: RewardRule, at: datetime) -> None:
    rule.status, rule.on_at = Status.ON, at
    rule.save(update_fields=["status", "on_at"])


def _end(rule: RewardRule, at: datetime) -> None:
    rule.status, rule.off_at = Status.OFF, at
    rule.save(update_fields=["status", "off_at"])


def _said(rule: RewardRule) -> dict[str, object]:
    terms = asdict(queries.terms_of(rule))
    return {"version": rule.version} | {
        name: str(value) for name, value in terms.items() if value not in (None, "", {})
    }


def _note(membership: Membership, rule: RewardRule, verb: str, details: Mapping[str, object]) -> None:
    audit.record(membership=membership, verb=verb, subject=rule.campaign.slug, details={"rule": rule.name, **details})


def _note_person(membership: Membership, participant: Participant, verb: str, reason: str) -> None:
    audit.record(
        membership=membership,
        verb=verb,
        subject=participant.campaign.slug,
        reason=reason,
        details={"participant": participant.pk},
    )
