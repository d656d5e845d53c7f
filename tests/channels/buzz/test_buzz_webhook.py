"""Mentions from a brand's own programs: only what was signed just now with the source's secret, each once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer

from builders import a_campaign, emitted
from people import People
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.kinds.buzz import actions, webhook
from sebar.channels.kinds.buzz.actions import Added
from sebar.channels.kinds.buzz.models import BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import SourceKind
from sebar.events.event import Kind

GOOD = {"id": "r-1", "text": "Enak sekali", "time": "2026-11-20T10:00:00+07:00", "author": "dewi", "reach": 12}


@pytest.fixture
def added(campaign: Campaign) -> Added:
    return actions.add_source(campaign=campaign, kind=SourceKind.WEBHOOK, name="Shop")


def send(added: Added, body: Any, **different: Any) -> Any:
    """Send a message, signed as Standard Webhooks says; `different` changes a header, or what is signed."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    identifier, at = (
        different.get("identifier", "msg_1"),
        int(different.get("at", time.time() + different.get("seconds_off", 0))),
    )
    key = base64.b64decode(different.get("secret", added.secret).removeprefix("whsec_"))
    signed = f"{identifier}.{at}.".encode() + different.get("signed_body", raw)
    signature = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    headers = {
        "webhook-id": identifier,
        "webhook-timestamp": different.get("shown_at", str(at)),
        "webhook-signature": different.get("signature", signature),
    }
    response = Client().generic(
        different.get("method", "POST"),
        f"/api/v1/mentions/{different.get('code', added.source.code)}",
        raw,
        content_type="application/json",
        headers={name: value for name, value in headers.items() if value},
    )
    return response.status_code, json.loads(response.content)


def test_what_was_signed_is_taken_once(campaign: Campaign, added: Added) -> None:
    body = {"mentions": [GOOD, {"text": "Kecewa", "class": "complaint"}]}
    assert send(added, body) == (200, {"new": 2, "known": 0})
    assert send(added, body) == (200, {"new": 0, "known": 2})
    first, second = Mention.objects.filter(campaign=campaign).order_by("at")
    assert (first.text, first.reach, first.label, first.labelled_by) == ("Enak sekali", 12, "unclassed", "")
    assert (second.text, second.label, second.labelled_by) == ("Kecewa", "complaint", "source")
    assert len(emitted(Kind.REACTION)) == 1
    assert send(added, body, identifier="msg_2") == (200, {"new": 1, "known": 1}), "what has no id is the message's"


@pytest.mark.parametrize(
    "different",
    [
        {"signature": ""},
        {"signature": "v1,"},
        {"signature": "v1,AAAA"},
        {"signature": "v2,AAAA x"},
        {"signature": "v1,\u00e9"},
        {"secret": "whsec_" + base64.b64encode(b"x" * 24).decode()},
        {"signed_body": b"{}"},
        {"shown_at": "0"},
        {"shown_at": ""},
        {"shown_at": "-5"},
        {"shown_at": "1e9"},
        {"shown_at": "9" * 400},
        {"seconds_off": -302},
        {"seconds_off": 330},
        {"identifier": ""},
        {"identifier": "x" * 201},
    ],
)
def test_whatever_is_not_signed_just_now_changes_nothing(added: Added, different: dict[str, Any]) -> None:
    status, problem = send(added, {"mentions": [GOOD]}, **different)
    assert status == 401
    assert problem["detail"]
    assert not Mention.objects.exists()


@pytest.mark.parametrize("sealed", [b"", b"sealed by another instance"])
def test_without_a_readable_secret_nobody_can_sign(added: Added, sealed: bytes) -> None:
    BuzzSource.objects.filter(pk=added.source.pk).update(sealed=sealed)
    status, problem = send(added, {"mentions": [GOOD]}, secret="whsec_")
    assert status == 401
    assert problem["detail"].startswith("This source’s secret cannot be read here any longer")
    assert not Mention.objects.exists()


def test_a_time_that_goes_on_after_now_is_none(added: Added) -> None:
    now = str(int(time.time())).zfill(15)
    for more in (1, 5000):
        status, problem = send(added, {"mentions": [GOOD]}, shown_at=now + "0" * more)
        assert status == 401
        assert "are needed" in problem["detail"]


def test_a_length_that_is_none_breaks_nothing(added: Added) -> None:
    for length in ("9" * 5000, "many"):
        answer = Client().generic("POST", f"/api/v1/mentions/{added.source.code}", b"{}", CONTENT_LENGTH=length)
        assert answer.status_code == 401


