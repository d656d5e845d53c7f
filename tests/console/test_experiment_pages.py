"""The console's pages of experiments, and the campaign's page as visitors are shown it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_participant
from material.making import a_creative
from people import People
from sebar.campaigns.models import Campaign
from sebar.events.store import Store
from sebar.kit import codes
from sebar.material import queries as material
from sebar.participants import actions as participants
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.steering.experiments import actions, jobs
from sebar.steering.experiments.models import Assignment, Experiment, Status
from sebar.steering.experiments.rules import Arm, Plan

PLAN = {
    "varies": "wording", "count": "2", "name": "Two headlines", "control": "0", "holdout": "0", "planned": "2000",
    "window_days": "7", "arms.0.name": "a", "arms.0.weight": "1", "arms.1.name": "b", "arms.1.weight": "1",
    "arms.1.en.headline": "Light up the town", "arms.1.id.headline": "Terangi kota",
}  # fmt: skip


def home(people: People, campaign: Campaign) -> str:
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/experiments"


def planned(people: People, campaign: Campaign, **different: object) -> Experiment:
    arms = [
        Arm("a", 1.0, {}),
        Arm(
            "b",
            1.0,
            {
                "en": {"headline": "Light up the town", "call_to_action": "Light it"},
                "id": {"headline": "Terangi kota", "call_to_action": "Nyalakan"},
            },
        ),
    ]
    plan = Plan(**{"name": "Two headlines", "varies": "wording", "arms": arms, "control": "a", **different})  # type: ignore[arg-type] # builders
    return actions.plan(membership=people.alice, slug=campaign.slug, plan=plan)


def running(people: People, campaign: Campaign, **different: object) -> Experiment:
    made = planned(people, campaign, **different)
    return actions.start(membership=people.alice, slug=campaign.slug, number=made.pk)


def test_from_nothing_to_the_winner(alice: Client, people: People, campaign: Campaign, store: Store) -> None:
    address = home(people, campaign)
    assert "Nothing is tried yet." in alice.get(address).content.decode()
    assert "Short name" in alice.get(f"{address}/new?varies=wording").content.decode()
    kept = alice.post(f"{address}/new", PLAN, follow=True).content.decode()
    made = Experiment.objects.get()
    assert made.arms[1]["shows"] == {"en": {"headline": "Light up the town"}, "id": {"headline": "Terangi kota"}}
    assert "Start experiment" in kept
    assert "Nobody is part of it yet." in kept
    started = alice.post(f"{address}/{made.pk}/start", follow=True).content.decode()
    assert "Cannot tell yet." in started
    assert "50 seeds of every arm must have had their 7 days; of the smallest arm 0 have." in started
    ended = alice.post(f"{address}/{made.pk}/end", {"winner": "b", "reason": "I like it"}, follow=True).content.decode()
    assert "everybody new sees “b”" in ended
    listed = alice.get(address).content.decode()
    assert "I like it" in listed
    assert "Alice" in listed


def test_what_is_wrong_is_said_beside_it_and_kept(alice: Client, people: People, campaign: Campaign) -> None:
    wrong = PLAN | {"name": "", "arms.1.name": "B b", "holdout": "70", "planned": "5"}
    answer = alice.post(f"{home(people, campaign)}/new", wrong)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "The name is empty" in said
    assert "Light up the town" in said
    answer = alice.post(f"{home(people, campaign)}/new", PLAN | {"arms.1.weight": "many", "name": "", "planned": "x"})
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "“many” is not a number" in said
    assert "“x” is not a number" in said
    assert "The name is empty" in said
    one_language = {field: words for field, words in PLAN.items() if field != "arms.1.id.headline"}
    said = alice.post(f"{home(people, campaign)}/new", one_language).content.decode()
    assert '<a href="#arms.1.id.headline">“b” words this in another language only' in said
    for given in ("150", "70,5", "-1"):
        said = alice.post(f"{home(people, campaign)}/new", PLAN | {"holdout": given}).content.decode()
        assert f"{given} percent cannot be held out: write a number from 0 to 50." in said
        assert "out of bounds" not in said
    assert not Experiment.objects.exists()


def test_a_draft_is_changed_until_it_starts(alice: Client, vera: Client, people: People, campaign: Campaign) -> None:
    made = planned(people, campaign, holdout=0.1, control="b")
    address = f"{home(people, campaign)}/{made.pk}"
    said = alice.get(f"{address}/edit").content.decode()
    for kept in ('value="Two headlines"', 'value="Terangi kota"', 'value="10"', 'value="1" checked'):
        assert kept in said
    assert "Variant 3" in alice.get(f"{address}/edit?count=3").content.decode()
    assert vera.get(f"{address}/edit").status_code == 403
    assert alice.post(f"{address}/edit", PLAN | {"name": ""}).status_code == 422
    assert alice.post(f"{address}/edit", PLAN | {"name": "Better", "varies": "offer"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.varies, made.control, made.holdout) == ("Better", "wording", "a", 0.0)
    actions.start(membership=people.alice, slug=campaign.slug, number=made.pk)
    assert alice.post(f"{address}/edit", PLAN).status_code == 302
    made.refresh_from_db()
    assert made.name == "Better"


def test_a_creative_is_chosen_from_those_there_are(
    alice: Client, people: People, campaign: Campaign, without_engine: None
) -> None:
    for name in ("poem", "song"):
        a_creative(people.alice, campaign, name=name)
    form = PLAN | {"varies": "creative", "arms.1.creative": "nosuch"}
    said = alice.post(f"{home(people, campaign)}/new", form).content.decode()
    assert "no creative called “nosuch”" in said
    assert "<option>song</option>" in said
    kept = alice.post(f"{home(people, campaign)}/new", form | {"arms.1.creative": "song"}, follow=True)
    assert "Start experiment" in kept.content.decode()
    made = Experiment.objects.get()
    assert "<option selected>song</option>" in alice.get(f"{home(people, campaign)}/{made.pk}/edit").content.decode()
    actions.start(membership=people.alice, slug=campaign.slug, number=made.pk)
    gallery = home(people, campaign).replace("/experiments", "/material")
    for do in ("off", "delete"):
        said = b"".join(alice.post(f"{gallery}/song/act", {"do": do}, follow=True)).decode()  # type: ignore[call-overload]  # streamed
        assert "shows “song” in its arm “b”: end that arm or the experiment first." in said
    assert [one.name for one in material.shown(campaign)] == ["poem", "song"]


def test_with_one_arm_left_nothing_more_is_promised(
    alice: Client, people: People, campaign: Campaign, count: Callable[[], None]
) -> None:
    made = running(people, campaign)
    participants.add_many(campaign=campaign, entries=[Entry(external_id=f"s{place}") for place in range(60)])
    address = f"{home(people, campaign)}/{made.pk}"
    alice.get(address)
    jobs.enter()
    count()
    assert "days more" in alice.get(address).content.decode()
    said = alice.post(f"{address}/drop", {"arm": "a", "reason": "Why not"}).content.decode()
    assert "is the control" in said
    said = alice.post(f"{address}/drop", {"arm": "b", "reason": "Why not"}, follow=True).content.decode()
    assert "days more" not in said
    assert "End the experiment." in said


def test_who_plans_is_told_what_the_campaigns_end_leaves(alice: Client, people: People, campaign: Campaign) -> None:
    address = f"{home(people, campaign)}/new?varies=wording"
    assert "before the campaign ends" not in alice.get(address).content.decode()
    campaign.ends_at = timezone.now() + timedelta(days=9)
    campaign.save()
    said = alice.get(address).content.decode()
    assert "About 0 seeds" not in said
    assert "seeds have had their days before the campaign ends. That is too few to tell even 100% more." in said
    assert 'name="planned" type="text" inputmode="numeric" maxlength="9" value="100"' in said


@pytest.mark.parametrize("what", ["wording", "offer", "message", "creative"])
def test_each_kind_has_its_form(alice: Client, people: People, campaign: Campaign, what: str) -> None:
    said = alice.get(f"{home(people, campaign)}/new?varies={what}&count=3").content.decode()
    assert said.count('name="control"') == 3
    assert "Not kept yet" not in said


def test_two_at_once_are_refused_in_words(alice: Client, people: People, campaign: Campaign, store: Store) -> None:
    running(people, campaign)
    second = planned(people, campaign)
    answer = alice.post(f"{home(people, campaign)}/{second.pk}/start")
    assert answer.status_code == 422
    assert "nobody can be shown two at once" in answer.content.decode()


def test_viewers_look_and_strangers_do_not(
    vera: Client, charlie: Client, people: People, campaign: Campaign, store: Store
) -> None:
    made = running(people, campaign)
    address = f"{home(people, campaign)}/{made.pk}"
    said = vera.get(address).content.decode()
    assert "Arm by arm" in said
    assert "End experiment" not in said
    assert vera.post(f"{address}/end").status_code == 403
    assert charlie.get(address).status_code == 404
    assert Experiment.objects.get().status == Status.RUNNING


def test_without_an_engine_the_page_still_says_what_is_shown(
    alice: Client, people: People, campaign: Campaign, without_engine: None
) -> None:
    made = running(people, campaign)
    said = alice.get(f"{home(people, campaign)}/{made.pk}").content.decode()
    assert "Light up the town" in said
    assert "Arm by arm" not in said
    assert "Two headlines" in alice.get(home(people, campaign)).content.decode()


def test_the_page_tells_the_truth_of_a_simulated_campaign(
    alice: Client, people: People, campaign: Campaign, count: Callable[[], None]
) -> None:
    made = running(people, campaign, window_days=1)
    Experiment.objects.update(started_at=timezone.now() - timedelta(days=5))
    start = timezone.now() - timedelta(days=4)
    seeds = [Entry(external_id=f"s{place}", joined_at=start + place * timedelta(minutes=1)) for place in range(160)]
    friends = [
        Entry(external_id=f"f{place}.{friend}", referred_by=f"s{place}", joined_at=start + timedelta(hours=12))
        for place in range(1, 160, 2)
        for friend in range(place % 5)
    ]
    joined = participants.add_many(campaign=campaign, entries=[*seeds, *friends])
    Assignment.objects.bulk_create(
        Assignment(experiment=made, seed=one.participant, arm="ab"[place % 2], by_page=False, at=seeds[place].joined_at)
        for place, one in enumerate(joined[:160])
    )
    count()
    said = alice.get(f"{home(people, campaign)}/{made.pk}").content.decode()
    assert "“b” is clearly better than “a”" in said
    assert "How sure it has become: b" in said
    assert "Yes: the numbers agree with the shares." in said
    assert '<option value="b" selected>' in said
    alice.cookies["sebar_language"] = "id"
    assert "jelas lebih baik" in alice.get(f"{home(people, campaign)}/{made.pk}?lang=id").content.decode()


def test_one_visitor_tells_nothing_of_how_arms_are_dealt_out(
    alice: Client, people: People, campaign: Campaign, count: Callable[[], None]
) -> None:
    made = running(people, campaign)
    Experiment.objects.update(started_at=timezone.now() - timedelta(hours=1))
    (joined,) = participants.add_many(campaign=campaign, entries=[Entry(external_id="s1")])
    given: dict[str, object] = {"by_page": False, "at": timezone.now() - timedelta(minutes=1)}
    Assignment.objects.create(experiment=made, seed=joined.participant, arm="a", **given)
    count()
    address = f"{home(people, campaign)}/{made.pk}"
    said = alice.get(address).content.decode()
    assert "Too early to say: numbers tell it once 20 are expected in every arm." in said
    assert "agree with the shares" not in said
    assert said.count('<td class="n">0.5</td>') == 2
    more = participants.add_many(campaign=campaign, entries=[Entry(external_id=f"t{place}") for place in range(20)])
    Assignment.objects.bulk_create(Assignment(experiment=made, seed=one.participant, arm="a", **given) for one in more)
    said = alice.get(address).content.decode()
    assert "No: such numbers come up by chance" in said, "what is plainly wrong is said early too"


def visit(campaign: Campaign, agent: str, **query: str) -> tuple[str, str]:
    """Return the campaign's page as a browser of this name sees it, and what its form carries."""
    said = Client().get(f"/c/{campaign.slug}", query, headers={"User-Agent": agent}).content.decode()
    mark = said.partition('name="arms" value="')[2].partition('"')[0]
    return said, mark


