"""The channels' previews: what a new participant passes on, held against what their own pages and letters then say."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_participant
from console.test_experiment_pages import running
from material.making import a_creative
from people import People
from portal.conftest import code_of
from sebar import channels
from sebar.campaigns.models import Campaign
from sebar.channels import actions
from sebar.channels.base import Channel
from sebar.channels.models import Message, Purpose, State
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store
from sebar.kit import codes
from sebar.kit.errors import UserError
from sebar.kit.ids import new_id
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments import queries
from sebar.steering.experiments.rules import Arm

WITH_MESSAGE = {"title": "Film", "long": "Once.", "share": "Six seconds."}
LIKE_A_CODE = "k7m2fqx"
BUTTONS = [one for one in channels.DOORS if not one.asks_server and "{picture}" not in one.address]


def page_of(client: Client, campaign: Campaign, channel: str, query: str = "") -> str:
    base = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels{channel and f'/{channel}'}"
    return b"".join(client.get(base + query)).decode()  # type: ignore[call-overload]  # streamed


def parts(page: str) -> list[str]:
    return [unescape(part) for part in re.findall(r'<span class="said-words" dir="auto">(.*?)</span>', page, re.DOTALL)]


def pressed(person: Participant, channel: Channel) -> list[str]:
    """Return what the button on somebody's share page carries, in its order."""
    page = Client().get(f"/s/{code_of(person)}").content.decode()
    found = re.search(rf'href="([^"]*)"[^>]*data-way="{channel.name}"', page)
    assert found is not None
    carried = parse_qs(urlsplit(unescape(found[1])).query)
    return [value.replace(code_of(person), LIKE_A_CODE) for values in carried.values() for value in values]


@pytest.mark.parametrize("channel", BUTTONS, ids=lambda one: one.name)
def test_the_preview_says_what_the_button_says(alice: Client, people: People, channel: Channel) -> None:
    words = {"headline": "Two for one", "text": "", "call_to_action": "Go", "share_text": "Coffee & cake “now” " * 13}
    campaign = a_campaign(people.alice, languages=("en",), texts={"en": words})
    a_creative(people.alice, campaign, "text")
    shown = page_of(alice, campaign, channel.name)
    assert parts(shown) == pressed(a_participant(campaign), channel)
    assert any("?c=text&via=" + channel.name in part for part in parts(shown))
    assert ("The card of the link" in shown) is channel.shows_card
    if channel.longest:
        assert f"of {channel.longest} characters, the link included" in shown
        assert len(" ".join(parts(shown))) <= channel.longest
        assert ("…" in " ".join(parts(shown))) is (channel.longest < 310)  # 260 of the words, and the link


def test_what_is_copied_or_given_to_the_device_is_shown_too(alice: Client, campaign: Campaign) -> None:
    assert [part.partition("?")[2] for part in parts(page_of(alice, campaign, "copy"))] == ["via=copy"]
    title, words, link = parts(page_of(alice, campaign, "share"))
    assert (title, words) == ("Share the spark", "I am in. You too?")
    assert link.endswith("?via=share")
    assert parts(page_of(alice, campaign, "qr")) == []


def card_of(page: str) -> str:
    return unescape(re.findall(r'<b dir="auto">(.*?)</b>', page)[0])


def test_the_card_is_the_one_of_a_new_participants_link(alice: Client, people: People, campaign: Campaign) -> None:
    a_creative(people.alice, campaign, "text", name="first")
    a_creative(people.alice, campaign, "quiz", name="second")
    code = code_of(a_participant(campaign))
    for c, wanted, title in (("first", "", "A story"), ("second", "?with=material-second", "Which coffee are you?")):
        page = Client().get(f"/c/{campaign.slug}?ref={code}&c={c}").content.decode()
        assert f'<meta property="og:title" content="{title}">' in page
        assert card_of(page_of(alice, campaign, "link", wanted)) == title


def test_each_arm_can_be_looked_at_and_the_control_stands_first(
    alice: Client, people: People, campaign: Campaign
) -> None:
    experiment = running(people, campaign)
    usual, arm = page_of(alice, campaign, "link"), page_of(alice, campaign, "link", f"?with=arm-{experiment.pk}-b")
    assert f'<option value="arm-{experiment.pk}-a" selected>Two headlines: a, the control</option>' in usual
    assert f'<option value="arm-{experiment.pk}-b" selected>Two headlines: b</option>' in arm
    assert (card_of(usual), card_of(arm)) == ("Share the spark", "Light up the town")
    assert card_of(page_of(alice, campaign, "link", "?with=nothing")) == "Share the spark"


def test_the_message_of_an_arm_comes_before_the_materials(alice: Client, people: People, campaign: Campaign) -> None:
    a_creative(people.alice, campaign, "text", texts=dict.fromkeys(("en", "id"), WITH_MESSAGE))
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {one: {"share_text": "Come along!"} for one in ("en", "id")})]
    experiment = running(people, campaign, varies="message", arms=arms)
    for name, said in (("a", "Six seconds."), ("b", "Come along!")):
        entry = Entry(how="link")
        seed = experiments.join(campaign=campaign, entry=entry, given={experiment.pk: name}).participant
        for person in (seed, a_participant(campaign, seed)):
            assert pressed(person, channels.ALL["whatsapp"])[0].startswith(f"{said} http")
        shown = page_of(alice, campaign, "whatsapp", f"?with=arm-{experiment.pk}-{name}")
        assert parts(shown)[0].startswith(said)


