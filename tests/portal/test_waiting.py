"""Joining while a campaign is held: people wait, and are in as soon as it goes on."""

from __future__ import annotations

import pytest
from django.test import Client

from builders import a_participant, emitted
from people import People
from portal.conftest import Joining, code_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign, ConsentText
from sebar.events.event import Kind
from sebar.participants import actions
from sebar.participants.models import Participant, WaitingJoin
from sebar.participants.queries import waiting
from sebar.portal import admission
from sebar.steering.decisions import actions as decisions


@pytest.fixture
def held(campaign: Campaign, people: People) -> Campaign:
    """A campaign that is held."""
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    campaign.refresh_from_db()
    return campaign


def goes_on(people: People, campaign: Campaign) -> None:
    """Let the campaign go on, and the worker take its turn."""
    campaigns.resume(membership=people.alice, slug=campaign.slug)
    admission.admit()


def test_who_asks_while_it_is_held_is_in_as_soon_as_it_goes_on(
    client: Client, people: People, campaign: Campaign, joining: Joining
) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    before = len(emitted(Kind.JOIN))
    link = f"?ref={code_of(dewi)}&via=whatsapp"
    page = client.get(f"/c/{campaign.slug}{link}").content.decode()
    assert "it is <bdi>Dewi A.</bdi> who brought you" in page
    assert "Put me on the list" in page

    answer = joining(client, link, name="Budi", email="")
    own = answer.headers["Location"]
    assert own.startswith("/me/")
    assert "You are on the list." in client.get(own).content.decode()
    assert "You are on the list." in client.get(f"/c/{campaign.slug}").content.decode()
    admission.admit()
    assert waiting(campaign) == 1
    assert len(emitted(Kind.JOIN)) == before

    goes_on(people, campaign)
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.how, budi.channel) == (dewi, "link", "whatsapp")
    assert waiting(campaign) == 0
    assert len(emitted(Kind.JOIN)) == before + 1
    assert "Nobody has joined through you yet." in client.get(own).content.decode()
    assert "You are in already." in client.get(f"/c/{campaign.slug}").content.decode()
    assert "Nobody has joined" in Client().get(own).content.decode()  # in another browser too


def test_what_they_sent_is_kept_so_that_the_database_alone_tells_nobody(
    client: Client, held: Campaign, joining: Joining
) -> None:
    joining(client, name="Budi Santoso")
    assert b"Budi" not in bytes(WaitingJoin.objects.get().sealed)


def test_a_mistake_is_told_at_once(client: Client, held: Campaign, joining: Joining) -> None:
    answer = joining(client, name="Budi", consent="")
    assert answer.status_code == 422
    assert "Your consent is missing" in answer.content.decode()
    assert waiting(held) == 0


def test_sent_twice_it_counts_once(client: Client, held: Campaign, joining: Joining, people: People) -> None:
    first = joining(client, name="Budi", submission="the-same-page")
    again = joining(client, name="Budi", submission="the-same-page")
    assert first.headers["Location"] == again.headers["Location"]
    goes_on(people, held)
    assert Participant.objects.filter(name="Budi").count() == 1


def test_a_worker_that_died_after_letting_somebody_in_does_so_once(
    client: Client, held: Campaign, joining: Joining, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    joining(client, name="Budi")
    with monkeypatch.context() as broken:
        broken.setattr(actions, "wait_no_more", _dies)
        with pytest.raises(RuntimeError):
            goes_on(people, held)
    admission.admit()
    assert Participant.objects.filter(name="Budi").count() == 1
    assert waiting(held) == 0


def _dies(*_: object) -> None:
    raise RuntimeError


def test_a_page_of_before_the_hold_puts_on_the_list_too(
    client: Client, campaign: Campaign, joining: Joining, people: People
) -> None:
    page = client.get(f"/c/{campaign.slug}")
    assert "Put me on the list" not in page.content.decode()
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    assert joining(client, name="Budi").headers["Location"].startswith("/me/")


def test_who_takes_themselves_off_the_list_is_forgotten(
    client: Client, held: Campaign, joining: Joining, people: People
) -> None:
    own = joining(client, name="Budi").headers["Location"]
    answer = client.post(f"{own}/wait-no-more")
    assert answer.headers["Location"] == f"/c/{held.slug}"
    assert waiting(held) == 0
    assert "Put me on the list" in client.get(f"/c/{held.slug}").content.decode()
    goes_on(people, held)
    assert Participant.objects.count() == 0
    assert client.get(own).status_code == 404


def test_a_stop_forgets_who_waits(client: Client, held: Campaign, joining: Joining, people: People) -> None:
    own = joining(client, name="Budi").headers["Location"]
    stopped = decisions.take(membership=people.alice, slug=held.slug, rung="stop")
    assert stopped.cut["joins_waiting"] == 1
    admission.admit()
    assert waiting(held) == 0
    assert client.get(own).status_code == 404


def test_whoever_agreed_to_another_wording_reads_it_first(
    client: Client, held: Campaign, joining: Joining, people: People
) -> None:
    joining(client, name="Budi")
    ConsentText.objects.create(campaign=held, version=2, texts={"en": "Other words", "id": "Kata lain"})
    goes_on(people, held)
    assert Participant.objects.count() == 0
    assert "Other words" in client.get(f"/c/{held.slug}").content.decode()


def test_nobody_elses_secret_opens_a_list(client: Client, held: Campaign, joining: Joining) -> None:
    own = joining(client, name="Budi").headers["Location"]
    wrong = own[:-1] + ("A" if own[-1] != "A" else "B")
    assert client.get(wrong).status_code == 404
    client.post(f"{wrong}/wait-no-more")
    assert waiting(held) == 1
