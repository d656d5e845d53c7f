"""The oEmbed provider, as the specification and WordPress ask for it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from builders import a_campaign, a_draft, a_participant
from people import People
from portal.conftest import a_picture, code_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.embed import frame
from sebar.channels.kinds.link.actions import name_on_card
from sebar.kit import config

OURS = config.load().public_url
# What WordPress keeps of a provider that it does not know: one bare quotation, one bare frame, these attributes.
KEPT = re.compile(r"(<blockquote>.*?</blockquote>)?.*(<iframe.*?></iframe>)", re.DOTALL)
ATTRIBUTES = {"src", "width", "height", "frameborder", "title"}


def ask(client: Client, url: str, **more: str) -> Any:
    return client.get("/oembed", {"url": url, **more})


def test_an_answer_has_what_the_specification_demands(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    answer = ask(client, f"{OURS}/r/{code}", format="json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    said = answer.json()
    html = said.pop("html")
    assert said == {
        "version": "1.0",
        "type": "rich",
        "title": "Share the spark",
        "provider_name": "Kopi Senja",
        "provider_url": OURS,
        "cache_age": 3600,
        "width": 550,
        "height": frame.height(campaign, width=550),
    }
    kept = KEPT.fullmatch(html)
    assert kept is not None
    assert kept[1] == f'<blockquote><a href="{OURS}/r/{code}?via=embed">Share the spark</a></blockquote>'
    assert set(re.findall(r"(\w+)=", kept[2])) == ATTRIBUTES
    assert f'src="{OURS}/e/{code}"' in kept[2]
    assert html == kept[1] + kept[2]


@pytest.mark.parametrize(
    "address",
    ["/r/{code}", "/r/{code}?via=whatsapp", "/r/{upper}", "/s/{code}?new", "/e/{code}", "/c/{slug}?via=x&ref={code}"],
)
def test_every_address_of_a_persons_link_is_known(client: Client, campaign: Campaign, address: str) -> None:
    code = code_of(a_participant(campaign))
    url = OURS + address.format(code=code, upper=code.upper(), slug=campaign.slug)
    assert f'src="{OURS}/e/{code}"' in ask(client, url).json()["html"]


def test_a_campaigns_own_page_is_nobodys(client: Client, campaign: Campaign) -> None:
    html = ask(client, f"{OURS}/c/{campaign.slug}").json()["html"]
    assert f'src="{OURS}/c/{campaign.slug}/embed"' in html
    assert f'href="{OURS}/c/{campaign.slug}?via=embed"' in html
    other = code_of(a_participant(a_campaign()))
    assert other not in ask(client, f"{OURS}/c/{campaign.slug}?ref={other}").json()["html"]


@pytest.mark.parametrize(
    ("room", "size"),
    [
        ({"maxwidth": "300"}, (300, None)),
        ({"maxheight": "200"}, (550, 200)),
        ({"maxwidth": "300", "maxheight": "100"}, (300, 100)),
        ({"maxwidth": "1", "maxheight": "1"}, (1, 1)),
        ({"maxwidth": "100000", "maxheight": "4000"}, (550, None)),
        ({"maxwidth": ""}, (550, None)),
    ],
)
def test_it_takes_no_more_room_than_there_is(
    client: Client, campaign: Campaign, room: dict[str, str], size: tuple[int, int | None]
) -> None:
    said = ask(client, f"{OURS}/c/{campaign.slug}", **room).json()
    width, height = size[0], size[1] or frame.height(campaign, width=size[0])
    assert (said["width"], said["height"]) == (width, height)
    assert f'width="{width}" height="{height}"' in said["html"]


def test_a_picture_takes_room(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    bare = ask(client, f"{OURS}/c/{campaign.slug}").json()["height"]
    campaigns.dress(membership=people.alice, slug=campaign.slug, image=images.store(a_picture(), config.load().media))
    assert ask(client, f"{OURS}/c/{campaign.slug}").json()["height"] > bare + 180


@pytest.mark.parametrize("size", ["0", "-5", "wide", "1.5", "1e3", "٣٠٠", "999999999999"])
def test_a_size_that_is_none_is_named(client: Client, campaign: Campaign, size: str) -> None:
    answer = ask(client, f"{OURS}/c/{campaign.slug}", maxwidth=size)
    assert answer.status_code == 400
    assert "maxwidth" in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/", "/r/zzzzzzz", "/s/nothing", "/c/nothing", "/console/", "/me/x", "/r/a/b", "/c/Nothing!", "/e/"]
)
def test_what_is_not_there_is_not_found(client: Client, db: None, path: str) -> None:
    answer = ask(client, OURS + path)
    assert answer.status_code == 404
    assert path.strip("/")[:3] in answer.json()["error"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "https://evil.example/r/k7m2fqx",
        f"{OURS}.evil.example/r/k7m2fqx",
        f"{OURS.replace('://', '://evil.example@')}x/r/k7m2fqx",
        f"ftp://{urlsplit(OURS).netloc}/r/k7m2fqx",
        "//localhost:8000/r/k7m2fqx",
        "http://[::1/",
        "javascript:alert(1)",
    ],
)
def test_others_addresses_are_refused(client: Client, db: None, url: str) -> None:
    answer = ask(client, url)
    assert answer.status_code == 400
    assert OURS in answer.json()["error"]


@pytest.mark.parametrize("format_", ["xml", "yaml"])
def test_only_json_is_spoken(client: Client, campaign: Campaign, format_: str) -> None:
    assert ask(client, f"{OURS}/c/{campaign.slug}", format=format_).status_code == 501


def test_a_draft_is_not_there(client: Client, people: People) -> None:
    assert ask(client, f"{OURS}/c/{a_draft(people.alice).slug}").status_code == 404


def test_nobody_is_named_who_did_not_allow_it(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    url = f"{OURS}/r/{code_of(dewi)}"
    assert "Dewi" not in ask(client, url).content.decode()
    name_on_card(dewi, is_allowed=True)
    assert ask(client, url).json()["title"] == "Dewi A. invites you: Share the spark"


def test_words_stay_words(client: Client, people: People) -> None:
    words = {"headline": '"><script>x</script>', "text": "", "call_to_action": "Go", "share_text": "Hi"}
    campaign = a_campaign(people.alice, languages=("en",), texts={"en": words})
    html = ask(client, f"{OURS}/c/{campaign.slug}").json()["html"]
    assert "<script" not in html
    kept = KEPT.fullmatch(html)
    assert kept is not None
    title = re.search(r'title="([^"]*)"', kept[2])
    assert title is not None
    assert unescape(title[1]) == words["headline"]
