"""From asking to a plan that is computed, compared, invited from and scored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_cascade, a_draft
from people import People
from plans.planning import a_form, a_star, asked, computed, joins, uploaded, worked_out
from rewards.giving import a_pool, a_rule, converts, refunds, work
from sebar.brands import audit
from sebar.campaigns import actions as campaigns
from sebar.campaigns.brief import actions as brief
from sebar.campaigns.brief.rules import BriefForm
from sebar.campaigns.models import Campaign
from sebar.events.store import Store
from sebar.kit.errors import NotAllowed, NotFound, UserError
from sebar.participants.models import Participant
from sebar.rewards import actions as rewards
from sebar.rewards.rules import Terms
from sebar.steering.plans import actions, files, jobs, queries
from sebar.steering.plans.models import PlanGraph, PlanVersion, State
from sebar.steering.plans.rules import PlanForm
from sebar.steering.report import queries as reports


def test_without_a_graph_and_a_past_all_is_said_with_its_doubt(people: People, store: Store) -> None:
    draft = a_draft(people.alice, goal=500)
    brief.write(membership=people.alice, slug=draft.slug, form=BriefForm(budget=1_000_000, currency="IDR"))
    found = computed(people, draft, cost=10_000, support=50.0)
    result = found.result
    assert (found.version.number, found.version.state, found.version.progress) == (1, State.DONE, 100)
    assert len(result.fan) == 11
    assert all(list(line) == sorted(line) for line in result.fan)
    assert [line[3] for line in result.fan] == sorted(line[3] for line in result.fan)
    assert result.fan[1][0] >= 20
    assert result.known.campaigns == []
    assert result.known.r[1] < result.known.r[0] < result.known.r[2]
    assert 0 < result.nothing < 1
    assert result.goal is not None
    assert 0 < result.goal < 1
    assert result.over_budget == 0.0
    assert [(one.unit, one.at) for one in result.costs] == [("IDR", (200_000,) * 3)]
    assert [one.what for one in result.tried] == ["plan", "quality", "seeds", "later"]
    assert [one.more is not None and np.sign(one.more[0]) for one in result.tried[:3]] == [0, -1, 1]
    assert result.support[0] <= result.support[1]
    assert found.version.chosen == []


def test_rewards_cost_what_their_rules_say(people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    brief.write(membership=people.alice, slug=draft.slug, form=BriefForm(budget=50_000, currency="IDR"))
    each = Terms(name="Each", what="money", amount=10_000, currency="IDR", budget=40_000)
    rewards.draft_rule(membership=people.alice, campaign=draft, terms=each)
    result = computed(people, draft).result
    (cost,) = result.costs
    assert cost.unit == "IDR"
    assert cost.is_money
    assert cost.at[0] <= cost.at[1] <= cost.at[2] == 40_000
    more_than_five = sum(total > 25 for total in result.totals) / len(result.totals)
    assert result.over_budget == pytest.approx(more_than_five)
    ((name, used_up),) = result.ends
    assert name == "Each"
    assert used_up == pytest.approx(sum(total > 24 for total in result.totals) / len(result.totals))
    assert [one.what for one in result.tried] == ["plan", "quality", "reward", "seeds", "later"]


@pytest.mark.django_db(transaction=True)
def test_a_running_campaign_plans_with_what_its_rewards_have_left(people: People, store: Store) -> None:
    campaign = a_campaign(people.alice)
    brief.write(membership=people.alice, slug=campaign.slug, form=BriefForm(budget=70_000, currency="IDR"))
    a_rule(campaign, name="Each", what="money", amount=10_000, currency="IDR", budget=50_000, hold_days=9)
    a_rule(campaign, name="Cup", what="coupon", pool=a_pool(campaign, codes=8).pk, trigger="conversion")
    gone = a_rule(campaign, name="Gone", what="money", amount=5_000, currency="IDR", budget=50_000)
    _, *friends = a_cascade(campaign, [-1, 0, 0])
    converts(friends[0])
    work()
    rewards.switch_off(membership=people.alice, rule=gone)
    found = computed(people, campaign, conversions=100.0)
    inputs, result = found.inputs, found.result
    assert [(one.name, one.spent, one.left, one.pool) for one in inputs.rules] == [
        ("Each", 20_000, 30_000, ""),
        ("Cup", 1, None, "Cups"),
    ]
    assert (inputs.spent, inputs.budget_left, inputs.pools) == (30_000, 40_000, {"Cups": 7})
    assert {one.unit: one.at[2] for one in result.costs} == {"IDR": 30_000, "coupon": 7}
    friends_come = [total - 20 for total in result.totals]  # seeds are invited and all come
    assert result.over_budget == pytest.approx(sum(one > 4 for one in friends_come) / len(friends_come))
    assert dict(result.ends)["Each"] == pytest.approx(sum(one > 3 for one in friends_come) / len(friends_come))
    assert dict(result.run_out)["Cups"] == pytest.approx(sum(one > 7 for one in friends_come) / len(friends_come))


def test_from_an_uploaded_graph_the_best_are_chosen_and_invited_once(people: People, store: Store) -> None:
    graph = uploaded(people, a_star())
    assert (graph.state, graph.people, graph.ties, graph.has_chances) == (State.DONE, 34, 64, False)
    campaign = a_campaign(people.alice)
    found = computed(people, campaign, source="upload", graph=graph.pk, invited=2)
    listed = queries.invitees(people.alice.brand, found.version)
    assert listed[0].name == "Hub"
    assert listed[0].ties == 30
    assert listed[0].adds > listed[1].adds
    assert not any(one.took_part or one.agreed for one in listed)
    assert found.result.chosen is not None
    assert 0 < found.result.chosen.guarantee <= 1
    assert max(found.result.totals) <= 34
    assert actions.invite(membership=people.alice, slug=campaign.slug, number=found.plan.pk) == 2
    assert actions.invite(membership=people.alice, slug=campaign.slug, number=found.plan.pk) == 0
    hub = Participant.objects.get(campaign=campaign, external_id="Hub")
    assert (hub.parent, hub.consent_text, hub.source) == (None, None, "plan")
    assert audit.entries(people.alice, subject=campaign.slug)[0].verb == "plan.invited"
    again = computed(people, campaign, number=found.plan.pk, source="upload", graph=graph.pk, invited=2)
    assert "Hub" not in {one.name for one in queries.invitees(people.alice.brand, again.version)}


def test_nobody_is_invited_while_nobody_can_join(people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    graph = uploaded(people, a_star())
    found = computed(people, draft, source="upload", graph=graph.pk, invited=1)
    with pytest.raises(NotAllowed):
        actions.invite(membership=people.alice, slug=draft.slug, number=found.plan.pk)
    other = computed(people, draft, name="No graph")
    with pytest.raises(UserError, match="no list of people"):
        actions.invite(membership=people.alice, slug=draft.slug, number=other.plan.pk)


def test_removing_a_graph_forgets_whom_it_named_and_keeps_what_was_said(people: People, store: Store) -> None:
    graph = uploaded(people, a_star())
    found = computed(people, a_draft(people.alice), source="upload", graph=graph.pk, invited=2)
    place = files.folder(people.alice.brand.pk, graph.pk)
    assert (place / "graph.json").is_file()
    assert not list(place.glob("ties.*"))
    actions.forget(membership=people.alice, number=graph.pk)
    assert not place.exists()
    after = queries.computed(found.plan)
    assert after is not None
    assert after.version.chosen == []
    assert after.result == found.result
    assert after.inputs.graph_name == "ties.csv"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "source,target\nAna,Budi\nCitra\n",
            "if you know it, the chance.\nties.csv:3: Citra",
        ),
        ("Ana\n", "if you know it, the chance.\nties.csv:1: Ana"),
        (
            "source,target,probability\nAna,Budi,2\n",
            "A chance is no number from 0 to 1: mend it and upload the file once more.\nties.csv:2: 2",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_is_deleted(people: People, text: str, words: str) -> None:
    graph = uploaded(people, text)
    assert graph.state == State.REFUSED
    assert words in graph.problem
    assert str(files.folder(1, 1).parents[1]) not in graph.problem
    assert not files.folder(people.alice.brand.pk, graph.pk).exists()
    assert queries.graphs(people.alice.brand) == []
    with pytest.raises(UserError, match="was removed"):
        raise UserError(computed_problem(people, graph))


def computed_problem(people: People, graph: PlanGraph) -> str:
    version = asked(people, a_draft(people.alice), source="upload", graph=graph.pk)
    worked_out()
    version.refresh_from_db()
    assert version.state == State.REFUSED
    return version.problem


@pytest.mark.parametrize(("name", "text", "words"), [("ties.zip", "x", "ends in .csv"), ("ties.csv", "", "is empty")])
def test_a_file_of_no_use_is_refused_at_once(people: People, name: str, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        uploaded(people, text, name=name)
    assert not PlanGraph.objects.exists()


def test_failed_files_leave_room_for_the_next(people: People) -> None:
    failed = uploaded(people, "Ana\n")
    assert queries.failed_graphs(people.alice.brand) == [failed]
    kept = [uploaded(people, a_star(), name=f"{number}.csv") for number in range(actions.MOST_GRAPHS)]
    assert queries.failed_graphs(people.alice.brand) == []
    assert queries.graphs(people.alice.brand) == kept[::-1]
    with pytest.raises(UserError, match="10 files are kept already"):
        uploaded(people, a_star())


def test_the_share_who_convert_is_measured_here_or_else_in_campaigns_before(people: People) -> None:
    def bought(campaign: Campaign, count: int, buyers: int) -> list[Participant]:
        joined = a_cascade(campaign, [-1] * count)
        for one in joined[:buyers]:
            converts(one, f"{one.pk}-1")
            converts(one, f"{one.pk}-2")
        return joined

    draft = a_draft(people.alice)
    assert queries.conversions(draft) is None
    bought(a_campaign(people.alice, name="Silent"), 40, 0)
    bought(a_campaign(people.charlie, name="Theirs"), 40, 40)
    early = a_campaign(people.alice, name="Early")
    bought(early, 29, 29)
    assert queries.conversions(draft) is None
    before = a_campaign(people.alice, name="Before")
    buyer = bought(before, 60, 9)[0]
    past = queries.Measured(9, 60, ("Before",))
    assert queries.conversions(draft) == queries.conversions(early) == past
    assert past.percent == 15.0
    for order in (1, 2):
        refunds(buyer, f"{buyer.pk}-{order}")
    assert queries.conversions(before) == queries.Measured(8, 60, ())


def test_from_the_brands_own_past(people: People, count: Callable[[], None]) -> None:
    began = timezone.now() - timedelta(days=20)
    for day in (0, 4):
        joins(a_campaign(people.alice), began=began + timedelta(days=day), seeds=20, friends=30)
    count()
    draft = a_draft(people.alice)
    without = computed(people, draft)
    assert len(without.result.known.campaigns) == 2
    low, high = without.result.known.r[1:]
    assert low < 0.6 < high
    along = computed(people, draft, name="Along", source="past", invited=3)
    listed = queries.invitees(people.alice.brand, along.version)
    assert {one.name for one in listed} <= {f"p{number}" for number in range(20)}
    assert all(one.took_part and not one.agreed for one in listed)
    assert along.result.key == without.result.key
    under_way = queries.begun(draft)[0]
    known = computed(people, under_way, name="More").result.known
    assert known.is_own
    assert known.campaigns == [under_way.name], "what others did tells nothing beside how it goes itself"
    assert known.r[2] - known.r[1] < high - low


def test_a_brand_without_a_past_is_told_so(people: People, store: Store) -> None:
    version = asked(people, a_draft(people.alice), source="past")
    worked_out()
    version.refresh_from_db()
    assert version.state == State.REFUSED
    assert version.problem.startswith("No campaign of yours has participants yet")


def test_another_brands_past_is_not_looked_at(people: People, count: Callable[[], None]) -> None:
    joins(a_campaign(people.charlie), began=timezone.now() - timedelta(days=20), seeds=20, friends=30)
    count()
    assert computed(people, a_draft(people.alice)).result.known.campaigns == []


def test_plans_are_compared_in_the_same_worlds(people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    few, many = (computed(people, draft, name=f"{invited}", invited=invited, cost=100) for invited in (10, 20))
    first, second = queries.compare(draft, [few.plan.pk, many.plan.pk])
    assert first.more is None
    assert second.more is not None
    assert second.more.low > 0
    assert second.more_spent is not None
    assert second.more_spent.value == 1000
    with pytest.raises(UserError, match="from two to 4"):
        queries.compare(draft, [few.plan.pk, few.plan.pk])
    with pytest.raises(NotFound):
        queries.compare(a_draft(people.alice), [few.plan.pk, many.plan.pk])


def test_what_was_done_never_changes_and_each_computation_is_a_version(people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    first = computed(people, draft)
    second = computed(people, draft, number=first.plan.pk, invited=30)
    assert [one.number for one in queries.versions(first.plan)] == [2, 1]
    kept = queries.computed(first.plan, 1)
    assert kept is not None
    assert kept.result == first.result
    actions.finish(number=first.version.pk, content=b"other", chosen=[])
    actions.refuse(number=first.version.pk, problem="other")
    assert PlanVersion.objects.get(pk=first.version.pk).state == State.DONE
    assert queries.computed(first.plan, 1) == kept
    assert second.inputs.form.invited == 30


def test_a_cancelled_computation_leaves_nothing(people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    version = asked(people, draft)
    job = jobs.Computing()
    job.turn()
    assert actions.cancel(membership=people.alice, slug=draft.slug, number=version.plan.pk) == 1
    while job.is_busy:
        job.turn()
    version.refresh_from_db()
    assert (version.state, version.content) == (State.CANCELLED, None)
    assert queries.next_version() is None


def test_a_mistake_in_a_file_is_told_while_a_plan_is_computed(people: People, store: Store) -> None:
    version = asked(people, a_draft(people.alice))
    reading, computing = jobs.Reading(), jobs.Computing()
    computing.turn()
    wrong = actions.upload(membership=people.alice, file_name="wrong.csv", is_mutual=False, pieces=[b"a\nb\n"])
    while queries.next_graph() or reading.is_busy:
        reading.turn()
    wrong.refresh_from_db()
    version.refresh_from_db()
    assert (wrong.state, version.state) == (State.REFUSED, State.RUNNING)
    computing.stop()


def test_a_plan_waits_for_its_file(people: People) -> None:
    ties = [a_star().encode()]
    graph = actions.upload(membership=people.alice, file_name="ties.csv", is_mutual=True, pieces=ties)
    version = asked(people, a_draft(people.alice), source="upload", graph=graph.pk)
    assert queries.next_version() is None
    actions.accept_graph(number=graph.pk, people=34, ties=32, has_chances=False)
    assert queries.next_version() == version


def test_a_worker_that_died_is_no_loss(people: People, store: Store) -> None:
    version = asked(people, a_draft(people.alice))
    died = jobs.Computing()
    died.turn()
    died.stop()
    worked_out()
    version.refresh_from_db()
    assert version.state == State.DONE


def test_the_version_of_record_is_the_one_at_publishing_and_is_scored_once(
    people: People, count: Callable[[], None]
) -> None:
    draft = a_draft(people.alice)
    first = computed(people, draft)
    campaign = campaigns.publish(membership=people.alice, slug=draft.slug)
    later = computed(people, draft, number=first.plan.pk, invited=40)
    joins(campaign, began=timezone.now() - timedelta(hours=20), seeds=12, friends=5)
    count()
    jobs.score()
    assert not PlanVersion.objects.exclude(scored_at=None).exists()
    long_ago = timezone.now() - timedelta(days=12)
    Campaign.objects.filter(pk=campaign.pk).update(published_at=long_ago)
    PlanVersion.objects.filter(pk=first.version.pk).update(done_at=long_ago - timedelta(hours=1))
    jobs.score()
    (scored,) = PlanVersion.objects.exclude(scored_at=None)
    assert scored.pk == first.version.pk != later.version.pk
    assert scored.outcome == 0
    jobs.score()
    assert PlanVersion.objects.get(pk=scored.pk).scored_at == scored.scored_at


def test_the_report_says_on_which_day_of_a_plan_the_campaign_was_over(
    people: People, count: Callable[[], None]
) -> None:
    draft = a_draft(people.alice)
    found = computed(people, draft)
    campaigns.publish(membership=people.alice, slug=draft.slug)
    stopped = campaigns.stop(membership=people.alice, slug=draft.slug)
    count()
    assert reports.gather(stopped).foretold == [], "over within its first day, nothing can be judged"
    stopped.published_at = timezone.now() - timedelta(days=2, hours=5)
    stopped.save()
    PlanVersion.objects.update(done_at=stopped.published_at - timedelta(hours=1))
    (foretold,) = reports.gather(stopped).foretold
    assert foretold.over_on is not None
    assert foretold.over_on == (2, found.inputs.form.days)
    client = Client(headers={"Accept-Language": "en"})
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    place = f"/console/brands/{stopped.brand.slug}/campaigns/{stopped.slug}/report"
    day, days = foretold.over_on
    assert f"by its day {day} of {days}: then the campaign was over" in client.get(place).content.decode()


def test_only_editors_of_the_brand_may_plan(people: People) -> None:
    draft = a_draft(people.alice)
    form: PlanForm = a_form()
    with pytest.raises(NotAllowed):
        actions.ask(membership=people.vera, slug=draft.slug, form=form)
    with pytest.raises(NotFound):
        actions.ask(membership=people.charlie, slug=draft.slug, form=form)
    graph = actions.upload(membership=people.bob, file_name="a.csv", is_mutual=True, pieces=[b"a,b\n"])
    for wrong in (people.charlie,):
        with pytest.raises(NotFound):
            actions.forget(membership=wrong, number=graph.pk)
    theirs = a_draft(people.charlie)
    with pytest.raises(NotFound):
        actions.ask(membership=people.charlie, slug=theirs.slug, form=a_form(source="upload", graph=graph.pk))
    plan = actions.ask(membership=people.bob, slug=draft.slug, form=form).plan
    with pytest.raises(NotFound):
        actions.cancel(membership=people.charlie, slug=theirs.slug, number=plan.pk)


def test_a_name_is_given_once(people: People) -> None:
    draft = a_draft(people.alice)
    asked(people, draft)
    with pytest.raises(UserError, match="called “Plan A” already"):
        asked(people, draft)
