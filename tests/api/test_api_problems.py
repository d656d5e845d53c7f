"""Whatever is wrong with a request, the answer is one problem document that names the field and the way out."""

from __future__ import annotations

import pytest
from asking import Program, a_program

from people import People
from sebar.brands.keys import create_key, keys, revoke_key
from sebar.campaigns.models import Campaign


def assert_problem(answer, status: int, *, field: str | None = None) -> None:
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"].endswith(".")
    assert answer.json.get("field") == field


def test_no_key_a_wrong_key_and_a_revoked_key(people: People) -> None:
    secret = create_key(membership=people.alice, name="Till", scopes=["read"]).secret
    revoke_key(membership=people.alice, key_id=keys(people.alice)[0].pk)
    for wrong in ("", "nonsense", secret, "\u00e9" * 9):
        answer = Program(wrong).send("GET", "/campaigns")
        assert_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b'{"name": "\xc3\x28"}', b"[" * 100_000, b"nonsense", b"\x00"])
def test_malformed_json(program, raw: bytes) -> None:
    assert_problem(program.send("POST", "/campaigns", raw=raw), 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, ""),
        ([], ""),
        ({"slug": "coffee"}, "name"),
        ({"name": 7, "slug": "coffee"}, "name"),
        ({"name": "Coffee", "slug": "coffee", "colours": "#fff"}, "colours"),
        ({"name": "Coffee", "slug": "Not a slug"}, "slug"),
        ({"name": "Coffee\x00", "slug": "coffee"}, "name"),
        ({"name": "Coffee", "slug": "coffee", "target_url": "javascript:alert(1)"}, "target_url"),
        ({"name": "Coffee", "slug": "coffee", "starts_at": "2026-01-01T10:00:00"}, "starts_at"),
        ({"name": "Coffee", "slug": "coffee", "texts": {"en": {"headlines": ""}}}, "texts.en.headlines"),
    ],
)
def test_what_cannot_be_used_is_named(program, body: object, field: str) -> None:
    assert_problem(program.post("/campaigns", body), 422, field=field)


def test_wrong_query(program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}"
    assert_problem(program.send("GET", f"{path}/participants?limit=0"), 422, field="limit")
    assert_problem(program.send("GET", f"{path}/participants?limit=many"), 422, field="limit")
    assert_problem(program.send("GET", f"{path}/cascades?after=-1"), 422, field="after")
    assert_problem(program.send("GET", f"{path}/cascades?order=beauty"), 422, field="order")


def test_unknown_addresses_and_methods(program) -> None:
    assert_problem(program.send("GET", "/campaign"), 404)
    assert_problem(program.send("POST", "/nothing/here"), 404)
    answer = program.send("DELETE", "/campaigns")
    assert_problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}


def test_a_body_of_thirteen_megabytes(program) -> None:
    assert_problem(program.send("POST", "/campaigns", raw=b" " * 13_000_000), 413)


def test_a_paused_campaign_takes_nobody(people: People, campaign: Campaign) -> None:
    program = a_program(people.alice)
    program.post(f"/campaigns/{campaign.slug}/pause")
    refused = program.post(f"/campaigns/{campaign.slug}/participants", {"external_id": "a"})
    assert_problem(refused, 403, field="campaign")


def test_a_store_that_does_not_answer_is_said(program, campaign: Campaign) -> None:
    answer = program.send("GET", f"/campaigns/{campaign.slug}/measures")
    assert_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
