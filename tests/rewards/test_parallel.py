"""Many at once: each code is given once, a budget stops at the exact amount, and two workers grant as one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from builders import a_campaign, a_cascade, a_membership
from rewards.giving import a_pool, a_rule, converts, member_of, rewards, work
from sebar.campaigns.models import Campaign
from sebar.kit.errors import UserError
from sebar.participants import actions as participants
from sebar.rewards import actions, granting, queries
from sebar.rewards.models import Coupon, Reward

pytestmark = pytest.mark.django_db(transaction=True)
Answer = TypeVar("Answer")


@pytest.fixture
def campaign(db: None) -> Campaign:
    return a_campaign(a_membership())


def at_once(tasks: Sequence[Callable[[], Answer]], *, together: int = 0) -> list[Answer]:
    """Run all tasks in threads that start at the same moment, each with its own connection."""
    barrier = Barrier(together or len(tasks))

    def run(task: Callable[[], Answer]) -> Answer:
        barrier.wait()
        try:
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_each_code_is_given_once_when_a_hundred_ask(campaign: Campaign) -> None:
    pool = a_pool(campaign, 50)
    a_rule(campaign, what="coupon", pool=pool.pk)
    seed, *_ = a_cascade(campaign, [-1, *[0] * 50])
    work()
    numbers = list(Reward.objects.values_list("pk", flat=True))
    assert len(numbers) == 50

    def ask(number: int) -> Callable[[], tuple[int, str]]:
        return lambda: (number, actions.hand_out(participant=seed, number=number).code)

    # Twice fifty, since PostgreSQL lets in a hundred; each reward is asked for by two.
    given = [
        answer
        for half in (numbers[:25], numbers[25:])
        for answer in at_once([ask(number) for number in half for _ in range(2)])
    ]
    assert len(given) == 100
    assert len(set(given)) == 50
    assert len({code for _, code in given}) == 50
    assert not Coupon.objects.filter(reward=None).exists()
    assert {state for _, _, state, _ in rewards(campaign)} == {"fulfilled"}


def test_a_code_is_redeemed_once_when_many_tills_try(campaign: Campaign) -> None:
    pool = a_pool(campaign, 1)
    a_rule(campaign, what="coupon", pool=pool.pk)
    seed, *_ = a_cascade(campaign, [-1, 0])
    work()
    code = actions.hand_out(participant=seed, number=Reward.objects.get().pk).code
    member = member_of(campaign)

    def redeem(till: int) -> Callable[[], bool]:
        def task() -> bool:
            try:
                return actions.redeem(membership=member, campaign=campaign, code=code, by=f"till {till}").is_new
            except UserError:
                return False

        return task

    assert sorted(at_once([redeem(till) for till in range(20)])) == [*[False] * 19, True]


def test_several_workers_and_a_busy_desk_keep_the_books_right(campaign: Campaign) -> None:
    rule = a_rule(campaign, who="both", amount=10, budget=490, what="money", currency="IDR")
    a_rule(campaign, name="Orders", trigger="conversion", kind="milestone", milestone=2)
    seed, *friends = a_cascade(campaign, [-1, *[0] * 40])
    for friend in friends[:10]:
        converts(friend, f"order-{friend.pk}")
    member = member_of(campaign)

    def grant() -> None:
        while granting.take(limit=7):
            granting.approve()

    def judge() -> None:
        for friend in friends[:6]:
            actions.withhold(friend, "looks odd")
            actions.reject_for(friend, "is a fraud")
            actions.restore_for(friend)

    def refund() -> None:
        for friend in friends[:9]:
            participants.refund(campaign=campaign, external_id=f"order-{friend.pk}")

    def pay() -> None:
        for _ in range(10):
            approved = Reward.objects.filter(campaign=campaign, state="approved").values_list("pk", flat=True)
            with suppress(UserError):  # there is none, or one of them was withheld meanwhile
                actions.fulfil(membership=member, campaign=campaign, numbers=list(approved))

    at_once([grant, grant, grant, judge, refund, pay])
    work()
    given = rewards(campaign)
    # Both sides at a time make 480; one that was refused and comes back alone may fill what is left.
    assert queries.spent(rule) in {480, 490}
    assert {seed.pk} < {who for who, *_ in given}
