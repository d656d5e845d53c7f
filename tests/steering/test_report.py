"""The report and what it suggests, as members see it and programs read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_cascade, a_participant
from people import People
from rewards.giving import a_rule, work
from sebar.brands.keys import create_key
from sebar.brands.queries import Membership
from sebar.campaigns import actions as campaigns
from sebar.campaigns.brief import actions as brief
from sebar.campaigns.brief.rules import BriefForm
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.models import Message
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store
from sebar.kit.ids import new_id
from sebar.participants import actions as participants
from sebar.rewards.models import Reward
from sebar.steering import actions as forecasts
from sebar.steering.actions import Foreseen
from sebar.steering.alarms.models import Alarm
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions import affair
from sebar.steering.decisions.models import CampaignDecision
from sebar.steering.decisions.rules import PolicyForm
from sebar.steering.models import Forecast
from sebar.steering.rules import Ahead, MoreSeeds
from steering.test_forecast_rules import an_outlook

Count = Callable[[], None]
LINE = (10.0, 12.0, 15.0, 20.0, 30.0, 45.0, 80.0)


def browser(member: Membership) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    assert member.user is not None
    client.force_login(member.user)
    return client


def place(campaign: Campaign) -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/report"


def said(member: Membership, campaign: Campaign) -> str:
    """Return the report's words without markup."""
    answer = browser(member).get(place(campaign))
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def read(people: People, campaign: Campaign) -> dict[str, Any]:
    secret = create_key(membership=people.alice, name="report", scopes=["read"]).secret
    answer = Client().get(f"/api/v1/campaigns/{campaign.slug}/report", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def parted(people: People, count: Count) -> Campaign:
    """A campaign of ten days: of 80 people who came by a code each brought one by a letter, of these hardly one did."""
    campaign = a_campaign(people.alice, goal=400)
    begun = timezone.now() - timedelta(days=10)
    for number in range(80):
        seed = a_participant(campaign, joined_at=begun, channel="qr")
        friend = a_participant(campaign, seed, joined_at=begun + timedelta(minutes=number), channel="email")
        if number < 4:
            a_participant(campaign, friend, joined_at=begun + timedelta(minutes=90), channel="link")
    count()
    return campaign


def test_before_anybody_has_joined_it_claims_nothing(people: People, campaign: Campaign, count: Count) -> None:
    count()
    page = said(people.vera, campaign)
    assert "0 people joined so far. No goal is set." in page
    assert "too early: 0 of 30 joins" in page
    assert "Nothing was foreseen on the record" in page
    assert "No channel, creative or source of seeds differs surely" in page
    assert "No alarm spoke, and nothing was held or stopped." in page
    assert "Nothing can be said yet." in page
    found = read(people, campaign)
    assert found["r"]["value"] is None
    assert found["advice"] == found["suggestions"] == found["costs"] == []


def test_it_tells_the_outcome_beside_the_goal(people: People, parted: Campaign) -> None:
    assert "164 people joined so far, of the goal of 400 (41% of it)." in said(people.vera, parted)
    campaigns.stop(membership=people.alice, slug=parted.slug)
    page = said(people.vera, parted)
    assert "164 people joined : the goal of 400 was missed (41% of it)." in page
    assert "Take about 195 seeds (" in page
    assert "What could be done now" not in page


def test_what_differs_surely_is_told_and_suggested(people: People, parted: Campaign) -> None:
    page = said(people.vera, parted)
    assert re.search(r"Who came by QR brings 1\.\d\d others \(\S+\), 0\.9\d more \(\S+\) than who came by E-mail", page)
    assert "Invite by QR rather than by E-mail." in page
    assert "Begin with QR rather than E-mail." in page
    found = read(people, parted)
    (contrast,) = found["contrasts"]
    assert (contrast["by"], contrast["better"], contrast["worse"]) == ("channel", "qr", "email")
    assert contrast["more"]["low"] > 0
    (moved,) = found["suggestions"]
    assert (moved["kind"], moved["may_be_applied"]) == ("move_seeds", False)
    assert moved["effect"]["low"] == pytest.approx(100 * contrast["more"]["low"])


@pytest.mark.django_db(transaction=True)
def test_cost_is_told_per_join_and_conversion_and_never_added_to_the_budget(people: People, count: Count) -> None:
    campaign = a_campaign(people.alice)
    form = BriefForm(budget=1_000_000_00, currency="IDR")
    brief.write(membership=people.alice, slug=campaign.slug, form=form)
    a_rule(campaign, what="money", currency="IDR", amount=2_500_00, budget=100_000_00, hold_days=0)
    _, friend, *_ = a_cascade(campaign, [-1, 0, 0, 0])
    participants.convert(campaign=campaign, number=friend.pk, external_id="order")
    work()
    assert Reward.objects.count() == 3
    count()
    page = said(people.vera, campaign)
    assert "Rewards given Rp7,500" in page
    assert "Rewards per join Rp1,875" in page
    assert "Rewards per conversion Rp7,500" in page
    assert "Budget per join Rp250,000 if all of it is spent" in page
    (cost,) = read(people, campaign)["costs"]
    assert cost == {
        "currency": "IDR",
        "rewards_given": 750_000,
        "rewards_pending": 0,
        "rewards_per_join": 187_500,
        "rewards_per_conversion": 750_000,
        "budget": 100_000_000,
        "budget_per_join": 25_000_000,
        "budget_per_conversion": 100_000_000,
    }


def test_the_first_forecast_of_record_stands_beside_what_came(people: People, campaign: Campaign, count: Count) -> None:
    count()
    made = timezone.now() - timedelta(days=3)
    for at, quantiles in ((made, LINE), (made + timedelta(hours=6), (1.0,) * 7)):
        foreseen = [
            Foreseen("participants", at + timedelta(days=days), 5, quantiles, is_calibrated=False, naive=None)
            for days in (1, 7)
        ]
        forecasts.record(campaign=campaign, made_at=at, foreseen=foreseen)
    first = Forecast.objects.order_by("made_at", "horizon_at")[0]
    page = said(people.vera, campaign)
    assert "12–45 being counted" in page
    assert "12–45 still open" in page
    forecasts.score(outcomes={first.pk: (50, 0.25)})
    assert "12–45 50 no 0.250" in said(people.vera, campaign)
    told, later = read(people, campaign)["foretold"]
    assert (told["low"], told["high"], told["outcome"], told["held"]) == (12, 45, 50, False)
    assert later["outcome"] is None


def test_alarms_and_decisions_are_told_with_what_nobody_had_decided(
    people: People, campaign: Campaign, count: Count
) -> None:
    count()
    at = timezone.now() - timedelta(hours=2)
    numbers = {"kind": "exposure", "rule": "Cups", "spent": 9, "budget": 10, "unit": "coupon"}
    Alarm.objects.create(
        campaign=campaign, watch="reward_exposure", opened_at=at, began_at=at, spoke_at=at, numbers=numbers
    )
    decisions.take(membership=people.bob, slug=campaign.slug, rung="hold", reason="We look at it.")
    page = said(people.vera, campaign)
    assert "Alarm: Rewards nearing their budget Not seen to yet" in page
    assert "“Cups” has come to 90% of its budget" in page
    assert "Decision: hold it (Bob)" in page
    assert "We look at it." in page
    assert "Decide beforehand what is done when “Rewards nearing their budget” sounds an alarm" in page
    assert f"{campaign.slug}/steer/affair" not in browser(people.vera).get(place(campaign)).content.decode()
    said_so = dict.fromkeys(campaign.languages, "We are sorry.")
    affair.state(membership=people.bob, slug=campaign.slug, texts=said_so)
    affair.state(membership=people.bob, slug=campaign.slug, texts={})
    report = browser(people.vera).get(place(campaign)).content.decode()
    assert f'href="{place(campaign).removesuffix("report")}steer/affair"' in report
    there = browser(people.vera).get(place(campaign).removesuffix("report") + "steer/affair").content.decode()
    assert f'href="{place(campaign)}"' in there.partition("<main")[2].partition("Hold or stop it")[2]
    found = read(people, campaign)
    assert [one["watch"] for one in found["alarms"]] == ["reward_exposure"]
    assert [one["rung"] for one in found["decisions"]] == ["hold"]


def test_what_a_policy_only_proposed_is_no_decision(people: People, campaign: Campaign, count: Count) -> None:
    count()
    form = PolicyForm(watch="complaints", rung="stop", mode="approved")
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    numbers = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    decisions.answer(campaign=campaign, watch="complaints", numbers=numbers, began_at=timezone.now())
    assert "More seeds are not suggested" not in said(people.vera, campaign)
    at = timezone.now()
    Alarm.objects.create(campaign=campaign, watch="complaints", opened_at=at, began_at=at, spoke_at=at, numbers=numbers)
    page = said(people.vera, campaign)
    assert "More seeds are not suggested while an alarm about bad words or complaints is open" in page
    assert "Nothing that the figures show surely" not in page
    assert "Proposed: stop it (policy of Alice) proposed, not carried out" in page
    assert "Decision: stop it" not in page


def test_seeds_that_make_the_goal_likely_are_suggested_with_their_range(people: People, count: Count) -> None:
    campaign = a_campaign(people.alice, goal=50)
    count()
    outlook = an_outlook()
    ahead = {name: [Ahead(timezone.now() + timedelta(days=7), LINE)] for name in outlook.ahead}
    more = [
        MoreSeeds(10, LINE, 0.6),
        MoreSeeds(30, (30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 99.0), 0.85),
        MoreSeeds(100, (90.0,) * 7, 0.99),
    ]
    outlook = msgspec.structs.replace(
        outlook, goal=50, ahead=ahead, more_seeds=more, seeds_to_goal=20, chance_of_goal=0.1
    )
    forecasts.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=outlook)
    page = said(people.bob, campaign)
    assert "Add about 20 seeds: then the goal is reached with a chance of 7 in 10." in page
    assert "Likely 26–63 participants with them, 12–45 without (80%)" in page
    assert "without them the goal is reached with a chance of 1 in 10." in page
    (one,) = read(people, campaign)["suggestions"]
    assert (one["number"], one["chance_of_goal"], one["may_be_applied"]) == (20, pytest.approx(0.725), False)
    assert (one["effect"]["low"], one["effect"]["high"], one["effect"]["level"]) == (26, 62.5, 0.8)
    outlook = msgspec.structs.replace(outlook, seeds_to_goal=7)
    forecasts.show(campaign=campaign, made_at=timezone.now(), version=2, outlook=outlook)
    assert "Add about 7 seeds: then the goal is reached with a chance of 4 in 10." in said(people.bob, campaign)
    now = timezone.now()
    alarm = Alarm.objects.create(
        campaign=campaign,
        watch="complaints",
        opened_at=now,
        began_at=now,
        spoke_at=now,
        numbers={"kind": "exposure", "rule": "Cups", "spent": 9, "budget": 10, "unit": "coupon"},
    )
    assert "Add about" not in said(people.bob, campaign)
    Alarm.objects.filter(pk=alarm.pk).update(closed_at=now)
    assert "Add about 7 seeds" in said(people.bob, campaign)
    CampaignDecision.objects.create(
        campaign=campaign, before="watch", rung="hold", state="in_force", made_at=now, in_force_at=now, ended_at=now
    )
    assert "Add about" not in said(people.bob, campaign)
    CampaignDecision.objects.filter(rung="hold").update(ended_at=now - timedelta(days=4))
    assert "Add about 7 seeds" in said(people.bob, campaign)
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    assert read(people, campaign)["suggestions"] == []


