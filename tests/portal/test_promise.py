"""What rewards promise where people decide: on the page on which friends join, and on the one that is passed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builders import a_participant
from people import People
from portal.conftest import as_owner
from rewards.draws.draw_life import an_open_draw
from rewards.giving import a_pool, a_rule, member_of, work
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.participants.models import Participant
from sebar.rewards import actions, queries
from sebar.rewards.draws import actions as draws
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments.models import Assignment, Experiment
from sebar.steering.experiments.rules import HOLDOUT, Arm
from steering.experiments.planning import a_running

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = {"who": "both", "what": "money", "currency": "IDR", "amount": 1_000_000, "budget": 100_000_000}
FOR_FRIEND = "You get Rp10,000 when you join, and your friend gets as much."
FOR_REFERRER = "Rp10,000 for you and as much for your friend when they join."
FREE = "everybody may enter the draw freely"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


def invitation(inviter: Participant) -> str:
    """Return what a friend reads who follows somebody's link."""
    return page(f"/c/{inviter.campaign.slug}?ref={codes.spell(inviter.pk)}")


def own(participant: Participant) -> str:
    """Return what somebody reads who passes their link on."""
    return page(f"/s/{codes.spell(participant.pk)}", as_owner(Client(), participant))


def page(address: str, client: Client | None = None) -> str:
    return unescape((client or Client()).get(address).content.decode())


def test_each_reads_what_is_theirs_where_they_decide(campaign: Campaign) -> None:
    seed = a_participant(campaign)
    assert "You get" not in invitation(seed)
    a_rule(campaign, name="Each", **BOTH)
    a_rule(campaign, name="Buy", who="friend", what="points", amount=7, trigger="conversion")
    a_rule(campaign, name="Mine", what="points", amount=3, most=5)
    a_rule(campaign, name="Mile", kind="milestone", milestone=3, what="unlock", address="https://example.com/menu")
    a_rule(campaign, name="Top", kind="leaderboard")
    told = invitation(seed)
    assert FOR_FRIEND in told
    assert "You get 7 points at their first purchase." not in told
    assert "You get 7 points at your first purchase." in told
    assert "3 points" not in told
    assert "Unlocked content" not in told
    assert "As long as there is some left." in told
    for read in (own(seed), page(f"/c/{campaign.slug}")):
        assert FOR_REFERRER in read
        assert "Each friend who joins through you gets 7 points at their first purchase." in read
        assert "3 points for you for each friend who joins. You get it at most 5 times." in read
        assert "Unlocked content when 3 of your friends have joined." in read
        assert read.index("What else there is") < read.index("Unlocked content when")
    assert FOR_FRIEND in page(f"/s/{codes.spell(seed.pk)}"), "who opens somebody's page may become their friend"
    assert FOR_FRIEND not in page(f"/c/{campaign.slug}", as_owner(Client(), seed)), "who is in has nothing to decide"


def test_what_a_reward_is_good_for_is_told_in_the_readers_language(campaign: Campaign) -> None:
    seed = a_participant(campaign)
    coffee = {"en": "a free coffee", "id": "kopi gratis"}
    a_rule(campaign, name="Cup", who="both", what="coupon", pool=a_pool(campaign).pk, labels=coffee)
    a_rule(campaign, name="Sip", what="points", amount=7, labels={"en": "100 are a coffee"})

    assert "You get 1 coupon (a free coffee) when you join" in invitation(seed)
    assert "1 coupon (a free coffee) for you and as much for your friend" in own(seed)
    indonesian = unescape(Client(headers={"Accept-Language": "id"}).get(f"/c/{campaign.slug}").content.decode())
    assert "1 kupon (kopi gratis)" in indonesian
    assert "7 poin (100 are a coffee)" in indonesian, "what is written in one language stands for the other"


def test_nothing_is_promised_that_cannot_be_given(campaign: Campaign) -> None:
    seed = a_participant(campaign)
    each = a_rule(campaign, name="Each", **BOTH | {"budget": 3_000_000})
    a_rule(campaign, name="Cup", who="friend", what="coupon", pool=a_pool(campaign, 1).pk)
    for said in (FOR_FRIEND, "You get 1 coupon when you join."):
        assert said in invitation(seed)
    a_participant(campaign, seed)
    work()
    cache.clear()  # codes are counted twice a minute
    for read in (invitation(seed), own(seed)):
        assert "Rp10,000" not in read, "what is left of the budget does not do for both"
        assert "coupon" not in read
    terms = replace(queries.terms_of(each), budget=4_000_000)
    actions.change_rule(membership=member_of(campaign), rule=each, terms=terms)
    assert FOR_FRIEND in invitation(seed)