def test_a_visitor_is_shown_an_arm_and_keeps_it_by_joining(people: People, campaign: Campaign) -> None:
    made = running(people, campaign)
    pages = [visit(campaign, f"Browser {number}") for number in range(30)]
    shown = {"Light up the town" in said for said, _ in pages}
    assert shown == {True, False}
    assert [said for said, _ in (visit(campaign, "Browser 3") for _ in range(2))].count(pages[3][0]) <= 2
    said, mark = next((said, mark) for said, mark in pages if "Light up the town" in said)
    assert "Light it" in said
    sent = {"arms": mark, "consent": "1", "submission": "x" * 20}
    Client(headers={"User-Agent": "Somebody else"}).post(f"/c/{campaign.slug}", sent)
    (assignment,) = Assignment.objects.filter(experiment=made)
    assert (assignment.arm, assignment.by_page) == ("b", True)
    friend, carried = visit(campaign, "Any", ref=codes.spell(assignment.seed_id))
    assert "Light up the town" in friend
    assert carried == "", "friends are given nothing: they have what their friend has"
    share = Client().get(f"/s/{codes.spell(assignment.seed_id)}").content.decode()
    assert "Light up the town" in share


def test_a_forged_arm_is_not_believed(people: People, campaign: Campaign) -> None:
    running(people, campaign)
    Client().post(f"/c/{campaign.slug}", {"arms": '{"1": "b"}', "consent": "1", "submission": "y" * 20})
    assert Participant.objects.count() == 1
    assert not Assignment.objects.exists()


def test_an_error_in_the_form_keeps_the_arm(people: People, campaign: Campaign) -> None:
    running(people, campaign)
    _, mark = next(one for one in (visit(campaign, f"B{n}") for n in range(40)) if "Light up the town" in one[0])
    for number in range(6):
        again = Client(headers={"User-Agent": f"C{number}"}).post(f"/c/{campaign.slug}", {"arms": mark})
        assert again.status_code == 422
        assert "Light up the town" in again.content.decode()


def test_an_offer_stands_on_the_page(people: People, campaign: Campaign) -> None:
    arms = [
        Arm("a", 1.0, {}),
        Arm("b", 1.0, {one: {"offer": "A free coffee for both of you"} for one in campaign.languages}),
    ]
    made = running(people, campaign, varies="offer", arms=arms)
    seed = a_participant(campaign)
    Assignment.objects.create(experiment=made, seed=seed, arm="b", by_page=False, at=seed.joined_at)
    said, _ = visit(campaign, "Any", ref=codes.spell(seed.pk))
    assert "A free coffee for both of you" in said
