"""Letters to oneself: the welcome, the way back; an address decides nothing before its owner has pressed the button."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_participant
from channels.email.conftest import ENTERED, Sink, is_signed
from channels.email.test_letters import send_all
from people import People
from portal.conftest import Joining, joining, the_only  # noqa: F401 - a fixture found by its name
from sebar import channels
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import actions as sending
from sebar.channels import gate
from sebar.channels.kinds.email import actions
from sebar.channels.kinds.email.models import OwnLetter
from sebar.channels.models import Contact, Message, Purpose, State
from sebar.pages.pace import Pace
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret
from sebar.portal import back

AYU = "ayu@example.com"


@pytest.fixture(autouse=True)
def _at_any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back, "_PACE", Pace(burst=1000, per_second=1000.0))


@pytest.fixture
def asking(people: People, sink: Sink) -> Campaign:
    """A campaign that asks for an address, of a brand that sends letters."""
    sending.set_up(membership=people.alice, channel="email", entered={**ENTERED, "duties": ""})
    return a_campaign(people.alice, asks_email="optional")


def deliver() -> None:
    while actions.write_next():
        pass
    send_all()


def link_in(sink: Sink, place: int = -1) -> str:
    """Return the path of the link in a letter that arrived."""
    found = re.search(r"https?://[^/\s]+(/back/\S+)", sink.delivered[place].text("plain"))
    assert found is not None
    return found[1]


def lose(client: Client, campaign: Campaign, address: str) -> str:
    """Ask for the way back, and return what the page says."""
    return client.post(f"/c/{campaign.slug}/lost", {"email": address}, follow=True).content.decode()


def test_who_agrees_to_letters_is_welcomed_once(
    client: Client,
    asking: Campaign,
    sink: Sink,
    joining: Joining,  # noqa: F811 - the fixture
) -> None:
    joining(client, to=asking, name="Ayu", email=AYU, letters="yes")
    deliver()
    deliver()
    (letter,) = sink.delivered
    assert letter.recipient == AYU
    assert is_signed(letter.raw, asking)
    ayu = the_only(asking)
    assert (ayu.email_confirmed_at, Contact.objects.exists()) == (None, False)
    own = f"/me/{personal_secret(ayu)}"
    assert "A letter is on its way to your address." in client.get(own).content.decode()
    link = link_in(sink)
    for _ in range(2):  # programs look first
        assert client.get(link).status_code == 200
    elsewhere = Client()
    answer = elsewhere.post(link)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/me/{personal_secret(ayu)}")
    assert "You are in already" in elsewhere.get(f"/c/{asking.slug}").content.decode()
    assert Participant.objects.get(pk=ayu.pk).email_confirmed_at is not None
    assert Contact.objects.get().address_hash == channels.known_by("email", AYU)
    assert "You get a letter when a friend joins" in client.get(own).content.decode()
    assert [elsewhere.post(link).status_code, elsewhere.get(link).status_code] == [404, 404]


def test_who_does_not_agree_gets_none(
    client: Client,
    asking: Campaign,
    sink: Sink,
    joining: Joining,  # noqa: F811 - the fixture
) -> None:
    joining(client, to=asking, name="Ayu", email=AYU)
    deliver()
    assert sink.delivered == []


def test_the_answer_is_the_same_whoever_asks(client: Client, asking: Campaign, sink: Sink) -> None:
    ayu = a_participant(asking, name="Ayu", email=AYU)
    known, unknown = (lose(client, asking, address) for address in (AYU, "nobody@example.com"))
    strip = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|nonce-\S+')
    assert strip.sub("", known) == strip.sub("", unknown)
    assert "If it is known, a letter is on its way." in known
    assert Message.objects.count() == 0
    deliver()
    assert [letter.recipient for letter in sink.delivered] == [AYU]
    assert OwnLetter.objects.get().participant == ayu
    assert Client().post(link_in(sink)).headers["Location"] == f"/me/{personal_secret(ayu)}"
    assert not Contact.objects.exists()  # whoever lost a page did not ask for news


def test_the_same_work_is_done_for_every_address(client: Client, asking: Campaign) -> None:
    from django.db import connection  # noqa: PLC0415 - only here
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - only here

    a_participant(asking, email=AYU)
    done = []
    for address in (AYU, "nobody@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.post(f"/c/{asking.slug}/lost", {"email": address})
        done.append([re.sub(r"'[^']*'|\d+", "", query["sql"]) for query in seen.captured_queries])
    assert done[0] == done[1]


def test_one_address_gets_few_letters_a_day(client: Client, asking: Campaign, sink: Sink) -> None:
    a_participant(asking, email=AYU)
    for _ in range(actions.MOST_A_DAY + 2):
        lose(client, asking, "Ayu@Example.com")
    deliver()
    assert len(sink.delivered) == actions.MOST_A_DAY


def test_a_link_is_of_no_use_when_it_is_old_or_its_owner_left(client: Client, asking: Campaign, sink: Sink) -> None:
    ayu = a_participant(asking, email=AYU)
    lose(client, asking, AYU)
    deliver()
    link = link_in(sink)
    OwnLetter.objects.update(written_at=timezone.now() - actions.LASTS - timedelta(minutes=1))
    assert client.post(link).status_code == 404
    OwnLetter.objects.update(written_at=timezone.now())
    Participant.objects.filter(pk=ayu.pk).update(left_at=timezone.now())
    assert client.post(link).status_code == 404
    assert client.get("/back/nonsense").status_code == 404


def test_who_confirmed_an_address_comes_before_who_only_typed_it(client: Client, asking: Campaign, sink: Sink) -> None:
    owner = a_participant(asking, email=AYU, submission="a" * 16)
    Participant.objects.filter(pk=owner.pk).update(email_confirmed_at=timezone.now())
    typed = a_participant(asking, email="x@example.com", submission="b" * 16)
    Participant.objects.filter(campaign=asking).update(consent_text=asking.consent_texts.get())
    Participant.objects.filter(pk=typed.pk).update(email=AYU)
    lose(client, asking, AYU)
    deliver()
    assert client.post(link_in(sink)).headers["Location"] == f"/me/{personal_secret(owner)}"


def test_who_wants_no_letters_gets_none(client: Client, asking: Campaign, sink: Sink) -> None:
    a_participant(asking, email=AYU)
    sending.suppress(address_hash=channels.known_by("email", AYU), reason="unsubscribe", brand=asking.brand)
    lose(client, asking, AYU)
    deliver()
    assert sink.delivered == []
    assert Message.objects.get().state == State.LEFT_ALONE


def test_nothing_can_be_asked_for_while_nothing_can_be_sent(
    client: Client, people: People, campaign: Campaign, asking: Campaign
) -> None:
    assert "/lost" in client.get(f"/c/{asking.slug}").content.decode()
    campaigns.pause(membership=people.alice, slug=asking.slug)
    assert client.get(f"/c/{asking.slug}/lost").status_code == 200  # whoever lost their page finds it all the same
    sending.take_down(membership=people.alice, channel="email")
    assert "/lost" not in client.get(f"/c/{campaign.slug}").content.decode()
    assert client.post(f"/c/{campaign.slug}/lost", {"email": AYU}).status_code == 404


def test_what_cannot_be_an_address_is_said(client: Client, asking: Campaign) -> None:
    for wrong in ("", "ayu", "a@b@c.example"):
        assert client.post(f"/c/{asking.slug}/lost", {"email": wrong}).status_code == 422
    assert not OwnLetter.objects.exists()


def test_a_letter_in_indonesian(client: Client, asking: Campaign, sink: Sink) -> None:
    a_participant(asking, email=AYU)
    client.post(f"/c/{asking.slug}/lost?lang=id", {"email": AYU})
    deliver()
    letter = sink.delivered[0]
    assert "halaman" in unescape(letter.text("html"))
    assert Message.objects.get().purpose == Purpose.OWN


def test_news_by_letter_is_switched_on_ones_own_page(client: Client, asking: Campaign, sink: Sink) -> None:
    ayu = a_participant(asking, email=AYU)
    own = f"/me/{personal_secret(ayu)}"
    assert "You get no letters" in client.get(own).content.decode()
    assert "A letter is on its way" in client.post(f"{own}/letters", {"to": "on"}, follow=True).content.decode()
    assert not Contact.objects.exists()  # the address was only typed
    deliver()
    client.post(link_in(sink))
    assert "You get a letter when a friend joins" in client.get(own).content.decode()
    client.post(f"{own}/letters", {"to": "off"})
    assert Contact.objects.get().ended_at is not None
    assert "You get a letter" in client.post(f"{own}/letters", {"to": "on"}, follow=True).content.decode()


def news_to(ayu: Participant, once: str) -> str:
    said = {"subject": "News", "text": "A friend joined.", "link": "https://share.example.com/s/x"}
    notice = sending.queue(
        participant=ayu, channel="email", purpose=Purpose.NOTICE, address=AYU, once=once, content=said
    )
    return notice.state


def test_who_ended_all_letters_gets_again_what_they_ask_for_and_nothing_else(
    client: Client, asking: Campaign, sink: Sink
) -> None:
    ayu = a_participant(asking, email=AYU)
    own = f"/me/{personal_secret(ayu)}"
    lose(client, asking, AYU)
    deliver()
    end = sink.delivered[0].message["List-Unsubscribe"].strip("<>").partition("/u/")[2]
    client.post(f"/u/{end}")
    client.post(f"{own}/letters", {"to": "on"})  # nobody has proved to have the address: the end stands
    deliver()
    assert (len(sink.delivered), news_to(ayu, "first")) == (1, State.LEFT_ALONE)
    client.post(link_in(sink))
    client.post(f"{own}/letters", {"to": "on"})
    assert news_to(ayu, "second") == State.WAITING
    lose(client, asking, AYU)
    deliver()
    assert len(sink.delivered) == 3
    assert gate.is_suppressed(asking.brand, channels.known_by("email", AYU))  # friends’ letters stay ended


def test_a_link_that_was_used_leads_to_another(client: Client, asking: Campaign, sink: Sink) -> None:
    a_participant(asking, email=AYU)
    lose(client, asking, AYU)
    deliver()
    link = link_in(sink)
    client.post(link)
    said = client.get(link).content.decode()
    assert f'href="/c/{asking.slug}/lost"' in said
    assert "friend" not in said


def test_who_wants_letters_says_where_and_reads_that_one_is_on_its_way(
    client: Client,
    asking: Campaign,
    joining: Joining,  # noqa: F811 - the fixture
) -> None:
    refused = joining(client, to=asking, name="Ayu", letters="yes")
    assert "say at which address" in refused.content.decode()
    assert not Participant.objects.exists()
    answer = joining(client, to=asking, name="Ayu", email=AYU, letters="yes")
    assert "A letter is on its way to your address" in client.get(answer.headers["Location"]).content.decode()


def test_an_address_is_added_later_by_the_rules_of_joining(
    client: Client,
    asking: Campaign,
    sink: Sink,
    joining: Joining,  # noqa: F811 - the fixture
) -> None:
    joining(client, to=asking, name="Ayu")
    ayu = Participant.objects.get()
    other = a_participant(asking, name="Sari", email=AYU)
    own = f"/me/{personal_secret(ayu)}"
    assert 'id="consent"' in client.get(own).content.decode()
    refused = client.post(f"{own}/address", {"email": "ayu", "letters": "yes"})
    said = unescape(refused.content.decode())
    assert refused.status_code == 422
    assert 'value="ayu"' in said
    assert "“ayu” is not an e-mail address" in said
    assert "Your consent is missing" in said
    agreed = {"email": f" {AYU} ", "letters": "yes", "consent": "1"}
    shown = client.post(f"{own}/address", agreed, follow=True).content.decode()
    assert "A letter is on its way to your address" in shown
    assert 'name="email"' not in shown
    assert "Sari" not in shown
    ayu.refresh_from_db()
    assert (ayu.email, ayu.email_confirmed_at) == (AYU, None)
    deliver()
    client.post(link_in(sink))
    ayu.refresh_from_db()
    assert ayu.email_confirmed_at is not None
    assert Contact.objects.get().participant == ayu
    client.post(f"{own}/address", {**agreed, "email": "another@example.com"})  # who has one keeps it
    assert Participant.objects.filter(email=AYU).count() == 2
    assert Participant.objects.get(pk=other.pk).email_confirmed_at is None


def test_an_address_that_somebody_added_is_not_the_brands_word(
    client: Client, people: People, asking: Campaign, sink: Sink
) -> None:
    ayu = a_participant(asking, how="api", external_id="ayu", name="Ayu")
    own = f"/me/{personal_secret(ayu)}"
    shown = client.post(f"{own}/address", {"email": AYU, "consent": "1"}, follow=True).content.decode()
    assert "Your address is kept." in shown
    deliver()
    assert sink.delivered == []  # they did not ask for letters
    sending.set_up(membership=people.alice, channel="email", entered=ENTERED)
    client.post(f"{own}/letter", {"friend": "budi@example.com", "note": "", "step": "send"})
    deliver()
    assert "Reply-To" not in sink.delivered[0].message
    asked = a_participant(asking, how="api", external_id="brand", email=AYU)  # whom the brand knows by it
    assert asked != ayu


@pytest.mark.parametrize("asks", ["no", "optional"])
def test_an_address_is_added_only_where_one_is_asked_for_and_people_can_join(
    client: Client, people: People, asks: str
) -> None:
    campaign = a_campaign(people.alice, asks_email=asks)
    own = f"/me/{personal_secret(a_participant(campaign, name='Ayu'))}"
    if asks == "optional":
        campaigns.stop(membership=people.alice, slug=campaign.slug)
    assert "Add your e-mail address" not in client.get(own).content.decode()
    client.post(f"{own}/address", {"email": AYU, "consent": "1"})
    assert Participant.objects.get().email is None
