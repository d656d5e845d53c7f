"""What the console shows of links, frames, feeds and the app."""

from __future__ import annotations

import pytest
from django.test import Client

from builders import a_campaign, a_draft
from people import People
from portal.conftest import a_picture
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.kit import config


def page(client: Client, people: People, campaign: Campaign, channel: str) -> str:
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    answer = client.get(f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels/{channel}")
    assert answer.status_code == 200
    return b"".join(answer).decode()


def test_the_card_is_shown_as_networks_show_it(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    assert "Without a picture the card is small." in page(client, people, campaign, "link")
    picture = images.store(a_picture(), config.load().media)
    campaigns.dress(membership=people.alice, slug=campaign.slug, image=picture)
    shown = page(client, people, campaign, "link")
    assert f'src="/media/{picture.removesuffix(".webp")}-og.jpg"' in shown
    assert "Share the spark" in shown


def test_whose_page_makes_the_card_is_said(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice, target_url="https://brand.example/coffee")
    assert "put Open Graph tags there" in page(client, people, campaign, "link")


def test_the_frame_is_shown_once_there_is_one(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    assert f'<iframe src="/c/{campaign.slug}/embed"' in page(client, people, campaign, "embed")
    assert "<iframe" not in page(client, people, a_draft(people.alice), "embed")


@pytest.mark.parametrize(
    ("channel", "address"),
    [("feed", "/c/{slug}/feed"), ("app", "/.well-known/assetlinks.json"), ("app", "apple-app-site-association")],
)
def test_addresses_are_shown(client: Client, people: People, channel: str, address: str) -> None:
    campaign = a_campaign(people.alice)
    assert address.format(slug=campaign.slug) in page(client, people, campaign, channel)


def test_an_owner_sets_the_app_up_and_reads_what_is_wrong(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    page(client, people, campaign, "app")
    address = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels/app/set-up"
    assert client.post(address, {"scheme": "javascript", "android_package": "com.kopi.app"}).status_code == 302
    again = page(client, people, campaign, "app")
    assert "“javascript” cannot be the scheme of your app" in again
    assert 'value="com.kopi.app"' in again
    client.post(address, {"scheme": "kopi", "android_package": "com.kopi.app"})
    assert 'value="kopi"' in page(client, people, campaign, "app")
