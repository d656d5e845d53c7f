"""Leaving for good: nothing tells any more who somebody was, and nobody else's figures change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from builders import a_participant
from people import People
from portal.conftest import as_owner, code_of
from rewards.draws.draw_life import NOW, Clock, an_open_draw, earn, frozen
from rewards.giving import a_reward, a_rule, work
from sebar import channels
from sebar.brands.models import AuditEntry
from sebar.campaigns.models import Campaign, ConsentText
from sebar.channels import actions as sending
from sebar.channels import gate
from sebar.channels.conversation.models import Talk
from sebar.channels.kinds.email.models import OwnLetter
from sebar.channels.kinds.footer.models import FooterSender, FooterTally, FooterThread
from sebar.channels.kinds.link import actions as link
from sebar.channels.kinds.spoken import actions as spoken
from sebar.channels.models import Contact, Message, Purpose, State, Suppression
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.kit.errors import NotAllowed, UserError
from sebar.leaving import actions as leaving
from sebar.material.models import Best, Creative
from sebar.participants import queries as participants
from sebar.participants.models import Conversion, Participant
from sebar.participants.queries import personal_secret
from sebar.portal import kept
from sebar.portal.links import link_of
from sebar.rewards import queries as rewards
from sebar.rewards.draws import queries as draws
from sebar.rewards.draws.models import Draw, DrawNaming, DrawWinner, Entrant, FreeEntry
from sebar.rewards.models import Coupon, LedgerEntry, Reward, RewardHold, RewardRule
from sebar.steering.experiments.models import Assignment
from sebar.steering.plans.models import CampaignPlan, PlanVersion

MARK = "Rahasia"
OF_THEIRS: dict[type[Model], Callable[[Participant], dict[str, object]]] = {
    FooterTally: lambda one: {"sender__participant": one},
    FooterThread: lambda one: {"sender__participant": one},
    Talk: lambda _one: {"address_hash": channels.known_by("telegram", MARK)},
    LedgerEntry: lambda one: {"reward__participant": one},
    Coupon: lambda one: {"reward__participant": one},
    FreeEntry: lambda one: {"pk__in": Entrant.objects.filter(participant=one).values("free_entry")},
    DrawWinner: lambda one: {"entrant__participant": one},
    Assignment: lambda one: {"seed": one},
    Participant: lambda one: {"pk": one.pk},
    ConsentText: lambda one: {"pk": one.consent_text_id},
    Suppression: lambda one: {"address_hash": channels.known_by("email", f"{MARK}@example.com")},
}
"""How the rows of a table are known to be somebody's, where no column says it."""


def rows(table: type[Model], one: Participant) -> list[dict[str, object]]:
    wanted = OF_THEIRS.get(table, lambda person: {"participant": person})(one)
    return list(table._default_manager.filter(**wanted).values())