def test_a_program_may_sign_with_two_secrets_while_it_changes_them(added: Added) -> None:
    raw, at = json.dumps({"mentions": [GOOD]}).encode(), int(time.time())
    right = webhook.sign(added.secret, "msg_1", at, raw)
    assert send(added, raw, at=at, signature=f"v1,AAAA {right}")[0] == 200


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification's reference implementations."""
    secret, identifier, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    signature = webhook.sign(secret, identifier, at, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_address_that_is_none_is_not_told_apart(people: People, campaign: Campaign, added: Added) -> None:
    for code in ("nothing", "a\0b", "x" * 300):
        assert send(added, {"mentions": [GOOD]}, code=code)[0] == 404
    actions.remove_source(campaign=campaign, number=added.source.pk)
    assert send(added, {"mentions": [GOOD]})[0] == 404


def test_a_body_above_a_megabyte_is_not_read(added: Added) -> None:
    status, problem = send(added, b"x" * (webhook.LARGEST + 1))
    assert (status, problem["status"]) == (413, 413)
    assert send(added, b"x" * webhook.LARGEST)[0] == 422


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        (b"", None, "The body cannot be used"),
        (b"[]", None, "The body cannot be used"),
        (b'{"mentions": [', None, "The body cannot be used"),
        (b'{"mentions": []}\xff', None, "The body cannot be used"),
        (b"[" * 100_000, None, "The body cannot be used"),
        ({"mentions": [5]}, None, "The body cannot be used"),
        ({"mentions": [{"text": 5}]}, "mentions[0].text", "“text” cannot be used: Expected `str`, got `int`."),
        ({"mentions": [{"text": "x", "stars": 5}]}, "mentions[0].stars", "A mention has no field “stars”"),
        ({"mentions": [{}]}, "mentions[0].text", "The text is empty"),
        ({"mentions": [GOOD, {"text": " "}]}, "mentions[1].text", "The text is empty"),
        ({"mentions": [{**GOOD, "class": "angry"}]}, "mentions[0].class", "“angry” is not a class"),
        ({"mentions": [{**GOOD, "time": "2031-01-01T00:00:00Z"}]}, "mentions[0].time", "lies in the future"),
        ({"mentions": [{**GOOD, "time": "2026-11-20T10:00:00"}]}, "mentions[0].time", "has no time zone"),
        ({"mentions": [{**GOOD, "url": "javascript:alert(1)"}]}, "mentions[0].url", "not an address"),
        ({"mentions": [{**GOOD, "reach": -1}]}, "mentions[0].reach", "not a reach"),
        ({"mentions": [{"text": str(number)} for number in range(1001)]}, "mentions", "at most 1000"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_taken(
    added: Added, body: Any, field: str | None, said: str
) -> None:
    status, problem = send(added, body)
    assert status == 422
    assert said in problem["detail"]
    assert problem.get("field") == field
    assert not Mention.objects.exists()


def test_all_that_cannot_be_used_is_named_at_once(added: Added) -> None:
    wrong = {"text": None, "time": "today", "reach": "many", "class": ["x"], "stars": 5}
    _status, problem = send(added, {"mentions": [{"text": "x", "url": 1}, GOOD, wrong, {**GOOD, "reach": -1}]})
    assert [one["field"] for one in problem["errors"]] == [
        "mentions[0].url",
        *(f"mentions[2].{name}" for name in wrong),
        "mentions[3].reach",
    ]
    assert not Mention.objects.exists()


def test_a_campaign_that_does_not_listen_says_so(people: People, campaign: Campaign, added: Added) -> None:
    channels.switch(campaign=campaign, channel="buzz", is_on=False)
    status, problem = send(added, {"mentions": [GOOD]})
    assert status == 403
    assert "switch Buzz on" in problem["detail"]
    channels.switch(campaign=campaign, channel="buzz", is_on=True)
    campaigns.stop(membership=people.alice, slug=campaign.slug, stop_url="")
    assert send(added, {"mentions": [GOOD]})[0] == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_does_something(added: Added, method: str) -> None:
    status, problem = send(added, {"mentions": [GOOD]}, method=method)
    assert (status, problem["status"]) == (405, 405)
    assert not Mention.objects.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=30), st.text(max_size=20))
def test_no_message_breaks_it(added: Added, body: bytes, signature: str, at: str) -> None:
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": at.encode("latin-1", "replace").decode("latin-1"),
        "webhook-signature": signature.encode("latin-1", "replace").decode("latin-1"),
    }
    answer = Client().generic("POST", f"/api/v1/mentions/{added.source.code}", body, headers=headers)
    assert answer.status_code == 401


@pytest.mark.django_db(transaction=True)
def test_the_documented_program_works(live_server: LiveServer) -> None:
    added = actions.add_source(campaign=a_campaign(), kind=SourceKind.WEBHOOK, name="Shop")
    page = (Path(__file__).parents[3] / "docs/channels/buzz.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0]
    exec(program, {"SECRET": added.secret, "ADDRESS": f"{live_server.url}/api/v1/mentions/{added.source.code}"})  # noqa: S102 - our own page
    assert Mention.objects.get().text == "Antre panjang"
