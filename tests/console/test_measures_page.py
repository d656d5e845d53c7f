"""The measures page: every figure with what it means, participants by group; and the same through the API."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_participant
from people import People
from sebar.brands.keys import create_key
from sebar.campaigns.models import Campaign
from sebar.measures import CATALOG, PARTS


@pytest.fixture
def address(people: People, campaign: Campaign) -> str:
    """Address of the measures page."""
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/measures"


@pytest.fixture
def grown(campaign: Campaign, count: Callable[[], None]) -> None:
    """Forty seeds who joined ten days ago; every second brought one friend within the hour, and most of those none."""
    begun = timezone.now() - timedelta(days=10)
    for number in range(40):
        seed = a_participant(campaign, joined_at=begun, source=("list", "fair")[number % 2], channel="qr")
        if number % 2:
            friend = a_participant(campaign, seed, joined_at=begun + timedelta(minutes=number), channel="whatsapp")
            if number < 10:
                a_participant(campaign, friend, joined_at=begun + timedelta(minutes=90), channel="link")
    count()


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", b"".join(response.streaming_content).decode())


def figure_of(page: str, name: str) -> str:
    """Return what stands beside a measure, without its markup."""
    row = page.partition(f'id="about-{name}"')[2].partition("</tr>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", row.partition("</th>")[2]).split())


@pytest.mark.usefixtures("grown")
def test_every_figure_stands_there_with_its_range_unit_and_meaning(address: str, alice: Client) -> None:
    page = page_of(alice, address)
    assert re.search(r"0\.38 0\.\d+–0\.\d+ joins per participant", figure_of(page, "r"))
    assert "65 people" in figure_of(page, "participants")
    assert "fades" in figure_of(page, "doubling_time")
    assert "too early: 25 of 30 joins" in figure_of(page, "r_of_friends")
    assert "2 generations" in figure_of(page, "depth")
    assert "steps" in figure_of(page, "structural_virality")
    assert re.search(r"\d min", figure_of(page, "cycle_time"))
    for name in re.findall(r'id="about-(\w+)"', page):
        assert CATALOG[name].definition.replace("'", "&#x27;") in page, name
    assert page.count("<details") >= 20


@pytest.mark.usefixtures("grown")
@pytest.mark.parametrize("by", PARTS)
def test_groups_can_be_chosen_and_taken_along(address: str, alice: Client, by: str) -> None:
    page = page_of(alice, f"{address}?by={by}")
    assert f'<a href="?by={by}#panel-breakdown" aria-current="true">' in page
    table = alice.get(f"{address.removesuffix('measures')}figures/by-{by}.csv").content.decode()
    header, *rows = csv.reader(io.StringIO(table))
    assert header[:3] == [by, "visits", "joins"]
    assert sum(int(row[2]) for row in rows) == 65


@pytest.mark.usefixtures("grown")
def test_by_source_whole_cascades_are_counted(address: str, alice: Client) -> None:
    page = page_of(alice, f"{address}?by=source")
    rows = re.findall(r"<tr><th scope=\"row\"><bdi>(\w+)</bdi></th>(.*?)</tr>", page)
    joined = {label: re.findall(r'<td class="n">([\d,]+)<', cells)[0] for label, cells in rows}
    assert joined == {"fair": "45", "list": "20"}


@pytest.mark.usefixtures("grown")
def test_each_channel_has_its_share_of_all_joins(address: str, alice: Client) -> None:
    page = page_of(alice, f"{address}?by=channel")
    rows = re.findall(r"<tr><th scope=\"row\"><bdi>([\w ]+)</bdi></th>(.*?)</tr>", page)
    shares = {
        label: re.findall(r'<td class="n">([\d,]+)<span.*?</span></td><td class="n wide-only">(.+?)</td>', cells)[0]
        for label, cells in rows
    }
    assert shares == {"QR": ("40", "62%"), "WhatsApp": ("20", "31%"), "Link": ("5", "8%")}


def test_an_empty_campaign_has_no_figures_yet(address: str, alice: Client, count: Callable[[], None]) -> None:
    count()
    page = page_of(alice, f"{address}?by=nonsense")
    assert "too early: 0 of 30 joins" in figure_of(page, "r")
    assert "nobody has joined yet" in figure_of(page, "time_to_half")
    assert "No joins yet." in page
    assert '<a href="?by=channel#panel-breakdown" aria-current="true">' in page


@pytest.mark.usefixtures("without_engine")
def test_without_an_engine_each_part_says_so(address: str, alice: Client) -> None:
    assert page_of(alice, address).count("Figures cannot be counted just now.") == 5


@pytest.mark.usefixtures("grown")
def test_the_api_says_the_same(people: People, campaign: Campaign, address: str) -> None:
    key = create_key(membership=people.alice, name="Till", scopes=["read"]).secret

    def asked(path: str) -> Any:
        answer = Client().get(f"/api/v1/campaigns/{campaign.slug}{path}", headers={"authorization": f"Bearer {key}"})
        return answer.status_code, answer.json()

    status, found = asked("/measures")
    assert status == 200
    assert found["r"]["low"] < found["r"]["value"] < found["r"]["high"]
    assert found["r"]["value"] == pytest.approx(25 / 65, rel=0.05)
    assert found["r_of_friends"]["too_early"] == {"have": 25, "need": 30, "of": "participants"}
    assert found["doubling_time_seconds"]["value"] is None
    assert found["doubling_time_seconds"]["too_early"] is None
    assert 0.98 < found["die_out"] <= 1
    assert found["width"] == 40
    assert len(found["expected_sizes"]) == len(found["cascade_sizes"])
    status, parted = asked("/measures/breakdown?by=channel")
    assert status == 200
    assert {group["label"]: group["joins"] for group in parted["groups"]} == {"qr": 40, "whatsapp": 20, "link": 5}
    assert asked("/measures/breakdown?by=nonsense")[0] == 422
    listed = asked("/cascades")[1]["cascades"]
    assert {(row["size"], row["structural_virality"]) for row in listed} == {(3, 4 / 3), (2, 1.0), (1, None)}
