"""Plans through the API: asked for, read, compared."""

from __future__ import annotations

from asking import Program

from builders import a_cascade
from engine_beside import _campaigns_of_its_own, count, store  # noqa: F401 - fixtures are found by their names
from people import People
from plans.planning import a_star, uploaded, worked_out
from rewards.giving import converts
from sebar.campaigns.models import Campaign
from sebar.events.store import Store
from sebar.steering.plans.queries import newest, of_number
from sebar.steering.plans.rules import from_stored


def test_from_asking_to_comparing(people: People, program: Program, campaign: Campaign, store: Store) -> None:  # noqa: F811 - the fixture that is imported
    address = f"/campaigns/{campaign.slug}/plans"
    graph = uploaded(people, a_star())
    made = program.post(address, {"name": "Few", "source": "upload", "graph": graph.pk, "invited": 2, "days": 5})
    assert made.status == 201
    assert (made.json["version"], made.json["state"]) == (1, "waiting")
    number = made.json["number"]
    assert program.get(f"{address}/{number}")["computed"] is None
    other = program.post(address, {"name": "Many", "invited": 30, "days": 5}).json["number"]
    worked_out()
    read = program.get(f"{address}/{number}")
    assert read["plan"]["state"] == "done"
    assert [len(one["quantiles"]) for one in read["computed"]["by_day"]] == [7] * 6
    assert read["computed"]["people"][0]["person"] == "Hub"
    assert read["computed"]["what_ifs"][0]["what"] == "plan"
    assert [one["name"] for one in program.get(address)["plans"]] == ["Many", "Few"]
    first, second = program.get(f"/campaigns/{campaign.slug}/plan-comparison?plan={number}&plan={other}")["plans"]
    assert first["more"] is None
    assert second["more"]["low"] > 0
    assert program.post(f"{address}/{other}", {"name": "Many", "invited": 40}).json["version"] == 2
    worked_out()
    assert program.get(f"{address}/{other}")["computed"]["version"] == 2
    first_version = program.get(f"{address}/{other}?version=1")
    assert first_version["computed"]["version"] == 1
    assert first_version["computed"]["by_day"][-1]["quantiles"] == second["participants"]
    assert first_version["of_record"] is None


def test_what_is_left_out_is_as_the_page_has_it(people: People, program: Program, campaign: Campaign) -> None:
    for one in a_cascade(campaign, [-1] * 40)[:6]:
        converts(one, f"{one.pk}")
    address = f"/campaigns/{campaign.slug}/plans"
    for given, percent in (({}, 15.0), ({"conversions": 2}, 2.0)):
        number = program.post(address, {"name": f"Plan {percent}", **given}).json["number"]
        last = newest(of_number(campaign, number))
        assert last is not None
        assert from_stored(last.inputs).form.conversions == percent


def test_what_is_wrong_is_named(program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.slug}/plans"
    refused = program.post(address, {"name": "Few", "invited": 0})
    assert (refused.status, refused.json["field"]) == (422, "invited")
    assert program.post(address, {"name": "Few", "graph": 5, "source": "upload"}).status == 404
    assert program.post(f"{address}/77", {"name": "Few"}).status == 404