def test_the_letter_is_the_one_of_the_arm(alice: Client, people: People, campaign: Campaign) -> None:
    experiment = running(people, campaign)
    base = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels/email"
    alice.post(
        f"{base}/set-up", {"sender": "halo@kopi.example", "bounces": "back@kopi.example", "postal": "Jl. Braga 1"}
    )
    for name, headline in (("a", "Share the spark"), ("b", "Light up the town")):
        page = page_of(alice, campaign, "email", f"?with=arm-{experiment.pk}-{name}")
        assert f"<bdi>Dewi A.: {headline}</bdi>" in page
        framed = re.search(r'<iframe class="letter" src="([^"]+)"', page)
        assert framed is not None
        assert headline in alice.get(unescape(framed[1])).content.decode()


def test_one_headline_stands_on_all_other_pages(people: People, campaign: Campaign) -> None:
    running(people, campaign)
    a_creative(people.alice, campaign, "text")
    seed = next(
        person
        for person in (a_participant(campaign, language="en") for _ in range(50))
        if queries.for_participant(campaign, person.pk).shows["wording"]
    )
    code, client = codes.spell(seed.pk), Client(headers={"accept-language": "en"})

    def read(address: str) -> str:
        return unescape(client.get(address).content.decode())

    assert "Light up the town" in read(f"/e/{code}")
    assert "Light up the town" in read(f"/e/{code}.js")
    assert "Light up the town" in read(f"/e/{code}/badge.svg?in=en")
    found = re.search(
        r'<link rel="alternate" type="application/json\+oembed" href="([^"]+)" title="([^"]+)"', read(f"/s/{code}")
    )
    assert found is not None
    address = urlsplit(found[1])
    assert found[2] == "Light up the town"
    assert client.get(f"{address.path}?{address.query}").json()["title"] == "Light up the town"
    assert "<title>Light up the town · Kopi Senja</title>" in read(f"/c/{campaign.slug}/feed?ref={code}")


def test_presses_of_a_button_are_counted_as_passed_on(
    alice: Client, campaign: Campaign, store: Store, count: Callable[[], None]
) -> None:
    person = a_participant(campaign)
    at = int(timezone.now().timestamp() * 1000) - 60_000
    touches = [
        Event(id=new_id(), ts=at, campaign=campaign.pk, kind=kind, verdict=verdict, participant=person.pk, channel=via)
        for kind, verdict, via in (
            (Kind.INVITE, Verdict.PERSON, "whatsapp"),
            (Kind.INVITE, Verdict.PERSON, "whatsapp"),
            (Kind.SHARE, Verdict.PERSON, "x"),
            (Kind.SHARE, Verdict.CRAWLER, "x"),
        )
    ]
    store.insert(touches, token="pressed")
    count()
    listed = page_of(alice, campaign, "")
    for name, times in (("WhatsApp", "2"), ("X", "1"), ("Telegram", "0")):
        line = next(line for line in listed.split("<tr>") if f"</span>{name}</a>" in line)
        assert re.findall(r'<td class="n wide-only">(.*?)</td>', line)[0] == times
    shown = page_of(alice, campaign, "whatsapp")
    assert "<dt>Passed on</dt><dd>2 " in shown
    assert "people send it themselves, and nobody tells us whether it arrived" in shown


def test_what_did_not_come_back_is_delivered_as_far_as_is_known(alice: Client, campaign: Campaign) -> None:
    person, now = a_participant(campaign), timezone.now()
    for number, state in enumerate((State.SENT, State.SENT, State.BOUNCED, State.FAILED)):
        for channel in ("email", "push"):
            Message.objects.create(
                campaign=campaign, participant=person, channel=channel, purpose=Purpose.NOTICE, state=state,
                once=f"{channel} {number}", address_hash="x", due_at=now, created_at=now, changed_at=now,
            )  # fmt: skip
    letters, push = page_of(alice, campaign, "email"), page_of(alice, campaign, "push")
    assert "<dt>Sent</dt><dd>3<br>" in letters
    assert "<dt>Delivered</dt><dd>2 " in letters
    assert "as far as is known: sent, and not come back" in letters
    assert "<dt>Came back</dt><dd>1</dd>" in letters
    assert "nobody tells us whether it arrived" in push


def test_what_a_channel_looks_like_can_be_seen_before_anybody_uses_it(alice: Client, campaign: Campaign) -> None:
    assert "Once the campaign is published and somebody has joined" in page_of(alice, campaign, "badge")
    code = codes.spell(a_participant(campaign).pk)
    assert f"/e/{code}/badge.svg" in page_of(alice, campaign, "badge")
    assert f"/c/{campaign.slug}?via=qr" in page_of(alice, campaign, "qr")
    push = page_of(alice, campaign, "push")
    assert "Budi joined “" in push
    assert "0 people of this campaign get notes in a browser." in push


@pytest.mark.parametrize("name", ["link", "messenger", "api", "other"])
def test_what_is_only_counted_has_no_switch(alice: Client, campaign: Campaign, name: str) -> None:
    shown = page_of(alice, campaign, name)
    assert "It is only counted, so there is nothing to switch." in shown
    assert 'name="to"' not in shown
    with pytest.raises(UserError, match="nothing to switch"):
        actions.switch(campaign=campaign, channel=name, is_on=False)


def test_a_share_page_shows_neither_qr_nor_code_that_is_switched_off(campaign: Campaign) -> None:
    share = f"/s/{codes.spell(a_participant(campaign).pk)}"
    said = Client().get(share).content.decode()
    assert 'class="qr"' in said
    assert "Or say the code" in said
    actions.switch(campaign=campaign, channel="qr", is_on=False)
    said = Client().get(share).content.decode()
    assert 'class="qr"' not in said
    assert "Friends type it when they join." in said
    actions.switch(campaign=campaign, channel="code", is_on=False)
    assert "ay the code" not in Client().get(share).content.decode()
