"""What stands on other sites: the frame, the element's words, the badge, and the page that hands them out."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from PIL import Image

from builders import a_brand, a_campaign, a_draft, a_membership, a_participant
from people import People
from portal.conftest import Joining, code_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.link.actions import name_on_card
from sebar.kit import config
from sebar.participants.models import Participant

OURS = config.load().public_url


def policy(client: Client, address: str) -> dict[str, str]:
    rules = client.get(address).headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (rule.partition(" ") for rule in rules)}


def words_of(client: Client, code: str, language: str = "") -> dict[str, object]:
    answer = client.get(f"/e/{code}.js", {"in": language} if language else {})
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    text = answer.content.decode().removeprefix("export default ").removesuffix(";\n")
    found: dict[str, object] = json.loads(text)
    return found


def test_everybody_may_frame_the_frame_and_nothing_else(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    for address in (f"/e/{code}", f"/c/{campaign.slug}/embed"):
        rules = policy(client, address)
        assert rules["frame-ancestors"] == "*"
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == f"'self' {OURS}"
    for address in ("/", f"/c/{campaign.slug}?ref={code}", f"/s/{code}", f"/s/{code}/embed", "/e/zzzzzzz"):
        assert policy(client, address)["frame-ancestors"] == "'self'", address


def test_a_frame_needs_no_cookie_and_no_form(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    answer = client.get(f"/e/{code}")
    page = answer.content.decode()
    assert not answer.cookies
    assert "<form" not in page
    assert "localStorage" not in page
    assert f'value="{OURS}/r/{code}?via=embed"' in page
    assert "public" in answer.headers["Cache-Control"]


def test_a_frame_without_anybodys_code_leads_to_the_campaign(client: Client, campaign: Campaign) -> None:
    page = client.get(f"/c/{campaign.slug}/embed").content.decode()
    assert f'value="{OURS}/c/{campaign.slug}?via=embed"' in page


def test_the_frame_names_nobody_who_did_not_allow_it(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    assert "Dewi" not in client.get(f"/e/{code_of(dewi)}").content.decode()
    assert words_of(client, code_of(dewi))["who"] == ""
    name_on_card(dewi, is_allowed=True)
    assert "<b><bdi>Dewi A.</bdi></b> invites you" in client.get(f"/e/{code_of(dewi)}").content.decode()
    assert words_of(client, code_of(dewi))["who"] == "Dewi A. invites you"


def test_a_frame_of_what_is_over_says_so(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    code = code_of(a_participant(campaign))
    campaigns.stop(membership=people.alice, slug=campaign.slug, stop_url="")
    page = client.get(f"/e/{code}").content.decode()
    assert "This campaign was stopped" in page
    assert "data-open" not in page
    assert words_of(client, code)["closed"] == "This campaign was stopped: nobody can join any more."


def test_what_is_not_there_is_not_framed(client: Client, people: People) -> None:
    assert client.get(f"/c/{a_draft(people.alice).slug}/embed").status_code == 404
    for address in ("/e/zzzzzzz", "/e/nonsense", "/e/zzzzzzz.js", "/e/zzzzzzz/badge.svg", "/e/zzzzzzz/badge.png"):
        assert client.get(address).status_code == 404, address


def test_the_elements_words_come_in_the_pages_language(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    english, indonesian = words_of(client, code, "en-GB"), words_of(client, code, "id")
    assert (english["language"], english["pass"]) == ("en", "Pass it on")
    assert indonesian["language"] == "id"
    assert words_of(client, code, "de")["language"] == "en"
    assert english["link"] == f"{OURS}/r/{code}?via=embed"
    assert english["share"] == {
        "title": "Share the spark",
        "text": "I am in. You too?",
        "url": f"{OURS}/r/{code}?via=share",
    }
    assert english["copy"] == f"{OURS}/r/{code}?via=copy"


def test_the_element_is_a_script_for_every_site(client: Client, db: None) -> None:
    answer = client.get("/e/sebar-share.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not re.search(r"innerHTML|localStorage|document\.cookie|fetch\(|eval\(", answer.content.decode())


def test_the_page_hands_out_what_works(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    page = client.get(f"/s/{code}/embed").content.decode()
    snippets = {
        name: unescape(text)
        for name, text in re.findall(r'<textarea id="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    }
    assert f'src="{OURS}/e/{code}"' in snippets["frame"]
    assert f'<script async src="{OURS}/e/sebar-share.js"></script>' in snippets["element"]
    assert f'<sebar-share code="{code}"><a href="{OURS}/r/{code}?via=embed">' in snippets["element"]
    assert f'<a href="{OURS}/r/{code}?via=badge"><img src="{OURS}/e/{code}/badge.svg?in=en"' in snippets["badge"]
    assert f'value="{OURS}/c/{campaign.slug}/feed?ref={code}"' in page
    for address in re.findall(rf'{OURS}(/[^"\s<]+)', "".join(snippets.values())):
        if not address.startswith("/r/"):  # which the front answers
            assert client.get(unescape(address)).status_code == 200, address


def test_snippets_hold_any_headline(client: Client, people: People) -> None:
    words = {"headline": 'He said "hi" & </textarea><b>', "text": "", "call_to_action": "Go", "share_text": "Hi"}
    campaign = a_campaign(people.alice, languages=("en",), texts={"en": words})
    page = client.get(f"/s/{code_of(a_participant(campaign))}/embed").content.decode()
    for text in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL):
        title = re.search(r'(?:title|alt)="([^"]*)"', unescape(text))
        assert title is None or unescape(title[1]).endswith(words["headline"])


BRANDS = ["Kopi Senja", "Кофе", "قهوة", "咖啡咖啡咖啡咖啡咖啡咖啡咖啡", "<b>&\"'", "x" * 80, "é" * 40]


@pytest.mark.parametrize("brand", BRANDS)
def test_a_badge_is_drawn_for_every_brand(client: Client, db: None, brand: str) -> None:
    code = code_of(a_participant(a_campaign(a_membership(a_brand(brand)))))
    drawn = client.get(f"/e/{code}/badge.svg")
    assert drawn.headers["Content-Type"] == "image/svg+xml"
    image = ET.fromstring(drawn.content)  # noqa: S314 - our own drawing
    assert (image.get("width"), image.get("height")) == ("260", "56")
    title = image.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == f"{brand}: Share the spark"
    with Image.open(io.BytesIO(client.get(f"/e/{code}/badge.png").content)) as picture:
        assert picture.size == (520, 112)


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        ("Light up the town", "Light up the town"),
        ("Kirim kopi hangat, untuk teman yang kamu rindukan", "Kirim kopi hangat, untuk teman…"),
        ("Bring friends and have tea, and coffee for free", "Bring friends and have tea…"),
        ("MASSENHAFT WARME MUETZEN", "MASSENHAFT WARME…"),
        ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrtsgesells…"),
        ("咖啡" * 9, "咖啡" * 6 + "咖…"),
        ("é" * 24, "é" * 24),
    ],
)
def test_a_badge_cuts_between_words(client: Client, people: People, headline: str, shown: str) -> None:
    words = {"headline": headline, "text": "", "call_to_action": "Go", "share_text": "Look"}
    code = code_of(a_participant(a_campaign(people.alice, languages=("en",), texts={"en": words})))
    drawn = client.get(f"/e/{code}/badge.svg").content.decode()
    assert [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)][2] == shown


def test_a_badge_shows_no_boxes_for_letters_that_its_font_lacks(client: Client, db: None) -> None:
    brand = a_membership(a_brand("Kopi"))

    def badge(headline: str) -> bytes:
        words = {"headline": headline, "text": "", "call_to_action": "好", "share_text": "你好"}
        code = code_of(a_participant(a_campaign(brand, languages=("en",), texts={"en": words})))
        return bytes(client.get(f"/e/{code}/badge.png").content)

    assert badge("咖啡") == badge("قهوة للجميع") != badge("Coffee")


def test_who_joins_where_it_stands_was_brought_by_whoever_put_it_there(
    client: Client, campaign: Campaign, joining: Joining
) -> None:
    blogger = a_participant(campaign, name="Dewi")
    joining(client, f"?ref={code_of(blogger)}&via=embed", name="Budi")
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.channel, budi.how) == (blogger, "embed", "link")


def test_looking_at_what_stands_elsewhere_changes_nothing(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    for address in (
        f"/e/{code}",
        f"/e/{code}.js",
        f"/e/{code}/badge.svg",
        f"/e/{code}/badge.png",
        f"/s/{code}/embed",
        f"/c/{campaign.slug}/embed",
        f"/c/{campaign.slug}/feed",
        f"/oembed?url={OURS}/s/{code}",
        f"/s/{code}/on/mastodon?server=a.example",
        "/.well-known/assetlinks.json",
        "/.well-known/apple-app-site-association",
        "/e/sebar-share.js",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not answer.cookies, address
        assert client.post(address).status_code in {403, 405}, address
