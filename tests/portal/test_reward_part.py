"""What participants see of their rewards, and the code behind its button."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from builders import a_participant
from rewards.giving import a_pool, a_rule, converts, fulfil_all, member_of, refunds, states, work
from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret
from sebar.rewards import actions
from sebar.rewards.models import Reward

pytestmark = pytest.mark.django_db(transaction=True)


def shown(participant: Participant) -> str:
    return Client().get(reverse("mine", args=[personal_secret(participant)])).content.decode()


def test_nothing_is_said_where_there_are_no_rewards(campaign: Campaign) -> None:
    assert 'id="rewards"' not in shown(a_participant(campaign))


def test_earned_waiting_and_what_comes_next(campaign: Campaign) -> None:
    a_rule(campaign, who="both", what="money", currency="IDR", amount=500_000, budget=10_000_000, hold_days=7)
    a_rule(campaign, name="Points")
    a_rule(campaign, name="Mile", kind="milestone", milestone=3, what="unlock", address="https://example.com/menu")
    a_rule(campaign, name="Farther", kind="milestone", milestone=9, what="points", amount=5)
    a_rule(campaign, name="Top", kind="leaderboard")
    seed = a_participant(campaign, name="Ani Rahma")
    assert "Rp5,000 for you and as much for your friend when they join." in shown(seed)
    a_participant(campaign, seed, name="Budi Santoso")
    cache.clear()  # leaderboards are kept for half a minute
    work()
    page = shown(seed)
    assert "10 points earned" in page
    assert "Rp0" not in page
    assert "Rp5,000 still waiting" in page
    assert "counts on" in page
    assert "Budi S. joined" in page
    assert "1 of 3 friends for: Unlocked content" in page
    assert "1 of 9 friends for: 5 points" in page
    assert "You are number 1 of 1." in page
    for _ in range(2):
        a_participant(campaign, seed)
    work()
    assert 'href="https://example.com/menu"' in shown(seed)


def test_a_code_is_shown_when_it_is_asked_for(campaign: Campaign) -> None:
    pool = a_pool(campaign, 1)
    a_rule(campaign, what="coupon", pool=pool.pk)
    seed = a_participant(campaign)
    friend = a_participant(campaign, seed)
    work()
    number = Reward.objects.get().pk
    assert "Cups-00000" not in shown(seed)
    Client().post(reverse("mine-coupon", args=[personal_secret(friend), number]))
    assert states(campaign) == ["approved"]
    Client().post(reverse("mine-coupon", args=[personal_secret(seed), number]))
    assert "Cups-00000" in shown(seed)
    assert Client().get(reverse("mine-coupon", args=[personal_secret(seed), number])).status_code == 405
    assert Client().post(reverse("mine-coupon", args=["nobody.x", number])).status_code == 404


def test_what_the_budget_does_not_cover_for_both_is_promised_no_more(campaign: Campaign) -> None:
    a_rule(campaign, who="both", what="money", currency="IDR", amount=500_000, budget=1_500_000)
    seed = a_participant(campaign)
    a_participant(campaign, seed)
    work()
    page = shown(seed)
    assert "<s>Rp5,000 for you and as much for your friend when they join.</s>" in page
    a_participant(campaign, seed)
    work()
    assert len(states(campaign)) == 2, "nor does it give more"


def every_page(participant: Participant, first: int = 0) -> str:
    address = reverse("mine-rewards", args=[personal_secret(participant)])
    return Client().get(f"{address}?from={first}").content.decode()


def test_many_coupons_hide_nothing_and_each_can_be_reached(campaign: Campaign) -> None:
    pool = a_pool(campaign, 60)
    a_rule(campaign, name="Cup", what="coupon", pool=pool.pk)
    a_rule(campaign, name="Menu", kind="milestone", milestone=1, what="unlock", address="https://example.com/menu")
    a_rule(campaign, name="Cash", what="money", currency="IDR", amount=500_000, budget=10**9, hold_days=7, most=1)
    seed = a_participant(campaign)
    for _ in range(55):
        a_participant(campaign, seed)
    work()
    page = shown(seed)
    assert "https://example.com/menu" in page
    assert "counts on" in page
    assert "All 57 of your rewards" in page
    assert every_page(seed).count("Show my code") + every_page(seed, 50).count("Show my code") == 55
    oldest = Reward.objects.filter(rule__what="coupon").earliest("pk").pk
    mine = personal_secret(seed)
    answer = Client().post(reverse("mine-coupon", args=[mine, oldest]), follow=True)
    assert '<details open><summary>Your code</summary><p class="code">Cups-00000' in answer.content.decode()
    assert Client().get(reverse("mine-rewards", args=["nobody.x"])).status_code == 404


def test_what_was_taken_back_stays_on_the_page_with_its_reason(campaign: Campaign) -> None:
    a_rule(campaign, trigger="conversion", what="money", currency="IDR", amount=500_000, budget=10**9)
    seed = a_participant(campaign)
    friends = [a_participant(campaign, seed) for _ in range(3)]
    for number, friend in enumerate(friends):
        converts(friend, f"order-{number}")
    work()
    last = Reward.objects.get(referral=friends[2])
    actions.reject(membership=member_of(campaign), campaign=campaign, number=last.pk, reason="A colleague")
    refunds(friends[0], "order-0")
    work()
    assert "taken back: the order was refunded" in shown(seed)
    assert f"taken back: {campaign.brand.name} decided so" in shown(seed)
    assert "A colleague" not in shown(seed)
    fulfil_all(campaign)
    refunds(friends[1], "order-1")
    work()
    page = shown(seed)
    assert "taken back after it was handed over: the order was refunded" in page
    assert "earned</b>" not in page
    assert page.count("<s>Rp5,000</s>") == 3


def test_what_the_friend_gets_reads_as_the_friend_s(campaign: Campaign) -> None:
    a_rule(campaign, name="Come", who="friend", amount=5)
    a_rule(campaign, name="Buy", who="friend", amount=7, trigger="conversion")
    page = shown(a_participant(campaign))
    assert "Each friend who joins through you gets 5 points." in page
    assert "Each friend who joins through you gets 7 points at their first purchase." in page
