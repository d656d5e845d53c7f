"""What participants see of their rewards, and the code behind its button."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from builders import a_participant
from rewards.giving import a_pool, a_rule, states, work
from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret
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
