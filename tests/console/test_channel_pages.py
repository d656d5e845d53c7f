"""The channels' pages in the console: what is shown when nobody counts, and news for those who asked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_participant
from people import People
from sebar import channels
from sebar.campaigns.models import Campaign
from sebar.channels import actions
from sebar.channels.base import Channel
from sebar.channels.models import Account, News


def page(campaign: Campaign) -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels"


def shown(client: Client, address: str) -> str:
    return b"".join(client.get(address)).decode()  # type: ignore[call-overload]  # streamed


@pytest.mark.usefixtures("without_engine")
def test_the_switches_work_while_nobody_counts(alice: Client, campaign: Campaign) -> None:
    listed = shown(alice, page(campaign))
    assert "Figures cannot be counted just now." in listed
    assert "WhatsApp" in listed
    alice.post(f"{page(campaign)}/whatsapp/switch", {"to": "off"})
    assert '<span class="chip off">off</span>' in shown(alice, page(campaign))


def test_news_goes_to_those_who_asked_in_each_language(alice: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    actions.agree(participant=a_participant(campaign), channel="push", address="x")
    assert "1 person asked for news" in shown(alice, page(campaign))
    entered = {"texts.en.subject": "New", "texts.en.text": "Two more weeks.", "texts.id.subject": "Baru"}
    alice.post(f"{page(campaign)}/news", entered)
    again = shown(alice, page(campaign))
    assert "The text in Bahasa Indonesia is empty: write one in each language." in again
    assert 'value="Baru"' in again
    assert not News.objects.exists()
    alice.post(f"{page(campaign)}/news", {**entered, "texts.id.text": "Dua minggu lagi."})
    assert News.objects.get().texts["id"] == {"subject": "Baru", "text": "Dua minggu lagi."}


def test_news_to_nobody_are_refused(alice: Client, campaign: Campaign) -> None:
    assert "Send news" not in shown(alice, page(campaign))
    actions.agree(participant=a_participant(campaign), channel="copy", address="where nothing is sent")
    entered = {f"texts.{language}.{part}": "New" for language in ("en", "id") for part in ("subject", "text")}
    alice.post(f"{page(campaign)}/news", entered)
    assert not News.objects.exists()
    answer = shown(alice, page(campaign))
    assert "Nobody has asked for news of this campaign, so there is nobody to send them to." in answer
    assert "on its way" not in answer


def figures(html: str, name: str) -> tuple[str, ...]:
    """Return the figures in the line of the list that begins with this name: sent, left alone, opened, joined."""
    line = next(line for line in html.split("<tr>") if re.search(rf">{name}</(?:a|bdi|b)>", line))
    return tuple(re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="(?:n|n wide-only)">(.*?)</td>', line))


def test_everybody_who_joined_is_in_the_list_whatever_brought_them(
    alice: Client, campaign: Campaign, count: Callable[[], None]
) -> None:
    dewi = a_participant(campaign)
    for how, times in (("whatsapp", 3), ("instagram", 4), ("", 2)):
        for _ in range(times):
            a_participant(campaign, dewi, channel=how)
    count()
    listed = shown(alice, page(campaign))
    assert figures(listed, "WhatsApp")[-1] == "3"
    assert figures(listed, "instagram")[-1] == "4"
    assert figures(listed, "Unknown")[-1] == "3"
    assert figures(listed, "All together")[-1] == "10"
    assert listed.index("WhatsApp") < listed.index(">instagram<") < listed.index(">Unknown<")


def test_more_foreign_names_than_anybody_reads_are_one_line(
    alice: Client, campaign: Campaign, count: Callable[[], None]
) -> None:
    for number in range(23):
        a_participant(campaign, channel=f"made_up_{number:02}")
    count()
    listed = shown(alice, page(campaign))
    assert listed.count(">made_up_") == 20
    assert "Other names in links" in listed
    assert figures(listed, "All together")[-1] == "23"


def chip(html: str, name: str) -> str:
    """Return the state in the line of the list of the channel of this name, and what is said beside it."""
    line = next(line for line in html.split("<tr>") if f"</span>{name}</a>" in line)
    return " ".join(re.findall(r'<span class="(?:chip \w+|muted small)">(.*?)</span>', line))


def test_a_channel_says_honestly_whether_it_works(alice: Client, campaign: Campaign) -> None:
    listed = shown(alice, page(campaign))
    assert chip(listed, "WhatsApp") == "on"
    assert chip(listed, "App") == "on, but incomplete It is not set up yet."
    assert chip(listed, "E-mail").startswith("on, but incomplete This instance has no mail server yet")
    alice.post(f"{page(campaign)}/app/switch", {"to": "off"})
    assert chip(shown(alice, page(campaign)), "App") == "off"


LETTERS = {"sender": "halo@kopi.example", "bounces": "halo@kopi.example", "postal": "Kopi, Jl. Braga 1"}


def test_what_is_kept_but_does_not_work_yet_is_not_called_set_up(
    alice: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(channels.ALL["email"].__dict__, "lacks", str)
    monkeypatch.setitem(channels.ALL["email"].__dict__, "claims", lambda _entered: "")
    address = f"{page(campaign)}/email"
    alice.post(f"{address}/set-up", LETTERS)
    own = shown(alice, address)
    assert "What you entered is kept. Nobody answers for letters to friends yet" in own
    assert "E-mail is set up." not in own
    assert chip(shown(alice, page(campaign)), "E-mail").startswith("on, but incomplete Nobody answers for letters")
    alice.post(f"{address}/set-up", {**LETTERS, "duties": "yes"})
    assert "E-mail is set up." in shown(alice, address)
    assert chip(shown(alice, page(campaign)), "E-mail") == "on"
    Account.objects.update(trouble="The server says no.", trouble_at=timezone.now())
    assert chip(shown(alice, page(campaign)), "E-mail") == "on, but in trouble The server says no."


@pytest.mark.parametrize("channel", [one for one in channels.ALL.values() if one.fields], ids=lambda one: one.name)
def test_an_empty_form_sets_nothing_up(alice: Client, campaign: Campaign, channel: Channel) -> None:
    address = f"{page(campaign)}/{channel.name}"
    alice.post(f"{address}/set-up", dict.fromkeys((field.name for field in channel.fields), ""))
    answer = shown(alice, address)
    assert "Not saved yet" in answer
    order = [field.name for field in channel.fields]
    wrong = re.findall(r'<li><a href="#(\w+)"', answer)
    assert wrong == sorted(wrong, key=order.index), "the summary goes by the form"
    assert not Account.objects.exists()


def test_the_letters_preview_ends_with_a_link_and_names_the_time_zone(alice: Client, campaign: Campaign) -> None:
    alice.post(f"{page(campaign)}/email/set-up", {**LETTERS, "duties": "yes"})
    own = shown(alice, f"{page(campaign)}/email")
    framed = re.search(r'<iframe class="letter" src="([^"]+)"', own)
    assert framed is not None
    letter = alice.get(framed[1]).content.decode()
    assert re.search(r'I am in. You too\?</p><p><a href="http\S+/r/\w{7}\?via=email"', letter)
    assert re.search(r"answers for these letters since \d+ \w+ \d{4}, \d\d:\d\d WIB\.", own)


def test_what_is_tried_later_is_not_called_set_up(alice: Client, campaign: Campaign) -> None:
    address = f"{page(campaign)}/xmpp"
    alice.post(f"{address}/set-up", {"address": "bot@chat.example", "password": "secret"})
    said = shown(alice, address)
    assert "Whether XMPP bot works with it is tried now" in said
    assert "XMPP bot is set up." not in said
