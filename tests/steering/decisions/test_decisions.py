"""Decisions about a campaign under way: in force everywhere at once, written down whatever happens, resumable."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from builders import a_campaign, a_draft, a_membership, a_participant
from people import People
from sebar.brands import audit
from sebar.brands.models import Role
from sebar.campaigns import actions as changing
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign, Status
from sebar.campaigns.rules import Phase, phase
from sebar.kit import brake, config
from sebar.kit.brake import Brake, Level
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors
from sebar.participants.models import Participant
from sebar.steering.decisions import actions, queries
from sebar.steering.decisions.actions import NotWritten, OnTheBrake
from sebar.steering.decisions.models import CampaignDecision, State
from sebar.steering.decisions.rules import PolicyForm

Committing = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]

SLOWLY = {"rung": "throttle", "invitations_an_hour": 10}
A_STOP = PolicyForm(watch="negative", rung="stop", mode="at_once")
A_HOLD = PolicyForm(watch="negative", rung="hold", mode="unless_objected", minutes=30)
ASKED = PolicyForm(watch="negative", rung="stop", mode="approved")
NUMBERS = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
EVIDENCE: dict[str, Any] = {"numbers": NUMBERS, "began_at": BEGAN}


def the_brake() -> Brake:
    return brake.opened(config.load().brake)


def now(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def is_phase(campaign: Campaign) -> Phase:
    return phase(now(campaign), timezone.now())


def take(people: People, campaign: Campaign, rung: str, **more: Any) -> CampaignDecision:
    return actions.take(membership=people.alice, slug=campaign.slug, rung=rung, **more)


def let_go(people: People, campaign: Campaign, committing: Committing) -> None:
    with committing(execute=True):
        take(people, campaign, "watch", reason="It was a misunderstanding.")


def test_each_rung_is_what_it_says(
    people: People, campaign: Campaign, django_capture_on_commit_callbacks: Committing
) -> None:
    take(people, campaign, **SLOWLY)
    assert now(campaign).invitations_an_hour == 10
    assert is_phase(campaign) is Phase.RUNNING
    take(people, campaign, "hold")
    assert is_phase(campaign) is Phase.PAUSED
    take(people, campaign, "stop", reason="It turned against us.")
    assert is_phase(campaign) is Phase.STOPPED
    let_go(people, campaign, django_capture_on_commit_callbacks)
    assert is_phase(campaign) is Phase.RUNNING
    assert now(campaign).invitations_an_hour is None
    taken = queries.of_campaign(campaign)
    assert [(one.before, one.rung) for one in reversed(taken)] == [
        ("watch", "throttle"),
        ("throttle", "hold"),
        ("hold", "stop"),
        ("stop", "watch"),
    ]
    assert [entry.verb for entry in audit.entries(people.alice, subject=campaign.slug)][:4] == [
        "campaign.resumed",
        "campaign.stopped",
        "campaign.held",
        "campaign.slowed",
    ]


def test_it_says_what_was_cut(people: People, campaign: Campaign) -> None:
    for _ in range(3):
        a_participant(campaign)
    assert take(people, campaign, "hold").cut == {"messages": 0, "joins_a_day": 3, "joins_waiting": 0}


def test_only_owners_let_a_stopped_campaign_go_on_and_say_why(people: People, campaign: Campaign) -> None:
    actions.take(membership=people.bob, slug=campaign.slug, rung="stop")
    with pytest.raises(NotAllowed):
        actions.take(membership=people.bob, slug=campaign.slug, rung="watch", reason="It is fine.")
    with pytest.raises(UserError, match="why"):
        take(people, campaign, "watch")
    take(people, campaign, "watch", reason="It is fine.")


@pytest.mark.parametrize("rung", ["hold", "stop", "watch"])
def test_viewers_and_strangers_decide_nothing(people: People, campaign: Campaign, rung: str) -> None:
    with pytest.raises(NotAllowed):
        actions.take(membership=people.vera, slug=campaign.slug, rung=rung)
    with pytest.raises(NotFound):
        actions.take(membership=people.charlie, slug=campaign.slug, rung=rung)
    assert not the_brake().pulled()
    assert is_phase(campaign) is Phase.RUNNING


def test_what_cannot_be_decided_pulls_no_brake(people: People, campaign: Campaign) -> None:
    draft = a_draft(people.alice)
    with pytest.raises(UserError, match="not published"):
        take(people, draft, "stop")
    with pytest.raises(UserError, match="choose from"):
        take(people, campaign, "explode")
    with pytest.raises(UserError, match="so already"):
        take(people, campaign, "watch")
    with pytest.raises(UserError, match="how many invitations"):
        take(people, campaign, "throttle")
    with pytest.raises(UserError, match="https"):
        take(people, campaign, "stop", stop_url="javascript:alert(1)")
    assert not the_brake().pulled()


def nothing_can_be_written(*_: object, **__: object) -> None:
    raise OperationalError("database or disk is full")


def test_a_stop_is_in_force_though_nothing_can_be_written(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(CampaignDecision, "save", nothing_can_be_written)
        with pytest.raises(OnTheBrake):
            take(people, campaign, "stop", reason="Now.")
    assert now(campaign).status == Status.RUNNING
    assert is_phase(campaign) is Phase.STOPPED
    with pytest.raises(UserError):
        a_participant(campaign)
    actions.settle()  # whoever pulled may just be writing
    assert now(campaign).status == Status.RUNNING
    later(monkeypatch)
    actions.settle()
    assert now(campaign).status == Status.STOPPED
    (written,) = queries.of_campaign(campaign)
    assert (written.rung, written.who, written.state) == ("stop", "Alice", State.IN_FORCE)


def test_a_stop_is_in_force_though_a_hold_before_it_could_not_be_written(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(CampaignDecision, "save", nothing_can_be_written)
        for rung in ("hold", "hold", "stop"):
            with pytest.raises(OnTheBrake):
                take(people, campaign, rung)
        with pytest.raises(NotWritten, match="nothing has changed"):
            take(people, campaign, "watch", reason="It was a misunderstanding.")
        with pytest.raises(NotWritten, match="nothing has changed"):
            take(people, campaign, **SLOWLY)
    assert is_phase(campaign) is Phase.STOPPED
    later(monkeypatch)
    actions.settle()
    assert now(campaign).status == Status.STOPPED
    assert [one.rung for one in queries.of_campaign(campaign)] == ["stop"]


def test_who_stops_what_another_holds_leaves_them_on_the_record(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(CampaignDecision, "save", nothing_can_be_written)
        with pytest.raises(OnTheBrake):
            actions.take(membership=people.bob, slug=campaign.slug, rung="hold")
    take(people, campaign, "stop")
    assert [(one.rung, one.who) for one in queries.of_campaign(campaign)] == [("stop", "Alice"), ("hold", "Bob")]
    assert is_phase(campaign) is Phase.STOPPED


def test_what_cannot_be_decided_leaves_what_is_on_the_brake(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_brake().pull(campaign.pk, Level.HOLD)

    def refused(*_: object, **__: object) -> None:
        raise UserError("Somebody was quicker.")

    monkeypatch.setattr(changing, "stop", refused)
    with pytest.raises(UserError, match="quicker"):
        take(people, campaign, "stop")
    assert the_brake().level(campaign.pk) is Level.HOLD


def test_what_was_approved_while_nothing_could_be_written_is_the_policys(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=ASKED)
    (proposed,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    with monkeypatch.context() as away:
        away.setattr(CampaignDecision, "save", nothing_can_be_written)
        with pytest.raises(OnTheBrake):
            actions.approve(membership=people.bob, slug=campaign.slug, number=proposed.pk)
    assert is_phase(campaign) is Phase.STOPPED
    later(monkeypatch)
    actions.settle()
    (written,) = queries.of_campaign(campaign)
    assert (written.pk, written.watch, written.second, written.state) == (
        proposed.pk,
        "negative",
        "Bob",
        State.IN_FORCE,
    )


def test_whoever_wrote_the_policy_stops_by_hand_without_approving_it(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=ASKED)
    actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    with monkeypatch.context() as away:
        away.setattr(CampaignDecision, "save", nothing_can_be_written)
        with pytest.raises(OnTheBrake):
            take(people, campaign, "stop")
    later(monkeypatch)
    actions.settle()
    assert [(one.who, one.watch, one.state) for one in queries.of_campaign(campaign)] == [
        ("Alice", "", State.IN_FORCE),
        ("Alice", "negative", State.OVERTAKEN),
    ]


def test_the_page_of_old_links_is_chosen_after_the_stop(people: People, campaign: Campaign) -> None:
    stopped = take(people, campaign, "stop")
    standing = actions.take(membership=people.bob, slug=campaign.slug, rung="stop", stop_url="https://kopi.example/why")
    assert now(campaign).stop_url == "https://kopi.example/why"
    assert standing == stopped, "another page is no other decision"
    assert [one.ended_at for one in queries.of_campaign(campaign)] == [None]
    newest = audit.entries(people.alice, subject=campaign.slug)[0]
    assert (newest.verb, newest.details["to"]) == ("campaign.led_elsewhere", "https://kopi.example/why")
    with pytest.raises(UserError, match="so already"):
        take(people, campaign, "stop")
    assert now(campaign).status == Status.STOPPED


AHEAD = [[3600.0, 0.0, 10.0, 30.0], [86_400.0, 100.0, 200.0, 300.0], [604_800.0, 700.0, 900.0, 1500.0]]


def test_what_a_decision_spared_is_for_as_long_as_it_lasted(people: People, campaign: Campaign) -> None:
    held = take(people, campaign, "hold")
    CampaignDecision.objects.filter(pk=held.pk).update(spared={"participants": AHEAD})
    assert queries.spared(now_of(held)) == {"participants": [700.0, 900.0, 1500.0]}
    take(people, campaign, "watch")
    since = now_of(held)
    assert since.ended_at is not None
    (low, middle, high) = (queries.spared(since) or {})["participants"]
    assert None not in {low, middle, high}
    assert 0 == low <= (middle or 0) <= (high or 0) < 1
    CampaignDecision.objects.filter(pk=held.pk).update(in_force_at=since.ended_at - timedelta(hours=12.5))
    assert queries.spared(now_of(held)) == {"participants": [50.0, 105.0, 165.0]}


def test_slowing_it_and_letting_it_go_on_spare_nothing(people: People, campaign: Campaign) -> None:
    assert take(people, campaign, **SLOWLY).spared is None
    assert take(people, campaign, "watch").spared is None


def now_of(decision: CampaignDecision) -> CampaignDecision:
    return CampaignDecision.objects.get(pk=decision.pk)


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_LATE", timedelta(seconds=-1))


def test_who_lets_it_go_on_first_writes_down_what_is_on_the_brake(
    people: People, campaign: Campaign, django_capture_on_commit_callbacks: Committing
) -> None:
    the_brake().pull(campaign.pk, Level.STOP)
    let_go(people, campaign, django_capture_on_commit_callbacks)
    assert is_phase(campaign) is Phase.RUNNING
    assert [one.rung for one in queries.of_campaign(campaign)] == ["watch", "stop"]


def test_a_brake_that_nobody_let_go_does_not_stop_it_again(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever let the campaign go on died before letting go of the brake."""
    take(people, campaign, "stop")
    take(people, campaign, "watch", reason="It is fine.")
    assert the_brake().level(campaign.pk) is Level.STOP
    later(monkeypatch)
    actions.settle()
    assert the_brake().level(campaign.pk) is None
    assert is_phase(campaign) is Phase.RUNNING
    assert len(queries.of_campaign(campaign)) == 2


