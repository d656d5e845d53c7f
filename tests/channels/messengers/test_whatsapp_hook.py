"""The page that Meta calls: who is believed, what is kept, and that nothing is kept twice."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from fake_graph import ENTERED, FakeGraph, a_delivery, a_message, post, signature

from builders import a_campaign, a_participant
from people import People
from sebar.brands.models import Brand
from sebar.channels import actions, gate
from sebar.channels.conversation.models import Heard
from sebar.channels.kinds.whatsapp_cloud import webhook
from sebar.channels.models import Message, Purpose, State, Suppression


@pytest.fixture
def brand(people: People, meta: FakeGraph) -> Brand:
    actions.set_up(membership=people.alice, channel="whatsapp_cloud", entered=ENTERED)
    return people.alice.brand


def ask(brand: Brand, **query: str) -> HttpResponse:
    return Client().get(f"/hooks/whatsapp/{brand.slug}", {f"hub.{name}": value for name, value in query.items()})


def verify_token(brand: Brand) -> str:
    account = gate.account(brand, "whatsapp_cloud")
    assert account is not None
    return account["verify_token"]


def test_meta_proves_that_it_was_told_the_address(brand: Brand) -> None:
    answer = ask(brand, mode="subscribe", verify_token=verify_token(brand), challenge="1158201444")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (
        200,
        b"1158201444",
        "text/plain; charset=utf-8",
    )


@pytest.mark.parametrize("word", ["", "wrong", "é\0"])
def test_nobody_else_does(brand: Brand, word: str) -> None:
    answer = ask(brand, mode="subscribe", verify_token=word, challenge="<script>")
    assert (answer.status_code, answer.content) == (403, b"")


def test_the_word_that_is_made_stays_when_the_account_is_changed(brand: Brand, people: People) -> None:
    before = verify_token(brand)
    actions.set_up(membership=people.alice, channel="whatsapp_cloud", entered=ENTERED)
    assert verify_token(brand) == before
    assert len(before) > 20


def test_a_brand_that_has_not_set_it_up_has_no_such_page(people: People) -> None:
    body = a_delivery(messages=[a_message("hi")])
    assert post(people.alice.brand, body).status_code == 404
    assert Client().get("/hooks/whatsapp/nobody").status_code == 404


def test_what_is_signed_is_kept_encrypted_until_it_is_answered(brand: Brand) -> None:
    body = a_delivery(messages=[a_message("/start k7m2fqx")])
    assert post(brand, body).status_code == 200
    heard = Heard.objects.get()
    assert b"k7m2fqx" not in bytes(heard.sealed)
    assert "81234567890" not in str(vars(heard))
    assert heard.answered_at is None


def test_the_same_delivery_again_is_kept_once(brand: Brand) -> None:
    message = a_message("hi")
    for _ in range(3):
        assert post(brand, a_delivery(messages=[message])).status_code == 200
    assert Heard.objects.count() == 1


@pytest.mark.parametrize("signed", ["", "sha256=", "sha1=abc", signature(b"other"), "sha256=é", "x" * 10_000])
def test_what_is_not_signed_is_not_believed(brand: Brand, signed: str) -> None:
    assert post(brand, a_delivery(messages=[a_message("hi")]), signed).status_code == 403
    assert not Heard.objects.exists()


def test_the_signature_is_of_the_very_bytes(brand: Brand) -> None:
    body = a_delivery(messages=[a_message("hi")])
    assert post(brand, body + b" ", signature(body)).status_code == 403
    assert post(brand, json.dumps(json.loads(body), indent=1).encode(), signature(body)).status_code == 403


def test_another_brands_secret_opens_nothing(brand: Brand, people: People) -> None:
    entered = {**ENTERED, "app_secret": "their secret"}
    actions.set_up(membership=people.charlie, channel="whatsapp_cloud", entered=entered)
    body = a_delivery(messages=[a_message("hi")])
    assert post(brand, body, signature(body, "their secret")).status_code == 403


def test_what_is_about_another_number_of_the_app_is_passed_over(brand: Brand) -> None:
    assert post(brand, a_delivery(number_id="1", messages=[a_message("hi")])).status_code == 200
    assert not Heard.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"entry": 7}',
        b"[" * 5000,
        a_delivery(messages=[a_message("x", timestamp="soon")]),
        a_delivery(messages=[{"type": "unsupported", "id": "wamid.1", "timestamp": "1", "errors": [{"code": 131051}]}]),
        a_delivery(messages=[a_message("", type="image", image={"id": "1"})]),
    ],
)
def test_what_cannot_be_understood_is_passed_over_and_not_sent_again(brand: Brand, body: bytes) -> None:
    assert post(brand, body).status_code == 200
    assert not Heard.objects.exists()


def test_far_too_much_is_refused(brand: Brand) -> None:
    body = b" " * (webhook.LARGEST + 1)
    assert post(brand, body).status_code == 413


def test_a_press_on_a_templates_button_and_a_hidden_number_are_understood(brand: Brand) -> None:
    hidden = a_message("hi", from_user_id="ID.13491208655302741918")
    del hidden["from"]
    pressed = a_message("", type="button", button={"text": "Stop", "payload": "stop"})
    assert post(brand, a_delivery(messages=[hidden, pressed])).status_code == 200
    assert Heard.objects.count() == 2


@pytest.fixture
def sent(brand: Brand, people: People) -> Message:
    """A notice that was sent to somebody's number."""
    dewi = a_participant(a_campaign(people.alice))
    actions.agree(participant=dewi, channel="whatsapp_cloud", address="6281234567890")
    message = actions.queue(
        participant=dewi,
        channel="whatsapp_cloud",
        purpose=Purpose.NOTICE,
        address="6281234567890",
        once="1",
        content={"subject": "News", "text": "Something is new.", "link": "https://share.example.com/s/k7m2fqx"},
    )
    Message.objects.filter(pk=message.pk).update(state=State.SENT)
    return message


