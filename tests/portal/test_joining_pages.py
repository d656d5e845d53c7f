"""Joining: who gets which parent, what is stored, and what people read when something is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_participant, emitted
from people import People
from portal.conftest import Joining, code_of, form_of, the_only
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import consent
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.pages.pace import Pace
from sebar.participants.models import Participant
from sebar.portal import join


def test_a_seed_joins_with_the_consent_they_saw(client: Client, campaign: Campaign, joining: Joining) -> None:
    answer = joining(client, name="Dewi Anggraini")
    joined = the_only(campaign)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/s/{code_of(joined)}?new"
    assert (joined.name, joined.parent, joined.how, joined.language) == ("Dewi Anggraini", None, "nobody", "en")
    assert joined.consent_text == consent(campaign)
    assert len(emitted(Kind.JOIN)) == 1


def test_a_friend_who_comes_by_link_gets_its_owner_as_parent(
    client: Client, campaign: Campaign, joining: Joining
) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    query = f"?ref={code_of(dewi)}&via=whatsapp&c=blue"
    assert "<b><bdi>Dewi A.</bdi></b> invites you" in client.get(f"/c/{campaign.slug}{query}").content.decode()
    joining(client, query, name="Budi")
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.how, budi.channel, budi.creative) == (dewi, "link", "whatsapp", "blue")


def test_the_brands_own_address_says_where_a_seed_came_from(
    client: Client, campaign: Campaign, joining: Joining
) -> None:
    joining(client, "?source=Newsletter", name="Dewi")
    dewi = the_only(campaign)
    assert dewi.source == "newsletter"
    client.cookies.clear()
    joining(client, f"?source=newsletter&ref={code_of(dewi)}", name="Budi")
    assert Participant.objects.get(name="Budi").source == ""  # whoever has a parent is no seed


@pytest.mark.parametrize(("said", "kept"), [("ID", "ID"), ("", ""), ("Indonesia", "")])
def test_where_somebody_joins_from_goes_into_the_event(
    client: Client, campaign: Campaign, joining: Joining, said: str, kept: str
) -> None:
    client.defaults["HTTP_X_FORWARDED_COUNTRY"] = said
    joining(client, name="Budi")
    assert [event.country for event in emitted(Kind.JOIN)] == [kept]


def test_a_typed_code_comes_before_the_link(client: Client, campaign: Campaign, joining: Joining) -> None:
    dewi, sari = a_participant(campaign, name="Dewi"), a_participant(campaign, name="Sari")
    code = code_of(sari).upper()
    joining(client, f"?ref={code_of(dewi)}&via=x", name="Budi", code=f" {code[:3]}-{code[3:]} ")
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.how, budi.channel) == (sari, "code", "code")


def test_what_is_no_code_is_said_in_the_words_of_the_hint(client: Client, campaign: Campaign, joining: Joining) -> None:
    hint = "three words, or letters like k7m 2fqx"
    assert hint in client.get(f"/c/{campaign.slug}").content.decode()
    refused = joining(client, name="Budi", code="k7m")
    assert refused.status_code == 422
    assert f"“k7m” is not a code: a code is {hint}." in refused.content.decode()
    assert f"“k7m” is not a code: a code is {hint}." in client.get("/code?code=k7m").content.decode()


@pytest.mark.parametrize("ref", ["zzzzzzz", "no such code", "%00", "' OR 1=1 --"])
def test_a_link_that_nobody_has_makes_a_seed(client: Client, campaign: Campaign, joining: Joining, ref: str) -> None:
    joining(client, f"?ref={ref}&via=%F0%9F%98%80", name="Budi")
    assert (the_only(campaign).parent, the_only(campaign).channel) == (None, "")


def test_a_link_of_another_campaign_is_nobodys_here(
    client: Client, campaign: Campaign, people: People, joining: Joining
) -> None:
    other = a_participant(a_campaign(people.charlie), name="Dewi")
    assert "invites you" not in client.get(f"/c/{campaign.slug}?ref={code_of(other)}").content.decode()
    joining(client, f"?ref={code_of(other)}", name="Budi")
    assert the_only(campaign).parent is None


def test_the_same_form_sent_twice_counts_once(campaign: Campaign) -> None:
    first, second = Client(), Client()
    filled = {**form_of(first.get(f"/c/{campaign.slug}").content.decode()), "name": "Budi", "consent": "1"}
    assert first.post(f"/c/{campaign.slug}", filled).status_code == 303
    assert second.post(f"/c/{campaign.slug}", filled).status_code == 303
    assert len(emitted(Kind.JOIN)) == Participant.objects.count() == 1


def test_whoever_joined_before_in_this_browser_stays_who_they_are(
    client: Client, campaign: Campaign, joining: Joining
) -> None:
    filled = form_of(client.get(f"/c/{campaign.slug}").content.decode())
    joining(client, name="Budi")
    budi, dewi = the_only(campaign), a_participant(campaign, name="Dewi")
    answer = client.post(f"/c/{campaign.slug}", {**filled, "ref": code_of(dewi), "name": "Budi again", "consent": "1"})
    assert answer.headers["Location"].startswith(f"/s/{code_of(budi)}")
    assert Participant.objects.get(pk=budi.pk).parent is None
    assert Participant.objects.count() == 2
    page = client.get(f"/c/{campaign.slug}?ref={code_of(dewi)}").content.decode()
    assert "You are in already." in page
    assert "<form" not in page


def test_everything_that_is_wrong_is_said_at_once_and_what_was_typed_stays(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice, asks_name="required", asks_email="required")
    filled = form_of(client.get(f"/c/{campaign.slug}").content.decode())
    answer = client.post(f"/c/{campaign.slug}", {**filled, "name": "", "email": "dewi@", "code": "abc"})
    page = answer.content.decode()
    assert answer.status_code == 422
    for field in ("name", "email", "code", "consent"):
        assert f'<a href="#{field}">' in page
        assert f'id="{field}"' in page
    assert 'value="dewi@"' in page
    assert "4 things are missing or wrong" in page
    assert Participant.objects.count() == 0
    again = form_of(page)
    assert (again["submission"], again["email"]) == (filled["submission"], "dewi@")


def test_consent_is_never_ticked_for_anybody(client: Client, campaign: Campaign, joining: Joining) -> None:
    assert "consent" not in form_of(client.get(f"/c/{campaign.slug}").content.decode())
    answer = joining(client, name="Budi", consent="")
    assert answer.status_code == 422
    assert "tick the box if you agree" in answer.content.decode()


def test_nobody_agrees_to_what_they_have_not_read(
    client: Client, campaign: Campaign, people: People, joining: Joining
) -> None:
    filled = {**form_of(client.get(f"/c/{campaign.slug}").content.decode()), "name": "Budi", "consent": "1"}
    campaigns.word_consent(membership=people.alice, slug=campaign.slug, texts={"en": "All of it.", "id": "Semuanya."})
    answer = client.post(f"/c/{campaign.slug}", filled)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "What you agree to has changed just now" in page
    assert "All of it." in page
    again = form_of(page)
    assert "consent" not in again
    assert client.post(f"/c/{campaign.slug}", {**again, "consent": "2"}).status_code == 303
    assert the_only(campaign).consent_text == consent(campaign)


def test_a_code_that_nobody_has_is_named(client: Client, campaign: Campaign, joining: Joining) -> None:
    answer = joining(client, name="Budi", code="zzz zzzz")
    assert answer.status_code == 422
    assert "Nobody in this campaign has the code “zzz zzzz”" in answer.content.decode()


def test_a_machine_that_fills_in_every_field_does_not_join(
    client: Client, campaign: Campaign, joining: Joining
) -> None:
    assert joining(client, name="Budi", leave_empty="http://spam.example").status_code == 422
    assert Participant.objects.count() == 0


@pytest.mark.parametrize("name", ["محمد العربي", "Siti 🎉", "<script>alert(1)</script>", "Å" * 80, "{{ name }}"])
def test_every_name_is_welcome_and_none_is_markup(
    client: Client, campaign: Campaign, joining: Joining, name: str
) -> None:
    joining(client, name=name)
    assert the_only(campaign).name == name
    friend = client.get(f"/c/{campaign.slug}?ref={code_of(the_only(campaign))}")
    assert "<script>alert" not in friend.content.decode()


@pytest.mark.parametrize("name", ["Bu\x00di", "evil\u202etxt", "x" * 81])
def test_a_name_that_cannot_be_shown_is_refused_in_one_sentence(
    client: Client, campaign: Campaign, joining: Joining, name: str
) -> None:
    answer = joining(client, name=name)
    assert answer.status_code == 422
    assert '<a href="#name">' in answer.content.decode()


def test_a_form_from_elsewhere_is_refused(campaign: Campaign) -> None:
    strict = Client(enforce_csrf_checks=True)
    filled = form_of(strict.get(f"/c/{campaign.slug}").content.decode()) | {"consent": "1"}
    assert not strict.cookies, "nobody has joined yet"
    for foreign in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert strict.post(f"/c/{campaign.slug}", filled, headers=foreign).status_code == 403
    assert Participant.objects.count() == 0
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
    assert strict.post(f"/c/{campaign.slug}", filled, headers=ours).status_code == 303


def test_a_browser_that_keeps_no_cookies_joins_too(campaign: Campaign) -> None:
    filled = form_of(Client().get(f"/c/{campaign.slug}").content.decode()) | {"consent": "1"}
    ours = {"Origin": "http://testserver"}
    answer = Client(enforce_csrf_checks=True).post(f"/c/{campaign.slug}", filled, headers=ours)
    assert answer.status_code == 303
    assert Participant.objects.count() == 1


def test_a_program_that_says_so_does_not_join_as_a_person(campaign: Campaign, client: Client) -> None:
    filled = form_of(client.get(f"/c/{campaign.slug}").content.decode()) | {"consent": "1"}
    answer = client.post(f"/c/{campaign.slug}", filled, headers={"User-Agent": "curl/8.5.0"})
    assert answer.status_code == 403
    assert "A program has sent this." in answer.content.decode()
    assert Participant.objects.count() == 0


def test_whoever_types_somebodys_address_becomes_and_learns_nothing(people: People) -> None:
    campaign = a_campaign(people.alice, asks_email="required")
    asked = {"name": "Dewi", "email": "dewi@example.com"}
    dewi, mallory = a_participant(campaign, **asked), a_participant(campaign, name="Mallory", email="m@example.com")
    for inviter in (mallory, dewi):
        browser = Client()
        filled = form_of(browser.get(f"/c/{campaign.slug}?ref={codes.spell(inviter.pk)}").content.decode())
        answer = browser.post(f"/c/{campaign.slug}", filled | {"consent": "1", "email": "gita@example.com"})
        own = Participant.objects.get(parent=inviter)
        assert answer.headers["Location"] == f"/s/{codes.spell(own.pk)}?new"


def test_a_campaign_that_was_stopped_while_somebody_wrote_takes_nobody(
    client: Client, campaign: Campaign, people: People
) -> None:
    filled = {**form_of(client.get(f"/c/{campaign.slug}").content.decode()), "name": "Budi", "consent": "1"}
    campaigns.stop(membership=people.alice, slug=campaign.slug)
    answer = client.post(f"/c/{campaign.slug}", filled)
    assert answer.status_code == 409
    assert "This campaign was stopped" in answer.content.decode()
    assert Participant.objects.count() == 0


def test_nobody_joins_before_the_start(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice, starts_at=timezone.now() + timedelta(days=9))
    page = client.get(f"/c/{campaign.slug}").content.decode()
    assert "This campaign has not started yet." in page
    assert "<form" not in page


def test_very_many_joins_from_one_address_have_to_wait(
    client: Client, campaign: Campaign, joining: Joining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join, "_PACE", Pace(burst=2, per_second=0))
    assert [joining(Client(), name="Budi").status_code for _ in range(3)] == [303, 303, 429]
    elsewhere = Client(headers={"X-Forwarded-For": "198.51.100.7"})
    assert joining(elsewhere, name="Budi").status_code == 303


def test_the_many_addresses_of_one_line_are_one(
    campaign: Campaign, joining: Joining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join, "_PACE", Pace(burst=2, per_second=0))
    neighbours = [Client(headers={"X-Forwarded-For": f"2001:db8::{place:x}"}) for place in range(3)]
    assert [joining(one, name="Budi").status_code for one in neighbours] == [303, 303, 429]


def test_only_what_the_campaign_asks_is_asked_and_kept(client: Client, people: People, joining: Joining) -> None:
    campaign = a_campaign(people.alice, asks_name="no", asks_email="no")
    page = client.get(f"/c/{campaign.slug}").content.decode()
    assert {"name", "email"}.isdisjoint(form_of(page))
    joining(client, to=campaign, name="Budi", email="budi@example.com")
    assert (the_only(campaign).name, the_only(campaign).email) == ("", None)


@pytest.mark.parametrize(
    "name", ["http://evil.example", "Bank BCA www.evil.example", "evil.com", "me@evil.example", "KOPI senja"]
)
def test_nobody_stands_as_a_website_or_as_the_brand(client: Client, joining: Joining, name: str) -> None:
    refused = joining(client, name=name)
    assert refused.status_code == 422
    assert "own name" in refused.content.decode()


@pytest.mark.parametrize("name", ["R. A. Kartini", "Ny. Sri", "Budi Jr.", "Ibu Meity", "Idris", "Ahmad S.Kom."])
def test_people_have_dots_in_their_names(client: Client, joining: Joining, name: str) -> None:
    assert joining(client, name=name).status_code == 303
