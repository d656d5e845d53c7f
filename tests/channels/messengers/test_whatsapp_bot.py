"""The WhatsApp number's answers and notices against a fake of Meta's Graph API."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import pytest
from django.test import Client
from fake_graph import ENTERED, FakeGraph, a_delivery, a_message, fault, post
from prosody_server import wait_until

import people as cast
from builders import a_campaign, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, actions, sealing
from sebar.channels.conversation.models import Heard
from sebar.channels.conversation.turn import mark_of
from sebar.channels.jobs import Sending
from sebar.channels.kinds.whatsapp_cloud import graph
from sebar.channels.kinds.whatsapp_cloud.graph import NOT_REACHED, NOT_TRIED, WRONG_TOKEN
from sebar.channels.kinds.whatsapp_cloud.sending import NO_TEMPLATE
from sebar.channels.kinds.whatsapp_cloud.webhook import mark_of as mark_of_message
from sebar.channels.models import Account, Message, Purpose, State, Suppression
from sebar.kit import codes
from sebar.participants.models import Participant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
_phones = itertools.count(628111000001)


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast, stored for other threads to see."""
    return cast.gather()


@pytest.fixture
def coffee(people: People, meta: FakeGraph) -> Campaign:
    actions.set_up(membership=people.alice, channel="whatsapp_cloud", entered=ENTERED)
    return a_campaign(people.alice)


def ask(meta: FakeGraph, coffee: Campaign, phone: str, text: str, count: int = 1) -> list[str]:
    before = len(meta.texts(phone))
    assert post(coffee.brand, a_delivery(messages=[a_message(text, sender=phone)])).status_code == 200
    wait_until(lambda: len(meta.texts(phone)) >= before + count)
    return meta.texts(phone)[before:]


def of(phone: str) -> Participant:
    return Participant.objects.get(submission=mark_of("whatsapp_cloud", phone))


def trouble() -> str:
    return Account.objects.get(channel="whatsapp_cloud").trouble


def test_people_join_and_bring_friends_by_writing_to_the_number(
    coffee: Campaign, meta: FakeGraph, serve: Callable[[str], None]
) -> None:
    serve("whatsapp_cloud")
    dewi, eko = str(next(_phones)), "ID.13491208655302741918"
    ask(meta, coffee, dewi, "start", 2)
    ask(meta, coffee, dewi, "Ya", 2)
    code = codes.spell(of(dewi).pk)
    assert f"https://wa.me/628120000?text=start%20{code}" in ask(meta, coffee, dewi, "link")[0]
    body = a_delivery(messages=[a_message(f"start {code}", from_user_id=eko)]).replace(b'"from"', b'"gone"')
    post(coffee.brand, body)
    wait_until(lambda: len(meta.texts(eko)) == 2)
    agreed = a_delivery(messages=[a_message("yes", from_user_id=eko)]).replace(b'"from"', b'"gone"')
    post(coffee.brand, agreed)
    wait_until(lambda: len(meta.texts(eko)) == 4)
    assert (of(eko).parent, of(eko).how, of(eko).channel) == (of(dewi), "link", "whatsapp_cloud")
    assert meta.sent[-1]["recipient"] == eko
    assert meta.sent[0]["path"] == "/v24.0/590968830767958/messages"


def test_what_was_written_more_than_a_day_ago_is_not_answered(
    coffee: Campaign, meta: FakeGraph, serve: Callable[[str], None]
) -> None:
    old = a_message("/help", sender="628999", timestamp=str(int(time.time()) - 24 * 3600 - 60))
    post(coffee.brand, a_delivery(messages=[old]))
    serve("whatsapp_cloud")
    ask(meta, coffee, str(next(_phones)), "/help")
    assert not meta.texts("628999")
    assert not Heard.objects.filter(answered_at__isnull=True).exists()
    assert all(bytes(one.sealed) == b"" for one in Heard.objects.all())


