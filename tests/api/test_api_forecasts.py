"""Forecasts through the API: the present one, and the record that never changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asking import Program, a_program
from django.utils import timezone

from people import People
from sebar.campaigns.models import Campaign
from sebar.steering import actions, rules
from steering.test_forecast_rules import an_outlook


def test_before_ten_joins_there_is_none_and_it_says_so(program: Program, campaign: Campaign) -> None:
    found = program.get(f"/campaigns/{campaign.slug}/forecast")
    assert found.pop("campaign") == campaign.slug
    assert set(found.values()) == {None}


def test_the_forecast_has_its_intervals(program: Program, campaign: Campaign) -> None:
    actions.show(campaign=campaign, made_at=timezone.now(), version=7, outlook=an_outlook())
    found = program.get(f"/campaigns/{campaign.slug}/forecast")
    assert found["counted"] == {"participants": 10, "reach": 40, "conversions": 2}
    assert found["ahead"]["participants"][0]["quantiles"] == {
        "0.025": 10, "0.1": 12, "0.25": 15, "0.5": 20, "0.75": 30, "0.9": 45, "0.975": 80,
    }  # fmt: skip
    assert found["r"]["low"] < found["r"]["value"] < found["r"]["high"]


def test_the_record_is_scored_once_and_never_changes(program: Program, campaign: Campaign) -> None:
    made_at = timezone.now() - timedelta(days=2)
    first = actions.Foreseen("participants", made_at + timedelta(days=1), 10, (10, 12, 15, 20, 30, 45, 80), False, 15.0)
    actions.record(campaign=campaign, made_at=made_at, foreseen=[first])
    again = actions.Foreseen("participants", first.horizon_at, 99, (99,) * 7, True, None)
    actions.record(campaign=campaign, made_at=made_at, foreseen=[again])
    ((row),) = campaign.forecasts.all()
    assert actions.score(outcomes={row.pk: (40, 0.5)}) == 1
    assert actions.score(outcomes={row.pk: (41, 0.6)}) == 0
    found = program.get(f"/campaigns/{campaign.slug}/forecasts")
    assert (found["forecasts"][0]["known"], found["forecasts"][0]["outcome"], found["forecasts"][0]["score"]) == (
        10, 40, 0.5,
    )  # fmt: skip
    assert [(one["level"], one["held"], one["forecasts"]) for one in found["held"]] == [
        (0.5, 0, 1), (0.8, 1, 1), (0.95, 1, 1),
    ]  # fmt: skip


def test_another_brand_finds_nothing(people: People, campaign: Campaign) -> None:
    other = a_program(people.charlie)
    assert other.send("GET", f"/campaigns/{campaign.slug}/forecast").status == 404
    assert other.send("GET", f"/campaigns/{campaign.slug}/forecasts").status == 404


@pytest.mark.parametrize("field", ["goal", "population"])
def test_goal_and_population_are_numbers_of_people(program: Program, campaign: Campaign, field: str) -> None:
    assert program.send("PATCH", f"/campaigns/{campaign.slug}", {field: 5000}).json[field] == 5000
    assert program.send("PATCH", f"/campaigns/{campaign.slug}", {field: None}).json[field] is None
    refused = program.send("PATCH", f"/campaigns/{campaign.slug}", {field: 0})
    assert (refused.status, refused.json["field"]) == (422, field)
    assert "write a number from 1 to" in refused.json["detail"]


def test_levels_are_those_of_the_intervals() -> None:
    for level, low, high in rules.INTERVALS:
        assert rules.LEVELS[high] - rules.LEVELS[low] == pytest.approx(level)
