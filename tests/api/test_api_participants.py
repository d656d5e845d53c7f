from __future__ import annotations

from datetime import UTC, datetime

from asking import a_program
from django.test import Client

from builders import a_campaign, emitted
from material.making import a_creative
from people import People
from sebar.brands.models import AuditEntry
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.material import actions as materials
from sebar.participants.models import Conversion, Participant


def test_a_friend_gets_the_named_parent_once(program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    seed = program.post(path, {"external_id": "a", "name": "Ani"})
    assert (seed.status, seed.json["is_new"], seed.json["parent"], seed.json["generation"]) == (201, True, None, 0)

    friend = program.post(path, {"external_id": "b", "referred_by": seed.json["code"]})
    assert (friend.json["parent"], friend.json["generation"]) == (seed.json["code"], 1)
    assert program.post(path, {"external_id": "c", "referred_by": "b"}).json["parent"] == friend.json["code"]

    again = program.post(path, {"external_id": "b"})
    assert (again.status, again.json["is_new"], again.json["parent"]) == (200, False, seed.json["code"])
    assert program.get(f"{path}/b") == {key: value for key, value in again.json.items() if key != "is_new"}
    assert [one["external_id"] for one in program.get(f"{path}/a/referrals")["participants"]] == ["b"]


def test_a_batch_may_hold_parents_and_is_all_or_nothing(program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}/participants/batch"
    wrong = program.post(path, {"participants": [{"external_id": "a"}, {"external_id": "b", "referred_by": "nobody"}]})
    assert (wrong.status, wrong.json["field"]) == (422, "participants[1].referred_by")
    assert not Participant.objects.exists()

    rows = [{"external_id": "b", "referred_by": "a"}, {"external_id": "a"}]
    added = program.post(path, {"participants": rows}).json["participants"]
    assert [(one["external_id"], one["is_new"]) for one in added] == [("b", True), ("a", True)]
    assert [one["is_new"] for one in program.post(path, {"participants": rows}).json["participants"]] == [False, False]
    assert len(emitted(Kind.JOIN)) == 2


def test_pages_follow_each_other_without_gap_or_overlap(program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    rows = [{"external_id": f"{number}"} for number in range(25)]
    program.post(f"{path}/batch", {"participants": rows})
    found, after = [], ""
    while after is not None:
        page = program.get(f"{path}?limit=7&after={after}")
        found += [one["external_id"] for one in page["participants"]]
        after = page["next"]
    assert sorted(found, key=int) == [row["external_id"] for row in rows]


def test_only_a_replaying_key_sets_original_times(people: People, program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    body = {"external_id": "a", "joined_at": "2020-05-01T10:00:00.250Z"}
    assert program.post(path, body).status == 403
    assert program.post(f"{path}/batch", {"participants": [body]}).status == 403

    replaying = a_program(people.alice, "read", "write", "replay")
    assert replaying.post(path, body).json["joined_at"] == "2020-05-01T10:00:00.250000Z"
    assert emitted(Kind.JOIN)[0].ts == datetime(2020, 5, 1, 10, 0, 0, 250_000, tzinfo=UTC).timestamp() * 1000


def test_a_conversion_counts_once(program, campaign: Campaign) -> None:
    program.post(f"/campaigns/{campaign.slug}/participants", {"external_id": "a"})
    path = f"/campaigns/{campaign.slug}/conversions"
    order = {"external_id": "order-1", "participant": "a", "value": 4500000, "currency": "IDR"}
    assert [(program.post(path, order).status, Conversion.objects.count()) for _ in range(2)] == [(201, 1), (200, 1)]
    assert len(emitted(Kind.CONVERSION)) == 1


def test_a_join_is_confirmed_once(people: People) -> None:
    program = a_program(people.alice)
    campaign = a_campaign(people.alice, confirmation="by_brand")
    made = program.post(f"/campaigns/{campaign.slug}/participants", {"external_id": "a"}).json
    assert made["confirmed_at"] is None
    path = f"/campaigns/{campaign.slug}/participants/a/confirm"
    first, second = program.post(path).json, program.post(path).json
    assert first["confirmed_at"] == second["confirmed_at"] is not None
    assert len(emitted(Kind.CONFIRM)) == 1


def test_a_single_join_asks_the_database_little(program, campaign: Campaign, django_assert_max_num_queries) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    program.post(path, {"external_id": "a"})
    with django_assert_max_num_queries(8):  # with BEGIN and COMMIT
        program.post(path, {"external_id": "b", "referred_by": "a"})


def test_a_join_says_from_which_country_in_its_event(program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    program.post(path, {"external_id": "a", "country": "id"})
    assert [event.country for event in emitted(Kind.JOIN)] == ["ID"]
    wrong = program.post(path, {"external_id": "b", "country": "Indonesia"})
    assert (wrong.status, wrong.json["field"]) == (422, "country")


def test_a_participant_is_deleted_for_good(program, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    parent = program.post(path, {"external_id": "ani", "name": "Ani"}).json["code"]
    program.post(path, {"external_id": "budi", "referred_by": "ani"})
    assert program.send("DELETE", f"{path}/ani?reason=asked").status == 204
    assert program.send("DELETE", f"{path}/{parent}").status == 204
    assert program.send("DELETE", f"{path}/ani").status == 404
    alone = program.get(f"{path}/{parent}")
    assert (alone["name"], alone["external_id"]) == ("", None)
    assert program.get(f"{path}/budi")["parent"] == parent
    assert [one.reason for one in AuditEntry.objects.filter(verb="participant.forgotten")] == ["asked"]


def test_the_link_to_share_names_what_its_owner_saw_as_the_share_page_does(
    people: People, program, campaign: Campaign, client: Client
) -> None:
    path = f"/campaigns/{campaign.slug}/participants"
    bare = program.post(path, {"external_id": "early"}).json
    assert bare["share_link"] == bare["link"]
    for name in ("first", "second"):
        a_creative(people.alice, campaign, name=name)
    a_creative(people.alice, campaign, name="off")
    materials.switch(membership=people.alice, slug=campaign.slug, name="off", is_on=False)
    for who, saw, named in (("ani", "second", "second"), ("budi", "off", "first"), ("citra", "", "first")):
        made = program.post(path, {"external_id": who, "creative": saw}).json
        assert made["share_link"] == f"{made['link']}?c={named}"
        assert program.get(f"{path}/{who}")["share_link"] == made["share_link"]
        assert made["share_link"] in client.get(f"/s/{made['code']}").content.decode()
    assert {one["external_id"]: one["share_link"].partition("?c=")[2] for one in program.get(path)["participants"]} == {
        "early": "first", "ani": "second", "budi": "first", "citra": "first"
    }  # fmt: skip
