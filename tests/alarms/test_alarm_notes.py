"""Notes of alarms in members' browsers: who gets them, what they say, and how they end."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alarms.test_alarm_life import an_alarm
from alarms.test_alarm_pages import read, signed_in
from builders import a_campaign
from people import People
from push_service import PushService
from sebar.brands import actions as brands
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.push import subscription
from sebar.steering.alarms import actions, jobs, notices, queries
from sebar.steering.alarms.models import Alarm, AlarmBrowser, AlarmNotice


def switch(client: Client, member: Membership, said: str, to: str = "on") -> Any:
    address = f"/console/brands/{member.brand.slug}/alarms/browser"
    return client.post(address, {"subscription": said, "to": to})


def ask(member: Membership, service: PushService) -> None:
    """Have a member told in the browser of this service."""
    assert switch(signed_in(member), member, service.subscription).status_code == 200


def another(service: PushService, number: int) -> str:
    """Return what another browser of the same service says."""
    return service.subscription.replace("/push/1", f"/push/{number}")


def tell() -> None:
    """Tell of all that has not been told, as if the time of each had come."""
    AlarmNotice.objects.filter(done_at__isnull=True).update(due_at=timezone.now())
    jobs.tell()


def notes(alarm: Alarm) -> list[AlarmNotice]:
    return [one for one in queries.letters(alarm) if one.is_note]


def alarms(campaign: Campaign) -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/alarms"


def test_each_alarm_is_shown_once_in_each_browser_in_its_members_language(
    people: People, campaign: Campaign, service: PushService
) -> None:
    bob = signed_in(people.bob)
    assert people.bob.user is not None
    brands.choose_language(user=people.bob.user, language="id")
    said = switch(bob, people.bob, service.subscription)
    assert said.json()["said"] == "Each alarm of Kopi Senja is shown here."
    switch(bob, people.bob, service.subscription)
    switch(bob, people.bob, another(service, 2))
    alarm = an_alarm(campaign)
    an_alarm(campaign)
    tell()
    tell()
    assert len(service.got) == 2
    _, body = service.got[0]
    assert b"negati" not in body
    note = service.read(body)
    assert note["title"] == f"Alarm di {campaign.name}: Reaksi negatif"
    assert note["text"].startswith("6 orang menilai buruk dalam satu jam, dari 7 yang berkomentar")
    assert (note["lang"], note["link"]) == ("id", notices.page(alarm))
    assert "Bob, in a browser, was told at" in read(bob, alarms(campaign))


def test_where_a_browser_is_reached_is_kept_sealed(people: People, service: PushService) -> None:
    ask(people.bob, service)
    row = AlarmBrowser.objects.get()
    assert b"push" not in bytes(row.sealed)
    assert service.address not in row.address_hash


@pytest.mark.parametrize(("status", "is_over"), [(201, True), (404, True), (410, True), (403, False), (503, False)])
def test_what_a_push_service_answers(
    people: People, campaign: Campaign, service: PushService, status: int, is_over: bool
) -> None:
    ask(people.bob, service)
    service.answer = status, {}
    alarm = an_alarm(campaign)
    tell()
    (note,) = notes(alarm)
    assert AlarmBrowser.objects.exists() is (status not in {404, 410})
    assert (note.done_at is not None) is is_over
    page = read(signed_in(people.bob), alarms(campaign))
    assert ("Bob, in a browser, could not be told" in page) is (status != 201)
    assert ("A note in a browser of yours could not be shown" in page) is (status in {403, 503})
    assert "A note in a browser of yours" not in read(signed_in(people.alice), alarms(campaign))


def test_a_service_that_fails_is_given_up_after_five_times_and_rests_as_long_as_it_asks(
    people: People, campaign: Campaign, service: PushService
) -> None:
    ask(people.bob, service)
    service.answer = 503, {"Retry-After": "7200"}
    alarm, before = an_alarm(campaign), timezone.now()
    for attempt in range(1, 8):
        tell()
        (note,) = notes(alarm)
        assert note.attempts == min(attempt, 5)
        assert (note.due_at - before).total_seconds() >= 7200 or note.done_at is not None
    assert len(service.got) == 5
    service.answer = 201, {}
    Alarm.objects.update(closed_at=timezone.now())
    an_alarm(campaign)
    tell()
    assert AlarmBrowser.objects.get().trouble == ""


def test_a_service_inside_of_our_own_network_is_never_asked(
    people: People, campaign: Campaign, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(people.bob, service)
    monkeypatch.undo()
    an_alarm(campaign)
    tell()
    assert service.got == []
    assert "private network" in AlarmBrowser.objects.get().trouble


def test_it_ends_with_the_button_and_with_the_membership(
    people: People, campaign: Campaign, service: PushService
) -> None:
    for member in (people.alice, people.bob):
        ask(member, service)
    said = switch(signed_in(people.alice), people.alice, service.subscription, to="off")
    assert said.json()["said"] == "No more notes of alarms in this browser."
    assert [one.member.user for one in AlarmBrowser.objects.all()] == [people.bob.user]
    alarm = an_alarm(campaign)
    assert people.bob.user is not None
    brands.remove_member(membership=people.alice, user_id=people.bob.user.pk)
    assert not AlarmBrowser.objects.exists()
    tell()
    assert service.got == []
    assert [(one.trouble, one.done_at is not None) for one in notes(alarm)] == [
        ("This browser takes no more notes.", True)
    ]


def test_only_owners_and_editors_of_the_brand_are_shown_alarms_and_never_of_a_demonstration(
    people: People, campaign: Campaign, service: PushService
) -> None:
    assert switch(signed_in(people.vera), people.vera, service.subscription).status_code == 403
    assert "data-push" not in read(signed_in(people.vera), alarms(campaign))
    assert switch(signed_in(people.charlie), people.alice, service.subscription).status_code == 404
    for member in (people.bob, people.charlie):
        ask(member, service)
    assert people.bob.user is not None
    brands.change_role(membership=people.alice, user_id=people.bob.user.pk, role="viewer")
    assert notes(an_alarm(campaign)) == []
    brands.change_role(membership=people.alice, user_id=people.bob.user.pk, role="editor")
    demonstration = a_campaign(people.alice, slug="demonstration")
    Campaign.objects.filter(pk=demonstration.pk).update(is_demo=True)
    demonstration.refresh_from_db()
    assert notes(an_alarm(demonstration)) == []


def test_a_page_knows_its_own_browsers_only(people: People, campaign: Campaign, service: PushService) -> None:
    elsewhere = a_campaign(people.charlie, slug="elsewhere")
    ask(people.charlie, service)
    (mark,) = subscription.marks([AlarmBrowser.objects.get().sealed]).split()
    assert f'data-has="{mark}"' in read(signed_in(people.charlie), alarms(elsewhere))
    assert 'data-has=""' in read(signed_in(people.bob), alarms(campaign))


def test_what_is_no_subscription_is_refused(people: People) -> None:
    answer = switch(signed_in(people.bob), people.bob, "{}")
    assert (answer.status_code, AlarmBrowser.objects.count()) == (422, 0)
    assert "reload the page" in answer.json()["said"]


def test_the_eleventh_browser_takes_the_place_of_the_first(people: People, service: PushService) -> None:
    for number in range(1, 12):
        actions.tell_in_browser(membership=people.bob, address=subscription.read(another(service, number)))
    kept = subscription.marks(one.sealed for one in queries.browsers(people.bob)).split()
    assert sorted(kept) == sorted(hash_of(another(service, number)) for number in range(2, 12))


def hash_of(said: str) -> str:
    return hashlib.sha256(json.loads(said)["endpoint"].encode()).hexdigest()
