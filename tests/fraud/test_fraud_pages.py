"""The review as members see it, the personal page's part of it, and the API: the same decisions by each way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation
from farms import AGENT, a_farm, look

from api.asking import a_program
from builders import a_campaign, a_participant
from people import People
from rewards.giving import a_rule, work
from sebar.campaigns.models import Campaign
from sebar.fraud import actions, queries
from sebar.fraud.models import JoinEvidence
from sebar.kit import codes
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret

pytestmark = pytest.mark.django_db(transaction=True)  # the outbox shows what was committed

Count = Callable[[], None]


@pytest.fixture
def campaign(people: People) -> Campaign:
    return a_campaign(people.alice, asks_email="optional")


@pytest.fixture
def farm(campaign: Campaign, count: Count) -> list[Participant]:
    """A farm that was found, with rewards that wait."""
    a_rule(campaign, what="money", amount=1_000_000, currency="IDR", budget=100_000_000)
    made = a_farm(campaign)
    look(campaign, count)
    work()
    return made


def of(campaign: Campaign, rest: str = "") -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/review{rest}"


def test_the_queue_says_who_why_and_how_much(campaign: Campaign, alice: Client, farm: list[Participant]) -> None:
    page = alice.get(of(campaign)).content.decode()
    assert "<b>10</b> people wait for your decision; the rewards of <b>10</b> are held" in page
    assert page.count("<b>Rp90,000</b>") == 1, "each of the nine rewards hangs on two people, and counts once"
    assert "Rp90,000 at risk" in page
    assert "E-mail addresses that lead to a mailbox already entered here: 10" in page
    assert page.count('type="checkbox"') == 10
    assert "Who brought whom" in page
    for secret in ("203.0.113", AGENT, "@gmail.com"):
        assert secret not in page
    with translation.override("id"):
        assert "10" in alice.get(of(campaign), headers={"Accept-Language": "id"}).content.decode()


def test_an_empty_queue_says_what_it_is_for(campaign: Campaign, alice: Client) -> None:
    assert "Nobody waits for your decision" in alice.get(of(campaign)).content.decode()


def test_members_decide_and_take_back(campaign: Campaign, alice: Client, farm: list[Participant]) -> None:
    ticked = [codes.spell(one.pk) for one in farm[1:]]
    sent = {"participant": ticked, "verdict": "fraud", "note": "One phone"}
    page = alice.post(of(campaign, "/decide"), sent, follow=True).content.decode()
    assert "Fraud: 9." in page
    assert "<b>1</b> person waits" in page
    decided = alice.get(of(campaign) + "?show=decided").content.decode()
    assert decided.count("One phone") == 9
    assert decided.count("E-mail addresses that lead to a mailbox already entered here: 10") == 9, "and why it was"
    assert " checked" not in decided
    assert alice.get(of(campaign) + "?show=decided&tick").content.decode().count(" checked") == 9
    assert "Alice" in decided
    page = alice.post(of(campaign, "/undo"), {"participant": ticked}, follow=True).content.decode()
    assert "Taken back: 9. All is as it was before." in page
    assert queries.queue(campaign).people == 10


def test_what_others_were_given_meanwhile_does_not_come_back(campaign: Campaign, alice: Client, count: Count) -> None:
    a_rule(campaign, what="money", amount=1_000_000, currency="IDR", budget=9_000_000)
    farm = a_farm(campaign)
    look(campaign, count)
    work()
    ticked = [codes.spell(one.pk) for one in farm]
    alice.post(of(campaign, "/decide"), {"participant": ticked, "verdict": "fraud"})
    honest = a_participant(campaign)
    for _ in range(2):
        a_participant(campaign, honest)
    work()
    page = alice.post(of(campaign, "/undo"), {"participant": ticked}, follow=True).content.decode()
    assert "Taken back: 10. Rewards that wait again: 7. Rewards that stay refused: 2" in page
    assert "All is as it was before" not in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"verdict": "fine"}, "Nobody is chosen"),
        ({"verdict": "perhaps", "participant": "aaaaaaa"}, "is no decision"),
        ({"verdict": "fine", "participant": "'; --"}, "Nobody in this campaign"),
    ],
)
def test_what_cannot_be_decided_is_said(
    campaign: Campaign, alice: Client, farm: list[Participant], sent: dict[str, str], said: str
) -> None:
    assert said in alice.post(of(campaign, "/decide"), sent, follow=True).content.decode()
    assert queries.queue(campaign).people == 10


def test_a_participant_reads_that_rewards_wait_and_asks(
    campaign: Campaign, client: Client, alice: Client, farm: list[Participant]
) -> None:
    address = f"/me/{personal_secret(farm[2])}"
    page = client.get(address).content.decode()
    assert "Your rewards wait for a check" in page
    assert "already entered here" not in page, "what was found is not told to whom it is about"
    page = client.post(f"{address}/review", follow=True).content.decode()
    assert "You asked for a person to look at it" in page
    first, second = alice.get(of(campaign)).content.decode().split('<div class="suspects">')[1:]
    assert "Asks for a person to look" in first
    assert (first.count('type="checkbox"'), second.count('type="checkbox"')) == (1, 9)
    alice.post(of(campaign, "/decide"), {"participant": codes.spell(farm[2].pk), "verdict": "fraud"})
    page = client.get(address).content.decode()
    assert "Your rewards were refused" in page
    assert "Please look at it again" in page
    client.post(f"{address}/review")
    head = alice.get(of(campaign)).content.decode()
    assert "<b>10</b> people wait for your decision; the rewards of <b>9</b> are held" in head
    assert "<b>1</b> of them asks you to look again at rewards that were refused." in head
    assert client.post("/me/nobody.x/review").status_code == 404


def test_honest_people_read_nothing_of_it(campaign: Campaign, client: Client) -> None:
    page = client.get(f"/me/{personal_secret(a_participant(campaign))}").content.decode()
    assert 'id="review"' not in page


def test_the_form_leaves_traces_and_the_share_page_that_it_was_seen(campaign: Campaign, client: Client) -> None:
    filled = {"name": "Dewi", "consent": "1"}
    answer = client.post(f"/c/{campaign.slug}", filled, headers={"User-Agent": AGENT, "X-Forwarded-For": "203.0.113.9"})
    kept = JoinEvidence.objects.get()
    assert (kept.network is None, kept.device is None, kept.seen) == (False, False, False)
    client.get(answer["Location"])
    kept.refresh_from_db()
    assert kept.seen


def test_programs_list_decide_and_take_back(campaign: Campaign, people: People, farm: list[Participant]) -> None:
    program, path = a_program(people.alice), f"/campaigns/{campaign.slug}/review"
    shown = program.get(path)
    assert (shown["people"], shown["held"], shown["next"]) == (10, 10, None)
    first = shown["groups"][0]["waiting"][0]
    assert first["level"] == "high"
    assert {"signal", "count", "seconds", "words"} == first["reasons"][0].keys()
    ticked = [one["participant"] for one in shown["groups"][0]["waiting"]]
    decision = {"participants": ticked, "verdict": "fraud", "note": "One phone"}
    assert program.post(f"{path}/decisions", decision).json["changed"] == 10
    assert program.post(f"{path}/decisions", decision).json["changed"] == 0
    assert program.get(path)["people"] == 0
    assert program.post(f"{path}/undo", {"participants": ticked}).json == {
        "changed": 10,
        "rewards_back": 9,
        "rewards_lacking": 0,
    }
    wrong = program.post(f"{path}/decisions", {"participants": ticked, "verdict": "maybe"})
    assert (wrong.status, wrong.json["field"]) == (422, "verdict")
    assert a_program(people.charlie).post(f"{path}/undo", {"participants": ticked}).status == 404
    assert a_program(people.alice, "read").post(f"{path}/undo", {"participants": ticked}).status == 403


def test_programs_may_say_from_where_people_join_and_what_they_pay_with(campaign: Campaign, people: People) -> None:
    program, path = a_program(people.alice), f"/campaigns/{campaign.slug}"
    program.post(f"{path}/participants", {"external_id": "a", "ip": "203.0.113.9", "user_agent": AGENT})
    batch = [{"external_id": "b", "ip": "203.0.113.9", "user_agent": AGENT}, {"external_id": "c"}]
    program.post(f"{path}/participants/batch", {"participants": batch})
    one, other = JoinEvidence.objects.all()
    assert (one.network, one.device, one.seen) == (other.network, other.device, None)
    program.post(f"{path}/conversions", {"external_id": "1", "participant": "c", "payment": "ID 12"})
    assert JoinEvidence.objects.filter(payment__isnull=False).count() == 1
    actions.note_payment(participant=one.participant, account="id12")
    assert len(set(JoinEvidence.objects.exclude(payment=None).values_list("payment", flat=True))) == 1
