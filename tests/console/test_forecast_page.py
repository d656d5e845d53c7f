"""The forecast page: too early, a look ahead, its record, in both languages, with and without an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from django.test import Client
from django.utils import timezone

from builders import a_cascade
from people import People
from sebar.campaigns.models import Campaign, Status
from sebar.spread.estimate import Estimate
from sebar.steering import actions
from steering.test_forecast_rules import an_outlook


@pytest.fixture
def address(people: People, campaign: Campaign) -> str:
    """Address of the forecast page."""
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/forecast"


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_before_there_is_a_forecast_the_page_says_what_it_takes(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    a_cascade(campaign, [-1] * 12)
    count()
    page = page_of(alice, address)
    assert "Too early to foresee anything: 12 have joined, and it takes 30 who have had time to pass it on." in page
    assert "None yet. The first is made an hour after the first join." in page


def test_the_page_says_what_is_likely_in_one_sentence(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    a_cascade(campaign, [-1, 0, 0, 1])
    count()
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=an_outlook())
    page = page_of(alice, address)
    assert "Likely <b>12–45</b> participants by Monday, 2 Mar." in page
    assert "Each friend who joined brings 0.40 others (0.30–0.60), so it grows only while you add seeds." in page
    assert "New seeds are assumed to keep coming as in the last day: about 105 a day." in page
    assert "take off" not in page
    assert "Not calibrated yet: 3 finished campaigns to learn from, 40 are needed." in page
    assert 'class="band80"' in page
    assert "unlikely (2 in 10)" in page


@pytest.mark.parametrize(
    ("r", "what_follows"),
    [
        (Estimate(9.1, 1.7, 40), "so it grows by itself."),
        (Estimate(9.1, 0.2, 40), "so it may or may not grow by itself."),
        (Estimate(0.4, 0.2, 0.9), "so it grows only while you add seeds."),
    ],
)
def test_what_becomes_of_it_follows_from_the_range_of_r(
    address: str, campaign: Campaign, alice: Client, r: Estimate, what_follows: str
) -> None:
    unclear = msgspec.structs.replace(
        an_outlook(), r=r, is_r_of_friends=False, die_out=0.9, takes_off=0.3, seeds_a_day=0
    )
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=unclear)
    page = page_of(alice, address)
    assert what_follows in page
    assert "stop by itself" not in page
    assert "It could also take off (3 in 10). Each brings" in page
    assert "It takes off: more than 100 times as many as now" in page
    assert "No seeds came one by one in the last day, so none are assumed to come." in page


def test_what_was_foreseen_for_another_goal_is_not_shown(address: str, campaign: Campaign, alice: Client) -> None:
    a_look = msgspec.structs.replace(an_outlook(), goal=40)
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=a_look)
    assert "Likely" not in alice.get(f"{address}/panels").content.decode()
    Campaign.objects.filter(pk=campaign.pk).update(goal=40)
    page = page_of(alice, address)
    assert "Likely <b>12–45</b>" in page
    assert "unlikely" in page


def test_when_more_have_joined_than_could_the_page_says_so(address: str, campaign: Campaign, alice: Client) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(population=9)
    full = msgspec.structs.replace(an_outlook(), population=9, more_seeds=[])
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=full)
    page = page_of(alice, address)
    assert "More have joined already than the 9 people who could take part at most" in page
    assert "If you add seeds now" not in page


def test_how_far_it_goes_is_not_told_where_nobody_knows(address: str, campaign: Campaign, alice: Client) -> None:
    actions.show(
        campaign=campaign,
        made_at=timezone.now(),
        version=1,
        outlook=msgspec.structs.replace(an_outlook(), most=45.0, takes_off=0.3),
    )
    page = page_of(alice, address)
    assert "Likely <b>12 or more</b> participants by Monday, 2 Mar." in page


@pytest.mark.parametrize(
    ("status", "words"),
    [(Status.PAUSED, "Paused: nobody can join"), (Status.STOPPED, "It was stopped: there is nothing")],
)
def test_nothing_is_foreseen_once_nobody_can_join(
    address: str, campaign: Campaign, alice: Client, status: Status, words: str
) -> None:
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=an_outlook())
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    page = page_of(alice, address)
    assert words in page
    assert "Likely <b>" not in page


def test_without_an_engine_the_table_is_still_there(
    address: str, campaign: Campaign, alice: Client, without_engine: None
) -> None:
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=an_outlook())
    page = page_of(alice, address)
    assert "cannot be drawn just now" in page
    assert "12–45" in page


def test_the_open_page_is_told_when_there_is_a_new_look(address: str, campaign: Campaign, alice: Client) -> None:
    assert alice.get(f"{address}/version").json()["version"] == 0
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=an_outlook())
    first = alice.get(f"{address}/version").json()
    actions.show(campaign=campaign, made_at=timezone.now(), version=2, outlook=an_outlook())
    assert alice.get(f"{address}/version").json()["version"] > first["version"] > 0
    assert first["counted"].startswith("Foreseen at ")
    assert "Likely" in alice.get(f"{address}/panels").content.decode()


def test_a_look_ahead_of_another_version_is_as_none(address: str, campaign: Campaign, alice: Client) -> None:
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=an_outlook())
    campaign.outlook.content = b"\x80"
    campaign.outlook.save()
    page = page_of(alice, address)
    assert "Likely <b>" not in page
    assert "None yet" in page


def test_the_record_shows_what_was_said_and_what_came(address: str, campaign: Campaign, alice: Client) -> None:
    made_at = timezone.now() - timedelta(days=3)
    one = actions.Foreseen("participants", made_at + timedelta(days=1), 10, (10, 12, 15, 20, 30, 45, 80), False, 15.0)
    later = replace(one, horizon_at=made_at + timedelta(days=7))
    actions.record(campaign=campaign, made_at=made_at, foreseen=[one, later])
    due = campaign.forecasts.get(horizon_at=one.horizon_at)
    actions.score(outcomes={due.pk: (40, 0.5)})
    page = page_of(alice, address)
    assert "Of 80% intervals, 100% held (n = 1)." in page
    assert "Of 50% intervals, 0% held (n = 1)." in page
    assert "still open" in page
    whole = page_of(alice, "/console/forecasts")
    assert "Of 95% intervals, 100% held (n = 1)." in whole
    assert "1 forecast waits for its time." in whole
    assert campaign.name not in whole


def test_what_a_goal_must_be_is_said_in_the_form(people: People, campaign: Campaign, alice: Client) -> None:
    settings = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/settings"
    form = {
        "name": campaign.name, "slug": campaign.slug, "languages": ["en", "id"], "time_zone": "Asia/Jakarta",
        "goal": "many", "colour": "#0f6b5c",
    }  # fmt: skip
    refused = alice.post(settings, form)
    assert refused.status_code == 422
    assert "“many” is not a number of people: write it like 10000" in refused.content.decode()
    assert alice.post(settings, form | {"goal": "12.500", "population": "1,000,000"}).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.goal, campaign.population) == (12_500, 1_000_000)
    refused = alice.post(settings, form | {"goal": "12.500", "population": "12.499"})
    assert refused.status_code == 422
    assert "The goal is more people than could take part at most" in refused.content.decode()
    assert alice.post(settings, form | {"goal": "12.499", "population": "12.499"}).status_code == 302
