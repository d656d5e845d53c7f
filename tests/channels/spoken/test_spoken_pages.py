"""Reading words aloud, typing them elsewhere, and joining by them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from builders import a_campaign, a_participant
from channels.spoken.spoken_people import mistyped, unused, words_of
from people import People
from portal.conftest import code_of, form_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import actions as switching
from sebar.channels.kinds.spoken import code, queries
from sebar.channels.kinds.spoken.models import SpokenCode
from sebar.edge.limit import Limit
from sebar.kit import addresses, config
from sebar.participants.models import Participant
from sebar.portal import spoken

Join = Callable[..., Any]


@pytest.fixture(autouse=True)
def _fresh_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test use up the tries of another: all come by the same line."""
    monkeypatch.setattr(spoken, "_TRIES", Limit(burst=10, per_second=10 / 3600))


def seen(answer: Any) -> str:
    """Return a page as people read it."""
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def join(campaign: Campaign, query: str = "", **entered: str) -> Any:
    """Open the campaign's page, fill its form in and send it."""
    client = Client()
    filled = {**form_of(client.get(f"/c/{campaign.slug}{query}").content.decode()), "consent": "1", **entered}
    return client.post(f"/c/{campaign.slug}", filled)


def test_looking_gives_nobody_words_and_asking_does(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi")
    address = f"/s/{code_of(dewi)}/say"
    assert "Give me three words" in seen(client.get(address))
    assert SpokenCode.objects.count() == 0
    answer = client.post(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert client.post(address).status_code == 303
    number = queries.number_of(dewi)
    assert number is not None
    page = seen(client.get(address))
    for word in (*code.words(number, "en"), *code.words(number, "id"), code.digits(number), "/w"):
        assert word in page
    assert " ".join(code.words(number, "en")[0].upper()) in page


def test_words_are_read_in_the_readers_language_first(campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    words = words_of(dewi, "id").split()
    page = Client(headers={"Accept-Language": "id"}).get(f"/s/{code_of(dewi)}/say").content.decode()
    assert [f"<b>{word}</b>" in page for word in words] == [True] * 3
    assert words_of(dewi, "en").replace(" ", " · ") in page


def test_a_campaign_without_spoken_codes_gives_none(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    assert "/say" in client.get(f"/s/{code_of(dewi)}").content.decode()
    switching.switch(campaign=campaign, channel="spoken", is_on=False)
    assert client.post(f"/s/{code_of(dewi)}/say").status_code == 404
    assert "/say" not in client.get(f"/s/{code_of(dewi)}").content.decode()
    assert SpokenCode.objects.count() == 0


def test_a_campaign_that_is_over_gives_no_words(client: Client, campaign: Campaign, people: People) -> None:
    dewi = a_participant(campaign)
    campaigns.stop(membership=people.alice, slug=campaign.slug)
    assert client.post(f"/s/{code_of(dewi)}/say").status_code == 200
    assert SpokenCode.objects.count() == 0


def test_nobody_has_no_words(client: Client, campaign: Campaign) -> None:
    assert client.get("/s/zzzzzzz/say").status_code == 404
    assert client.post("/s/zzzzzzz/say").status_code == 404


@pytest.mark.parametrize("language", ["en", "id"])
def test_typed_words_lead_to_the_link_by_their_own_channel(client: Client, campaign: Campaign, language: str) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    assert 'name="code"' in client.get("/w").content.decode()
    answer = client.get("/code", {"code": words_of(dewi, language).upper()})
    assert answer.status_code == 200
    assert f'url=/r/{code_of(dewi)}?via=spoken"' in answer.content.decode()
    assert "Dewi A." in seen(answer)


def test_typed_digits_lead_there_too(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    words_of(dewi)
    number = queries.number_of(dewi)
    assert number is not None
    assert f"/r/{code_of(dewi)}?via=spoken" in client.get("/code", {"code": code.digits(number)}).content.decode()


def test_a_misheard_word_is_named_and_the_code_offered_not_applied(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi")
    words = words_of(dewi)
    wrong = mistyped(words)
    answer = client.get("/code", {"code": wrong})
    assert answer.status_code == 404
    assert f"“{wrong.split()[1]}”" in seen(answer)
    assert f'name="code" value="{words}"' in answer.content.decode()
    assert "/r/" not in answer.content.decode()
    # A press on the offer sends the field that was typed, too: the last one counts.
    assert f"/r/{code_of(dewi)}" in client.get(f"/code?code={wrong}&code={words}").content.decode()


def test_words_of_two_campaigns_ask_whom_one_means(
    client: Client, campaign: Campaign, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_campaign(people.charlie)
    dewi, sari = a_participant(campaign, name="Dewi"), a_participant(other, name="Sari")
    monkeypatch.setattr(code.secrets, "randbelow", lambda _: 4711)
    assert words_of(dewi) == words_of(sari)
    answer = client.get("/code", {"code": words_of(dewi)})
    assert "Whom do you mean?" in seen(answer)
    assert {code_of(dewi), code_of(sari)} == set(re.findall(r'href="/r/(\w+)\?via=spoken"', answer.content.decode()))
    campaigns.stop(membership=people.charlie, slug=other.slug)
    assert f"url=/r/{code_of(dewi)}" in client.get("/code", {"code": words_of(dewi)}).content.decode()


def test_words_that_nobody_has_are_looked_up_ten_times_then_no_more(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    right, wrong = words_of(dewi), unused(taken=set(SpokenCode.objects.values_list("number", flat=True)))
    for _ in range(10):
        assert client.get("/code", {"code": wrong}).status_code == 404
    for tried in (wrong, right):  # otherwise the answer would tell them apart
        answer = client.get("/code", {"code": tried})
        assert answer.status_code == 429
        assert "Too many codes" in seen(answer)
    assert client.get("/code", {"code": right}, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200


def test_nothing_is_offered_that_nobody_has(client: Client, campaign: Campaign) -> None:
    wrong = unused(taken=set(SpokenCode.objects.values_list("number", flat=True)))
    answer = client.get("/code", {"code": mistyped(wrong)})
    assert answer.status_code == 404
    assert "These words do not belong together" in seen(answer)
    assert 'class="offers"' not in answer.content.decode()


def test_an_offer_that_only_another_campaign_has_is_none_in_the_form(campaign: Campaign, people: People) -> None:
    words = words_of(a_participant(a_campaign(people.charlie)))
    assert 'class="offers"' not in seen(join(campaign, code=mistyped(words)))


def test_mishearing_never_guesses_more_and_leaves_tries_to_type(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = unused(taken=set())
    looked_up: list[int] = []
    people_of = queries.people_of
    monkeypatch.setattr(queries, "people_of", lambda *asked: looked_up.append(asked[0]) or people_of(*asked))
    for _ in range(20):
        assert client.get("/code", {"code": mistyped(wrong)}).status_code == 404
    assert len(looked_up) == 5
    for _ in range(5):
        assert client.get("/code", {"code": wrong}).status_code == 404
    assert client.get("/code", {"code": wrong}).status_code == 429
    assert len(looked_up) == 10


def test_right_words_are_never_too_many(client: Client, campaign: Campaign) -> None:
    words = words_of(a_participant(campaign))
    assert {client.get("/code", {"code": words}).status_code for _ in range(30)} == {200}


def test_guesses_in_the_join_form_count_too(campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    right, wrong = words_of(dewi), unused(taken=set(SpokenCode.objects.values_list("number", flat=True)))
    for _ in range(10):
        assert "Nobody in this campaign has the code" in seen(join(campaign, code=wrong))
    assert "Too many codes" in seen(join(campaign, code=right))
    assert Participant.objects.count() == 1


@pytest.mark.parametrize("typed", ["words", "digits"])
def test_words_in_the_join_form_make_their_owner_the_parent(campaign: Campaign, typed: str) -> None:
    dewi, sari = a_participant(campaign, name="Dewi"), a_participant(campaign, name="Sari")
    words = words_of(sari, "id")
    number = queries.number_of(sari)
    assert number is not None
    entered = words.replace(" ", ", ") if typed == "words" else code.digits(number)
    assert join(campaign, f"?ref={code_of(dewi)}&via=x", name="Budi", code=entered).status_code == 303
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.how, budi.channel) == (sari, "code", "spoken")


def test_a_misheard_word_in_the_join_form_keeps_everything_and_offers_the_code(campaign: Campaign) -> None:
    sari = a_participant(campaign)
    words = words_of(sari)
    wrong = mistyped(words)
    answer = join(campaign, name="Budi", code=wrong)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert f'<button name="code" value="{words}">' in html
    assert (form_of(html)["code"], form_of(html)["name"]) == (wrong, "Budi")
    assert not Participant.objects.filter(name="Budi").exists()


def test_words_of_another_campaign_are_nobodys_here(campaign: Campaign, people: People) -> None:
    words = words_of(a_participant(a_campaign(people.charlie)))
    assert "Nobody in this campaign has the code" in seen(join(campaign, code=words))


def test_letters_of_a_link_still_do(campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    join(campaign, name="Budi", code=code_of(dewi).upper())
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.channel) == (dewi, "code")


def test_a_pasted_link_is_followed_as_it_travelled(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign))
    link = addresses.link(code)
    for typed, leads in (
        (f" {link}?via=copy&c=two-cups&x=1 ", f"url=/r/{code}?via=copy&amp;c=two-cups"),
        (link.partition("://")[2], f'url=/r/{code}"'),
        (addresses.share_page(code), f'url=/r/{code}"'),
        (f"{addresses.campaign_page(campaign.slug)}?ref={code}&via=copy", f'url=/r/{code}?via=copy"'),
    ):
        answer = client.get("/code", {"code": typed})
        assert answer.status_code == 200
        assert leads in answer.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "https://elsewhere.example/r/{code}",
        "{ours}/c/kopi",
        "{ours}/r/abcd2f3",
        "{ours}/c/kopi?ref=abcd2f3",
        "{ours}/x/{code}",
        "elsewhere.example/r/{code}",
        "http://[",
    ],
)
def test_another_link_is_refused_and_kept_whole(client: Client, campaign: Campaign, typed: str) -> None:
    wrong = typed.format(code=code_of(a_participant(campaign)), ours=config.load().public_url)
    answer = client.get("/code", {"code": wrong})
    assert answer.status_code == 404
    assert "is not a link to anybody here: those look like" in seen(answer)
    assert f'value="{wrong}"' in answer.content.decode()


def test_who_types_nothing_is_told_to(client: Client, campaign: Campaign) -> None:
    for typed in ("", "  "):
        answer = client.get("/code", {"code": typed})
        assert answer.status_code == 404
        assert "Type a code first." in seen(answer)
        assert "is not a code" not in seen(answer)


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script> a e", "\x00 lemon", "é" * 300, "😀 😀 😀", "lemon lemon lemon"]
)
def test_whatever_is_typed_gets_a_calm_answer(client: Client, campaign: Campaign, typed: str) -> None:
    answer = client.get("/code", {"code": typed})
    assert answer.status_code == 404
    assert "<script>alert" not in answer.content.decode()
    assert join(campaign, code=typed).status_code == 422
