from __future__ import annotations

from asking import a_program

from people import People
from sebar.campaigns.models import Campaign

WORDS = {"headline": "Coffee", "text": "Bring a friend.", "call_to_action": "Join", "share_text": "Come along"}


def test_a_campaign_is_drafted_changed_published_paused_and_stopped(program) -> None:
    made = program.post("/campaigns", {"name": "Coffee week", "slug": "coffee"})
    assert (made.status, made.json["status"], made.json["slug"]) == (201, "draft", "coffee")

    changed = program.send("PATCH", "/campaigns/coffee", {"texts": {"en": WORDS}, "name": "Coffee month"})
    assert (changed.status, changed.json["name"], changed.json["texts"]["en"]["headline"]) == (
        200,
        "Coffee month",
        "Coffee",
    )
    changed = program.send("PATCH", "/campaigns/coffee", {"texts": {"en": {"headline": "Tea"}}})
    assert changed.json["texts"]["en"] == {**WORDS, "headline": "Tea"}

    for step, status in (("publish", "running"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        body = {"reason": "Agreed"} if step == "publish" else None
        assert program.post(f"/campaigns/coffee/{step}", body).json["status"] == status
    assert [one["slug"] for one in program.get("/campaigns")["campaigns"]] == ["coffee"]


def test_publishing_too_little_names_every_missing_field(program) -> None:
    program.post("/campaigns", {"name": "Coffee week", "slug": "coffee"})
    refused = program.post("/campaigns/coffee/publish")
    assert refused.status == 422
    assert "texts.en.headline" in {wrong["field"] for wrong in refused.json["errors"]}


def test_a_foreign_campaign_is_not_there(people: People, campaign: Campaign) -> None:
    stranger = a_program(people.charlie)
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/publish"),
        ("POST", "/stop"),
        ("GET", "/participants"),
        ("GET", "/measures"),
        ("GET", "/cascades"),
    ):
        answer = stranger.send(method, f"/campaigns/{campaign.slug}{path}", {} if method == "PATCH" else None)
        assert answer.status == 404, path
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert stranger.get("/campaigns")["campaigns"] == []


def test_a_reading_key_cannot_write(people: People, campaign: Campaign) -> None:
    reader = a_program(people.alice, "read")
    assert reader.get(f"/campaigns/{campaign.slug}")["slug"] == campaign.slug
    for path, body in (
        ("/campaigns", {"name": "A", "slug": "a"}),
        (f"/campaigns/{campaign.slug}/pause", None),
        (f"/campaigns/{campaign.slug}/participants", {}),
        (f"/campaigns/{campaign.slug}/participants/batch", {"participants": [{}]}),
        (f"/campaigns/{campaign.slug}/conversions", {"external_id": "1", "participant": "x"}),
    ):
        refused = reader.post(path, body)
        assert (refused.status, "key" in refused.json["detail"]) == (403, True), path
