"""The page of alarms and its addresses for programs: what is shown, set, tried, refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from alarms.affairs import HOUR, Clock, a_past_campaign, reactions, store_all
from alarms.test_alarm_life import an_alarm
from api.asking import a_program
from people import People
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz import actions as buzz
from sebar.channels.kinds.buzz.rules import Heard, Label, SourceKind
from sebar.events.store import Store
from sebar.pages import words
from sebar.steering.alarms import actions, queries
from sebar.steering.alarms.jobs import Watching
from sebar.steering.alarms.models import Alarm, AlarmHook, Watched
from sebar.steering.alarms.rules import LABELS
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions.rules import PolicyForm
from sebar.steering.watches import Watch


def signed_in(member: Membership) -> Client:
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def read(client: Client, address: str) -> str:
    """Return a page, streamed or not."""
    answer = client.get(address)
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


@pytest.fixture
def address(people: People, campaign: Campaign) -> str:
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/alarms"


def test_an_open_alarm_stands_on_every_page_of_the_campaign_until_it_is_closed(
    people: People, campaign: Campaign, address: str, store: Store
) -> None:
    alarm = an_alarm(campaign)
    bob = signed_in(people.bob)
    other = address.removesuffix("alarms") + "channels"
    assert "Alarm: Negative reactions" in read(bob, other)
    page = read(bob, address)
    assert "6 people said something bad within an hour, of 7 who said something" in page
    refused = bob.post(f"{address}/{alarm.pk}", {"do": "close", "reason": " "})
    assert refused.status_code == 422
    assert "Write down why it is closed" in refused.content.decode()
    assert bob.post(f"{address}/{alarm.pk}", {"do": "close", "reason": "A joke"}).status_code == 302
    page = read(bob, address)
    assert "No alarm is open." in page
    assert "A joke" in page
    assert "closed the alarm “Negative reactions”" in page
    assert "Alarm: Negative reactions" not in read(bob, other)


def test_an_alarm_by_a_count_of_people_has_a_picture_and_leads_to_what_was_said_also_when_it_is_closed(
    people: People, count: Callable[[], None]
) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    source = buzz.add_source(campaign=campaign, kind=SourceKind.WEBHOOK, name="Forum").source
    turned = began + 4 * HOUR + timedelta(minutes=20, microseconds=700)
    said = [(-50, "positive"), *((place, "negative") for place in range(6)), (6, "complaint"), (7, "positive")]
    heard = [
        Heard(external_id=str(place), text=f"Said {place}", at=turned + timedelta(minutes=minute), label=Label(label))
        for place, (minute, label) in enumerate(said)
    ]
    buzz.take(source=source, heard=heard)
    count()
    Watching(Clock(turned + timedelta(minutes=8))).turn()
    alarm = Alarm.objects.get(campaign=campaign, watch="negative")
    bob, alarms = signed_in(people.bob), f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/alarms"
    assert 'class="line c1"' in read(bob, alarms)
    page = read(bob, f"{alarms}/{alarm.pk}")
    assert "7 people said something bad within an hour, of 8" in page
    assert f"began {words.clock(alarm.began_at.astimezone(words.zone(campaign.time_zone)))}</text>" in page
    assert ("7", "9") in re.findall(r'<td class="n">(\d+)</td><td class="n">(\d+)</td>', page)
    (behind,) = re.findall(r'href="([^"]+/buzz\?[^"]+)"', page)
    inbox = read(bob, unescape(behind))
    assert [place for place in range(9) if f"Said {place}" in inbox] == [1, 2, 3, 4, 5, 6, 7]
    assert bob.post(f"{alarms}/{alarm.pk}", {"do": "close", "reason": "Answered"}).status_code == 302
    page = read(bob, alarms)
    assert f'href="{alarms}/{alarm.pk}"' in page
    page = read(signed_in(people.vera), f"{alarms}/{alarm.pk}")
    assert 'class="line c1"' in page
    assert "Answered" in page
    assert "<bdi>Bob</bdi>" in page
    assert "Close alarm" not in page
    assert bob.get(f"{alarms}/{alarm.pk + 1000}").status_code == 404
    assert signed_in(people.charlie).get(f"{alarms}/{alarm.pk}").status_code == 404


def test_a_viewer_sees_to_no_alarm(people: People, campaign: Campaign, address: str, store: Store) -> None:
    alarm = an_alarm(campaign)
    assert signed_in(people.vera).post(f"{address}/{alarm.pk}", {"do": "acknowledge"}).status_code == 403
    assert [one.status for one in queries.of_campaign(campaign)] == ["open"]


def test_each_alarm_leads_to_what_is_behind_it(people: People, campaign: Campaign, address: str, store: Store) -> None:
    alarm, bob = an_alarm(campaign), signed_in(people.bob)
    leads = {
        "bots": "", "bounces": "/channels", "conversion_drop": "/measures", "delivery": "/channels",
        "forecast": "/forecast", "reward_exposure": "/rewards", "sample_ratio": "/experiments",
        "unsubscribes": "/channels",
    }  # fmt: skip
    assert leads.keys() | LABELS.keys() == set(Watch)
    for watch, page in leads.items():
        Alarm.objects.filter(pk=alarm.pk).update(watch=watch)
        behind = address.removesuffix("/alarms") + page
        assert f'See what is behind it: <a href="{behind}">' in read(bob, f"{address}/{alarm.pk}")


def test_what_a_watch_tolerates_is_tried_on_the_past_before_it_is_set(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=52)
    store_all(store, [one for hour in range(52) for one in reactions(campaign, began + hour * HOUR, 4, 20)])
    bob = signed_in(people.bob)
    address = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/alarms/watches/negative"
    tried = bob.post(address, {"do": "try", "level": "5,5", "is_on": "1"}).content.decode()
    assert "It would have spoken once in the last 2 days: on " in tried
    assert 'value="5,5"' in tried
    assert not Watched.objects.filter(campaign=campaign, level__isnull=False).exists()
    assert bob.post(address, {"do": "save", "level": "5.5", "is_on": "1"}).status_code == 302
    assert Watched.objects.get(campaign=campaign, level__isnull=False).level == pytest.approx(0.055)
    record = read(bob, address.partition("/watches")[0])
    assert "set the watch “Negative reactions”: as is usual → 5.5%" in record
    refused = bob.post(address, {"do": "save", "level": "much"})
    assert refused.status_code == 422
    assert "is not a number" in refused.content.decode()


def test_a_single_day_is_said_without_a_number(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=20)
    store_all(store, [one for hour in range(20) for one in reactions(campaign, began + hour * HOUR, 4, 20)])
    bob = signed_in(people.bob)
    address = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/alarms"
    tries = {"do": "try", "level": "5.5", "is_on": "1"}
    tried = bob.post(f"{address}/watches/negative?lang=en", tries).content.decode()
    assert "It would have spoken once in the last day: on " in tried
    assert "It would not have spoken in the last day." in tried
    tried = bob.post(f"{address}/watches/negative?lang=id", tries).content.decode()
    assert "Akan berbunyi 1 kali dalam sehari terakhir: pada " in tried
    assert "Tidak akan berbunyi dalam sehari terakhir." in tried


def test_a_watch_names_what_is_decided_beforehand(people: People, campaign: Campaign, address: str) -> None:
    form = PolicyForm(watch="bots", rung="hold", mode="unless_objected", minutes=20)
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    vera, steer = signed_in(people.vera), address.removesuffix("alarms") + "steer"
    page = read(vera, address)
    assert page.count("When it speaks:") == 1
    assert "hold it, unless somebody objects within 20 minutes." in page
    assert f'href="{steer}#beforehand"' in page
    assert f'href="{address}#watch-bots"' in read(vera, steer)


def test_what_waits_to_be_done_stands_on_every_page_and_with_its_alarm(
    people: People, campaign: Campaign, address: str, store: Store
) -> None:
    form = PolicyForm(watch="negative", rung="hold", mode="approved")
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    alarm = an_alarm(campaign)
    actions.answer(alarm=alarm)
    waits = "Decided beforehand: hold it. It is done when somebody else than Alice, who decided it, approves."
    bob, steer = signed_in(people.bob), address.removesuffix("alarms") + "steer"
    assert f'{waits} <a href="{steer}">' in read(bob, address.removesuffix("alarms") + "channels")
    assert read(bob, address).count(waits) == 2
    assert waits in read(bob, f"{steer}/affair")
    assert waits not in read(bob, steer)  # where it is answered
    bob.post(f"{address}/{alarm.pk}", {"do": "acknowledge"})
    assert waits in read(bob, address.removesuffix("alarms") + "channels")  # it waits, whoever sees to the alarm
    (decision,) = queries.proposed(campaign)
    decisions.refuse(membership=people.bob, slug=campaign.slug, number=decision.pk, reason="One angry man.")
    page = read(bob, address)
    assert waits not in page
    assert "hold it. Bob objected, and it is not done: “One angry man.”" in page


def test_only_an_owner_says_which_program_is_told_and_sees_its_secret_once(
    people: People, campaign: Campaign, address: str, store: Store
) -> None:
    assert signed_in(people.bob).post(f"{address}/program", {"address": "https://a.example"}).status_code == 403
    alice = signed_in(people.alice)
    assert alice.post(f"{address}/program", {"address": "ftp://a.example"}).status_code == 422
    assert alice.post(f"{address}/program", {"address": "https://a.example/alarms"}).status_code == 302
    assert "whsec_" in alice.get(address).content.decode()
    assert "whsec_" not in alice.get(address).content.decode()
    alice.post(f"{address}/program", {"do": "drop"})
    assert not AlarmHook.objects.exists()


@pytest.mark.usefixtures("without_engine")
def test_a_dead_engine_hides_no_alarm(people: People, campaign: Campaign, address: str) -> None:
    an_alarm(campaign)
    page = signed_in(people.vera).get(address)
    assert page.status_code == 200
    assert "The engine does not answer." in page.content.decode()
    assert "6 people said something bad" in page.content.decode()


def test_a_program_sees_to_alarms_and_sets_watches(people: People, campaign: Campaign) -> None:
    alarm, program = an_alarm(campaign), a_program(people.alice)
    address = f"/campaigns/{campaign.slug}"
    (shown,) = program.get(f"{address}/alarms")["open"]
    assert (shown["watch"], shown["status"]) == ("negative", "open")
    until = (timezone.now() + timedelta(hours=3)).isoformat()
    assert program.post(f"{address}/alarms/{alarm.pk}/snooze", {"until": until}).json["status"] == "snoozed"
    assert program.post(f"{address}/alarms/{alarm.pk}/acknowledge").json["status"] == "acknowledged"
    assert program.post(f"{address}/alarms/{alarm.pk}/close", {"reason": ""}).status == 422
    assert program.post(f"{address}/alarms/{alarm.pk}/close", {"reason": "Seen"}).json["reason"] == "Seen"
    assert Alarm.objects.get().closed_at is not None
    set_to = program.send("PUT", f"{address}/watches/negative", {"level": 0.4, "people": 9}).json
    assert (set_to["tolerated"], set_to["people_tolerated"]) == (0.4, 9)
    assert program.send("PUT", f"{address}/watches/mood", {}).status == 422
    watches = program.get(f"{address}/watches")
    assert watches["false_alarm"] == 0.05
    assert watches["false_alarm_each"] == pytest.approx(0.05 / 7)
    assert len(watches["watches"]) == len(queries.watches(campaign))
