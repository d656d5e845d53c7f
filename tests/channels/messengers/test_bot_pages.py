"""The bots' pages in the console: how to set them up, what cannot be entered, and where people start."""

from __future__ import annotations

import dataclasses

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from fake_graph import ENTERED
from fake_telegram import TOKEN

from builders import a_campaign
from people import People
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, gate
from sebar.kit import config

RIGHT = {
    "xmpp": {"address": "xmpp:Kopi@Example.com", "password": "secret", "server": "", "most_a_day": ""},
    "telegram_bot": {"name": "https://t.me/kopi_senja_bot", "token": TOKEN, "most_a_day": "500"},
    "whatsapp_cloud": ENTERED,
}
DOORS = {
    "xmpp": "xmpp:kopi@example.com?message;body=%2Fstart%20{slug}",
    "telegram_bot": "https://t.me/kopi_senja_bot?start={slug}",
    "whatsapp_cloud": "https://wa.me/628120000?text=start%20{slug}",
}
WRONG = [
    ("xmpp", "address", "kopi", "“kopi” is not an XMPP address"),
    ("xmpp", "address", "a{b}@example.com", "is not an XMPP address"),
    ("xmpp", "address", "kopi@example.com/phone", "is not an XMPP address"),
    ("xmpp", "password", "", "The password is empty"),
    ("xmpp", "server", "http://chat.example.com", "is not a server"),
    ("xmpp", "server", "chat.example.com:70000", "is not a server"),
    ("xmpp", "most_a_day", "many", "“many” notices a day cannot be"),
    ("telegram_bot", "name", "kopi", "“kopi” is not a bot’s name"),
    ("telegram_bot", "token", "abc", "That is not a token"),
    ("whatsapp_cloud", "number", "0812 3456", "is not a number with its country"),
    ("whatsapp_cloud", "number_id", "x", "is not a phone number ID"),
    ("whatsapp_cloud", "template", "My Template", "is not a template’s name"),
    ("whatsapp_cloud", "app_secret", "", "The app secret is empty"),
    ("whatsapp_cloud", "token", "a\x7fb", "cannot be a secret"),
]


@pytest.fixture
def campaign(people: People) -> Campaign:
    return a_campaign(people.alice)


def signed_in(member: Membership) -> Client:
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def page(campaign: Campaign, channel: str, browser: Client) -> str:
    address = reverse("console:channel", args=[campaign.brand.slug, campaign.slug, channel])
    answer = browser.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


def enter(campaign: Campaign, channel: str, browser: Client, **different: str) -> HttpResponse:
    address = reverse("console:set-up-channel", args=[campaign.brand.slug, campaign.slug, channel])
    return browser.post(address, {**RIGHT[channel], **different})


@pytest.mark.parametrize("channel", RIGHT)
def test_before_it_is_set_up_the_page_says_how(campaign: Campaign, people: People, channel: str) -> None:
    shown = page(campaign, channel, signed_in(people.alice))
    assert "<li>1. " in shown
    assert "Where people start" not in shown
    assert ALL[channel].icon.startswith("<svg")


@pytest.mark.parametrize("channel", RIGHT)
def test_once_set_up_it_shows_where_people_start(campaign: Campaign, people: People, channel: str) -> None:
    enter(campaign, channel, signed_in(people.alice))
    shown = page(campaign, channel, signed_in(people.bob))
    assert DOORS[channel].format(slug=campaign.slug) in shown
    assert "QR code of the link" in shown
    assert "<code>/stop</code>" in shown


@pytest.mark.parametrize("channel", RIGHT)
def test_no_secret_is_ever_shown_again(campaign: Campaign, people: People, channel: str) -> None:
    enter(campaign, channel, signed_in(people.alice))
    secret = {field.name for field in ALL[channel].fields if field.is_secret and field.kind != "made"}
    shown = page(campaign, channel, signed_in(people.alice))
    assert [name for name in secret if RIGHT[channel][name] in shown] == []


def test_only_an_owner_sees_the_word_for_meta(campaign: Campaign, people: People) -> None:
    enter(campaign, "whatsapp_cloud", signed_in(people.alice))
    account = gate.account(campaign.brand, "whatsapp_cloud")
    assert account is not None
    assert account["verify_token"] in page(campaign, "whatsapp_cloud", signed_in(people.alice))
    assert account["verify_token"] not in page(campaign, "whatsapp_cloud", signed_in(people.vera))
    assert f"/hooks/whatsapp/{campaign.brand.slug}" in page(campaign, "whatsapp_cloud", signed_in(people.vera))
    assert "{{1}}" in page(campaign, "whatsapp_cloud", signed_in(people.alice))


@pytest.mark.parametrize("address", ["http://localhost:8000", "https://share.example.com"])
def test_a_number_that_meta_cannot_call_is_not_said_to_work(
    campaign: Campaign, people: People, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    here = dataclasses.replace(config.load(), public_url=address)
    monkeypatch.setattr(config, "load", lambda: here)
    browser = signed_in(people.alice)
    enter(campaign, "whatsapp_cloud", browser)
    shown, is_safe = page(campaign, "whatsapp_cloud", browser), address.startswith("https://")
    assert ("Meta only calls addresses that begin with https://" in shown) is not is_safe
    assert ("on, but incomplete" in shown) is not is_safe


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]} {wrong[1]} {wrong[2]}")
def test_what_cannot_be_is_said_in_one_sentence_and_nothing_is_kept(
    campaign: Campaign, people: People, wrong: tuple[str, str, str, str]
) -> None:
    channel, field, value, sentence = wrong
    browser = signed_in(people.alice)
    enter(campaign, channel, browser, **{field: value})
    assert gate.account(campaign.brand, channel) is None
    assert sentence in page(campaign, channel, browser)
