"""Material by the API: a file in pieces, a creative made of it, changed, switched off, deleted."""

from __future__ import annotations

import pytest
from asking import Program, a_program

from material.making import a_picture, finish
from people import People
from sebar.campaigns.models import Campaign
from sebar.material import games

pytestmark = pytest.mark.django_db
WORDS = {code: {"title": "Beans", "share": "I made {score}"} for code in ("en", "id")}


def upload(program: Program, home: str, kind: str, content: bytes) -> str:
    """Send a file in two pieces, the first of them twice; return its mark."""
    begun = program.post(f"{home}/uploads", {"kind": kind, "size": len(content)}).json
    middle = len(content) // 2
    for at, piece in ((0, content[:middle]), (0, content[:middle]), (middle, content[middle:])):
        there = program.send("PUT", f"{home}/uploads/{begun['upload']}?at={at}", raw=piece).json["there"]
    assert there == len(content)
    return str(begun["upload"])


def test_a_game_from_its_pieces_to_its_end(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    mark = upload(program, home, "game", games.zipped("beans"))
    body = {"kind": "game", "name": "beans", "texts": WORDS, "upload": mark}
    made = program.post(f"{home}/creatives", body)
    assert (made.status, made.json["state"]) == (201, "working")
    finish()
    one = f"{home}/creatives/beans"
    changed = program.send("PATCH", one, {"texts": {"en": {"title": "Catch them"}}, "is_on": False}).json
    assert (changed["state"], changed["is_on"], changed["texts"]["en"]["title"]) == ("ready", False, "Catch them")
    assert changed["texts"]["id"] == {"title": "Beans", "text": "", "share": "I made {score}"}
    assert program.send("DELETE", one).status == 204
    assert program.send("DELETE", one).status == 404


def test_a_game_takes_a_picture_that_came_in_as_its_cover(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    marks = {
        "upload": upload(program, home, "game", games.zipped("beans")),
        "cover": upload(program, home, "image", a_picture()),
    }
    assert program.post(f"{home}/creatives", {"kind": "game", "name": "beans", "texts": WORDS, **marks}).status == 201
    finish()
    first = campaign.creatives.get().files["cover"]
    changed = {"cover": upload(program, home, "image", a_picture(900, 900))}
    assert program.send("PATCH", f"{home}/creatives/beans", changed).json["state"] == "ready"
    assert campaign.creatives.get().files["cover"] != first


def test_what_an_experiment_shows_stays(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    texts = {code: {"title": "Poem", "long": "Roses are red"} for code in ("en", "id")}
    for name in ("story", "poem"):
        assert program.post(f"{home}/creatives", {"kind": "text", "name": name, "texts": texts}).status == 201
    arms = [{"name": "a", "shows": {}}, {"name": "b", "shows": {"creative": "poem"}}]
    plan = {"name": "Poem or not", "varies": "creative", "arms": arms, "control": "a"}
    begun = f"{home}/experiments/{program.post(f'{home}/experiments', plan).json['number']}"
    assert program.post(f"{begun}/begin", {}).status == 200
    one = f"{home}/creatives/poem"
    for refused in (
        program.send("DELETE", one),
        program.send("PATCH", one, {"texts": {"en": {"title": "Ode"}}, "is_on": False}),
    ):
        assert refused.status == 403
        assert "shows “poem” in its arm “b”" in refused.json["detail"]
    assert campaign.creatives.get(name="poem").texts["en"]["title"] == "Poem", (
        "a change is made as a whole or not at all"
    )
    assert program.post(f"{begun}/end", {}).status == 200
    assert program.send("DELETE", one).status == 204


def test_what_cannot_be_used_is_said(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    assert program.post(f"{home}/uploads", {"kind": "image", "size": 10**9}).status == 422
    assert program.post(f"{home}/creatives", {"kind": "image", "name": "x"}).status == 422
    mark = upload(program, home, "image", a_picture())
    assert program.send("PUT", f"{home}/uploads/{mark}?at=7", raw=b"x").status == 422
    missing = program.post(f"{home}/creatives", {"kind": "image", "name": "x", "upload": mark})
    assert missing.status == 422
    assert {one["field"] for one in missing.json["errors"]} == {"texts.en.alt", "texts.id.alt"}


def test_a_key_that_reads_makes_nothing_and_strangers_find_nothing(people: People, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    reader = a_program(people.alice, "read")
    assert reader.post(f"{home}/uploads", {"kind": "image", "size": 9}).status == 403
    assert a_program(people.charlie).post(f"{home}/uploads", {"kind": "image", "size": 9}).status == 404
