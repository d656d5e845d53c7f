"""The catalogue says what every measure is."""

from __future__ import annotations

from importlib import resources

import pytest

from sebar.measures import CATALOG, Measure

AHEAD = {"joined", "totals", "forest"}
"""What forecasts start from; nobody is shown these."""
EXPERIMENTS = {"experiment_cascades", "experiment_visitors", "experiment_meetings"}
"""What experiments start from."""
WATCHED = {"watched", "reactions"}
"""What alarms look at."""
REVIEW = {"opened"}
"""What looking for fraud starts from."""
STEERED = {"seen_since", "shared"}
"""How far a statement has come, and whom suggestions leave alone."""


@pytest.mark.parametrize("measure", CATALOG.values(), ids=str)
def test_every_entry_is_whole(measure: Measure) -> None:
    assert CATALOG[measure.name] is measure
    assert all((measure.title, measure.definition, measure.formula, measure.unit, measure.interval, measure.minimum))
    assert "campaign = {campaign:UInt64}" in measure.sql


def test_every_query_is_some_measures_source() -> None:
    files = {file.name.removesuffix(".sql") for file in resources.files("sebar.measures").joinpath("sql").iterdir()}
    assert files - AHEAD - EXPERIMENTS - WATCHED - REVIEW - STEERED == {measure.source for measure in CATALOG.values()}


@pytest.mark.parametrize("measure", CATALOG.values(), ids=str)
def test_every_reading_of_the_events_is_of_one_campaign(measure: Measure) -> None:
    assert measure.sql.count("FROM events") == measure.sql.count("campaign = {campaign:UInt64}")


@pytest.mark.parametrize("measure", CATALOG.values(), ids=str)
def test_nothing_is_estimated_by_the_store(measure: Measure) -> None:
    for inexact in ("uniq(", "uniqCombined", "uniqHLL", "quantile(", "quantileTDigest", "topK", "median("):
        assert inexact not in measure.sql
