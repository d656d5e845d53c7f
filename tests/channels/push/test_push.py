"""Notes on the screen: what a push service gets, what it answers, and who is told no more."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.test import Client
from django.utils import timezone, translation

from builders import a_participant
from people import People
from push_service import PushService
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, actions, queries
from sebar.channels.jobs import Sending
from sebar.channels.kinds.push import subscription
from sebar.channels.models import Contact, Message, Purpose, State
from sebar.kit import http
from sebar.kit.errors import UserError
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret


@pytest.fixture
def dewi(campaign: Campaign) -> Participant:
    return a_participant(campaign, name="Dewi")


def switch(client: Client, dewi: Participant, said: str, to: str = "on") -> Any:
    return client.post(f"/me/{personal_secret(dewi)}/push", {"subscription": said, "to": to})


def tell(dewi: Participant, address: str, once: str = "joined:1") -> Message:
    content = {"subject": "A friend has joined", "text": "Budi has joined.", "link": "https://share.example.com/s/x"}
    return actions.queue(
        participant=dewi, channel="push", purpose=Purpose.NOTICE, address=address, once=once, content=content
    )


def send_all() -> None:
    Message.objects.filter(state=State.WAITING).update(due_at=timezone.now())
    Sending(ALL["push"], Event()).turn()


def is_ours(authorization: str, audience: str) -> bool:
    """Say whether the signature is by the key that browsers are given, for this service only (RFC 8292)."""
    parts = dict(part.strip().split("=", 1) for part in authorization.removeprefix("vapid ").split(","))
    assert parts["k"] == subscription.public_key()
    head, claims, signature = parts["t"].split(".")
    raw = subscription.decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), subscription.decoded(parts["k"]))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(subscription.decoded(claims))
    return bool(said["aud"] == audience and said["sub"].startswith("https://"))


def test_a_note_arrives_encrypted_for_the_browser_and_signed_by_us(
    client: Client, dewi: Participant, service: PushService
) -> None:
    said = switch(client, dewi, service.subscription)
    assert (said.status_code, said.json()["said"]) == (200, "You get a note here when a friend joins.")
    address = subscription.read(service.subscription)
    message = tell(dewi, address)
    send_all()
    message.refresh_from_db()
    assert (message.state, bytes(message.sealed)) == (State.SENT, b"")
    headers, body = service.got[0]
    assert b"Budi" not in body
    note = service.read(body)
    assert (note["title"], note["text"], note["lang"]) == ("A friend has joined", "Budi has joined.", "en")
    assert headers["TTL"] == "172800"
    assert is_ours(headers["Authorization"], service.address)


@pytest.mark.parametrize(
    ("answer", "state", "is_kept"),
    [
        ((201, {}), State.SENT, True),
        ((404, {}), State.FAILED, False),
        ((410, {}), State.FAILED, False),
        ((413, {}), State.FAILED, True),
        ((429, {"Retry-After": "7200"}), State.WAITING, True),
        ((503, {}), State.WAITING, True),
        ((307, {"Location": "http://127.0.0.1:1/"}), State.FAILED, True),
    ],
)
def test_what_a_push_service_answers(
    dewi: Participant, service: PushService, answer: tuple[int, dict[str, str]], state: State, is_kept: bool
) -> None:
    address = subscription.read(service.subscription)
    actions.agree(participant=dewi, channel="push", address=address)
    message = tell(dewi, address)
    service.answer = answer
    before = timezone.now()
    send_all()
    message.refresh_from_db()
    assert message.state == state
    assert Contact.objects.filter(ended_at__isnull=True).exists() is is_kept
    if answer[0] == 429:
        assert (message.due_at - before).total_seconds() >= 7200


def test_a_service_that_is_away_is_tried_again(dewi: Participant, service: PushService) -> None:
    gone = service.subscription.replace(service.address, "http://127.0.0.1:1")
    actions.agree(participant=dewi, channel="push", address=subscription.read(gone))
    message = tell(dewi, subscription.read(gone))
    send_all()
    message.refresh_from_db()
    assert message.state == State.WAITING
    (trouble,) = queries.sent(dewi.campaign)["push"].troubles
    assert trouble.words == "127.0.0.1 does not answer, or hangs up."
    with translation.override("id"):
        (trouble,) = queries.sent(dewi.campaign)["push"].troubles
        assert trouble.words == "127.0.0.1 tidak menjawab, atau memutus sambungan."


def test_news_ends_for_the_one_who_ends_it(
    client: Client, dewi: Participant, service: PushService, campaign: Campaign
) -> None:
    sari = a_participant(campaign, name="Sari")
    for person in (dewi, sari):
        switch(client, person, service.subscription)
    assert switch(client, dewi, service.subscription, to="off").json()["said"] == "No more news in this browser."
    address = subscription.read(service.subscription)
    assert tell(dewi, address).reason == "no_consent"
    assert tell(sari, address, once="joined:2").state == State.WAITING


def test_no_switch_where_the_campaign_has_none(
    client: Client, dewi: Participant, service: PushService, campaign: Campaign, people: People
) -> None:
    assert "data-push" in client.get(f"/me/{personal_secret(dewi)}").content.decode()
    actions.switch(campaign=campaign, channel="push", is_on=False)
    assert "data-push" not in client.get(f"/me/{personal_secret(dewi)}").content.decode()
    assert switch(client, dewi, service.subscription).status_code == 409
    assert client.post("/me/nonsense/push", {"subscription": "x"}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[]",
        "{}",
        '{"endpoint": "https://push.example.com/1"}',
        '{"endpoint": "https://push.example.com/1", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        '{"endpoint": "https://push.example.com/1", "keys": {"p256dh": "é", "auth": "AAAA"}}',
    ],
)
def test_what_is_no_subscription_is_refused(client: Client, dewi: Participant, wrong: str) -> None:
    answer = switch(client, dewi, wrong)
    assert (answer.status_code, Contact.objects.count()) == (422, 0)
    assert "reload the page" in answer.json()["said"]


@pytest.mark.parametrize(
    "endpoint", ["ftp://push.example.com/1", "https://push.example.com:8443/1", "file:///etc/passwd", "https://"]
)
def test_only_usual_addresses_of_the_web_are_taken(service: PushService, endpoint: str) -> None:
    http._reach_loopback = False
    with pytest.raises(UserError):
        subscription.read(service.subscription.replace(f"{service.address}/push/1", endpoint))


def test_a_service_inside_our_own_network_is_never_asked(dewi: Participant, service: PushService) -> None:
    address = subscription.read(service.subscription)
    actions.agree(participant=dewi, channel="push", address=address)
    message = tell(dewi, address)
    http._reach_loopback = False
    send_all()
    message.refresh_from_db()
    assert service.got == []
    assert "private network" in message.trouble


def test_our_key_is_always_the_same() -> None:
    assert subscription.public_key() == subscription.public_key()
    assert len(subscription.decoded(subscription.public_key())) == 65
