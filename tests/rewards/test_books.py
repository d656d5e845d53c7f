"""The books are right after every step, whatever happens in whatever order, and whoever is killed in the middle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from builders import a_campaign, a_membership
from rewards.giving import a_pool, a_rule
from sebar.kit import codes
from sebar.kit.errors import UserError
from sebar.participants import actions as participants
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.rewards import actions, granting, queries
from sebar.rewards.models import LedgerEntry, Reward, RewardHold, RewardRule
from sebar.rewards.rules import Account, State

pytestmark = pytest.mark.django_db(transaction=True)
ANY = st.integers(0, 10**6)


class Books(RuleBasedStateMachine):
    """A campaign with a rule of each kind, in which people join, buy, cheat, are paid and give back."""

    @initialize(hold=st.sampled_from([0, 0, 90]), budget=st.integers(80, 400))
    def begin(self, hold: int, budget: int) -> None:
        self.member = a_membership()
        self.campaign = a_campaign(self.member, confirmation="by_brand")
        self.rule = a_rule(
            self.campaign, who="both", what="money", currency="IDR", amount=30, budget=budget, hold_days=hold, most=3
        )
        a_rule(self.campaign, name="Orders", trigger="conversion", amount=7, budget=50)
        a_rule(self.campaign, name="Mile", kind="milestone", milestone=2, trigger="conversion", what="tickets")
        pool = a_pool(self.campaign, 4)
        a_rule(self.campaign, name="Cups", what="coupon", pool=pool.pk)
        self.people = [self.joined(None)]
        self.orders: list[tuple[Participant, str]] = []
        self.seen: tuple[Any, ...] = ()

    def joined(self, parent: Participant | None) -> Participant:
        entry = Entry(how="link", referred_by=codes.spell(parent.pk) if parent else "")
        return participants.join(campaign=self.campaign, entry=entry).participant

    def anybody(self, number: int) -> Participant:
        return Participant.objects.select_related("campaign", "parent__campaign").get(
            pk=self.people[number % len(self.people)].pk
        )

    def any_reward(self, number: int) -> Reward | None:
        found = list(Reward.objects.filter(campaign=self.campaign).order_by("pk"))
        return found[number % len(found)] if found else None

    @rule(by=ANY, many=st.integers(1, 3))
    def join(self, by: int, many: int) -> None:
        for _ in range(many):
            self.people.append(self.joined(self.anybody(by)))

    @rule(who=ANY, many=st.integers(1, 5))
    def confirm(self, who: int, many: int) -> None:
        for number in range(many):
            participants.confirm(campaign=self.campaign, number=self.anybody(who + number).pk)

    @rule(who=ANY)
    def buy(self, who: int) -> None:
        person, name = self.anybody(who), f"order-{len(self.orders)}"
        participants.convert(campaign=self.campaign, number=person.pk, external_id=name, value=5, currency="IDR")
        self.orders.append((person, name))

    @precondition(lambda self: self.orders)
    @rule(which=ANY)
    def refund(self, which: int) -> None:
        participants.refund(campaign=self.campaign, external_id=self.orders[which % len(self.orders)][1])

    @rule(limit=st.integers(1, 20), is_killed=st.booleans())
    def grant(self, limit: int, is_killed: bool) -> None:
        self.perhaps_killed(lambda: granting.take(limit=limit), is_killed)

    @rule(is_killed=st.booleans())
    def approve(self, is_killed: bool) -> None:
        self.perhaps_killed(granting.approve, is_killed)

    def perhaps_killed(self, work: Callable[[], int], is_killed: bool) -> None:
        before = self.all_there_is()
        with transaction.atomic():
            work()
            transaction.set_rollback(is_killed)
        assert not is_killed or self.all_there_is() == before

    def all_there_is(self) -> tuple[Any, ...]:
        rewards = Reward.objects.filter(campaign=self.campaign).order_by("pk").values_list("pk", "state")
        return (*rewards, queries.position(), LedgerEntry.objects.filter(campaign=self.campaign).count())

    @rule(who=ANY, what=st.sampled_from([actions.release, actions.restore_for, None, None]))
    def judge(self, who: int, what: Callable[[Participant], Any] | None) -> None:
        if what is None:
            actions.withhold(self.anybody(who), "looks odd")
        else:
            what(self.anybody(who))

    @rule(who=ANY)
    def refuse(self, who: int) -> None:
        actions.reject_for(self.anybody(who), "is a fraud", self.member)

    @rule(which=ANY, take=st.sampled_from([actions.reject, actions.reverse]))
    def take_back(self, which: int, take: Callable[..., Reward]) -> None:
        reward = self.any_reward(which)
        if reward is not None:
            with suppress(UserError):  # it has ended already, or was handed over
                take(membership=self.member, campaign=self.campaign, number=reward.pk, reason="by mistake")

    @rule()
    def hand_over(self) -> None:
        mine = Reward.objects.filter(campaign=self.campaign, state=State.APPROVED)
        numbers = list(mine.filter(rule__what__in=("money", "points")).values_list("pk", flat=True))
        if numbers:
            actions.fulfil(membership=self.member, campaign=self.campaign, numbers=numbers)
        for coupon in mine.filter(rule__what="coupon").select_related("participant__campaign"):
            actions.hand_out(participant=coupon.participant, number=coupon.pk)

    @rule(amount=st.integers(5, 40))
    def change(self, amount: int) -> None:
        terms = replace(queries.terms_of(self.rule), amount=amount)
        self.rule = actions.change_rule(membership=self.member, rule=self.rule, terms=terms)

    @rule()
    def switch(self) -> None:
        self.rule = actions.switch_off(membership=self.member, rule=self.rule)
        self.rule = actions.switch_on(membership=self.member, rule=self.rule)

    @invariant()
    def all_is_right(self) -> None:
        """Look at everything whenever something of what follows has changed: the rest of the steps cannot break it."""
        if not hasattr(self, "campaign"):
            return
        held = RewardHold.objects.filter(campaign=self.campaign).order_by("pk").values_list("pk", "is_rejected")
        rules = RewardRule.objects.filter(campaign=self.campaign).order_by("pk").values_list("pk", "status", "budget")
        there = self.all_there_is(), (*held,), (*rules,)
        if there != self.seen:
            self.the_books_are_right()
            self.nothing_is_given_for_nothing()
            self.no_budget_is_exceeded()
            self.seen = there

    def the_books_are_right(self) -> None:
        assert queries.wrong(self.campaign) == []
        sums = Counter[Account]()
        for entry in LedgerEntry.objects.filter(campaign=self.campaign):
            sums[Account(entry.account)] += entry.amount
            assert (entry.participant_id is None) == (entry.account == Account.BUDGET)
        assert sum(sums.values()) == 0
        assert all(amount >= 0 for account, amount in sums.items() if account is not Account.BUDGET)

    def nothing_is_given_for_nothing(self) -> None:
        keys = Counter[tuple[object, ...]]()
        holds = dict(RewardHold.objects.filter(campaign=self.campaign).values_list("pk", "is_rejected"))
        for reward in Reward.objects.filter(campaign=self.campaign).select_related("referral", "participant", "rule"):
            keys[reward.rule_id, reward.referral_id, reward.trigger, reward.participant_id] += 1
            assert reward.referral.parent_id is not None
            assert reward.participant_id in {reward.referral_id, reward.referral.parent_id}
            assert reward.trigger != "join" or reward.referral.confirmed_at is not None
            if reward.state == State.APPROVED:
                assert reward.participant.confirmed_at is not None
                assert reward.counts_on <= reward.approved_at  # type: ignore[operator]  # approved ones have a time
                assert reward.participant_id not in holds
                assert reward.rule.kind == "milestone" or reward.referral_id not in holds
        assert all(times == 1 for times in keys.values())

    def no_budget_is_exceeded(self) -> None:
        for one in queries.current(self.campaign):
            assert one.budget is None or queries.spent(one) <= one.budget
        assert all(stock.left >= 0 for stock in queries.stocks(self.campaign))


def test_the_books_are_right_after_every_step() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
