"""The page on which a campaign is steered, as members see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from api.asking import a_program
from builders import a_campaign, a_participant
from people import People
from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.models import Message, Purpose, State
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store
from sebar.kit.ids import new_id
from sebar.participants import actions as participants
from sebar.steering.alarms import actions as alarms
from sebar.steering.alarms.models import Alarm
from sebar.steering.alarms.rules import Evidence
from sebar.steering.decisions import actions, affair
from sebar.steering.decisions.models import CampaignDecision, Policy
from sebar.steering.decisions.rules import PolicyForm
from sebar.steering.watches import Watch
from sebar.templatetags.sebar import brief_moment


def browser(member: Membership) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    assert member.user is not None
    client.force_login(member.user)
    return client


def place(campaign: Campaign, rest: str = "") -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/steer{rest}"


def said(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_one_tap_stops_it_and_only_an_owner_lets_it_go_on(people: People, campaign: Campaign) -> None:
    bob, alice = browser(people.bob), browser(people.alice)
    answer = bob.post(place(campaign, "/take"), {"rung": "stop"}, follow=True)
    assert "Stopped. Links show a page that says so" in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.status == "stopped"
    for rung in ("watch", "throttle", "hold"):
        assert f'name="rung" value="{rung}"' not in answer.content.decode()
    bob.post(place(campaign, "/take"), {"rung": "stop", "stop_url": "javascript:x"})
    bob.post(place(campaign, "/take"), {"rung": "stop", "stop_url": "https://kopi.example/why"})
    campaign.refresh_from_db()
    assert campaign.stop_url == "https://kopi.example/why"
    bob.post(place(campaign, "/take"), {"rung": "watch", "reason": "Please"}, follow=True)
    campaign.refresh_from_db()
    assert campaign.status == "stopped"
    answer = alice.post(place(campaign, "/take"), {"rung": "watch"}, follow=True)
    assert "only goes on with a reason" in answer.content.decode()
    alice.post(place(campaign, "/take"), {"rung": "watch", "reason": "It was nothing."}, follow=True)
    campaign.refresh_from_db()
    assert campaign.status == "running"
    assert "It was nothing." in said(alice, place(campaign))


def test_a_wrong_address_of_the_page_keeps_nobody_from_stopping_it(people: People, campaign: Campaign) -> None:
    wrong = {"rung": "stop", "stop_url": "javascript:x", "reason": "It is a hoax."}
    seen = browser(people.bob).post(place(campaign, "/take"), wrong, follow=True).content.decode()
    assert "It is stopped. The page was not changed: " in seen
    assert 'value="javascript:x"' in seen
    assert "It is a hoax." in seen
    campaign.refresh_from_db()
    assert (campaign.status, campaign.stop_url) == ("stopped", "")
    (stop,) = re.findall(
        r"<button[^>]* value=\"stop\"[^>]*>", said(browser(people.bob), place(a_campaign(people.alice)))
    )
    assert "formnovalidate" in stop


def test_slowing_it_takes_a_number(people: People, campaign: Campaign) -> None:
    alice = browser(people.alice)
    answer = alice.post(place(campaign, "/take"), {"rung": "throttle", "an_hour": "many"}, follow=True)
    assert "how many invitations may go out" in answer.content.decode()
    alice.post(place(campaign, "/take"), {"rung": "throttle", "an_hour": "25"})
    assert "slow it to 25 invitations an hour" in said(alice, place(campaign))


def test_it_says_when_nothing_can_be_written(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    alice = browser(people.alice)
    with monkeypatch.context() as away:
        away.setattr(CampaignDecision, "save", full)
        answer = alice.post(place(campaign, "/take"), {"rung": "stop"}, follow=True)
    seen = answer.content.decode()
    assert "It is in force everywhere" in seen
    assert "not written down yet" in seen
    assert "Stopped" in seen


def test_policies_are_owners_business(people: People, campaign: Campaign) -> None:
    form = {"watch": "negative", "rung": "hold", "mode": "unless_objected", "minutes": "20", "an_hour": "60"}
    assert browser(people.bob).post(place(campaign, "/policy"), form).status_code == 403
    alice = browser(people.alice)
    answer = alice.post(place(campaign, "/policy"), {**form, "minutes": "0"}, follow=True)
    assert "how many minutes there are to object" in answer.content.decode()
    assert 'value="0"' in answer.content.decode()  # what was entered is not lost
    alice.post(place(campaign, "/policy"), form)
    assert "hold it, unless somebody objects within 20 minutes" in said(alice, place(campaign))
    alice.post(place(campaign, "/policy"), {"watch": "negative", "drop": "1"})
    assert not Policy.objects.exists()


def test_a_proposal_is_answered(people: People, campaign: Campaign) -> None:
    form = {"watch": "negative", "rung": "stop", "mode": "approved"}
    browser(people.alice).post(place(campaign, "/policy"), form)
    numbers = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    (proposed,) = actions.answer(campaign=campaign, watch="negative", numbers=numbers, began_at=timezone.now())
    vera = browser(people.vera)
    assert "6 people said something bad within an hour" in said(vera, place(campaign))
    assert "6 orang menilai buruk" in said(vera, place(campaign, "?lang=id"))
    said(vera, place(campaign, "?lang=en"))
    (shown,) = a_program(people.alice).get(f"/campaigns/{campaign.slug}/steering")["decisions"]
    assert shown["because"].startswith("6 people said something bad within an hour")
    answer = browser(people.alice).post(place(campaign, f"/{proposed.pk}"), {"act": "approve"}, follow=True)
    assert "somebody else than who wrote the policy" in answer.content.decode()
    browser(people.bob).post(place(campaign, f"/{proposed.pk}"), {"act": "approve"})
    campaign.refresh_from_db()
    assert campaign.status == "stopped"
    assert "policy of Alice, Bob approved" in said(browser(people.vera), place(campaign))


def test_the_record_tells_when_it_came_into_force_and_when_it_was_proposed(people: People, campaign: Campaign) -> None:
    form = PolicyForm(watch="negative", rung="hold", mode="unless_objected", minutes=1)
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    assert "hold it, unless somebody objects within 1 minute<" in said(browser(people.vera), place(campaign))
    numbers = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    actions.answer(campaign=campaign, watch="negative", numbers=numbers, began_at=timezone.now())
    CampaignDecision.objects.update(made_at=datetime(2026, 1, 5, 4, 10, tzinfo=UTC), acts_at=timezone.now())
    actions.act()
    done = datetime(2026, 1, 5, 4, 11, tzinfo=UTC)
    CampaignDecision.objects.update(in_force_at=done)
    page = said(browser(people.vera), place(campaign))
    zone = campaign.time_zone
    proposed = brief_moment(done - timedelta(minutes=1), zone)
    assert f'<td class="when">{brief_moment(done, zone)}<br><span class="muted small">proposed {proposed}' in page


def test_the_timeline_says_what_was_said_and_what_was_done(people: People, campaign: Campaign) -> None:
    alice = browser(people.alice)
    alice.post(place(campaign, "/take"), {"rung": "throttle", "an_hour": "1"})
    alice.post(
        place(campaign, "/policy"), {"watch": "bounces", "rung": "hold", "mode": "unless_objected", "minutes": "20"}
    )
    both = {"statement.en": "We are sorry.", "statement.id": "Kami minta maaf."}
    alice.post(place(campaign, "/statement"), both)
    alice.post(place(campaign, "/statement"), {"withdraw": "1"})
    now = timezone.now()
    numbers = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    evidence = Evidence(now, now, "", numbers)
    alarms.begin(campaign=campaign, now=now)
    alarms.sound(campaign=campaign, found={Watch.NEGATIVE: [evidence]}, now=now)
    page = said(alice, place(campaign, "/affair")).partition("What happened")[2]
    assert "slowed it: 1 invitation an hour" in page
    assert (
        "decided beforehand what an alarm does: Letters that came back: "
        "hold it, unless somebody objects within 20 minutes" in page
    )
    assert "an alarm spoke: Negative reactions" in page
    for language, text in (("English", "We are sorry."), ("Bahasa Indonesia", "Kami minta maaf.")):
        assert f"{language}:</span> <bdi>{text}</bdi>" in page
    assert "took the statement away" in page
    assert len(re.findall(r'<td class="when">[^<]+, \d\d:\d\d:\d\d</td>', page)) == page.count('<td class="when">')


def test_the_timeline_names_the_program_that_took_a_step(people: People, campaign: Campaign) -> None:
    a_program(people.alice).post(
        f"/campaigns/{campaign.slug}/steering", {"rung": "hold", "reason": "Asked by the till"}
    )
    page = said(browser(people.vera), place(campaign, "/affair")).partition("What happened")[2]
    assert "<bdi>Till (API)</bdi></td><td>held it" in page
    assert "Till (API)" in said(browser(people.vera), place(campaign))


def test_who_wrote_a_policy_is_not_offered_to_approve_it(people: People, campaign: Campaign) -> None:
    form = PolicyForm(watch="negative", rung="stop", mode="approved")
    actions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    numbers = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    actions.answer(campaign=campaign, watch="negative", numbers=numbers, began_at=timezone.now())
    seen = said(browser(people.alice), place(campaign))
    assert 'value="approve"' not in seen
    assert 'value="refuse"' in seen
    assert "it takes somebody else to approve it: Bob." in seen
    assert "By hand you can take any step below at once." in seen
    assert 'value="approve"' in said(browser(people.bob), place(campaign))


def test_who_may_not_let_it_go_on_gets_no_fields_for_it(people: People, campaign: Campaign) -> None:
    actions.take(membership=people.bob, slug=campaign.slug, rung="stop")
    seen = said(browser(people.bob), place(campaign))
    assert "Only an owner lets a stopped campaign go on, with a reason: Alice." in seen
    assert 'name="reason"' not in seen.partition("How far it is let go")[2].partition("Decided beforehand")[0]
    assert 'id="an_hour"' not in seen
    assert 'id="an_hour"' in said(browser(people.alice), place(campaign))


def test_what_a_stop_spared_says_on_what_it_rests_and_what_it_costs(people: People, campaign: Campaign) -> None:
    stopped = actions.take(membership=people.alice, slug=campaign.slug, rung="stop")
    path = [[604_800.0, 60.0, 100.0, 240.0]]
    spared = {"participants": path, "conversions": [[604_800.0, 2.0, 5.0, 9.0]]}
    CampaignDecision.objects.filter(pk=stopped.pk).update(spared=spared, seeds_a_day=14.0)
    seen = said(browser(people.vera), place(campaign))
    assert "without it, about 100 more would join within a week (60–240, 80%)" in seen
    assert "what it costs: about 5 conversions (2–9, 80%)" in seen
    assert "if new seeds had gone on coming as in the day before: about 14 a day" in seen
    (shown,) = a_program(people.alice).get(f"/campaigns/{campaign.slug}/steering")["decisions"]
    assert shown["seeds_a_day"] == 14


@pytest.mark.parametrize(
    ("path", "lasted", "told"),
    [
        ([60.0, 460.0, 30_000.0], None, "about 460 more would join within a week; how many at most cannot be told yet"),
        ([60.0, 460.0, None], None, "about 460 more would join within a week; how many at most cannot be told yet"),
        ([5.0, 5.0, 5.0], None, "without it, 5 more would join within a week;"),
        ([60.0, 100.0, 240.0], 8, "it lasted 8 s</td>"),
        ([60.0, 10_000.0, 24_000.0], 120, "it lasted 2 min, in which about 2 more would have joined (0–5, 80%)"),
    ],
)
def test_what_was_spared_is_told_as_far_as_it_can_be(
    people: People, campaign: Campaign, path: list[float | None], lasted: int | None, told: str
) -> None:
    held = actions.take(membership=people.alice, slug=campaign.slug, rung="hold")
    ended = None if lasted is None else held.made_at + timedelta(seconds=lasted)
    spared = {"participants": [[604_800.0, *path]]}
    CampaignDecision.objects.filter(pk=held.pk).update(spared=spared, seeds_a_day=14.0, ended_at=ended)
    assert told in said(browser(people.vera), place(campaign))


def test_the_affair_keeps_what_a_statement_reached_and_tells_doubtful_letters(
    people: People, campaign: Campaign, count: Callable[[], None], store: Store
) -> None:
    alice = browser(people.alice)
    alice.post(place(campaign, "/statement"), {"statement.en": "We are sorry.", "statement.id": "Maaf."})
    at = int(timezone.now().timestamp() * 1000)
    seen_by = [
        Event(id=new_id(), ts=at, campaign=campaign.pk, kind=Kind.VISIT, verdict=Verdict.PERSON, visitor=number)
        for number in (1, 2, 3)
    ]
    store.insert(seen_by, token="saw it")
    readers = [a_participant(campaign) for _ in range(4)]
    for news, states in ((1, [State.SENT, State.SENT, State.DOUBTFUL, State.FAILED]), (12, [State.SENT])):
        for reader, state in zip(readers, states, strict=False):
            letter = channels.queue(
                participant=reader,
                channel="email",
                purpose=Purpose.CORRECTION,
                address=f"{reader.pk}@example.org",
                once=f"news:{news}:{reader.pk}",
                content={},
            )
            Message.objects.filter(pk=letter.pk).update(state=state)
        audit.record(
            membership=people.alice,
            verb=affair.CORRECTED,
            subject=campaign.slug,
            details={"texts": {"en": {"text": "No."}}, "news": news},
        )
    count()
    page = said(alice, place(campaign, "/affair"))
    assert "sent to 2 people; 1 doubtful: it may have arrived; 1 could not be sent" in page
    assert "Visitors since the statement stands</dt><dd>3 " in page
    alice.post(place(campaign, "/statement"), {"withdraw": "1"})
    late = Event(
        id=new_id(),
        ts=int(timezone.now().timestamp() * 1000) + 60_000,
        campaign=campaign.pk,
        kind=Kind.VISIT,
        verdict=Verdict.PERSON,
        visitor=4,
    )
    store.insert([late], token="came later")
    page = said(alice, place(campaign, "/affair"))
    assert "Visitors while the statement stood, " in page
    assert "</dt><dd>3 " in page
    report = said(alice, place(campaign).removesuffix("steer") + "report").partition('id="wrong"')[2]
    for line in (
        "Statement (Alice)",
        "We are sorry.",
        "3 visitors saw it, at most 75% of those reached",
        "Statement taken away (Alice)",
        "Correction (Alice)",
        "sent to 2 people; 1 doubtful: it may have arrived; 1 could not be sent",
        "sent to 1 person",
    ):
        assert line in report, line
    told = a_program(people.alice).get(f"/campaigns/{campaign.slug}/report")["told"]
    assert (told["seen"], told["reached"], told["corrections_sent"], told["corrections_doubtful"]) == (3, 4, 2, 1)


def test_a_statement_in_one_language_only_is_not_lost(people: People, campaign: Campaign) -> None:
    alice = browser(people.alice)
    answer = alice.post(place(campaign, "/statement"), {"statement.en": "We are sorry."}, follow=True)
    seen = answer.content.decode()
    assert "missing in Bahasa Indonesia" in seen
    assert "We are sorry." in seen
    both = {"statement.en": "We are sorry.", "statement.id": "Kami minta maaf."}
    alice.post(place(campaign, "/statement"), both)
    assert "made a statement" in said(alice, place(campaign, "/affair"))


def test_a_proposal_tells_the_newest_numbers_of_its_alarm(people: People, campaign: Campaign) -> None:
    browser(people.alice).post(place(campaign, "/policy"), {"watch": "negative", "rung": "hold", "mode": "approved"})
    at, numbers = timezone.now(), {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    actions.answer(campaign=campaign, watch="negative", numbers=numbers, began_at=at)
    Alarm.objects.create(
        campaign=campaign,
        watch="negative",
        opened_at=at,
        began_at=at,
        spoke_at=at,
        numbers={**numbers, "people": 9, "of": 10},
    )
    shown = said(browser(people.vera), place(campaign))
    assert "9 people said something bad within an hour" in shown
    assert "6 people said" not in shown


def test_the_record_of_going_on_tells_who_is_let_in(people: People, campaign: Campaign) -> None:
    alice = browser(people.alice)
    alice.post(place(campaign, "/take"), {"rung": "hold"})
    campaign.refresh_from_db()
    participants.wait(campaign=campaign, submission="once", sealed=b"")
    alice.post(place(campaign, "/take"), {"rung": "watch"})
    assert "1 person on the list is let in" in said(alice, place(campaign))
