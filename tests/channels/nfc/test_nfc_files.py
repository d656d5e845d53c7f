"""The files as people download them, and the page that offers them."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", ["link", "poster"])
def test_a_code_typed_in_any_way_leads_to_its_file(campaign: Campaign, client: Client, name: str) -> None:
    number = a_participant(campaign).pk
    answer = client.get("/nfc", {"code": codes.grouped(number).upper(), "file": name})
    assert answer.headers["Location"] == f"/s/{codes.spell(number)}/{name}.ndef"


def test_a_mistyped_code_is_answered_with_what_is_wrong(campaign: Campaign, client: Client) -> None:
    answer = client.get("/nfc", {"code": "k7m 2fq", "file": "poster"})
    assert answer.status_code == 404
    assert "“k7m 2fq” is not a code" in answer.content.decode()


def test_a_campaign_that_does_not_use_tags_offers_no_files(campaign: Campaign, client: Client) -> None:
    code = codes.spell(a_participant(campaign).pk)
    Switch.objects.create(campaign=campaign, channel="nfc", is_on=False)
    answer = client.get(f"/s/{code}/link.ndef")
    assert answer.status_code == 404
    assert "does not use NFC tags" in answer.content.decode()


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
