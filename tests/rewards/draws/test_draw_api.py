"""A brand's program holds a draw through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from draw_life import NOW, WORDS, Clock, a_planned_draw, a_signature, an_open_draw, enter, frozen

from people import People
from sebar.brands.keys import create_key
from sebar.campaigns.models import Campaign
from sebar.rewards.draws import file
from sebar.rewards.draws.models import Draw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PLAN: dict[str, Any] = {
    "texts": {"en": WORDS, "id": WORDS},
    "prizes": [{"name": "Grinder"}, {"name": "Cup", "count": 2}],
    "entries_until": "2026-12-03T12:00:00Z",
    "draws_at": "2026-12-04T12:00:00Z",
    "minimum_age": 18,
    "jurisdictions": ["ELSEWHERE"],
    "law": {"sponsor": "Kopi Senja", "eligibility": "Whoever lives in Atlantis"},
}


class Program:
    """Sends requests about the draws of one campaign."""

    def __init__(self, people: People, campaign: Campaign, scope: str = "write") -> None:
        secret = create_key(membership=people.alice, name="Till", scopes=["read", scope]).secret
        self._headers = {"authorization": f"Bearer {secret}"}
        self._root = f"/api/v1/campaigns/{campaign.slug}/draws"

    def post(self, rest: str, body: object = None) -> tuple[int, Any]:
        answer = Client().post(self._root + rest, body, content_type="application/json", headers=self._headers)
        return answer.status_code, answer.json()

    def get(self, rest: str = "") -> Any:
        return Client().get(self._root + rest, headers=self._headers).json()


def test_a_program_plans_opens_draws_and_hands_out(people: People, campaign: Campaign, clock: Clock) -> None:
    program = Program(people, campaign)
    status, planned = program.post("", PLAN)
    assert (status, planned["number"], planned["state"], planned["file"]) == (201, 1, "planned", None)
    status, refused = program.post("/1/open")
    assert (status, refused["errors"][0]["field"]) == (422, "reason")
    assert "neither its permit nor its free way in" in refused["errors"][1]["detail"]
    assert program.post("/1/open", {"reason": "Only among ourselves"})[1]["state"] == "open"
    for number in range(5):
        enter(Draw.objects.get(), f"person{number}@example.com", name=f"Person {number}")
    clock.go(NOW + timedelta(days=7, seconds=1))
    status, listed = program.post("/1/freeze")
    assert (status, listed["people"], listed["tickets"]) == (200, 5, 5)
    content = Client().get(listed["file"].partition("/c/")[1] + listed["file"].partition("/c/")[2]).content
    assert file.check(file.read(content), noted=listed["hash"]).done
    clock.go(NOW + timedelta(days=8))
    value, signature = a_signature()
    said = {"value": value, "signature": signature, "round": planned["source"]["round"]}
    status, refused = program.post("/1/randomness", said | {"round": said["round"] + 1})
    assert (status, refused["field"]) == (422, "round")
    status, drawn = program.post("/1/randomness", said)
    assert (status, drawn["state"], drawn["outcome"]["value"]) == (200, "drawn", value)
    assert program.post("/1/winners/1/pass-on", {"reason": "No answer"})[1]["winners"][1]["reserve"] == 1
    for place in (1, 2, 3):
        assert program.post(f"/1/winners/{place}/reach")[0] == 200
    assert {winner["state"] for winner in program.get("/1/winners")["winners"]} == {"reached", "passed_on"}
    assert all(winner["email"] for winner in program.get("/1/winners")["winners"])
    assert program.post("/1/settle")[1]["state"] == "settled"
    assert [one["state"] for one in program.get()["draws"]] == ["settled"]


def test_a_prize_has_a_name_in_each_language(people: People, campaign: Campaign) -> None:
    program = Program(people, campaign)
    prizes = [{"names": {"en": "Cup", "id": "Cangkir"}, "count": 2}, {"name": "Tumbler", "names": {"en": "Tumbler"}}]
    status, planned = program.post("", {**PLAN, "prizes": prizes})
    assert (status, planned["prizes"]) == (
        201,
        [
            {"name": "Cup", "count": 2, "names": {"en": "Cup", "id": "Cangkir"}},
            {"name": "Tumbler", "count": 1, "names": {}},
        ],
    )
    status, refused = program.post("", {**PLAN, "prizes": [{"names": {"id": "Cangkir"}}]})
    assert (status, refused["field"]) == (422, "prizes")


def test_a_lottery_is_named_by_a_program_too(people: People, campaign: Campaign) -> None:
    lottery = {"name": "Lotto", "drawing": "Saturday", "numbers": 6, "highest": 45}
    program = Program(people, campaign)
    status, planned = program.post("", {**PLAN, "lottery": lottery})
    assert (status, planned["source"]["kind"], planned["source"]["lowest"]) == (201, "lottery", 1)
    status, refused = program.post("", {**PLAN, "lottery": {**lottery, "numbers": 2}})
    assert (status, refused["field"]) == (422, "numbers")


def test_what_is_missing_is_named(people: People, campaign: Campaign) -> None:
    program = Program(people, campaign)
    program.post("", {**PLAN, "law": {}, "jurisdictions": ["ID"]})
    status, refused = program.post("/1/open")
    assert status == 422
    assert {error["field"] for error in refused["errors"]} == {
        "sponsor",
        "permit_number",
        "permit_office",
        "permit_date",
        "permit_asked",
    }


def test_no_program_influences_a_draw_after_freezing(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    frozen(people, draw, clock)
    program, later = Program(people, campaign), {"entries_until": "2027-01-01T00:00:00Z", "reason": "x"}
    before = program.get("/1")
    value, signature = a_signature()
    for rest, body in (
        ("/1/open", None),
        ("/1/freeze", None),
        ("/1/postpone", {**later, "draws_at": "2027-02-01T00:00:00Z"}),
        ("/1/cancel", {"reason": "x"}),
        ("/1/give-up", {"reason": "x"}),
        ("/1/randomness", {"value": value, "signature": signature}),
        ("/1/settle", None),
    ):
        assert program.post(rest, body)[0] == 422, rest
    assert program.get("/1") == before


def test_a_key_that_reads_changes_nothing(people: People, campaign: Campaign) -> None:
    a_planned_draw(people, campaign)
    program = Program(people, campaign, "read")
    assert program.get("/1")["state"] == "planned"
    assert program.post("/1/open")[0] == 403
    assert program.post("", PLAN)[0] == 403