def test_rules_that_are_off_or_a_campaign_that_is_held_promise_nothing(campaign: Campaign) -> None:
    seed = a_participant(campaign)
    rule = a_rule(campaign, name="Each", **BOTH)
    a_rule(campaign, name="Draft", who="friend", is_on=False)
    assert "10 points" not in invitation(seed)
    actions.switch_off(membership=member_of(campaign), rule=rule)
    assert "Rp10,000" not in invitation(seed)
    actions.switch_on(membership=member_of(campaign), rule=rule)
    assert FOR_FRIEND in invitation(seed)
    Campaign.objects.filter(pk=campaign.pk).update(status="paused")
    for read in (invitation(seed), own(seed)):
        assert "Rp10,000" not in read


def test_tickets_are_promised_with_the_free_way_in_and_only_for_a_draw(people: People, campaign: Campaign) -> None:
    seed = a_participant(campaign)
    a_rule(campaign, who="both", what="tickets", amount=1)
    for read in (invitation(seed), own(seed)):
        assert "ticket" not in read, "no draw takes entries"
    draw = an_open_draw(people, campaign)
    assert "You get 1 ticket when you join, and your friend gets as much." in invitation(seed)
    for read in (invitation(seed), own(seed)):
        assert FREE in read
        assert f'href="/c/{campaign.slug}/draw/{draw.number}"' in read
    draws.cancel(membership=people.alice, slug=campaign.slug, number=draw.number, reason="A trial")
    assert "1 ticket" not in invitation(seed)


def test_it_takes_one_query(campaign: Campaign, people: People) -> None:
    seed = a_participant(campaign)

    def asked() -> int:
        with CaptureQueriesContext(connection) as sent:
            invitation(seed)
        return len([one for one in sent if "sebar_reward" in one["sql"] or "sebar_coupon" in one["sql"]])

    a_rule(campaign, name="Each", **BOTH | {"budget": 3_000_000})
    a_rule(campaign, name="Points", who="friend", budget=500)
    a_rule(campaign, name="Cup", who="friend", what="coupon", pool=a_pool(campaign).pk)
    asked()
    assert asked() == 1
    an_open_draw(people, campaign)
    a_rule(campaign, name="Tickets", who="friend", what="tickets")
    assert asked() == 1


@pytest.fixture
def offers(campaign: Campaign, people: People) -> Callable[..., Experiment]:
    """Start an experiment with an arm that offers something, and one that says nothing."""
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {one: {"offer": "A free coffee for both"} for one in campaign.languages})]
    return lambda: a_running(people.alice, campaign, varies="offer", arms=arms, holdout=0.2)


def a_seed(experiment: Experiment, arm: str) -> Participant:
    seed = a_participant(experiment.campaign)
    Assignment.objects.create(experiment=experiment, seed=seed, arm=arm, by_page=False, at=seed.joined_at)
    return seed


def test_while_offers_are_compared_each_arm_is_all_that_is_said(
    campaign: Campaign, offers: Callable[..., Experiment]
) -> None:
    before = a_participant(campaign)
    running = offers()
    a_rule(campaign, **BOTH)
    for arm in ("a", "b", HOLDOUT):
        seed = a_seed(running, arm)
        for read in (invitation(seed), own(seed)):
            assert "Rp10,000" not in read, arm
        assert ("A free coffee for both" in invitation(seed)) is (arm == "b")
    assert "Rp10,000" not in page(f"/c/{campaign.slug}"), "visitors are given an arm too"
    assert FOR_FRIEND in invitation(before), "who was there before is no part of it"


@pytest.mark.parametrize(("winner", "is_settled"), [("a", True), ("b", True), ("", False)])
def test_afterwards_what_won_is_said_and_else_what_the_rules_give(
    campaign: Campaign, people: People, offers: Callable[..., Experiment], winner: str, is_settled: bool
) -> None:
    running = offers()
    a_rule(campaign, **BOTH)
    silent, held_out = a_seed(running, "a"), a_seed(running, HOLDOUT)
    experiments.end(membership=people.alice, slug=campaign.slug, number=running.pk, winner=winner, reason="Enough")
    read = page(f"/c/{campaign.slug}")
    assert (FOR_REFERRER not in read) is is_settled
    assert ("A free coffee for both" in read) is (winner == "b")
    assert FOR_REFERRER not in own(silent), "a cascade keeps what it was given"
    assert FOR_REFERRER in own(held_out), "nobody is measured any more, and no arm was chosen for them"


def test_other_experiments_leave_it_as_it_is(campaign: Campaign, people: People) -> None:
    running = a_running(people.alice, campaign)
    a_rule(campaign, **BOTH)
    for arm in ("a", "b", HOLDOUT):
        assert FOR_FRIEND in invitation(a_seed(running, arm))
