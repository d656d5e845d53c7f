"""Experiments through the API: planned, started, watched, ended."""

from __future__ import annotations

from asking import Program, a_program

from engine_beside import _campaigns_of_its_own, count, store  # noqa: F401 - fixtures are found by their names
from people import People
from sebar.brands import audit
from sebar.campaigns.models import Campaign
from sebar.events.store import Store

PLAN = {
    "name": "Two messages",
    "varies": "message",
    "arms": [
        {"name": "a"},
        {"name": "b", "shows": {"en": {"share_text": "Come along!"}, "id": {"share_text": "Ayo ikut!"}}},
    ],
    "control": "a",
    "holdout": 0.1,
    "window_days": 3,
}


def test_from_plan_to_winner(people: People, program: Program, campaign: Campaign, store: Store) -> None:  # noqa: F811 - the fixture that is imported
    address = f"/campaigns/{campaign.slug}/experiments"
    planned = program.post(address, PLAN)
    assert planned.status == 201
    number = planned.json["number"]
    assert program.get(f"{address}/{number}")["verdict"] == "nothing"
    assert program.post(f"{address}/{number}/begin").json["status"] == "running"
    watched = program.get(f"{address}/{number}")
    assert watched["verdict"] == "early"
    assert [arm["name"] for arm in watched["arms"]] == ["a", "b", "holdout"]
    assert watched["beside_control"][0]["factor"]["too_early"] == {"have": 0, "need": 50, "of": "seeds"}
    refused = program.post(f"{address}/{number}/drop", {"arm": "b"})
    assert (refused.status, refused.json["field"]) == (422, "reason")
    dropped = program.post(f"{address}/{number}/drop", {"arm": "b", "reason": "A typing error"}).json
    assert [bool(arm["dropped_at"]) for arm in dropped["arms"]] == [False, True]
    ended = program.post(f"{address}/{number}/end", {"winner": "a", "reason": "The other is gone"}).json
    assert (ended["status"], ended["winner"]) == ("ended", "a")
    assert program.get(address)["experiments"] == [ended]
    assert [one.reason for one in audit.entries(people.alice, subject=campaign.slug)][:2] == [
        "The other is gone",
        "A typing error",
    ]


def test_what_is_wrong_is_named(program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.slug}/experiments"
    wrong = PLAN | {"arms": [{"name": "a"}, {"name": "b"}], "control": "c", "holdout": 0.9}
    refused = program.post(address, wrong)
    assert refused.status == 422
    assert {one["field"] for one in refused.json["errors"]} == {"arms.1", "control", "holdout"}
    assert program.post(f"{address}/99/begin").status == 404


def test_a_draft_is_changed_until_it_starts(program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.slug}/experiments"
    one = f"{address}/{program.post(address, PLAN).json['number']}"
    changed = program.send("PUT", one, PLAN | {"name": "Better", "planned": 300, "control": "b"})
    assert (changed.status, changed.json["name"], changed.json["planned"], changed.json["control"]) == (
        200, "Better", 300, "b"
    )  # fmt: skip
    for wrong, field in (({"name": ""}, "name"), ({"varies": "offer", "arms": [{"name": "a"}]}, "varies")):
        refused = program.send("PUT", one, PLAN | wrong)
        assert (refused.status, refused.json["field"]) == (422, field)
    assert program.get(address)["experiments"] == [changed.json]
    program.post(f"{one}/begin")
    refused = program.send("PUT", one, PLAN)
    assert refused.status == 403
    assert "plan a new one" in refused.json["detail"]


def test_two_of_a_kind_do_not_run_at_once(program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.slug}/experiments"
    first, second = (program.post(address, PLAN).json["number"] for _ in range(2))
    assert program.post(f"{address}/{first}/begin").status == 200
    refused = program.post(f"{address}/{second}/begin")
    assert refused.status == 403
    assert "end it first" in refused.json["detail"]


def test_another_brand_finds_nothing(people: People, program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.slug}/experiments"
    number = program.post(address, PLAN).json["number"]
    other = a_program(people.charlie)
    assert other.send("GET", address).status == 404
    assert other.post(f"{address}/{number}/begin").status == 404
