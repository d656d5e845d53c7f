"""Rules for rewards, the rewards they gave, the ledger that holds them, and pools of coupon codes."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant
from sebar.rewards.rules import State, Status


class CouponPool(models.Model):
    """A stock of unique codes that the brand's own shop made; at most `low_at` left is worth a word."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="coupon_pools", db_index=False)
    name = models.CharField(max_length=60)
    low_at = models.PositiveIntegerField(default=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="coupon_pool_once")]

    def __str__(self) -> str:
        return self.name


class RewardRule(models.Model):
    """One version of a rule for rewards. Once it was switched on its terms never change: a change is a new version.

    The versions of one rule have the same name. `unit` is the currency of money, else the name of what is given;
    `amount`, `budget` and `spent` are minor units of a currency, or whole points, tickets, codes and keys. `spent`
    always equals what the ledger's account *budget* has given for this version.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="reward_rules", db_index=False)
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=8, default=Status.DRAFT.value)
    kind = models.CharField(max_length=12)
    trigger = models.CharField(max_length=12)
    who = models.CharField(max_length=8)
    what = models.CharField(max_length=8)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    hold_days = models.PositiveSmallIntegerField(default=0)
    budget = models.BigIntegerField(null=True)
    spent = models.BigIntegerField(default=0)
    milestone = models.PositiveIntegerField(null=True)
    """How many friends it takes; only for milestones."""
    most = models.PositiveIntegerField(null=True)
    """How many rewards of this rule one participant gets at most; None for any number."""
    by_month = models.BooleanField(default=False)
    """Whether a leaderboard counts the running month only."""
    address = models.URLField(max_length=500, blank=True)
    """What is unlocked."""
    pool = models.ForeignKey(CouponPool, on_delete=models.PROTECT, null=True, related_name="rules")
    labels = models.JSONField(default=dict)
    """What people are told it is, by language."""
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    on_at = models.DateTimeField(null=True)
    off_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name", "version"], name="reward_rule_version_once"),
            models.CheckConstraint(
                condition=models.Q(spent__gte=0) & (models.Q(budget=None) | models.Q(spent__lte=models.F("budget"))),
                name="reward_rule_within_budget",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Reward(models.Model):
    """What one participant gets from one rule for one friend. The ledger says where its amount is.

    `trigger` is ``join``, or ``order:`` and the external id of the friend's conversion; with rule, friend and
    beneficiary it is the key that lets nothing be given twice.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="rewards", db_index=False)
    rule = models.ForeignKey(RewardRule, on_delete=models.PROTECT, related_name="rewards")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="rewards")
    referral = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="rewards_for")
    """The friend who joined or bought."""
    trigger = models.CharField(max_length=132)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=10, default=State.PENDING.value)
    cause = models.CharField(max_length=8, blank=True)
    """Why it ended unpaid."""
    reason = models.CharField(max_length=300, blank=True)
    """The same in somebody's own words."""
    happened_at = models.DateTimeField()
    counts_on = models.DateTimeField()
    """When its hold is over."""
    granted_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["rule", "referral", "trigger", "participant"], name="reward_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="reward_of_something"),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="reward_of_campaign"),
            models.Index(fields=["counts_on"], condition=models.Q(state=State.PENDING.value), name="reward_due"),
        ]


class LedgerEntry(models.Model):
    """One line of the ledger. The lines of one `transaction` sum to zero; lines are only ever added."""

    transaction = models.UUIDField()
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=10)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    """Whose account it is; None for the brand's."""
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["campaign", "account", "unit"], name="ledger_by_account")]


class RewardHold(models.Model):
    """That a participant's rewards wait for a person to look (`withheld`), or were refused (not `withheld`)."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    is_rejected = models.BooleanField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        app_label = "sebar"


class Coupon(models.Model):
    """One code of a pool: free, given for one reward, redeemed once."""

    pool = models.ForeignKey(CouponPool, on_delete=models.PROTECT, related_name="coupons", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=60)
    reward = models.OneToOneField(Reward, on_delete=models.PROTECT, null=True, related_name="coupon")
    given_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    redeemed_by = models.CharField(max_length=120, blank=True)
    """What the shop calls the occasion, like the number of an order."""

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="coupon_code_once"),
            models.CheckConstraint(
                condition=models.Q(redeemed_at=None) | models.Q(reward__isnull=False), name="coupon_given_first"
            ),
        ]
        indexes = [
            models.Index(fields=["pool", "id"], condition=models.Q(reward=None), name="coupon_free"),
            models.Index(fields=["pool"], name="coupon_of_pool"),
        ]


class RewardPosition(models.Model):
    """How far the outbox has been read for rewards: one row, moved in the transaction that writes what was read."""

    transaction = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)

    class Meta:
        app_label = "sebar"