def test_a_message_delivered_again_is_answered_once(
    coffee: Campaign, meta: FakeGraph, serve: Callable[[str], None]
) -> None:
    serve("whatsapp_cloud")
    body = a_delivery(messages=[a_message("/help", sender="628777")])
    post(coffee.brand, body)
    wait_until(lambda: meta.texts("628777"))
    post(coffee.brand, body)
    ask(meta, coffee, str(next(_phones)), "/help")
    assert len(meta.texts("628777")) == 1


def test_a_token_that_has_ended_is_said_on_the_brands_page(
    coffee: Campaign, people: People, meta: FakeGraph, serve: Callable[[str], None]
) -> None:
    row = Account.objects.get(channel="whatsapp_cloud")
    row.sealed = sealing.seal_many({**sealing.unseal_many(row.sealed), "token": "old"})
    row.save()
    serve("whatsapp_cloud")
    post(coffee.brand, a_delivery(messages=[a_message("/help")]))
    wait_until(lambda: trouble() == WRONG_TOKEN)
    actions.set_up(membership=people.alice, channel="whatsapp_cloud", entered=ENTERED)
    ask(meta, coffee, str(next(_phones)), "/help")
    assert trouble() == ""


@pytest.mark.parametrize(
    ("entered", "answer", "field", "words"),
    [
        ({"token": "old"}, None, "token", "Meta does not accept the access token"),
        ({"number_id": "12345678"}, None, "number_id", "Meta shows no phone number with this ID"),
        ({}, (403, fault(200, "Permissions error")), "token", "Meta does not accept the access token"),
        ({}, (400, fault(368, "Blocked")), "token", "Meta refuses this access token: 368 Blocked."),
    ],
)
def test_a_token_is_tried_before_it_is_kept(
    *,
    client: Client,
    coffee: Campaign,
    people: People,
    meta: FakeGraph,
    entered: dict[str, str],
    answer: tuple[int, bytes] | None,
    field: str,
    words: str,
) -> None:
    before = Account.objects.values_list("settings", "sealed").get(channel="whatsapp_cloud")
    meta.refuses = [answer] if answer else []
    said = set_up(client, coffee, people, {**ENTERED, **entered})
    assert f'<a href="#{field}">{words}' in said
    assert Account.objects.values_list("settings", "sealed").get(channel="whatsapp_cloud") == before


@pytest.mark.parametrize("answer", [(500, fault(131000)), (400, fault(4, "Too many calls")), (200, b"<html>"), None])
def test_where_meta_cannot_be_asked_it_is_kept_and_said(
    *,
    client: Client,
    coffee: Campaign,
    people: People,
    meta: FakeGraph,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, bytes] | None,
) -> None:
    if answer is None:
        monkeypatch.setattr(graph, "_ADDRESS", "http://127.0.0.1:9")
    else:
        meta.refuses = [answer]
    said = set_up(client, coffee, people, {**ENTERED, "template": "sebar_other"})
    assert "Meta could not be asked, so nobody knows yet whether the access token is right." in said
    row = Account.objects.get(channel="whatsapp_cloud")
    assert (row.settings["template"], row.trouble) == ("sebar_other", NOT_TRIED)
    monkeypatch.setattr(graph, "_ADDRESS", meta.address)
    assert "Meta could not be asked" not in set_up(client, coffee, people, ENTERED)


def set_up(client: Client, coffee: Campaign, people: People, entered: dict[str, str]) -> str:
    """Enter it on the channel's page, and return what the page says then."""
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    page = f"/console/brands/{coffee.brand.slug}/campaigns/{coffee.slug}/channels/whatsapp_cloud"
    answer = client.post(f"{page}/set-up", entered, follow=True)
    return b"".join(answer).decode()  # type: ignore[call-overload]  # streamed


