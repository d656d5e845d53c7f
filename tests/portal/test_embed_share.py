"""The share page's ways: which stand open on which device, and servers that only the person knows."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from builders import a_campaign, a_participant
from people import People
from portal.conftest import a_picture, as_owner, code_of
from sebar import channels
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.channels import actions as switches
from sebar.kit import config
from sebar.kit.errors import UserError
from sebar.kit.hosts import host

OURS = config.load().public_url
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
BUTTON = re.compile(r'<a [^>]*data-(?:way|server)="(\w+)"')


def ways(page: str) -> tuple[list[str], list[str]]:
    """Return which ways stand open on a share page, and which are behind “more”."""
    before, _, after = page.partition('<details class="more">')
    return BUTTON.findall(before), BUTTON.findall(after)


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        (ANDROID, ["whatsapp", "telegram", "sms", "email"]),
        (IPHONE, ["whatsapp", "telegram", "sms", "email"]),
        (DESKTOP, ["whatsapp", "telegram", "email", "facebook"]),
        ("", ["whatsapp", "telegram", "sms", "email"]),
    ],
    ids=["Android", "iPhone", "desktop", "unknown"],
)
def test_what_stands_open_fits_the_device(client: Client, people: People, agent: str, first: list[str]) -> None:
    campaign = a_campaign(people.alice)
    campaigns.dress(membership=people.alice, slug=campaign.slug, image=images.store(a_picture(), config.load().media))
    code = code_of(a_participant(campaign, name="Dewi"))
    page = client.get(f"/s/{code}", headers={"User-Agent": agent}).content.decode()
    shown, more = ways(page)
    assert shown == first
    assert sorted(shown + more) == sorted(channel.name for channel in channels.DOORS)


def test_only_the_first_way_is_a_large_button(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    page = as_owner(client, dewi).get(f"/s/{code_of(dewi)}").content.decode()
    doors = re.findall(r"<a [^>]*data-(?:way|server)=[^>]*>", page)
    assert [door for door in doors if "class=" in door] == [doors[0]]
    assert 'class="button primary" data-first' in doors[0]


def test_there_is_nothing_to_pin_without_a_picture(client: Client, campaign: Campaign) -> None:
    page = client.get(f"/s/{code_of(a_participant(campaign))}").content.decode()
    assert "pinterest" not in page
    assert "data-picture" not in page


def test_a_campaign_without_any_button_still_has_its_link(client: Client, campaign: Campaign) -> None:
    for channel in channels.DOORS:
        switches.switch(campaign=campaign, channel=channel.name, is_on=False)
    code = code_of(a_participant(campaign))
    page = client.get(f"/s/{code}").content.decode()
    assert ways(page) == ([], [])
    assert f'value="{OURS}/r/{code}"' in page


def test_mastodon_asks_for_the_server_and_leads_there(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    assert f'href="/s/{code}/on/mastodon"' in client.get(f"/s/{code}").content.decode()
    asked = client.get(f"/s/{code}/on/mastodon").content.decode()
    assert "Which Mastodon server are you on?" in asked
    assert "target=" not in asked
    answer = client.get(f"/s/{code}/on/mastodon", {"server": " Mastodon.Social "})
    assert answer.status_code == 200
    (address,) = re.findall(
        r'href="(https://[^"]+)" target="_blank" rel="noopener noreferrer"', answer.content.decode()
    )
    leads = urlsplit(unescape(address))
    assert (leads.scheme, leads.netloc, leads.path) == ("https", "mastodon.social", "/share")
    assert parse_qs(leads.query)["text"] == [f"I am in. You too? {OURS}/r/{code}?via=mastodon"]
    assert not answer.cookies


def test_a_long_name_of_a_server_is_kept_whole(client: Client, campaign: Campaign) -> None:
    server = f"{'x' * 60}.{'y' * 60}.example"
    page = client.get(f"/s/{code_of(a_participant(campaign))}/on/mastodon", {"server": server}).content.decode()
    assert f'data-on="{server}"' in page
    assert f'value="{server}"' in page


WRONG = [
    "https://mastodon.social",
    "mastodon.social/evil",
    "mastodon.social@evil.example",
    "a@b@evil.example",
    "@mastodon.social",
    "mastodon.social:8443",
    "mastodon.social?x",
    "mastodon.social#x",
    "mastodon.social\\@evil.example",
    "localhost",
    "127.0.0.1",
    "2130706433",
    "1.0xff",
    "[::1]",
    "a..b",
    "-a.example",
    "a_b.example",
    "javascript:alert(1)",
    "a／b.example",
    "evil。example／x",
    "straße.example",  # one standard reads ß as ss, the other does not: two servers
    "a\u200db.example",
    "a b.example",
    "\x00",
    "x" * 64 + ".example",
    ("x" * 60 + ".") * 5 + "example",
]


@pytest.mark.parametrize("typed", WRONG)
def test_only_the_name_of_a_server_is_taken(client: Client, campaign: Campaign, typed: str) -> None:
    code = code_of(a_participant(campaign))
    answer = client.get(f"/s/{code}/on/mastodon", {"server": typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "is not the name of a server" in page
    assert "target=" not in page


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("social.example.", "social.example"),
        ("dewi@social.example", "social.example"),
        ("@Dewi_A@Social.Example ", "social.example"),
        ("ｓｏｃｉａｌ．example", "social.example"),
    ],
)
def test_servers_in_every_script_are_found(typed: str, name: str) -> None:
    assert host(typed) == name


@given(st.text(max_size=80) | st.from_regex(r"[a-z0-9.@/:?#\\-]{1,40}", fullmatch=True))
def test_whatever_is_typed_leads_to_a_bare_host_or_nowhere(typed: str) -> None:
    try:
        name = host(typed)
    except UserError:
        return
    where = urlsplit(f"https://{name}/share?text=x")
    assert (where.hostname, where.port, where.username, where.path) == (name, None, None, "/share")
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name)


@pytest.mark.parametrize("name", ["whatsapp", "nonsense", "copy"])
def test_only_networks_of_many_servers_ask(client: Client, campaign: Campaign, name: str) -> None:
    assert client.get(f"/s/{code_of(a_participant(campaign))}/on/{name}").status_code == 404
    assert client.get("/s/zzzzzzz/on/mastodon").status_code == 404
