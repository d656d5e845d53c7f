"""Keys and requests that try to get more than they should."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from asking import Program, a_program

from builders import a_participant
from people import People
from sebar.campaigns.models import Campaign


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [(["read"], 200, 403), (["write"], 403, 201), (["replay"], 403, 403), (["read", "write"], 200, 201)],
)
def test_a_key_does_what_its_scopes_say_and_no_more(
    people: People, campaign: Campaign, scopes: list[str], reads: int, writes: int
) -> None:
    program = a_program(people.alice, *scopes)
    address = f"/campaigns/{campaign.slug}/participants"
    assert program.send("GET", address).status == reads
    assert program.post(address, {"external_id": "a"}).status == writes


@pytest.mark.parametrize("zone", ["Asia", "../../etc/passwd", "/etc/passwd", "\0", "x" * 300, "UTC' OR 1", "utc", ""])
def test_a_zone_that_is_none_is_named(program: Program, campaign: Campaign, zone: str) -> None:
    answer = program.send("GET", f"/campaigns/{campaign.slug}/measures/series?zone={quote(zone, safe='')}")
    assert (answer.status, answer.json["field"]) == (422, "zone")


@pytest.mark.parametrize("after", ["9" * 5000, "9" * 40, "18446744073709551616", "1e9", "-1"])
def test_a_page_that_cannot_be_is_named(program: Program, campaign: Campaign, after: str) -> None:
    answer = program.send("GET", f"/campaigns/{campaign.slug}/cascades?after={after}")
    assert (answer.status, answer.json["field"]) == (422, "after")
    assert len(answer.json["detail"]) < 200


@pytest.mark.parametrize("who", ["\0", "a\0b", "x" * 9000, "\u202e", "🎉", "' OR 1=1 --", "../../x"])
def test_nobody_is_called_something_strange(program: Program, campaign: Campaign, who: str) -> None:
    address = f"/campaigns/{campaign.slug}/participants"
    assert program.send("GET", f"{address}/{quote(who, safe='')}").status == 404
    assert program.send("GET", f"{address}?root={quote(who)}").status == 404
    assert program.send("GET", f"/campaigns/{quote(who, safe='')}").status == 404
    assert program.post(address, {"external_id": "b", "referred_by": who}).status == 422
    conversion = {"external_id": "1", "participant": who}
    assert program.post(f"/campaigns/{campaign.slug}/conversions", conversion).status == 404


def test_what_is_answered_is_kept_by_nobody_on_the_way(program: Program, campaign: Campaign) -> None:
    a_participant(campaign, email="dewi@example.com")
    answer = program.send("GET", f"/campaigns/{campaign.slug}/participants")
    assert "no-store" in answer.headers["Cache-Control"]
