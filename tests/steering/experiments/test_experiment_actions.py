"""Who is part of an experiment, what each is shown, and what members may do to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone
from planning import a_plan, a_running

from builders import a_campaign, a_participant
from people import People
from sebar.brands import audit
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors
from sebar.material import actions as material
from sebar.material import queries as materials
from sebar.material.rules import CreativeForm
from sebar.participants.rules import Entry
from sebar.steering.experiments import actions, jobs, queries, rules
from sebar.steering.experiments.models import Assignment, Experiment, Status
from sebar.steering.experiments.rules import Arm


def headline(showing: queries.Showing, campaign: Campaign) -> str:
    return showing.texts(campaign.texts)["en"]["headline"]


def a_poem(people: People, campaign: Campaign) -> None:
    """Add a poem behind the story that stands first."""
    said = {language: {"title": "Poem", "long": "Roses are red"} for language in ("en", "id")}
    for name in ("story", "poem"):
        form = CreativeForm(name=name, texts=said)
        material.make(membership=people.alice, slug=campaign.slug, kind="text", form=form)


def a_seed(campaign: Campaign, experiment: Experiment, arm: str) -> int:
    """Return a seed whom a page gave this arm."""
    return actions.join(campaign=campaign, entry=Entry(how="link"), given={experiment.pk: arm}).participant.pk


def test_a_whole_cascade_sees_what_its_seed_saw(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign)
    for arm, shown in (("a", "Share the spark"), ("b", "Light up the town")):
        seed = a_seed(campaign, experiment, arm)
        child = a_participant(campaign, Assignment.objects.get(seed=seed).seed)
        grandchild = a_participant(campaign, child)
        assert grandchild.root_id == seed
        assert headline(queries.for_visitor(campaign, grandchild.root_id, lambda: 1), campaign) == shown
        assert headline(queries.for_participant(campaign, grandchild.root_id), campaign) == shown
    assert Assignment.objects.count() == 2, "friends are never given an arm of their own"


def test_who_was_there_before_sees_the_usual_page(people: People, campaign: Campaign) -> None:
    before = a_participant(campaign)
    experiment = a_running(people.alice, campaign)
    jobs.enter()
    assert not Assignment.objects.filter(experiment=experiment).exists()
    showing = queries.for_visitor(campaign, before.pk, lambda: 1)
    assert (showing.shows, showing.given) == ({}, {})


def test_seeds_of_programs_get_an_arm_by_their_number_before_and_after_it_is_stored(
    people: People, campaign: Campaign
) -> None:
    experiment = a_running(people.alice, campaign)
    seeds = [a_participant(campaign, how="api") for _ in range(40)]
    shown = {seed.pk: headline(queries.for_visitor(campaign, seed.pk, lambda: 1), campaign) for seed in seeds}
    assert jobs.enter() >= 2
    assert Assignment.objects.filter(experiment=experiment, by_page=False).count() == 40
    assert len(set(shown.values())) == 2
    for seed in seeds:
        assert headline(queries.for_visitor(campaign, seed.pk, lambda: 1), campaign) == shown[seed.pk]


def test_visitors_without_a_link_are_spread_by_the_hash_of_the_day(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign, holdout=0.2)
    found = Counter(
        queries.for_visitor(campaign, None, lambda who=who: who).given[experiment.pk] for who in range(1, 1001)
    )
    assert 330 < found["a"] < 470
    assert 330 < found["b"] < 470
    assert 140 < found[rules.HOLDOUT] < 260


def test_the_first_arm_stays(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign)
    entry = Entry(how="link", external_id="same")
    first = actions.join(campaign=campaign, entry=entry, given={experiment.pk: "b"})
    again = actions.join(campaign=campaign, entry=entry, given={experiment.pk: "a"})
    assert (first.is_new, again.is_new) == (True, False)
    assert [one.arm for one in Assignment.objects.all()] == ["b"]


def test_who_came_by_a_friend_is_not_given_what_the_page_showed(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign)
    seed = a_participant(campaign, joined_at=None)
    entry = Entry(how="code", referred_by=codes.spell(seed.pk))
    joined = actions.join(campaign=campaign, entry=entry, given={experiment.pk: "b"})
    assert joined.participant.root_id == seed.pk
    assert not Assignment.objects.exists()


def test_one_of_a_kind_at_a_time(people: People, campaign: Campaign) -> None:
    a_running(people.alice, campaign)
    second = actions.plan(membership=people.alice, slug=campaign.slug, plan=a_plan(name="Again"))
    with pytest.raises(NotAllowed, match="nobody can be shown two at once"):
        actions.start(membership=people.alice, slug=campaign.slug, number=second.pk)
    message = [Arm("a", 1.0, {}), Arm("b", 1.0, {one: {"share_text": "Come!"} for one in ("en", "id")})]
    a_running(people.alice, campaign, varies="message", arms=message)
    assert Experiment.objects.filter(status=Status.RUNNING).count() == 2


def test_only_what_can_be_shown_is_tried(people: People, campaign: Campaign) -> None:
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {"creative": "poem"})]
    with pytest.raises(UserErrors, match="no creative called “poem”"):
        a_running(people.alice, campaign, varies="creative", arms=arms)
    a_poem(people, campaign)
    material.switch(membership=people.alice, slug=campaign.slug, name="poem", is_on=False)
    with pytest.raises(NotAllowed, match="called “poem”"):
        a_running(people.alice, campaign, varies="creative", arms=arms)
    material.switch(membership=people.alice, slug=campaign.slug, name="poem", is_on=True)
    experiment = a_running(people.alice, campaign, varies="creative", arms=arms)
    seed = a_seed(campaign, experiment, "b")
    assert queries.for_visitor(campaign, seed, lambda: 1).creative == "poem"


@pytest.mark.parametrize("ending", ["arm", "experiment"])
def test_what_is_being_tried_can_neither_be_deleted_nor_switched_off(
    people: People, campaign: Campaign, ending: str
) -> None:
    a_poem(people, campaign)
    poem: dict[str, Any] = {"membership": people.alice, "slug": campaign.slug, "name": "poem"}
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {"creative": "poem"})]
    draft = actions.plan(membership=people.alice, slug=campaign.slug, plan=a_plan(varies="creative", arms=arms))
    actions.switch_creative(**poem, is_on=False)
    actions.switch_creative(**poem, is_on=True)
    actions.start(membership=people.alice, slug=campaign.slug, number=draft.pk)
    tried = "The experiment “Two headlines” shows “poem” in its arm “b”: end that arm or the experiment first."
    with pytest.raises(NotAllowed, match=tried):
        actions.switch_creative(**poem, is_on=False)
    with pytest.raises(NotAllowed, match=tried):
        actions.remove_creative(**poem)
    assert [one.name for one in materials.shown(campaign)] == ["story", "poem"]
    if ending == "arm":
        actions.drop(membership=people.alice, slug=campaign.slug, number=draft.pk, arm="b", reason="A typing error")
    else:
        actions.end(membership=people.alice, slug=campaign.slug, number=draft.pk)
    actions.switch_creative(**poem, is_on=False)
    actions.remove_creative(**poem)
    assert [one.name for one in materials.shown(campaign)] == ["story"]


def test_what_is_usual_stays_while_the_gallery_is_put_in_another_order(people: People, campaign: Campaign) -> None:
    a_poem(people, campaign)
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {"creative": "poem"})]
    experiment = a_running(people.alice, campaign, varies="creative", arms=arms, holdout=0.2)
    usual, held_out = (a_seed(campaign, experiment, arm) for arm in ("a", rules.HOLDOUT))
    named: dict[str, Any] = {"membership": people.alice, "slug": campaign.slug}
    material.move(**named, name="poem", by=-1)
    for seed in (usual, held_out):
        assert queries.for_visitor(campaign, seed, lambda: 1).creative == "story"
        assert queries.for_participant(campaign, seed).creative == "story"
    with pytest.raises(NotAllowed, match="shows “story” in its arm “a”"):
        actions.switch_creative(**named, name="story", is_on=False)
    actions.drop(**named, number=experiment.pk, arm="a", is_worse=True)
    with pytest.raises(NotAllowed, match="in its arm “holdout”"):
        actions.switch_creative(**named, name="story", is_on=False)
    actions.end(**named, number=experiment.pk)
    assert queries.for_visitor(campaign, None, lambda: 1).creative == ""


def test_an_arm_that_shows_the_usual_is_not_tried_beside_it(people: People, campaign: Campaign) -> None:
    a_poem(people, campaign)
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {"creative": "story"})]
    with pytest.raises(NotAllowed, match="“story” stands first in the material, so the arms “a” and “b”"):
        a_running(people.alice, campaign, varies="creative", arms=arms)


def test_a_draft_is_planned_anew_until_it_starts(people: People, campaign: Campaign) -> None:
    draft = actions.plan(membership=people.alice, slug=campaign.slug, plan=a_plan())
    anew: dict[str, Any] = {"membership": people.alice, "slug": campaign.slug, "number": draft.pk}
    actions.change(**anew, plan=a_plan(name="Better", planned=300))
    (kept,) = Experiment.objects.all()
    assert (kept.name, kept.planned, kept.status) == ("Better", 300, Status.DRAFT)
    with pytest.raises(UserErrors, match="The name is empty"):
        actions.change(**anew, plan=a_plan(name=""))
    with pytest.raises(UserErrors, match="varies stays “wording”"):
        actions.change(**anew, plan=a_plan(varies="message"))
    actions.start(membership=people.alice, slug=campaign.slug, number=draft.pk)
    with pytest.raises(NotAllowed, match="plan a new one"):
        actions.change(**anew, plan=a_plan())


def test_the_control_does_not_end_before_the_experiment(people: People, campaign: Campaign) -> None:
    third = Arm("c", 1.0, {one: {"headline": "Third"} for one in ("en", "id")})
    experiment = a_running(people.alice, campaign, arms=[*a_plan().arms, third])
    ended: dict[str, Any] = {"membership": people.alice, "slug": campaign.slug, "number": experiment.pk}
    with pytest.raises(UserError, match="“a” is the control"):
        actions.drop(**ended, arm="a", reason="I do not like it")
    assert queries.is_comparing(actions.drop(**ended, arm="b", reason="I do not like it"))
    assert not queries.is_comparing(actions.drop(**ended, arm="a", is_worse=True))


def test_a_page_of_the_brands_own_cannot_be_varied(people: People) -> None:
    campaign = a_campaign(people.alice, target_url="https://example.com/")
    with pytest.raises(NotAllowed, match="your own page"):
        a_running(people.alice, campaign)
    message = [Arm("a", 1.0, {}), Arm("b", 1.0, {one: {"share_text": "Come!"} for one in ("en", "id")})]
    assert a_running(people.alice, campaign, varies="message", arms=message).status == Status.RUNNING


def test_a_dropped_arm_gets_no_new_seeds_and_its_people_keep_it(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign)
    seed = a_seed(campaign, experiment, "b")
    waiting = [a_participant(campaign) for _ in range(20)]
    were = {one.pk: queries.for_visitor(campaign, one.pk, lambda: 1).shows for one in waiting}
    with pytest.raises(UserError, match="write down why"):
        actions.drop(membership=people.alice, slug=campaign.slug, number=experiment.pk, arm="b")
    actions.drop(membership=people.alice, slug=campaign.slug, number=experiment.pk, arm="b", reason="A typing error")
    assert {queries.for_visitor(campaign, None, lambda who=who: who).given[experiment.pk] for who in range(50)} == {"a"}
    assert headline(queries.for_visitor(campaign, seed, lambda: 1), campaign) == "Light up the town"
    assert {one.pk: queries.for_visitor(campaign, one.pk, lambda: 1).shows for one in waiting} == were
    with pytest.raises(UserError, match="last arm"):
        actions.drop(membership=people.alice, slug=campaign.slug, number=experiment.pk, arm="a", reason="Why not")
    with pytest.raises(UserError, match="no arm that is still given"):
        actions.drop(membership=people.alice, slug=campaign.slug, number=experiment.pk, arm="b", reason="Again")
    (entry, _) = audit.entries(people.alice, subject=campaign.slug)
    assert (entry.verb, entry.reason, entry.details["clearly_worse"]) == (
        "experiment.arm_dropped", "A typing error", False,
    )  # fmt: skip


def test_everybody_new_sees_the_winner_and_others_keep_what_they_saw(people: People, campaign: Campaign) -> None:
    before = a_participant(campaign)
    experiment = a_running(people.alice, campaign)
    losing = a_seed(campaign, experiment, "a")
    actions.end(membership=people.alice, slug=campaign.slug, number=experiment.pk, winner="b", reason="It spreads")
    for root in (None, before.pk, losing):
        showing = queries.for_visitor(campaign, root, lambda: 1)
        assert headline(showing, campaign) == "Light up the town"
        assert not showing.given
    assert headline(queries.for_participant(campaign, losing), campaign) == "Share the spark"
    assert headline(queries.for_participant(campaign, before.pk), campaign) == "Light up the town"
    assert audit.entries(people.alice, subject=campaign.slug)[0].details == {
        "experiment": "Two headlines", "winner": "b",
    }  # fmt: skip
    with pytest.raises(NotAllowed, match="does not run"):
        actions.end(membership=people.alice, slug=campaign.slug, number=experiment.pk)


def test_without_a_winner_the_page_is_as_usual_again(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign)
    with pytest.raises(UserError, match="none of the arms"):
        actions.end(membership=people.alice, slug=campaign.slug, number=experiment.pk, winner="c")
    actions.end(membership=people.alice, slug=campaign.slug, number=experiment.pk)
    assert headline(queries.for_visitor(campaign, None, lambda: 1), campaign) == "Share the spark"


def test_a_later_experiment_comes_before_an_earlier_winner(people: People, campaign: Campaign) -> None:
    first = a_running(people.alice, campaign)
    actions.end(membership=people.alice, slug=campaign.slug, number=first.pk, winner="b")
    third = {one: {"headline": "Third"} for one in ("en", "id")}
    second = a_running(people.alice, campaign, arms=[Arm("x", 1.0, {}), Arm("y", 1.0, third)], control="x")
    seed = a_seed(campaign, second, "y")
    assert headline(queries.for_visitor(campaign, seed, lambda: 1), campaign) == "Third"


def test_what_has_started_stays_on_the_record(people: People, campaign: Campaign) -> None:
    draft = actions.plan(membership=people.alice, slug=campaign.slug, plan=a_plan())
    actions.discard(membership=people.alice, slug=campaign.slug, number=draft.pk)
    running = a_running(people.alice, campaign)
    with pytest.raises(NotAllowed, match="record stays"):
        actions.discard(membership=people.alice, slug=campaign.slug, number=running.pk)
    with pytest.raises(NotAllowed, match="started before"):
        actions.start(membership=people.alice, slug=campaign.slug, number=running.pk)


def test_others_find_nothing_and_viewers_change_nothing(people: People, campaign: Campaign) -> None:
    experiment = a_running(people.alice, campaign)
    with pytest.raises(NotFound):
        actions.end(membership=people.charlie, slug=campaign.slug, number=experiment.pk)
    with pytest.raises(NotAllowed):
        actions.end(membership=people.vera, slug=campaign.slug, number=experiment.pk)
    other = a_campaign(people.alice)
    with pytest.raises(NotFound):
        queries.of_number(other, experiment.pk)
    assert experiment.started_at is not None
    assert experiment.started_at <= timezone.now()
