"""The short address that beacons say, and the console's part of the page."""

from __future__ import annotations

import sys

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from builders import a_campaign, a_draft, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import ALL
from sebar.channels.kinds.bluetooth import offers
from sebar.kit import codes, config


def the_page(people: People, campaign: Campaign) -> str:
    """Return the channel's page in the console as an editor sees it."""
    client = Client()
    client.force_login(people.bob.user)
    answer = client.get(reverse("console:channel", args=[campaign.brand.slug, campaign.slug, "bluetooth"]))
    return b"".join(answer.streaming_content).decode()


def test_the_short_address_leads_to_the_link_that_says_how_it_travelled(campaign: Campaign, client: Client) -> None:
    code = codes.spell(a_participant(campaign).pk)
    offer = offers.offer(campaign, code)
    assert len(offer.short) < len(f"{config.load().public_url}/r/{code}?via=")
    answer = client.get(offer.short.removeprefix(config.load().public_url))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/r/{code}?via=bluetooth")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("code", ["nonsense", "k7m2fq", "//evil.example", "%2F%2Fevil.example", "k7m2fqx%0d%0aA:b"])
def test_a_short_address_leads_nowhere_but_to_a_link(client: Client, code: str) -> None:
    answer = client.get(f"/b/{code}")
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_without_a_code_the_campaigns_own_page_is_offered(people: People, client: Client) -> None:
    campaign = a_campaign(people.alice)
    offer = offers.offer(campaign)
    assert (offer.link, offer.short) == (f"{config.load().public_url}/c/{campaign.slug}?via=bluetooth", "")
    assert client.get(f"/c/{campaign.slug}?via=bluetooth").status_code == 200


def test_a_beacon_says_nothing_of_the_person_but_their_code(campaign: Campaign) -> None:
    person = a_participant(campaign, name="Dewi Lestari", external_id="dewi-1")
    said = repr(offers.offer(campaign, codes.spell(person.pk)))
    assert "Dewi" not in said
    assert "dewi" not in said


def test_a_campaign_without_words_is_offered_by_its_name(people: People) -> None:
    draft = a_draft(people.alice, texts={})
    assert offers.offer(draft).headline == draft.name


def test_the_page_shows_the_commands_and_says_why_eddystone_cannot(people: People, campaign: Campaign) -> None:
    page = the_page(people, campaign)
    assert f"sebar beacon {campaign.slug} --code " in page
    assert "and 17 fit" in page
    assert f"{config.load().public_url}/r/" in page


def test_a_short_host_makes_eddystone_possible(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = config.read({"SEBAR_URL": "https://kopi.id"})
    monkeypatch.setattr(config, "load", lambda: short)
    page = the_page(people, campaign)
    assert "17 fit" not in page
    assert "<code>https://kopi.id/b/" in page


def test_the_channel_draws_and_explains_itself_in_both_languages() -> None:
    channel = ALL["bluetooth"]
    assert channel.icon.startswith("<svg")
    assert "No phone of today shows such links by itself" in channel.description
    with translation.override("id"):
        assert channel.title == "Bluetooth"


def test_the_page_says_what_to_install(people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pip install" not in the_page(people, campaign)
    monkeypatch.setitem(sys.modules, "bumble", None)
    assert "pip install &#x27;sebar[bluetooth]&#x27;" in the_page(people, campaign)