def test_slowing_it_meanwhile_does_not_undo_a_stop_that_waits(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_brake().pull(campaign.pk, Level.STOP)
    actions.set_policy(
        membership=people.alice,
        slug=campaign.slug,
        form=PolicyForm(watch="bots", rung="throttle", mode="at_once", invitations_an_hour=5),
    )
    actions.answer(campaign=now(campaign), watch="bots", **EVIDENCE)
    later(monkeypatch)
    actions.settle()
    assert is_phase(campaign) is Phase.STOPPED
    assert now(campaign).status == Status.STOPPED


def test_rewards_and_people_stay(people: People, campaign: Campaign) -> None:
    person = a_participant(campaign)
    take(people, campaign, "stop")
    assert Participant.objects.filter(pk=person.pk).exists()


def test_an_editor_alone_changes_no_policy(people: People, campaign: Campaign) -> None:
    with pytest.raises(NotAllowed):
        actions.set_policy(membership=people.bob, slug=campaign.slug, form=A_STOP)
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=A_STOP)
    with pytest.raises(NotAllowed):
        actions.drop_policy(membership=people.bob, slug=campaign.slug, watch="negative")
    with pytest.raises(NotFound):
        actions.drop_policy(membership=people.charlie, slug=campaign.slug, watch="negative")
    assert len(queries.policies(campaign)) == 1
    actions.drop_policy(membership=people.alice, slug=campaign.slug, watch="negative")
    assert queries.policies(campaign) == []


