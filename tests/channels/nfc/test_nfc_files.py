"""The files as people download them, and the page that offers them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from builders import a_campaign, a_draft, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import ALL
from sebar.channels.kinds.nfc import console, tags
from sebar.channels.models import Switch
from sebar.kit import codes, config

WORDS = {"headline": "Ngopi bareng: “kopi & kue”", "text": "…", "call_to_action": "Ikut", "share_text": "Ikut, yuk"}


def the_page(people: People, campaign: Campaign) -> str:
    """Return the channel's page in the console as an editor sees it."""
    client = Client()
    client.force_login(people.bob.user)
    answer = client.get(reverse("console:channel", args=[campaign.brand.slug, campaign.slug, "nfc"]))
    return b"".join(answer.streaming_content).decode()


def test_the_link_is_the_participants_own_and_says_how_it_travelled(campaign: Campaign, client: Client) -> None:
    code = codes.spell(a_participant(campaign).pk)
    answer = client.get(f"/s/{code}/link.ndef")
    assert tags.read(answer.content) == tags.Content(f"{config.load().public_url}/r/{code}?via=nfc")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}-link.ndef"'


def test_the_poster_speaks_all_languages_of_the_campaign(people: People, client: Client) -> None:
    campaign = a_campaign(people.alice, texts={"en": {**WORDS, "headline": "Coffee"}, "id": WORDS})
    code = codes.spell(a_participant(campaign).pk)
    answer = client.get(f"/s/{code}/poster.ndef")
    assert tags.read(answer.content).titles == {"en": "Coffee", "id": WORDS["headline"]}
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}-poster.ndef"'


@pytest.mark.parametrize("name", ["link", "poster"])
def test_nobodys_code_has_no_file(campaign: Campaign, client: Client, name: str) -> None:
    for code in ("k7m2fqx", "nonsense", "%00"):
        answer = client.get(f"/s/{code}/{name}.ndef")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def typed(people: People, campaign: Campaign, code: str, name: str = "link") -> tuple[Client, str]:
    """Type a code on the channel's page as an editor does; return the browser, and where it is sent."""
    client = Client()
    client.force_login(people.bob.user)
    address = reverse("console:nfc-file", args=[campaign.brand.slug, campaign.slug])
    return client, client.get(address, {"code": code, "file": name}).headers["Location"]


def alert(client: Client, address: str) -> tuple[str, str]:
    """Return what a channel's page says is wrong, and what stands in its field for a code."""
    page = b"".join(client.get(address).streaming_content).decode()
    said, field = re.search(r'role="alert">([^<]*)<', page), re.search(r'id="nfc-code"[^>]* value="([^"]*)"', page)
    assert said is not None
    assert field is not None
    return said[1], field[1]


@pytest.mark.parametrize("name", ["link", "poster"])
def test_a_code_typed_in_any_way_leads_to_its_file(people: People, campaign: Campaign, name: str) -> None:
    number = a_participant(campaign).pk
    _, address = typed(people, campaign, codes.grouped(number).upper(), name)
    assert address == f"/s/{codes.spell(number)}/{name}.ndef"


@pytest.mark.parametrize(
    ("code", "wrong"), [("k7m 2fq", "k7m 2fq"), ("k7m 2fqx", "k7m 2fqx"), ("", "The code is empty")]
)
def test_a_wrong_code_can_be_mended_where_it_was_typed(
    people: People, campaign: Campaign, code: str, wrong: str
) -> None:
    client, address = typed(people, campaign, code)
    assert address.startswith(reverse("console:channel", args=[campaign.brand.slug, campaign.slug, "nfc"]))
    said, field = alert(client, address)
    assert wrong in said
    assert field == code


def test_a_code_of_another_brands_campaign_gives_no_file(people: People, campaign: Campaign) -> None:
    foreign = codes.spell(a_participant(a_campaign(people.charlie)).pk)
    client, address = typed(people, campaign, foreign)
    assert ".ndef" not in address
    assert foreign in alert(client, address)[0]


def test_a_campaign_that_does_not_use_tags_offers_no_files(people: People, campaign: Campaign, client: Client) -> None:
    code = codes.spell(a_participant(campaign).pk)
    Switch.objects.create(campaign=campaign, channel="nfc", is_on=False)
    answer = client.get(f"/s/{code}/link.ndef")
    assert answer.status_code == 404
    assert "does not use NFC tags" in answer.content.decode()
    assert "does not use NFC tags" in alert(*typed(people, campaign, code))[0]


def test_the_page_tells_each_size_beside_what_fits(people: People, campaign: Campaign) -> None:
    page = the_page(people, campaign)
    for made in ("link", "poster"):
        code = codes.spell(a_participant(campaign).pk)
        assert f"({len(Client().get(f'/s/{code}/{made}.ndef').content)})</th>" in page
    assert [f'{tag.name}</th><td class="n">{tag.room}</td>' in page for tag in tags.TAGS] == [True] * 3
    assert "too long" not in page


def test_what_does_not_fit_is_said_to_be_too_long(people: People) -> None:
    long = {**WORDS, "headline": "☕" * 80}
    campaign = a_campaign(people.alice, texts={"en": long, "id": long})
    fits = {file.label: file.fits for file in console.context(campaign)["files"]}
    assert fits == {"Link": (True, True, True), "Poster": (False, False, True)}
    assert the_page(people, campaign).count("too long") == 2


def test_the_page_can_be_shown_of_a_draft_and_its_words_cannot_break_it(people: People) -> None:
    evil = {**WORDS, "headline": "<script>alert(1)</script>"}
    page = the_page(people, a_draft(people.alice, texts={"en": evil}, languages=("en",)))
    assert "<script>alert" not in page
    assert "Download" in the_page(people, a_draft(people.alice, texts={}))


def test_the_channel_draws_and_explains_itself() -> None:
    channel = ALL["nfc"]
    assert channel.icon.startswith("<svg")
    assert "unlocked phone" in channel.description
    assert not channel.address
