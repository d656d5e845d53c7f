"""Joining while a campaign is held: people wait, and are in as soon as it goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_participant, emitted
from people import People
from portal.conftest import Joining, code_of, form_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign, ConsentText
from sebar.channels import sealing
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
    first = joining(client, name="Budi", submission="the-page-that-is-sent-twice")
    again = joining(Client(), name="Budi", submission="the-page-that-is-sent-twice")
    assert first.headers["Location"] == again.headers["Location"]
    WaitingJoin.objects.update(asked_at=timezone.now() - timedelta(days=3))
    late = joining(Client(), name="Mallory", submission="the-page-that-is-sent-twice")
    assert late.status_code == 422
    assert not late.cookies
    assert first.headers["Location"] not in late.content.decode()
    goes_on(people, held)
    assert Participant.objects.filter(name="Budi").count() == 1


def test_a_worker_that_died_after_letting_somebody_in_does_so_once(
    client: Client, held: Campaign, joining: Joining, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    joining(client, name="Budi")
    with monkeypatch.context() as broken:
        broken.setattr(WaitingJoin, "delete", _dies)
        goes_on(people, held)
    assert Participant.objects.count() == len(emitted(Kind.JOIN)) == 0  # all of it or nothing
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
    forged = own[:-1] + ("A" if own[-1] != "A" else "B")
    assert "No personal page has this address" in client.get(forged).content.decode()


def test_a_stop_forgets_who_waits(client: Client, held: Campaign, joining: Joining, people: People) -> None:
    own = joining(client, name="Budi").headers["Location"]
    stopped = decisions.take(membership=people.alice, slug=held.slug, rung="stop")
    assert stopped.cut["joins_waiting"] == 1
    admission.admit()
    assert waiting(held) == 0
    gone = client.get(own)
    assert gone.status_code == 404
    assert "You are not on the list any more." in gone.content.decode()


def test_whoever_agreed_to_another_wording_reads_it_first(
    client: Client, held: Campaign, joining: Joining, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    own = joining(client, name="Budi").headers["Location"]
    ConsentText.objects.create(campaign=held, version=2, texts={"en": "Other words", "id": "Kata lain"})
    goes_on(people, held)
    assert Participant.objects.count() == 0
    assert "Budi" not in caplog.text
    assert "Please join once more." in client.get(own).content.decode()
    assert "Other words" in client.get(f"/c/{held.slug}").content.decode()
    joining(client, name="Budi", consent="2")
    assert Participant.objects.get().name == "Budi"


def test_in_one_browser_one_waits_once_and_joins_once(
    client: Client, held: Campaign, joining: Joining, people: People
) -> None:
    filled = {**form_of(client.get(f"/c/{held.slug}").content.decode()), "consent": "1", "name": "Budi"}
    own = joining(client, name="Budi").headers["Location"]
    assert client.post(f"/c/{held.slug}", filled).headers["Location"] == own
    campaigns.resume(membership=people.alice, slug=held.slug)
    assert client.post(f"/c/{held.slug}", filled).headers["Location"] == own  # the worker has not come by yet
    assert "You are on the list." in client.get(f"/c/{held.slug}").content.decode()
    admission.admit()
    assert Participant.objects.count() == 1


def test_what_is_decided_while_people_are_let_in_is_in_force_at_once(
    client: Client, held: Campaign, joining: Joining, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [joining(Client(), name=name).headers["Location"] for name in ("Ayu", "Budi", "Citra")]
    campaigns.resume(membership=people.alice, slug=held.slug)
    let_in = actions.let_in

    def then(number: int, admit: Callable[[WaitingJoin], object]) -> None:
        let_in(number, admit)
        if Participant.objects.count() == 1:
            client.post(f"{pages[1]}/wait-no-more")
            campaigns.pause(membership=people.alice, slug=held.slug)

    with monkeypatch.context() as deciding:
        deciding.setattr(actions, "let_in", then)
        admission.admit()
    assert Participant.objects.count() == 1
    goes_on(people, held)
    assert {one.name for one in Participant.objects.all()} == {"Ayu", "Citra"}


def test_what_goes_wrong_with_one_keeps_nobody_else_out(
    client: Client, held: Campaign, joining: Joining, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    joining(Client(), name="Ayu")
    later = a_campaign(people.alice, starts_at=timezone.now() + timedelta(days=9))
    WaitingJoin.objects.update(campaign=later)
    joining(Client(), name="Budi")
    WaitingJoin.objects.filter(campaign=held).update(sealed=b"torn")
    joining(Client(), name="Citra")
    goes_on(people, held)
    assert [one.name for one in Participant.objects.all()] == ["Citra"]


def test_little_is_kept_and_not_for_ever(client: Client, held: Campaign, joining: Joining) -> None:
    joining(client, name="Budi", score="9" * 60_000)
    client.cookies.clear()
    joining(client, name="Citra", score="42")
    first, second = (len(bytes(one.sealed)) for one in WaitingJoin.objects.order_by("asked_at"))
    assert max(first, second) < 3000
    sealed = WaitingJoin.objects.latest("asked_at").sealed
    assert "203.0.113" not in sealing.unseal(sealed)
    WaitingJoin.objects.update(asked_at=timezone.now() - timedelta(days=91))
    admission.admit()
    assert waiting(held) == 0


def test_whoever_gets_a_promised_number_keeps_their_page_to_themselves(
    client: Client, held: Campaign, joining: Joining, people: People
) -> None:
    own = joining(client, name="Budi").headers["Location"]
    other = a_campaign(people.charlie)
    Participant.objects.create(
        id=WaitingJoin.objects.get().number, root_id=WaitingJoin.objects.get().number, campaign=other,
        generation=0, how="nobody", name="Dewi", joined_at=timezone.now(),
    )  # fmt: skip
    assert "Dewi" not in client.get(own).content.decode()
    goes_on(people, held)
    assert Participant.objects.get(name="Budi").campaign == held


def test_nobody_elses_secret_opens_a_list(client: Client, held: Campaign, joining: Joining) -> None:
    own = joining(client, name="Budi").headers["Location"]
    wrong = own[:-1] + ("A" if own[-1] != "A" else "B")
    assert client.get(wrong).status_code == 404
    client.post(f"{wrong}/wait-no-more")
    assert waiting(held) == 1
