"""From a join's traces to what is found, held and decided: a person's word wins, and can be taken back exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from farms import AGENT, a_farm, honest_people, look

from builders import a_campaign, a_participant
from people import People
from rewards.giving import a_rule, work
from sebar.brands import audit
from sebar.campaigns.models import Campaign
from sebar.fraud import actions, jobs, queries, rules, traces
from sebar.fraud.actions import Outcome
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.fraud.queries import State
from sebar.fraud.rules import Level
from sebar.kit.errors import NotAllowed, NotFound, UserError
from sebar.measures import version
from sebar.participants.models import Participant
from sebar.rewards.models import Reward

pytestmark = pytest.mark.django_db(transaction=True)  # the outbox shows what was committed

Count = Callable[[], None]


def numbers(people: list[Participant]) -> list[int]:
    return [one.pk for one in people]


def paid(campaign: Campaign) -> dict[str, int]:
    """Return how many rewards are in each state, after the worker did all there was to do."""
    work()
    states = Reward.objects.filter(campaign=campaign).values_list("state", flat=True)
    return {state: list(states).count(state) for state in set(states)}


def states(campaign: Campaign) -> list[tuple[int, str]]:
    """Return every reward and its state."""
    work()
    return list(Reward.objects.filter(campaign=campaign).order_by("pk").values_list("pk", "state"))


@pytest.fixture
def campaign(people: People) -> Campaign:
    return a_campaign(people.alice, asks_email="optional")


def test_only_keyed_hashes_are_kept_and_two_campaigns_or_months_cannot_be_compared(campaign: Campaign) -> None:
    one = a_participant(campaign)
    actions.note_join(participant=one, network="203.0.113.7", device=AGENT)
    kept = JoinEvidence.objects.get(participant=one)
    day = kept.day
    assert kept.network == traces.network("203.0.113.7", campaign.pk, day)
    assert kept.network != traces.network("203.0.113.8", campaign.pk, day)
    assert kept.network != traces.network("203.0.113.7", campaign.pk + 1, day)
    assert kept.network != traces.network("203.0.113.7", campaign.pk, day - timedelta(days=40))
    assert traces.network("2001:db8::1", campaign.pk, day) == traces.network("2001:db8::ffff", campaign.pk, day)
    assert traces.network("", campaign.pk, day) is None
    assert traces.payment(" ID 12 34", campaign.pk, day) == traces.payment("id1234", campaign.pk, day)


def test_evidence_is_deleted_after_its_days(campaign: Campaign) -> None:
    old, new = a_participant(campaign), a_participant(campaign)
    for one in (old, new):
        actions.note_join(participant=one, network="203.0.113.7", device=AGENT)
    JoinEvidence.objects.filter(participant=old).update(day=timezone.now().date() - timedelta(days=91))
    assert jobs.forget() > 0
    assert list(JoinEvidence.objects.values_list("participant", flat=True)) == [new.pk]


def test_a_farm_is_found_its_rewards_wait_and_nobody_else_is_bothered(campaign: Campaign, count: Count) -> None:
    a_rule(campaign, what="money", amount=10_000, currency="IDR", budget=10_000_000)
    honest, farm = honest_people(campaign), a_farm(campaign)
    assert look(campaign, count) > 0
    found = {one.pk: one for one in Suspicion.objects.filter(campaign=campaign)}
    assert {one.level for one in found.values()} == {Level.HIGH}
    assert found.keys() == set(numbers(farm))
    assert {one.group for one in found.values()} == {farm[0].pk}
    assert "aliases" in {reason["signal"] for reason in found[farm[3].pk].reasons}
    assert paid(campaign) == {"pending": 9, "approved": len(honest) - 1}
    assert queries.state(farm[0]) is State.WAITS
    assert look(campaign, count) == 0, "nothing new, nothing written"


def test_refused_as_fraud_and_taken_back_exactly(campaign: Campaign, people: People, count: Count) -> None:
    a_rule(campaign, what="money", amount=10_000, currency="IDR", budget=10_000_000)
    honest_people(campaign, 20)
    farm = a_farm(campaign)
    look(campaign, count)
    before = states(campaign)
    made = actions.decide(
        membership=people.alice, campaign=campaign, numbers=numbers(farm), verdict="fraud", note="One phone"
    )
    assert made.people == 10
    assert paid(campaign)["rejected"] == 9
    assert queries.state(farm[0]) is State.REFUSED
    again = actions.decide(membership=people.alice, campaign=campaign, numbers=numbers(farm), verdict="fraud")
    assert again == Outcome(people=0, back=0, lacking=0)
    undone = actions.undo(membership=people.bob, campaign=campaign, numbers=numbers(farm))
    assert undone == Outcome(people=10, back=9, lacking=0)
    assert states(campaign) == before
    assert queries.state(farm[0]) is State.WAITS
    told = [(entry.verb, entry.reason) for entry in audit.entries(people.alice, subject=campaign.slug)]
    assert told[:2] == [("fraud.undone", ""), ("fraud.fraud", "One phone")]


def test_found_fine_and_taken_back(campaign: Campaign, people: People, count: Count) -> None:
    a_rule(campaign, what="money", amount=10_000, currency="IDR", budget=10_000_000)
    honest_people(campaign, 20)
    farm = a_farm(campaign)
    look(campaign, count)
    actions.decide(membership=people.alice, campaign=campaign, numbers=numbers(farm), verdict="fine")
    assert paid(campaign) == {"approved": 28}
    a_farm(campaign, name="wati")
    look(campaign, count)
    assert queries.state(farm[0]) is State.FINE, "a person's word wins over what is found afterwards"
    actions.undo(membership=people.alice, campaign=campaign, numbers=numbers(farm))
    assert paid(campaign) == {"pending": 18, "approved": 19}


def test_deciding_otherwise_replaces_and_taking_that_back_restores_the_first(
    campaign: Campaign, people: People, count: Count
) -> None:
    a_rule(campaign, what="money", amount=10_000, currency="IDR", budget=10_000_000)
    farm = a_farm(campaign)
    look(campaign, count)
    work()
    chosen = {"membership": people.alice, "campaign": campaign, "numbers": numbers(farm)}
    actions.decide(**chosen, verdict="fraud", note="No")
    actions.decide(**chosen, verdict="fine", note="Yes")
    assert paid(campaign) == {"approved": 9}
    actions.undo(**chosen)
    assert paid(campaign) == {"rejected": 9}
    assert {one.decision.note for one in queries.decided(campaign)} == {"No"}
    actions.undo(**chosen)
    assert paid(campaign) == {"pending": 9}
    assert actions.undo(**chosen).people == 0


def test_what_is_held_stays_so_when_the_evidence_is_gone(campaign: Campaign, count: Count) -> None:
    farm = a_farm(campaign)
    look(campaign, count)
    JoinEvidence.objects.all().delete()
    Participant.objects.filter(campaign=campaign).update(email=None)
    look(campaign, count)
    assert queries.state(farm[0]) is State.WAITS


def test_somebody_may_ask_for_a_person_and_stands_first_then(campaign: Campaign, people: People, count: Count) -> None:
    a_rule(campaign, what="money", amount=10_000, currency="IDR", budget=10_000_000)
    first, second = a_farm(campaign, 15, "tuti"), a_farm(campaign, 6, "wati")
    look(campaign, count)
    work()
    assert queries.queue(campaign).groups[0].number == first[0].pk
    assert actions.object_to(participant=second[2])
    queue = queries.queue(campaign)
    assert (queue.asked, queue.people, queue.total) == (1, 23, 2)
    assert queue.groups[0].number == second[0].pk
    assert queue.groups[0].at_risk == {"IDR": 60_000}
    assert queries.asked_at(second[2])
    actions.decide(membership=people.alice, campaign=campaign, numbers=numbers(second), verdict="fraud")
    assert queries.asked_at(second[2]) is None
    assert queries.queue(campaign).asked == 0
    assert actions.object_to(participant=second[2]), "who was refused may ask again"
    assert queries.queue(campaign).groups[0].number == second[0].pk
    actions.decide(membership=people.alice, campaign=campaign, numbers=[second[2].pk], verdict="fraud")
    assert queries.queue(campaign).asked == 0, "the same answer is an answer"


def test_who_has_nothing_held_has_nothing_to_ask(campaign: Campaign) -> None:
    assert not actions.object_to(participant=a_participant(campaign))
    assert not Objection.objects.exists()


def test_nobody_decides_about_anothers_people(campaign: Campaign, people: People, count: Count) -> None:
    farm = a_farm(campaign)
    look(campaign, count)
    theirs = a_campaign(people.charlie)
    with pytest.raises(NotFound):
        actions.decide(membership=people.charlie, campaign=theirs, numbers=numbers(farm), verdict="fraud")
    with pytest.raises(NotFound):
        actions.undo(membership=people.charlie, campaign=theirs, numbers=numbers(farm))
    with pytest.raises(NotAllowed):
        actions.decide(membership=people.vera, campaign=campaign, numbers=numbers(farm), verdict="fraud")
    assert queries.queue(theirs).people == 0
    assert not Decision.objects.exists()


def test_what_cannot_be_decided_is_said(campaign: Campaign, people: People) -> None:
    chosen = {"membership": people.alice, "campaign": campaign}
    one = a_participant(campaign)
    with pytest.raises(UserError, match="Nobody is chosen"):
        actions.decide(**chosen, numbers=[], verdict="fine")
    with pytest.raises(UserError, match="too many"):
        actions.decide(**chosen, numbers=range(1, 2000), verdict="fine")
    with pytest.raises(UserError, match="is no decision"):
        actions.decide(**chosen, numbers=[one.pk], verdict="maybe")
    with pytest.raises(UserError, match="500"):
        actions.decide(**chosen, numbers=[one.pk], verdict="fine", note="x" * 501)


def test_throw_away_addresses_are_known_with_their_subdomains() -> None:
    assert queries._is_thrown_away("a@mailinator.com")
    assert queries._is_thrown_away("a@x.mailinator.com")
    assert not queries._is_thrown_away("a@gmail.com")
    assert not queries._is_thrown_away("")


def test_the_worker_looks_where_there_is_news(campaign: Campaign, count: Count) -> None:
    a_farm(campaign)
    count()
    now = timezone.now()
    judging = jobs.Judging(lambda: now)
    judging.turn()
    assert Suspicion.objects.filter(campaign=campaign).exists()
    Suspicion.objects.all().delete()
    now += timedelta(minutes=5)
    judging.turn()
    assert not Suspicion.objects.exists(), "nothing happened since"
    a_participant(campaign)
    count()
    assert version(campaign.pk).number
    judging.turn()
    assert Suspicion.objects.filter(campaign=campaign).exists()


def test_twenty_thousand_people_are_judged(campaign: Campaign, count: Count) -> None:
    """How fast is in bench/fraud.py; here that it goes at all, and that a farm is found among them."""
    farm = a_farm(campaign)
    seed = farm[0].pk
    Participant.objects.bulk_create(
        [
            Participant(
                id=10**9 + place,
                campaign=campaign,
                parent_id=None if place == 0 else 10**9 + (place - 1) // 2,
                root_id=10**9,
                generation=place.bit_length(),
                how="api",
                joined_at=timezone.now() - timedelta(days=20, seconds=-80 * place - place % 37),
                email=f"orang{place}@example.com",
            )
            for place in range(20_000)
        ],
        batch_size=900,
    )
    look(campaign, count)
    assert set(Suspicion.objects.values_list("pk", flat=True)) == set(numbers(farm))
    assert rules.Level(Suspicion.objects.get(pk=seed).level) is Level.HIGH