def test_a_policy_that_acts_at_once(people: People, campaign: Campaign) -> None:
    assert actions.answer(campaign=campaign, watch="negative", **EVIDENCE) == []
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=A_STOP)
    assert actions.answer(campaign=campaign, watch="bounces", **EVIDENCE) == []
    (decision,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    assert is_phase(campaign) is Phase.STOPPED
    assert (decision.numbers, decision.began_at) == (NUMBERS, BEGAN)
    assert (decision.who, decision.state) == ("Alice", State.IN_FORCE)
    assert actions.answer(campaign=now(campaign), watch="negative", **EVIDENCE) == []


def test_a_policy_that_leaves_time_to_object(people: People, campaign: Campaign) -> None:
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=A_HOLD)
    (first,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    (again,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    assert first.pk == again.pk
    actions.act()
    assert is_phase(campaign) is Phase.RUNNING
    CampaignDecision.objects.update(acts_at=timezone.now())
    actions.act()
    assert is_phase(campaign) is Phase.PAUSED


def test_whoever_objects_in_time_is_heard(people: People, campaign: Campaign) -> None:
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=A_HOLD)
    (proposed,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    with pytest.raises(NotAllowed):
        actions.refuse(membership=people.vera, slug=campaign.slug, number=proposed.pk, reason="")
    actions.refuse(membership=people.bob, slug=campaign.slug, number=proposed.pk, reason="One angry man.")
    CampaignDecision.objects.update(acts_at=timezone.now())
    actions.act()
    assert is_phase(campaign) is Phase.RUNNING
    with pytest.raises(UserError, match="in the meantime"):
        actions.approve(membership=people.bob, slug=campaign.slug, number=proposed.pk)


def test_a_second_person_approves(people: People, campaign: Campaign) -> None:
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=ASKED)
    (proposed,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    with pytest.raises(NotAllowed, match="second person"):
        actions.approve(membership=people.alice, slug=campaign.slug, number=proposed.pk)
    with pytest.raises(NotFound):
        actions.approve(membership=people.charlie, slug=campaign.slug, number=proposed.pk)
    actions.act()
    assert is_phase(campaign) is Phase.RUNNING
    done = actions.approve(membership=people.bob, slug=campaign.slug, number=proposed.pk)
    assert is_phase(campaign) is Phase.STOPPED
    assert (done.who, done.second) == ("Alice", "Bob")


@pytest.mark.django_db
def test_who_is_alone_cannot_ask_for_a_second_person() -> None:
    alone = a_membership(role=Role.OWNER)
    campaign = a_campaign(alone)
    with pytest.raises(UserError, match="invite an editor"):
        actions.set_policy(membership=alone, slug=campaign.slug, form=ASKED)


def test_what_somebody_stopped_by_hand_overtakes_proposals(people: People, campaign: Campaign) -> None:
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=A_HOLD)
    (proposed,) = actions.answer(campaign=campaign, watch="negative", **EVIDENCE)
    take(people, campaign, "stop")
    proposed.refresh_from_db()
    assert proposed.state == State.OVERTAKEN


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"watch": "weather"}, "watch"),
        ({"rung": "watch"}, "rung"),
        ({"mode": "perhaps"}, "mode"),
        ({"mode": "unless_objected", "minutes": 0}, "minutes"),
        ({"rung": "throttle"}, "invitations_an_hour"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(
    people: People, campaign: Campaign, different: dict[str, Any], field: str
) -> None:
    form = PolicyForm(**{"watch": "negative", "rung": "hold", "mode": "at_once", **different})
    with pytest.raises(UserErrors) as refused:
        actions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_reason_may_be_added_once(people: People, campaign: Campaign) -> None:
    decision = take(people, campaign, "hold")
    actions.explain(membership=people.bob, slug=campaign.slug, number=decision.pk, reason="Too many complaints.")
    with pytest.raises(UserError, match="stays"):
        actions.explain(membership=people.bob, slug=campaign.slug, number=decision.pk, reason="Another one.")


def test_links_lead_to_the_statement_as_long_as_there_is_one(people: People) -> None:
    campaign = a_campaign(people.alice, target_url="https://kopi.example/spark")
    assert campaigns.target_of(campaign).url == "https://kopi.example/spark"
    said = {"en": "We are looking into it.", "id": "Kami sedang memeriksanya."}
    changing.state(membership=people.alice, slug=campaign.slug, texts=said)
    assert campaigns.target_of(now(campaign)).url == ""
    with pytest.raises(UserErrors, match="Indonesia"):
        changing.state(membership=people.alice, slug=campaign.slug, texts={"en": "Only English."})
    changing.state(membership=people.alice, slug=campaign.slug, texts={})
    assert campaigns.target_of(now(campaign)).url == "https://kopi.example/spark"
