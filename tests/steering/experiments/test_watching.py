"""Looking at an experiment: what goes through joins, arms and the store comes out as it was made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.utils import timezone
from planning import a_running

from builders import a_participant
from people import People
from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.events.event import Event, Kind
from sebar.events.store import Store
from sebar.kit.errors import UserError
from sebar.participants import actions as participants
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.spread.estimate import Estimate, TooEarly
from sebar.steering.experiments import actions, queries, rules, watching
from sebar.steering.experiments.models import Assignment, Experiment
from sebar.steering.experiments.rules import HOLDOUT, Arm
from sebar.steering.experiments.watching import Verdict

Count = Callable[[], None]
HOUR = timedelta(hours=1)
MESSAGES = [Arm("a", 1.0, {}), Arm("b", 1.0, {"en": {"share_text": "Come along!"}, "id": {"share_text": "Ayo ikut!"}})]


def cascade(seed: Entry, r: float, random: np.random.Generator) -> list[Entry]:
    """Return a seed and everybody its cascade brings within 20 hours, as the branching model says."""
    people, start = [seed], seed.joined_at
    assert start is not None
    for person in people:
        for _ in range(random.poisson(random.gamma(0.5, r / 0.5))):
            assert person.joined_at is not None
            joined_at = person.joined_at + timedelta(hours=float(random.exponential(1.0)))
            if joined_at < start + 20 * HOUR:
                name = f"{seed.external_id}.{len(people)}"
                people.append(Entry(external_id=name, referred_by=person.external_id, joined_at=joined_at))
    return people


def run(
    membership: Membership,
    campaign: Campaign,
    r: dict[str, float],
    *,
    seeds: int,
    days: float = 8,
    one_by_one: bool = False,
    **different: Any,
) -> Experiment:
    """Return an experiment that has run for ten days, of which seeds came by its page over the first `days`."""
    settings: dict[str, Any] = {"varies": "message", "arms": MESSAGES, "planned": max(2 * seeds, 100), "window_days": 1}
    experiment = a_running(membership, campaign, days_ago=10, **settings | different)
    random = np.random.default_rng(5)
    assert experiment.started_at is not None
    first, step = experiment.started_at + HOUR, timedelta(days=days / seeds)
    arms = {f"seed{place}": [*r][place % len(r)] for place in range(seeds)}
    people = [
        cascade(Entry(external_id=name, joined_at=first + place * step), r[arm], random)
        for place, (name, arm) in enumerate(arms.items())
    ]
    if one_by_one:
        for seed, *others in people:
            given = {experiment.pk: arms[seed.external_id]}
            actions.join(campaign=campaign, entry=seed, given=given)
            for entry in others:
                participants.join(campaign=campaign, entry=entry)
    else:
        joined = participants.add_many(campaign=campaign, entries=[entry for family in people for entry in family])
        Assignment.objects.bulk_create(
            Assignment(experiment=experiment, seed=one, arm=arms[str(one.external_id)], by_page=True, at=one.joined_at)
            for one in (found.participant for found in joined)
            if one.parent_id is None
        )
    return experiment


def test_what_was_made_comes_out(people: People, campaign: Campaign, count: Count) -> None:
    experiment = run(people.alice, campaign, {"a": 0.1, "b": 0.8}, seeds=240, one_by_one=True)
    count()
    watch = watching.watch(experiment)
    assert watch.verdict is Verdict.BETTER
    assert watch.leading == "b"
    a, b = watch.arms
    assert (a.given, b.given, a.closed, b.closed) == (120, 120, 120, 120)
    assert a.joined == 120
    for arm in (a, b):
        seeds = Assignment.objects.filter(experiment=experiment, arm=arm.name).values_list("seed_id", flat=True)
        brought = Participant.objects.filter(root_id__in=[*seeds], parent__isnull=False).count()
        assert arm.joins == pytest.approx(brought / 120)
    (beside,) = watch.besides
    assert isinstance(beside.ratio, Estimate)
    assert 1.0 < beside.ratio.low < beside.ratio.value < beside.ratio.high
    assert len(beside.looks) > 4
    assert beside.looks[0].high - beside.looks[0].low > beside.looks[-1].high - beside.looks[-1].low
    assert beside.looks[-1].ratio == pytest.approx(beside.ratio.value)
    assert watch.to_drop(experiment.control) == ("a",)
    assert watch.wait is None


def test_a_worse_arm_may_be_dropped_and_only_seeds_of_its_time_are_compared(
    people: People, campaign: Campaign, count: Count
) -> None:
    arms = [*MESSAGES, Arm("c", 1.0, {"en": {"share_text": "Please."}, "id": {"share_text": "Tolong."}})]
    experiment = run(people.alice, campaign, {"a": 0.8, "b": 0.8, "c": 0.05}, seeds=330, arms=arms)
    count()
    watch = watching.watch(experiment)
    assert watch.to_drop("a") == ("c",)
    with pytest.raises(UserError, match="write down why"):
        watching.drop(membership=people.alice, campaign=campaign, number=experiment.pk, arm="b")
    dropped = watching.drop(membership=people.alice, campaign=campaign, number=experiment.pk, arm="c")
    assert audit.entries(people.alice, subject=campaign.slug)[0].details["clearly_worse"] is True
    assert queries.weights(dropped)["c"] == 0.0
    before = watching.watch(dropped)
    assert before.arms[2].is_dropped
    assert not before.to_drop("a")
    # As if it had ended in the middle: what the control has brought since is no part of the comparison.
    assert dropped.started_at is not None
    dropped.dropped = {"c": (dropped.started_at + timedelta(days=5)).isoformat()}
    halved = watching.watch(dropped)
    c, c_before = halved.besides[1].ratio, before.besides[1].ratio
    assert isinstance(c_before, Estimate)
    assert isinstance(c, Estimate)
    assert c.high - c.low > c_before.high - c_before.low


def test_without_a_difference_it_cannot_tell_and_says_how_long_it_takes(
    people: People, campaign: Campaign, count: Count
) -> None:
    experiment = run(people.alice, campaign, {"a": 0.3, "b": 0.3}, seeds=140)
    count()
    watch = watching.watch(experiment)
    assert watch.verdict is Verdict.UNCLEAR
    assert not watch.leading
    assert not watch.to_drop("a")
    assert watch.wait is not None
    assert watch.wait.latest is not None
    assert 1.0 < watch.wait.earliest < watch.wait.likely < watch.wait.latest


def test_too_few_seeds_are_too_early(people: People, campaign: Campaign, count: Count) -> None:
    experiment = run(people.alice, campaign, {"a": 0.3, "b": 0.3}, seeds=20, days=8)
    count()
    watch = watching.watch(experiment)
    assert watch.verdict is Verdict.EARLY
    assert watch.besides[0].ratio == TooEarly(10, 50, "seeds")
    assert isinstance(watch.arms[0].shared, TooEarly)


def test_open_windows_do_not_count(people: People, campaign: Campaign, count: Count) -> None:
    experiment = run(people.alice, campaign, {"a": 0.0001, "b": 0.0001}, seeds=20, days=9.9)
    late = Assignment.objects.filter(seed__joined_at__gt=timezone.now() - timedelta(days=1)).count()
    assert late
    count()
    watch = watching.watch(experiment)
    assert sum(arm.given for arm in watch.arms) == 20
    assert sum(arm.closed for arm in watch.arms) == 20 - late


def test_after_its_end_it_is_looked_at_as_it_was(people: People, campaign: Campaign, count: Count) -> None:
    experiment = run(people.alice, campaign, {"a": 0.3, "b": 0.3}, seeds=20)
    ended = actions.end(membership=people.alice, slug=campaign.slug, number=experiment.pk, winner="b")
    count()
    before = watching.watch(ended)
    a_participant(campaign)
    count()
    assert watching.watch(ended) == before
    assert before.at == ended.ended_at


def test_a_broken_assignment_stops_all_reading(people: People, campaign: Campaign, count: Count) -> None:
    experiment = run(people.alice, campaign, {"a": 0.1, "b": 0.8}, seeds=240)
    # As if whatever gives arms to programs' seeds had favoured one.
    Assignment.objects.filter(experiment=experiment).update(by_page=False)
    Assignment.objects.filter(experiment=experiment, arm="a", pk__gt=Assignment.objects.order_by("pk")[100].pk).update(
        arm="b"
    )
    count()
    watch = watching.watch(experiment)
    assert watch.verdict is Verdict.MISMATCH
    assert watch.balance is not None
    assert not watch.balance.sound
    assert not watch.leading
    assert not watch.to_drop("a")


def seen(campaign: Campaign, kind: Kind, at: datetime, visitor: int, root: int) -> Event:
    ts = round(at.timestamp() * 1000)
    number = UUID(int=visitor * 1_000_003 + root * 7 + (kind is Kind.VIEW))
    return Event(id=number, ts=ts, campaign=campaign.pk, kind=kind, participant=root, root=root, visitor=visitor)


def test_who_meets_two_arms_is_counted(people: People, campaign: Campaign, count: Count, store: Store) -> None:
    experiment = run(people.alice, campaign, {"a": 0.0001, "b": 0.0001}, seeds=4)
    before = a_participant(campaign, joined_at=timezone.now() - timedelta(days=30))
    count()
    by_arm = {arm: list(Assignment.objects.filter(arm=arm).values_list("seed_id", flat=True)) for arm in "ab"}
    weighed = queries.weights(experiment)
    of_a, of_b = (
        next(who for who in range(1, 99) if rules.arm_for(who, experiment.pk, weighed) == arm) for arm in "ab"
    )
    now = timezone.now() - HOUR
    met = {
        500: [by_arm["a"][0], by_arm["b"][0]],  # two links of different arms
        501: by_arm["a"],  # two links of the same
        502: [by_arm["a"][0], before.pk],  # one who is no part of it
        of_a: [0, by_arm["b"][0]],  # the page showed one arm, the link another
        of_b: [0, by_arm["b"][0]],
    }
    events = [
        seen(campaign, Kind.VIEW if not root else Kind.VISIT, now, visitor, root)
        for visitor, roots in met.items()
        for root in roots
    ]
    store.insert(events, token=f"meetings {campaign.pk}")
    watch = watching.watch(experiment)
    assert (watch.spill.several, watch.spill.visitors) == (2, 5)
    assert [arm.met for arm in watch.arms] == [1, 1]
    assert watch.balance_of_visitors is not None


def test_visitors_who_do_not_arrive_are_a_mismatch(
    people: People, campaign: Campaign, count: Count, store: Store
) -> None:
    experiment = run(people.alice, campaign, {"a": 0.0001, "b": 0.0001}, seeds=4)
    count()
    weighed, now = queries.weights(experiment), timezone.now() - HOUR
    who = [one for one in range(1, 2000) if rules.arm_for(one, experiment.pk, weighed) == "a" or one % 2]
    store.insert([seen(campaign, Kind.VIEW, now, one, 0) for one in who], token=f"views {campaign.pk}")
    watch = watching.watch(experiment)
    assert watch.verdict is Verdict.MISMATCH
    assert watch.balance_of_visitors is not None
    assert not watch.balance_of_visitors.sound


def test_sharing_and_converting_are_told_by_seed(
    people: People, campaign: Campaign, count: Count, store: Store
) -> None:
    experiment = run(people.alice, campaign, {"a": 0.0001, "b": 0.0001}, seeds=120)
    seeds = list(Assignment.objects.filter(arm="a").order_by("seed_id").values_list("seed_id", "seed__joined_at"))
    shared = [
        Event(
            id=UUID(int=seed), ts=round(at.timestamp() * 1000) + 1000, campaign=campaign.pk, kind=Kind.SHARE,
            participant=seed, root=seed,
        )
        for seed, at in seeds[:30]
    ]  # fmt: skip
    for seed, at in seeds[:15]:
        participants.convert(
            campaign=campaign, number=seed, external_id=f"order {seed}", happened_at=at + timedelta(minutes=5)
        )
    late, at = seeds[40]
    participants.convert(campaign=campaign, number=late, external_id="too late", happened_at=at + timedelta(days=1))
    count()
    store.insert(shared, token=f"shares {campaign.pk}")
    a, b = watching.watch(experiment).arms
    assert isinstance(a.shared, Estimate)
    assert isinstance(a.converted, Estimate)
    assert a.shared.value == pytest.approx(0.5, abs=0.02)
    assert a.converted.value == pytest.approx(0.25, abs=0.02)
    assert isinstance(b.shared, Estimate)
    assert b.shared.value == 0.0


def test_those_held_out_tell_what_all_arms_add(people: People, campaign: Campaign, count: Count) -> None:
    r = {"a": 0.8, "b": 0.8, HOLDOUT: 0.05}
    experiment = run(people.alice, campaign, r, seeds=240, holdout=1 / 3)
    count()
    watch = watching.watch(experiment)
    assert [arm.name for arm in watch.arms] == ["a", "b", HOLDOUT]
    assert watch.over_usual is not None
    assert watch.over_usual.is_better
    assert watch.verdict is Verdict.UNCLEAR


def test_a_draft_says_nothing(people: People, campaign: Campaign) -> None:
    draft = Experiment(campaign=campaign, name="x", varies="message", arms=rules.as_stored(MESSAGES), control="a")
    assert watching.watch(draft).verdict is Verdict.NOTHING


def test_how_seeds_do_is_known_from_the_campaign_itself(people: People, campaign: Campaign, count: Count) -> None:
    assert watching.known(campaign).seeds == 0
    run(people.alice, campaign, {"a": 0.3, "b": 0.3}, seeds=200, days=2.5)
    count()
    known = watching.known(campaign)
    assert known.seeds > 150
    assert 0.1 < known.answer < 0.7
    assert known.per_day == pytest.approx(200 / 10, rel=0.1)
