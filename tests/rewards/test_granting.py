"""From what happens to friends to rewards: who gets what, when it counts, and what takes it back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction
from django.utils import timezone

from builders import a_campaign, a_cascade, a_participant
from people import People
from rewards.giving import DAY, a_pool, a_rule, converts, fulfil_all, member_of, refunds, rewards, states, take, work
from sebar import outbox
from sebar.brands import audit
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.kit.errors import NotFound, UserError, UserErrors
from sebar.outbox import OutboxRow
from sebar.participants import actions as participants
from sebar.participants.queries import event_of
from sebar.rewards import actions, granting, queries
from sebar.rewards.actions import Restored
from sebar.rewards.models import Reward, RewardHold, RewardPosition, RewardRule
from sebar.rewards.rules import Terms

pytestmark = pytest.mark.django_db(transaction=True)  # the outbox shows what was committed


def test_a_seed_brings_nothing_and_a_friend_rewards_who_brought_them(campaign: Campaign) -> None:
    a_rule(campaign)
    seed, friend, _ = people = a_cascade(campaign, [-1, 0, 1])
    work()
    assert rewards(campaign) == [
        (seed.pk, friend.pk, "approved", 10),
        (friend.pk, people[2].pk, "approved", 10),
    ]


def test_both_sides(campaign: Campaign) -> None:
    a_rule(campaign, who="both", what="money", currency="IDR", amount=500, budget=1000)
    seed, friend, _ = a_cascade(campaign, [-1, 0, 0])
    work()
    assert rewards(campaign) == [(seed.pk, friend.pk, "approved", 500), (friend.pk, friend.pk, "approved", 500)]


def test_passing_on_is_never_rewarded(campaign: Campaign) -> None:
    a_rule(campaign)
    seed = a_participant(campaign)
    for kind in ("share", "invite", "view", "visit", "reaction"):
        outbox.emit(event_of(Kind(kind), seed, timezone.now()))
    work()
    assert rewards(campaign) == []


def test_an_unconfirmed_join_earns_nothing(people: People) -> None:
    campaign = a_campaign(people.alice, confirmation="by_brand")
    a_rule(campaign)
    seed, friend = a_cascade(campaign, [-1, 0])
    work()
    assert rewards(campaign) == []
    participants.confirm(campaign=campaign, number=friend.pk)
    work()
    assert states(campaign) == ["pending"]  # the referrer is not confirmed
    participants.confirm(campaign=campaign, number=seed.pk)
    work()
    assert states(campaign) == ["approved"]


def test_what_nobody_confirms_expires(people: People) -> None:
    campaign = a_campaign(people.alice, confirmation="by_brand")
    rule = a_rule(campaign, budget=10)
    _, friend = a_cascade(campaign, [-1, 0])
    participants.confirm(campaign=campaign, number=friend.pk)
    work()
    assert granting.expire() == 0
    Reward.objects.update(counts_on=timezone.now() - 181 * DAY)
    assert granting.expire() == 1
    assert states(campaign) == ["expired"]
    assert queries.spent(rule) == 0


def test_nothing_counts_before_its_hold_is_over(campaign: Campaign) -> None:
    a_rule(campaign, hold_days=7)
    a_cascade(campaign, [-1, 0])
    work()
    reward = Reward.objects.get()
    assert reward.counts_on - reward.happened_at == 7 * DAY
    assert states(campaign) == ["pending"]
    Reward.objects.update(counts_on=timezone.now())
    work()
    assert states(campaign) == ["approved"]


def test_reading_the_same_again_gives_nothing_twice(campaign: Campaign) -> None:
    a_rule(campaign, who="both")
    a_cascade(campaign, [-1, 0, 0])
    work()
    before = rewards(campaign)
    RewardPosition.objects.update(transaction=0, seq=0)
    work()
    assert rewards(campaign) == before


def test_a_worker_that_dies_has_given_nothing_and_forgotten_nothing(campaign: Campaign) -> None:
    a_rule(campaign)
    a_cascade(campaign, [-1, 0])
    with transaction.atomic():
        assert take()
        assert Reward.objects.exists()
        transaction.set_rollback(True)
    assert rewards(campaign) == []
    work()
    assert states(campaign) == ["approved"]


def test_rules_hold_while_they_are_on(campaign: Campaign) -> None:
    rule = a_rule(campaign, is_on=False)
    member = member_of(campaign)
    seed = a_participant(campaign)
    a_participant(campaign, seed)
    actions.switch_on(membership=member, rule=rule)
    a_participant(campaign, seed)
    actions.switch_off(membership=member, rule=rule)
    a_participant(campaign, seed)
    work()
    assert len(rewards(campaign)) == 1
    again = actions.switch_on(membership=member, rule=RewardRule.objects.get())
    assert (again.version, again.status) == (2, "on")
    a_participant(campaign, seed)
    work()
    assert len(rewards(campaign)) == 2
    said = [entry.verb for entry in audit.entries(member, subject=campaign.slug)]
    assert said == ["reward_rule.on", "reward_rule.off", "reward_rule.on"]


def test_times_bound_a_rule(campaign: Campaign) -> None:
    a_rule(campaign, valid_from=timezone.now() + DAY)
    a_rule(campaign, name="Over", valid_to=timezone.now() - DAY / 2)
    a_cascade(campaign, [-1, 0])
    work()
    assert rewards(campaign) == []


def test_a_change_is_a_new_version_that_shares_the_budget(campaign: Campaign) -> None:
    rule = a_rule(campaign, amount=40, budget=100)
    seed = a_participant(campaign)
    a_participant(campaign, seed)
    work()
    terms = queries.terms_of(rule)
    new = actions.change_rule(membership=member_of(campaign), rule=rule, terms=replace(terms, amount=50))
    assert (new.version, new.status, RewardRule.objects.get(pk=rule.pk).status) == (2, "on", "off")
    for _ in range(3):
        a_participant(campaign, seed)
    work()
    assert [amount for *_, amount in rewards(campaign)] == [40, 50]
    with pytest.raises(UserError, match="changed meanwhile"):
        actions.change_rule(membership=member_of(campaign), rule=rule, terms=replace(terms, amount=60))
    with pytest.raises(UserError, match="keeps its name"):
        actions.change_rule(membership=member_of(campaign), rule=new, terms=replace(terms, name="Other"))


def test_the_budget_stops_at_the_exact_amount(campaign: Campaign) -> None:
    a_rule(campaign, amount=30, budget=100)
    a_cascade(campaign, [-1, *[0] * 10])
    work()
    assert sum(amount for *_, amount in rewards(campaign)) == 90


def test_most_for_one(campaign: Campaign) -> None:
    a_rule(campaign, most=2)
    a_cascade(campaign, [-1, 0, 0, 0, 1])
    work()
    assert len(rewards(campaign)) == 3


def test_a_milestone_is_reached_once(campaign: Campaign) -> None:
    a_rule(campaign, kind="milestone", milestone=3, what="unlock", address="https://example.com/secret")
    people = a_cascade(campaign, [-1, 0, 0])
    work()
    assert rewards(campaign) == []
    people += a_cascade(campaign, [-1])
    for _ in range(3):
        a_participant(campaign, people[0])
    work()
    assert [(who, state) for who, _, state, _ in rewards(campaign)] == [(people[0].pk, "approved")]


def test_a_conversion_counts_once_for_a_friend_and_a_refund_lets_another_count(campaign: Campaign) -> None:
    a_rule(campaign, trigger="conversion", what="money", currency="IDR", amount=700, budget=700, hold_days=3)
    seed, friend = a_cascade(campaign, [-1, 0])
    converts(seed, "own")
    converts(friend, "first")
    converts(friend, "second")
    work()
    assert rewards(campaign) == [(seed.pk, friend.pk, "pending", 700)]
    refunds(friend, "first")
    work()
    assert states(campaign) == ["reversed", "pending"]
    refunds(friend, "second")
    refunds(friend, "second")
    work()
    assert states(campaign) == ["reversed", "reversed"]
    converts(friend, "third")
    work()
    assert states(campaign) == ["reversed", "reversed", "pending"]


def test_a_refund_after_the_hold_is_a_counter_entry(campaign: Campaign) -> None:
    rule = a_rule(campaign, trigger="conversion", what="money", currency="IDR", amount=700, budget=1000)
    _, friend = a_cascade(campaign, [-1, 0])
    converts(friend)
    work()
    assert fulfil_all(campaign) == 1
    refunds(friend)
    work()
    assert states(campaign) == ["reversed"]
    (balance,) = queries.balances(campaign)
    assert (balance.fulfilled, balance.owed_back, balance.budget_left) == (0, 700, 300)
    assert queries.spent(rule) == 700  # it was paid: no budget comes back


def test_a_conversion_that_was_refunded_before_anybody_looked_gives_nothing(campaign: Campaign) -> None:
    a_rule(campaign, trigger="conversion")
    _, friend = a_cascade(campaign, [-1, 0])
    converts(friend)
    refunds(friend)
    work()
    assert rewards(campaign) == []
    with pytest.raises(NotFound, match="no conversion “else”"):
        refunds(friend, "else")


def test_a_refund_takes_a_milestone_back(campaign: Campaign) -> None:
    a_rule(campaign, trigger="conversion", kind="milestone", milestone=2)
    _, *friends = a_cascade(campaign, [-1, 0, 0, 0])
    converts(friends[0], "a")
    converts(friends[1], "b")
    work()
    assert states(campaign) == ["approved"]
    refunds(friends[0], "a")
    work()
    assert states(campaign) == ["reversed"]
    converts(friends[2], "c")
    work()
    assert states(campaign) == ["reversed", "approved"]


def test_rewards_wait_for_a_person_to_look(campaign: Campaign) -> None:
    a_rule(campaign, who="both")
    seed, friend, _ = a_cascade(campaign, [-1, 0, 0])
    work()
    actions.withhold(friend, "looks like the seed")
    assert states(campaign) == ["pending", "pending", "approved", "approved"]
    work()
    a_participant(campaign, friend)
    work()
    assert states(campaign) == ["pending", "pending", "approved", "approved", "pending", "approved"]
    with pytest.raises(UserError, match="only approved ones"):
        actions.fulfil(membership=member_of(campaign), campaign=campaign, numbers=[Reward.objects.earliest("pk").pk])
    actions.release(friend)
    work()
    assert set(states(campaign)) == {"approved"}
    assert seed.pk != friend.pk


def test_refusing_follows_a_person_and_can_be_undone(campaign: Campaign) -> None:
    rule = a_rule(campaign, who="both", budget=60, what="money", currency="IDR")
    a_rule(campaign, name="Two", kind="milestone", milestone=2)
    seed, friend, other = a_cascade(campaign, [-1, 0, 0])
    work()
    assert [queries.at_risk(campaign).of([one.pk]) for one in (seed, friend, other)] == [{"IDR": 20}] * 3
    assert queries.at_risk(campaign).of([seed.pk, friend.pk]) == {"IDR": 30}, "one reward hangs on both"
    member = member_of(campaign)
    assert actions.reject_for(friend, "same telephone", member) == 2
    assert states(campaign) == ["rejected", "rejected", "rejected", "approved", "approved"]
    assert queries.at_risk(campaign).of([seed.pk]) == {"IDR": 10}
    a_participant(campaign, friend)
    work()
    assert states(campaign)[-2:] == ["rejected", "approved"]
    assert actions.restore_for(friend, member) == Restored(back=3, lacking=0)
    work()
    assert set(states(campaign)) == {"approved"}
    assert queries.spent(rule) == 60
    assert not RewardHold.objects.exists()


def test_undoing_gives_no_more_than_the_budget(campaign: Campaign) -> None:
    a_rule(campaign, amount=10, budget=20)
    _, friend, *_ = people = a_cascade(campaign, [-1, 0])
    work()
    actions.reject_for(friend, "fraud")
    for _ in range(3):
        a_participant(campaign, people[0])
    work()
    assert actions.restore_for(friend) == Restored(back=0, lacking=1)
    assert states(campaign) == ["rejected", "approved", "approved"]


def test_what_was_handed_over_stays(campaign: Campaign) -> None:
    a_rule(campaign)
    _, friend = a_cascade(campaign, [-1, 0])
    work()
    fulfil_all(campaign)
    actions.reject_for(friend, "fraud")
    assert states(campaign) == ["fulfilled"]


def test_members_refuse_and_take_back_with_a_reason(campaign: Campaign) -> None:
    rule = a_rule(campaign, budget=20)
    a_cascade(campaign, [-1, 0, 0])
    work()
    first, second = Reward.objects.order_by("pk")
    member = member_of(campaign)
    with pytest.raises(UserError, match="say why"):
        actions.reject(membership=member, campaign=campaign, number=first.pk, reason=" ")
    actions.reject(membership=member, campaign=campaign, number=first.pk, reason="by mistake")
    actions.reject(membership=member, campaign=campaign, number=first.pk, reason="by mistake")
    assert queries.spent(rule) == 10
    fulfil_all(campaign)
    with pytest.raises(UserError, match="cannot become rejected"):
        actions.reject(membership=member, campaign=campaign, number=second.pk, reason="late")
    actions.reverse(membership=member, campaign=campaign, number=second.pk, reason="late")
    assert states(campaign) == ["rejected", "reversed"]
    entries = audit.entries(member, subject=campaign.slug)
    assert [(one.verb, one.reason) for one in entries][:3] == [
        ("reward.reversed", "late"),
        ("reward.fulfilled", ""),
        ("reward.rejected", "by mistake"),
    ]


def test_handing_over_is_all_or_nothing_and_by_this_campaign_only(campaign: Campaign, people: People) -> None:
    a_rule(campaign, what="tickets", amount=1)
    a_rule(campaign, name="Points")
    a_cascade(campaign, [-1, 0])
    work()
    tickets, points = Reward.objects.order_by("pk")
    member = member_of(campaign)
    with pytest.raises(UserError, match="not handed over by hand"):
        actions.fulfil(membership=member, campaign=campaign, numbers=[points.pk, tickets.pk])
    with pytest.raises(NotFound):
        actions.fulfil(membership=people.charlie, campaign=a_campaign(people.charlie), numbers=[points.pk])
    assert set(states(campaign)) == {"approved"}
    assert queries.tickets(campaign, timezone.now()) == {tickets.participant_id: 1}
    assert queries.tickets(campaign, timezone.now() - DAY) == {}


def test_what_a_rule_would_have_cost_is_what_it_costs(campaign: Campaign) -> None:
    many = [-1, 0, 0, 1, 1, 1, 2, 3, 3, 0, -1, 10, 10, 4, 4, 4]
    rule = a_rule(campaign, who="both", amount=7, budget=7 * 21, most=3)
    mile = a_rule(campaign, name="Mile", kind="milestone", milestone=2, amount=5)
    a_cascade(campaign, many)
    would = queries.simulate(campaign, queries.terms_of(rule))
    also = queries.simulate(campaign, queries.terms_of(mile))
    work()
    given = Reward.objects.filter(rule=rule)
    assert would.cost == queries.spent(rule)
    assert (would.rewards, would.people) == (given.count(), given.values("participant").distinct().count())
    assert (would.largest, would.refused > 0) == (21, True)
    assert (also.cost, also.people, also.largest) == (queries.spent(mile), 5, 5)


def test_a_leaderboard_masks_names_and_says_ones_own_rank(campaign: Campaign) -> None:
    rule = a_rule(campaign, kind="leaderboard")
    dewi = a_participant(campaign, name="Dewi Anggraini Putri")
    budi = a_participant(campaign, dewi, name="Budi")
    for _ in range(2):
        a_participant(campaign, dewi)
        a_participant(campaign, budi)
    work()
    board = queries.board(rule)
    assert [(one.rank, one.name, one.friends) for one in board.rows] == [(1, "D. A.", 3), (2, "B.", 2)]
    assert (board.rank(3), board.rank(2), board.rank(1), board.rank(0)) == (1, 2, 3, None)
    assert Reward.objects.count() == 0


def test_names_are_unique_and_the_same_again_changes_nothing(campaign: Campaign) -> None:
    rule = a_rule(campaign, is_on=False)
    member = member_of(campaign)
    assert actions.draft_rule(membership=member, campaign=campaign, terms=queries.terms_of(rule)) == (rule, False)
    with pytest.raises(UserErrors):
        actions.draft_rule(membership=member, campaign=campaign, terms=Terms(name="x", what="money"))
    with pytest.raises(UserError, match="is called “Thanks”"):
        actions.draft_rule(membership=member, campaign=campaign, terms=Terms(name="Thanks", amount=3))
    actions.drop_draft(membership=member, rule=rule)
    assert queries.current(campaign) == []


def test_viewers_decide_nothing(campaign: Campaign, people: People) -> None:
    rule = a_rule(campaign, is_on=False)
    with pytest.raises(UserError, match="Your role"):
        actions.switch_on(membership=people.vera, rule=rule)


def test_a_coupon_is_promised_only_while_there_are_codes(campaign: Campaign) -> None:
    pool = a_pool(campaign, 2)
    a_rule(campaign, what="coupon", pool=pool.pk)
    a_cascade(campaign, [-1, 0, 0, 0])
    work()
    assert len(rewards(campaign)) == 2
    assert (queries.stock(pool).left, queries.stock(pool).is_low) == (0, True)


def test_events_are_kept_until_rewards_have_read_them(campaign: Campaign) -> None:
    a_cascade(campaign, [-1, 0])
    assert queries.position().seq == 0
    work()
    assert queries.position().seq == OutboxRow.objects.latest("seq").seq