@pytest.fixture
def dewi(coffee: Campaign) -> str:
    """The number of somebody who has joined and asked for news."""
    phone = str(next(_phones))
    participant = a_participant(coffee, submission=mark_of("whatsapp_cloud", phone))
    actions.agree(participant=participant, channel="whatsapp_cloud", address=phone)
    return phone


def notice(phone: str, once: str = "1") -> Message:
    return actions.queue(
        participant=of(phone),
        channel="whatsapp_cloud",
        purpose=Purpose.NOTICE,
        address=phone,
        once=once,
        content={"subject": "News", "text": "Something\n\n    is new.", "link": "https://share.example.com/s/k7m2fqx"},
        language="id",
    )


def send_what_waits() -> None:
    Message.objects.filter(state=State.WAITING).update(due_at="2026-01-01T00:00Z")
    Sending(ALL["whatsapp_cloud"], threading.Event()).turn()


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.trouble


def test_a_notice_goes_out_once_as_the_approved_template(meta: FakeGraph, dewi: str) -> None:
    message = notice(dewi)
    send_what_waits()
    send_what_waits()
    (sent,) = meta.sent
    assert (sent["to"], sent["type"]) == (dewi, "template")
    assert sent["template"]["name"] == "sebar_news"
    assert sent["template"]["language"] == {"code": "id"}
    parts = [part["text"] for part in sent["template"]["components"][0]["parameters"]]
    assert parts == ["Something is new.", "https://share.example.com/s/k7m2fqx"]
    assert sent["biz_opaque_callback_data"] == mark_of_message(message.pk)


def test_without_a_template_no_notice_goes_out(people: People, meta: FakeGraph, dewi: str) -> None:
    actions.set_up(membership=people.alice, channel="whatsapp_cloud", entered={**ENTERED, "template": ""})
    message = notice(dewi)
    send_what_waits()
    assert (state(message), meta.sent) == (("failed", NO_TEMPLATE), [])


@pytest.mark.parametrize(
    ("status", "answer", "came"),
    [
        (400, fault(131026, "Message undeliverable"), "failed"),
        (400, fault(131047, "Re-engagement message"), "failed"),
        (404, fault(132001, "Template name does not exist"), "failed"),
        (429, fault(130429, "Rate limit hit"), "waiting"),
        (400, fault(131056, "Pair rate limit hit"), "waiting"),
        (401, fault(190, "Token expired"), "waiting"),
        (500, fault(131000, "Something went wrong"), "doubtful"),
        (503, b"<html>", "doubtful"),
        (200, b"{}", "doubtful"),
    ],
)
def test_what_meta_answers_decides_what_becomes_of_a_notice(
    meta: FakeGraph, dewi: str, status: int, answer: bytes, came: str
) -> None:
    meta.refuses = [(status, answer)]
    message = notice(dewi)
    send_what_waits()
    assert state(message)[0] == came
    assert Suppression.objects.exists() == (b"131026" in answer)
    send_what_waits()
    assert len(meta.sent) == (came == "waiting")


def test_without_a_line_nothing_is_sent_and_nothing_lost(
    meta: FakeGraph, dewi: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = notice(dewi)
    monkeypatch.setattr(graph, "_ADDRESS", "http://127.0.0.1:9")
    send_what_waits()
    assert state(message) == ("waiting", NOT_REACHED)
    monkeypatch.setattr(graph, "_ADDRESS", meta.address)
    send_what_waits()
    assert len(meta.sent) == 1


def test_a_line_that_breaks_after_the_message_left_is_doubtful(meta: FakeGraph, dewi: str) -> None:
    meta.hangs_up = True
    message = notice(dewi)
    send_what_waits()
    assert state(message)[0] == "doubtful"


def test_a_redirect_is_not_followed_with_the_token(meta: FakeGraph, dewi: str) -> None:
    meta.refuses = [(302, b"")]
    message = notice(dewi)
    send_what_waits()
    assert state(message)[0] == "doubtful"
