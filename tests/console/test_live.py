"""The live page: sentence, figures, panels, numbers for spreadsheets, and what happens without an engine."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.test import Client

from api.asking import a_program
from builders import a_campaign, a_cascade, a_participant
from people import People
from sebar.campaigns import actions
from sebar.campaigns.models import Campaign
from sebar.console.live import PANELS
from sebar.fraud import actions as fraud
from sebar.participants import actions as participants
from sebar.participants.rules import Entry


@pytest.fixture
def address(people: People, campaign: Campaign) -> str:
    """Address of the live page."""
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}"


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def test_an_empty_campaign_says_what_to_do_next(address: str, alice: Client, count: Callable[[], None]) -> None:
    count()
    page = page_of(alice, address)
    assert "Nobody has joined yet. Pass on the first link" in page
    assert "/c/spark" in page
    assert "No joins yet. First ones appear within 2 s." in page


def test_what_happened_is_there_as_soon_as_it_is_counted(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    count()
    before = alice.get(f"{address}/version").json()["version"]
    a_cascade(campaign, [-1, 0, 0, 1])
    count()
    newest = alice.get(f"{address}/version").json()
    assert newest["version"] > before
    assert newest["counted"].startswith("Counted up to ")
    panels = alice.get(f"{address}/panels").content.decode()
    assert "4 people have joined." in panels
    assert "1 seed, 3 through a friend" in panels
    assert panels.count('id="panel-') == len(PANELS)


def test_who_was_refused_is_told_of_beside_who_joined(
    address: str, alice: Client, campaign: Campaign, people: People, count: Callable[[], None]
) -> None:
    a_participant(campaign)
    cheat = a_participant(campaign)
    count()
    assert "refused in the review" not in alice.get(f"{address}/panels").content.decode()
    fraud.decide(membership=people.alice, campaign=campaign, numbers={cheat.pk}, verdict="fraud", note="")
    said = "1 of them was refused in the review, and counts here all the same"
    assert said in alice.get(f"{address}/panels").content.decode()


def test_too_few_people_make_no_number(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    a_cascade(campaign, [-1] * 12)
    count()
    page = page_of(alice, address)
    assert "Too early to say how it spreads: 12 have joined, and it takes 30 who have had time to pass it on." in page
    assert "too early: 12 of 30 joins" in page


def test_enough_people_make_a_number_with_its_range(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    a_cascade(campaign, [-1] * 20 + list(range(20)))
    count()
    page = page_of(alice, address)
    found = re.search(r"Each brings <b>([\d.]+)</b> others \(([\d.]+)–([\d.]+)\), so it", page)
    assert found is not None
    assert float(found[2]) <= float(found[1]) <= float(found[3])
    assert float(found[1]) == pytest.approx(0.5, abs=0.01)


def test_a_stopped_campaign_sums_up(
    address: str, campaign: Campaign, people: People, alice: Client, count: Callable[[], None]
) -> None:
    a_cascade(campaign, [-1, 0])
    actions.stop(membership=people.alice, slug=campaign.slug)
    count()
    assert "It is over. 1 seed became <b>2 people</b>." in page_of(alice, address)


def test_the_same_page_in_indonesian(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    participants.add_many(campaign=campaign, entries=[Entry() for _seed in range(1001)])
    count()
    page = page_of(alice, f"{address}?lang=id")
    assert '<html lang="id">' in page
    assert "1.001" in page


def test_names_are_shown_as_text_whatever_they_hold(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    seed = a_participant(campaign, name="<b>Dewi</b> 🎈 محمد")
    a_participant(campaign, seed)
    count()
    page = page_of(alice, address)
    assert "&lt;b&gt;Dewi&lt;/b&gt; 🎈 محمد" in page
    assert "<b>Dewi" not in page


def test_numbers_for_spreadsheets(address: str, campaign: Campaign, alice: Client, count: Callable[[], None]) -> None:
    seed = a_participant(campaign, name="=1+1", channel="qr")
    a_participant(campaign, seed, channel="whatsapp")
    count()
    tables = {
        name: list(csv.reader(io.StringIO(alice.get(f"{address}/figures/{name}.csv").content.decode())))
        for name in ("funnel", "joins", "generations", "sizes", "sharers", "days", "cascades")
    }
    assert tables["funnel"][4] == ["join", "2", "2"]
    assert tables["generations"][1:] == [["0", "0", "1", "1"], ["1", "1", "1", "1"]]
    assert tables["sharers"][1][1] == "'=1+1", "no spreadsheet takes it for a formula"
    assert tables["cascades"][1][1:4] == ["2", "1", "1"]
    assert sum(int(value) for row in tables["joins"][1:] for value in row[1:]) == 2
    assert alice.get(f"{address}/figures/secrets.csv").status_code == 404


@pytest.mark.usefixtures("without_engine")
def test_without_an_engine_the_page_stands_and_says_so(address: str, alice: Client) -> None:
    page = page_of(alice, address)
    assert page.count("Figures cannot be counted just now.") == len(PANELS)
    assert "Running" in page


def test_paused_updates_stay_paused(address: str, alice: Client, count: Callable[[], None]) -> None:
    count()
    assert "data-live" in page_of(alice, address)
    assert "data-live" not in page_of(alice, f"{address}?pause=1")


def test_campaigns_are_counted_apart(
    people: People, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    other = a_campaign(people.alice)
    a_cascade(campaign, [-1, 0, 0])
    a_cascade(other, [-1])
    count()
    page = page_of(alice, f"/console/brands/{people.alice.brand.slug}/campaigns/{other.slug}")
    assert "1 person has joined." in page


def test_the_list_follows_what_happens(
    people: People, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    listed = f"/console/brands/{people.alice.brand.slug}/campaigns"
    a_cascade(campaign, [-1] * 30)
    count()
    assert re.search(r"30 <span[^>]*>\+30</span>", alice.get(listed).content.decode())
    a_cascade(campaign, [-1])
    count()
    assert re.search(r"31 <span[^>]*>\+31</span>", alice.get(listed).content.decode())


def test_refunded_conversions_do_not_count_and_stand_beside(
    address: str, people: People, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    buyer = a_participant(campaign, a_participant(campaign))
    for name, value in (("kept", 5_000), ("sent-back", 7_000), ("kept-too", 1_000)):
        participants.convert(campaign=campaign, number=buyer.pk, external_id=name, value=value, currency="IDR")
    participants.refund(campaign=campaign, external_id="sent-back")
    count()
    assert "1 conversion was refunded." in alice.get(f"{address}/panels").content.decode()
    rows = csv.reader(io.StringIO(alice.get(f"{address}/figures/funnel.csv").content.decode()))
    assert ["conversion", "2", "3"] in [*rows]
    found = a_program(people.alice).get(f"/campaigns/{campaign.slug}/measures")
    assert (found["conversions"], found["refunded"]) == (2, 1)
    assert found["money"] == [{"currency": "IDR", "value": 6_000, "conversions": 2, "refunded": 7_000}]
    assert found["top_sharers"][0]["conversions"] == 2
    assert "2 Rp60 · 1 conversion was refunded." in " ".join(
        re.sub(r"<[^>]+>", " ", alice.get(f"{address}/report").content.decode()).split()
    )
