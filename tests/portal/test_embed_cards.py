"""The card of a link: what previews read, whom it names, and where frames and feeds are found."""

from __future__ import annotations

import io
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from PIL import Image, ImageColor

from builders import a_campaign, a_participant
from material.making import a_creative, a_zip
from people import People
from portal.conftest import a_picture, code_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.kit import config
from sebar.material import actions as material
from sebar.material import games, queries
from sebar.participants.queries import personal_secret
from sebar.portal import own_card
from sebar.portal.people import called

OURS = config.load().public_url
AGENTS = {
    "Facebook": "facebookexternalhit/1.1",
    "WhatsApp": "WhatsApp/2.23.20.0",
    "a person": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
}


def cards(html: str) -> dict[str, str]:
    """Return a page's tags for previews by their names, as a preview reads them."""
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter):[\w:]+)" content="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def alternates(html: str) -> dict[str, str]:
    """Return where a page says that its other forms are, by their type."""
    found = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', html)
    return {kind: unescape(address) for kind, address in found}


def test_a_links_card_says_all_that_previews_ask_for(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    campaigns.dress(membership=people.alice, slug=campaign.slug, image=images.store(a_picture(), config.load().media))
    code = code_of(a_participant(campaign, name="Dewi"))
    page = client.get(f"/c/{campaign.slug}?ref={code}&via=facebook").content.decode()
    card = cards(page)
    assert card["og:title"] == "Share the spark"
    assert card["og:description"] == "Everybody who brings two friends lights up the town."
    assert card["og:site_name"] == "Kopi Senja"
    assert card["og:type"] == "website"
    assert card["twitter:card"] == "summary_large_image"
    assert (card["og:image:width"], card["og:image:height"]) == ("1200", "630")
    assert card["og:image"].startswith(f"{OURS}/media/")
    picture = client.get(urlsplit(card["og:image"]).path)
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert len(picture.content) < 300_000


def test_material_without_a_picture_has_a_card_with_its_title(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    for kind, files in (("quiz", {}), ("text", {}), ("game", {"index.html": "x"})):
        a_creative(people.alice, campaign, kind, upload=a_zip(files) if files else None)
        code = code_of(a_participant(campaign, email=f"{kind}@example.com", creative=kind))
        for page in (f"/c/{campaign.slug}?c={kind}", f"/s/{code}"):
            card = cards(client.get(page).content.decode())
            assert card["og:image"] == f"{OURS}/c/{campaign.slug}/card/{kind}/en.png"
            assert (card["og:image:width"], card["og:image:height"]) == ("1200", "630")
            assert card["twitter:card"] == "summary_large_image"
        drawn = client.get(urlsplit(card["og:image"]).path)
        with Image.open(io.BytesIO(drawn.content)) as picture:
            assert (drawn.headers["Content-Type"], picture.size) == ("image/png", (1200, 630))
            assert picture.convert("RGB").getpixel((2, 2)) == ImageColor.getrgb(campaign.colour)
    home = f"/c/{campaign.slug}/card"
    for wrong in ("quiz/xx.png", "nothing/en.png"):
        assert client.get(f"{home}/{wrong}").status_code == 404
    material.switch(membership=people.alice, slug=campaign.slug, name="quiz", is_on=False)
    assert client.get(f"{home}/quiz/en.png").status_code == 404


def test_a_personal_card_says_of_a_name_what_can_be_drawn(people: People) -> None:
    card = a_creative(people.alice, a_campaign(people.alice), "card", upload=a_picture())
    nobody, some = "\U000e0fff\U000e0ffe", "Ñandú \U000e0fff."
    assert own_card.example(card, nobody) == own_card.example(card, called(""))
    assert own_card.example(card, some) == own_card.example(card, "Ñandú")


@pytest.mark.parametrize("name", games.TITLES)
def test_our_own_games_have_covers(client: Client, people: People, name: str) -> None:
    campaign = a_campaign(people.alice)
    made = a_creative(people.alice, campaign, "game", upload=games.zipped(name))
    cover = queries.picture(made)
    assert cover is not None
    page = client.get(f"/c/{campaign.slug}").content.decode()
    assert f'src="/media/{cover.webp}"' in page
    assert cards(page)["og:image"] == f"{OURS}/media/{cover.og}"


def test_the_cards_address_is_the_persons_own_and_answers_itself(client: Client, campaign: Campaign) -> None:
    """A network that looks it up must not be sent on, least of all to where it came from."""
    code = code_of(a_participant(campaign, name="Dewi"))
    page = client.get(f"/c/{campaign.slug}?ref={code}&via=facebook").content.decode()
    address = cards(page)["og:url"]
    assert f'<link rel="canonical" href="{address.replace("&", "&amp;")}">' in page
    assert address == f"{OURS}/c/{campaign.slug}?ref={code}&via=facebook"
    again = client.get(address.removeprefix(OURS))
    assert again.status_code == 200
    assert cards(again.content.decode())["og:url"] == address


def test_a_page_without_a_persons_link_has_the_campaigns_own_card(client: Client, campaign: Campaign) -> None:
    assert cards(client.get(f"/c/{campaign.slug}").content.decode())["og:url"] == f"{OURS}/c/{campaign.slug}"
    other = code_of(a_participant(a_campaign(), name="Charlie"))
    for ref in ("zzzzzzz", "nonsense", other):
        page = client.get(f"/c/{campaign.slug}?ref={ref}").content.decode()
        assert cards(page)["og:url"] == f"{OURS}/c/{campaign.slug}"


def test_previews_and_people_read_the_same_page(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    read = {
        name: cards(client.get(f"/c/{campaign.slug}?ref={code}", headers={"User-Agent": agent}).content.decode())
        for name, agent in AGENTS.items()
    }
    assert len({tuple(card.items()) for card in read.values()}) == 1


def test_a_card_names_nobody_who_did_not_allow_it(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    own = f"/me/{personal_secret(dewi)}"
    pages = [f"/c/{campaign.slug}?ref={code_of(dewi)}", f"/s/{code_of(dewi)}"]

    def titles() -> set[str]:
        return {cards(client.get(page).content.decode())["og:title"] for page in pages}

    assert titles() == {"Share the spark"}
    assert "does not say who you are" in client.get(own).content.decode()
    assert client.post(f"{own}/card", {"named": "yes"}).headers["Location"] == f"{own}#card"
    assert titles() == {"Dewi A. invites you: Share the spark"}
    assert "<bdi>Dewi A.</bdi> invites you" in client.get(own).content.decode()
    client.post(f"{own}/card", {"named": "yes"})
    client.post(f"{own}/card", {"named": "no"})
    assert titles() == {"Share the spark"}


def test_only_the_person_themselves_decides_about_their_name(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi")
    own = f"/me/{personal_secret(dewi)}/card"
    assert client.get(own).status_code == 405
    other = "y" if own[-6] == "x" else "x"
    assert client.post(f"{own[:-6]}{other}/card", {"named": "yes"}).status_code == 404
    assert client.post(f"/me/{code_of(dewi)}/card", {"named": "yes"}).status_code == 404
    assert Client(enforce_csrf_checks=True).post(own, {"named": "yes"}).status_code == 403
    assert cards(client.get(f"/s/{code_of(dewi)}").content.decode())["og:title"] == "Share the spark"


def test_somebody_without_a_name_is_not_asked(client: Client, campaign: Campaign) -> None:
    nobody = a_participant(campaign)
    assert "mine-card" not in client.get(f"/me/{personal_secret(nobody)}").content.decode()
    client.post(f"/me/{personal_secret(nobody)}/card", {"named": "yes"})
    assert cards(client.get(f"/s/{code_of(nobody)}").content.decode())["og:title"] == "Share the spark"


def test_what_a_brand_writes_stays_words(client: Client, people: People) -> None:
    words = {
        "headline": 'A "quote" & <b>',
        "text": "<script>alert(1)</script>",
        "call_to_action": "J",
        "share_text": "S",
    }
    campaign = a_campaign(people.alice, languages=("en",), texts={"en": words})
    page = client.get(f"/c/{campaign.slug}").content.decode()
    assert "<script>alert" not in page
    assert cards(page)["og:title"] == 'A "quote" & <b>'


@pytest.mark.parametrize("path", ["/c/{slug}?ref={code}&via=line", "/s/{code}"])
def test_pages_say_where_their_frame_and_feed_are(client: Client, campaign: Campaign, path: str) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    found = alternates(client.get(path.format(slug=campaign.slug, code=code)).content.decode())
    frame = urlsplit(found["application/json+oembed"])
    assert parse_qs(frame.query)["url"] == [f"{OURS}/c/{campaign.slug}?ref={code}"]
    assert client.get(f"{frame.path}?{frame.query}").json()["type"] == "rich"
    feed = urlsplit(found["application/rss+xml"])
    assert code in client.get(f"{feed.path}?{feed.query}").content.decode()


def test_a_campaign_without_a_channel_does_not_offer_it(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    for channel in ("embed", "feed", "whatsapp", "copy", "share"):
        channels.switch(campaign=campaign, channel=channel, is_on=False)
    page = client.get(f"/s/{code}").content.decode()
    assert alternates(page) == {}
    assert "wa.me" not in page
    assert "data-copy" not in page
    assert "data-sheet" not in page
    assert f"/s/{code}/embed" not in page
    assert client.get("/oembed", {"url": f"{OURS}/s/{code}"}).status_code == 404
    assert client.get(f"/c/{campaign.slug}/feed").status_code == 404