def failed(mark: str, code: int, **different: Any) -> bytes:
    errors = [{"code": code, "title": "Message undeliverable", "message": "Message undeliverable"}]
    status = {"id": "wamid.A", "status": "failed", "biz_opaque_callback_data": mark, "errors": errors}
    return a_delivery(statuses=[{**status, **different}])


@pytest.mark.parametrize(("code", "is_final"), [(131026, True), (131050, True), (131049, False)])
def test_what_could_not_be_delivered_is_noted(brand: Brand, sent: Message, code: int, is_final: bool) -> None:
    assert post(brand, failed(webhook.mark_of(sent.pk), code)).status_code == 200
    sent.refresh_from_db()
    assert (sent.state, sent.trouble) == ("bounced", f"{code} Message undeliverable")
    assert Suppression.objects.exists() == is_final


def test_what_arrived_is_counted_as_delivered(brand: Brand, sent: Message, people: People) -> None:
    def delivered() -> str:
        base = f"/console/brands/{brand.slug}/campaigns/{sent.campaign.slug}/channels/whatsapp_cloud"
        reader = Client()
        reader.force_login(people.alice.user)
        page = b"".join(reader.get(base)).decode()  # type: ignore[call-overload]  # streamed
        found = re.search(r"<dt>Delivered</dt><dd>(\d+) ", page)
        assert found is not None
        return found[1]

    mark = webhook.mark_of(sent.pk)
    post(brand, failed(mark, 131026, status="sent"))
    assert delivered() == "0"
    for _ in range(2):
        for status in ("delivered", "read"):
            post(brand, failed(mark, 131026, status=status))
    assert delivered() == "1"
    post(brand, failed(mark, 131026))
    assert delivered() == "0"


def test_what_went_well_and_what_is_made_up_changes_nothing(brand: Brand, sent: Message, people: People) -> None:
    mark = webhook.mark_of(sent.pk)
    post(brand, failed(mark, 131026, status="delivered"))
    for wrong in ("", "7", f"{sent.pk}-", f"{sent.pk}-{'0' * 16}", f"{'9' * 50}-x", webhook.mark_of(10**9)):
        post(brand, failed(wrong, 131026))
    entered = {**ENTERED, "app_secret": "their secret"}
    actions.set_up(membership=people.charlie, channel="whatsapp_cloud", entered=entered)
    body = failed(mark, 131026)
    assert post(people.charlie.brand, body, signature(body, "their secret")).status_code == 200
    sent.refresh_from_db()
    assert sent.state == "sent"