def test_who_never_passed_it_on_is_reminded_once_by_an_editors_tap(
    people: People, campaign: Campaign, count: Count, store: Store
) -> None:
    long_ago = timezone.now() - timedelta(days=3)
    quiet, parent, sharer, silent = (a_participant(campaign, joined_at=long_ago) for _ in range(4))
    a_participant(campaign, parent)
    at = int(long_ago.timestamp() * 1000)
    shared = Event(
        id=new_id(), ts=at, campaign=campaign.pk, kind=Kind.SHARE, verdict=Verdict.PERSON, participant=sharer.pk
    )
    store.insert([shared], token=f"shared {shared.id}")
    late = a_participant(campaign)
    for number, person in enumerate((quiet, parent, sharer, late)):
        channels.agree(participant=person, channel="telegram_bot", address=str(1000 + number))
    channels.agree(participant=quiet, channel="xmpp", address="quiet@example.org", language="id")
    count()
    page = said(people.bob, campaign)
    assert "Remind 1 person, who joined, asked for news and never passed it on." in page
    assert "“Your link is waiting. You joined “" in page
    assert "Remind them" in page
    assert "Remind them" not in said(people.vera, campaign)
    assert browser(people.vera).post(f"{place(campaign)}/remind").status_code == 403
    assert not Message.objects.exists()
    bob = browser(people.bob)
    assert "On its way to 1 person." in bob.post(f"{place(campaign)}/remind", follow=True).content.decode()
    message = Message.objects.get()
    assert (message.participant, message.channel, message.content["subject"]) == (quiet, "xmpp", "Tautanmu menunggu")
    channels.agree(participant=quiet, channel="telegram_bot", address="2000")
    again = bob.post(f"{place(campaign)}/remind", follow=True).content.decode()
    assert "There is nobody to be reminded" in again
    assert Message.objects.count() == 1
    assert silent.pk not in Message.objects.values_list("participant", flat=True)


def test_nobody_is_reminded_of_what_rests(people: People, campaign: Campaign, count: Count) -> None:
    quiet = a_participant(campaign, joined_at=timezone.now() - timedelta(days=3))
    channels.agree(participant=quiet, channel="telegram_bot", address="1000")
    count()
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    browser(people.bob).post(f"{place(campaign)}/remind")
    assert not Message.objects.exists()


def test_it_is_found_from_the_live_page_and_read_in_indonesian(people: People, parted: Campaign) -> None:
    client = browser(people.vera)
    live = b"".join(client.get(place(parted).removesuffix("/report")).streaming_content).decode()
    assert f'href="{place(parted)}"' in live
    page = client.get(f"{place(parted)}?lang=id").content.decode()
    assert "Yang bisa dilakukan sekarang" in page