def with_everything(people: People, campaign: Campaign) -> Participant:
    """Return somebody who has something in nearly every table."""
    now = timezone.now()
    ayu = a_participant(campaign, name="Ayu")
    one = a_participant(campaign, ayu, how="api", name=MARK, email=f"{MARK}@example.com", external_id=MARK, source=MARK)
    Conversion.objects.create(campaign=campaign, participant=one, external_id="order-2", happened_at=now)
    spoken.give(participant=one)
    spoken.claim(participant=one, answer="person", words=MARK, told_by=ayu)
    link.name_on_card(one, is_allowed=True)
    sending.agree(participant=one, channel="telegram", address=MARK)
    sending.agree(participant=one, channel="push", address=MARK)
    Talk.objects.create(
        brand=campaign.brand, channel="telegram", address_hash=channels.known_by("telegram", MARK), language="id"
    )
    OwnLetter.objects.create(
        campaign=campaign,
        participant=one,
        is_welcome=True,
        address_hash="0",
        sealed=b"1",
        language="en",
        asked_at=now,
    )
    for purpose, address in ((Purpose.INVITE, "friend@example.com"), (Purpose.NOTICE, MARK)):
        channel = "email" if purpose == Purpose.INVITE else "telegram"
        said = {"text": MARK}
        message = sending.queue(
            participant=one, channel=channel, purpose=purpose, address=address, once=purpose, content=said
        )
        Message.objects.filter(pk=message.pk).update(state=State.WAITING, sealed=b"1", content=said)
    sender = FooterSender.objects.create(participant=one, address_hash="0" * 64, enrolled_at=now)
    FooterTally.objects.create(sender=sender, outcome="added", last_at=now)
    FooterThread.objects.create(sender=sender, root_hash="0" * 64)
    JoinEvidence.objects.create(participant=one, network=1, day=now.date())
    Suspicion.objects.create(
        participant=one, campaign=campaign, group=one.pk, level=1, score=1.0, reasons=[], made_at=now
    )
    Decision.objects.create(participant=one, campaign=campaign, verdict="fine", note=MARK, who="Alice", at=now)
    Objection.objects.create(participant=one, campaign=campaign, asked_at=now)
    RewardHold.objects.create(participant=one, campaign=campaign, is_rejected=False, reason=MARK, at=now)
    a_reward(people.alice, campaign, one)
    creative = Creative.objects.create(campaign=campaign, kind="game", name="beans", position=1)
    Best.objects.create(creative=creative, participant=one, score=7, made_at=now)
    draw = an_open_draw(people, campaign)
    DrawNaming.objects.create(draw=draw, participant=one)
    return Participant.objects.get(pk=one.pk)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is turned."""
    turned = Clock(NOW)
    monkeypatch.setattr(timezone, "now", lambda: turned.now)
    return turned


def test_nothing_is_left_but_what_the_list_says(people: People, campaign: Campaign) -> None:
    one = with_everything(people, campaign)
    assert leaving.STAYS.keys() <= kept.TABLES.keys()
    assert leaving.forget(participant=one)
    assert not leaving.forget(participant=one)
    for table in kept.TABLES:
        left = rows(table, one)
        assert table in leaving.STAYS or not left, f"{table.__name__} still holds {left}"
        assert MARK not in str(left), f"{table.__name__} tells who it was: {left}"
    alone = Participant.objects.get(pk=one.pk)
    assert (alone.name, alone.email, alone.external_id, alone.source) == ("", None, None, "")
    assert (alone.parent_id, alone.root_id, alone.generation) == (one.parent_id, one.root_id, one.generation)


def test_nothing_is_sent_to_them_or_for_them(people: People, campaign: Campaign) -> None:
    one = with_everything(people, campaign)
    leaving.forget(participant=one)
    messages = Message.objects.filter(participant=one)
    assert set(messages.values_list("state", flat=True)) == {State.LEFT_ALONE}
    assert {bytes(one.sealed) for one in messages} == {b""}
    assert gate.is_suppressed(campaign.brand, channels.known_by("email", f"{MARK}@example.com"))
    assert not Contact.objects.filter(participant=one).exists()


def test_an_address_that_was_only_typed_is_nobodys(campaign: Campaign) -> None:
    one = a_participant(campaign, how="api", email="victim@example.com")
    Participant.objects.filter(pk=one.pk).update(consent_text=ConsentText.objects.get(campaign=campaign))
    leaving.forget(participant=one)
    assert not Suppression.objects.exists()


def test_figures_of_others_stay(people: People, campaign: Campaign) -> None:
    ayu = a_participant(campaign, name="Ayu")
    one = a_participant(campaign, ayu, name=MARK)
    a_participant(campaign, one, name="Budi")
    before = participants.counts(ayu), link_of(one)
    leaving.forget(participant=one)
    assert (participants.counts(ayu), link_of(one)) == before
    late = a_participant(campaign, one, name="Citra")
    assert (late.parent_id, late.generation) == (one.pk, 2)


def test_unpaid_rewards_end_and_the_books_are_right(people: People, campaign: Campaign) -> None:
    one = a_participant(campaign, name=MARK)
    reward = a_reward(people.alice, campaign, one)
    leaving.forget(participant=one)
    ended = Reward.objects.get(pk=reward.pk)
    assert (ended.state, ended.cause) == ("rejected", "left")
    assert rewards.wrong(campaign) == []
    assert RewardRule.objects.get(pk=reward.rule_id).spent == 0


def test_a_fixed_list_keeps_its_line_and_nobody_stands_behind_it(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    draw = an_open_draw(people, campaign)
    one = earn(a_participant(campaign, how="api", name=MARK, email="a@example.com"), 3)
    gone = earn(a_participant(campaign, name="Budi"), 2)
    RewardRule.objects.update(spent=5)
    leaving.forget(participant=gone)
    frozen(people, draw, clock)
    listed = draws.listed(Draw.objects.get(pk=draw.pk))
    assert listed is not None
    assert [tickets for _mark, tickets in listed.entrants] == [3]
    leaving.forget(participant=one)
    assert draws.listed(Draw.objects.get(pk=draw.pk)) == listed
    assert Entrant.objects.get(draw=draw).participant is None


def test_the_page_asks_twice_and_then_is_gone(client: Client, campaign: Campaign) -> None:
    one = a_participant(campaign, a_participant(campaign, name="Ayu"), name="Dewi Anggraini")
    page, own = f"/me/{personal_secret(one)}/leave", f"/me/{personal_secret(one)}"
    assert page in as_owner(client, one).get(own).content.decode()
    assert "What stays" in client.get(page).content.decode()
    assert client.post(page).status_code == 422
    assert Participant.objects.get(pk=one.pk).name
    answer = client.post(page, {"sure": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/c/{campaign.slug}/left")
    assert "You have left." in client.get(answer.headers["Location"]).content.decode()
    assert [client.get(address).status_code for address in (own, page, f"{own}/friends")] == [404] * 3
    assert client.post(page, {"sure": "yes"}).status_code == 404
    assert "You are in already" not in client.get(f"/c/{campaign.slug}").content.decode()
    assert "Dewi" not in client.get(f"/c/{campaign.slug}?ref={code_of(one)}").content.decode()
    assert "Dewi" not in client.get(f"/s/{code_of(one)}").content.decode()


def test_a_member_gives_a_reason_that_is_kept(people: People, campaign: Campaign) -> None:
    one = a_participant(campaign, name=MARK)
    with pytest.raises(NotAllowed):
        leaving.forget(participant=one, membership=people.vera, reason="Asked by telephone")
    with pytest.raises(UserError, match="reason is empty"):
        leaving.forget(participant=one, membership=people.bob, reason=" ")
    leaving.forget(participant=one, membership=people.bob, reason="Asked by telephone")
    entry = AuditEntry.objects.get(verb="participant.forgotten")
    assert (entry.reason, entry.who, entry.details) == ("Asked by telephone", "Bob", {"code": code_of(one)})


@pytest.mark.django_db(transaction=True)  # the outbox shows what was committed
def test_who_left_gets_nothing_for_friends_who_come_later(people: People, campaign: Campaign) -> None:
    a_rule(campaign)
    one = a_participant(campaign, name=MARK)
    leaving.forget(participant=one)
    a_participant(campaign, one)
    work()
    assert not Reward.objects.filter(participant=one).exists()


def test_no_plan_lists_them_any_more(campaign: Campaign) -> None:
    dewi = a_participant(campaign, external_id="dewi", how="api")
    plan = CampaignPlan.objects.create(campaign=campaign, name="Spring")
    version = PlanVersion.objects.create(plan=plan, number=1, inputs={}, chosen=[["dewi", 1], ["budi", 1]])
    leaving.forget(participant=dewi)
    version.refresh_from_db()
    assert version.chosen == [["budi", 1]]
