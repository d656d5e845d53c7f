"""Forecasts: what will likely become of a campaign, and how such words did before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from ninja import Router

from sebar.api.access import READ, asking
from sebar.api.figures import FigureShown, figure_shown
from sebar.api.shapes import Limit
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.steering import queries, rules
from sebar.steering.models import Forecast

router = Router(tags=["Forecasts"])


@dataclass(frozen=True, slots=True)
class AheadShown:
    """What is foreseen for one moment; `quantiles` maps a level, like `0.1`, to a count."""

    at: datetime
    quantiles: dict[str, float]


@dataclass(frozen=True, slots=True)
class MoreSeedsShown:
    """What so many seeds more, added now, would make of the last horizon."""

    seeds: int
    quantiles: dict[str, float]
    chance_of_goal: float | None


@dataclass(frozen=True, slots=True)
class OutlookShown:
    """A campaign's present look ahead; everything but `campaign` is null while it is too early, or nobody can join.

    A count of participants at `told_up_to` means “or more”: how far such futures go, nobody knows.
    """

    campaign: str
    made_at: datetime | None
    counted: dict[str, int] | None
    ahead: dict[str, list[AheadShown]] | None
    fan: list[AheadShown] | None
    is_calibrated: bool | None
    learned_from: int | None
    r: FigureShown | None
    k: FigureShown | None
    cycle_time_seconds: FigureShown | None
    seeds_a_day: float | None
    told_up_to: float | None
    takes_off: float | None
    die_out: float | None
    busiest: datetime | None
    goal: int | None
    chance_of_goal: float | None
    seeds_to_goal: int | None
    more_seeds: list[MoreSeedsShown] | None


@dataclass(frozen=True, slots=True)
class ForecastShown:
    """One forecast of record; `outcome` and `score` are null until its time has come."""

    quantity: str
    made_at: datetime
    horizon_at: datetime
    known: int
    quantiles: dict[str, float]
    is_calibrated: bool
    outcome: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class HeldShown:
    """How often intervals of one level held."""

    level: float
    held: int
    forecasts: int


@dataclass(frozen=True, slots=True)
class RecordShown:
    """The campaign's newest forecasts of record, and how often those about its participants held."""

    forecasts: list[ForecastShown]
    held: list[HeldShown]


@router.get("/{slug}/forecast", auth=READ, response=OutlookShown, summary="Read the forecast")
def read_forecast(request: HttpRequest, slug: str) -> OutlookShown:
    """Tell what will likely become of the campaign: counts with their intervals, chances, what more seeds would do."""
    return outlook_shown(of_slug(asking(request).membership.brand, slug))


@router.get("/{slug}/forecasts", auth=READ, response=RecordShown, summary="Read the record of forecasts")
def read_record(request: HttpRequest, slug: str, limit: Limit = 200) -> RecordShown:
    """List forecasts as they were made, never changed since, with what came, newest first."""
    campaign = of_slug(asking(request).membership.brand, slug)
    return RecordShown(
        [_forecast(one) for one in queries.of_campaign(campaign, limit=limit)],
        [HeldShown(one.level, one.held, one.forecasts) for one in queries.record_of(campaign)],
    )


def outlook_shown(campaign: Campaign) -> OutlookShown:
    """Return the campaign's present look ahead as answers hold it."""
    look = queries.look(campaign)
    if look is None:
        return OutlookShown(campaign.slug, *([None] * 18))
    outlook = look.outlook
    return OutlookShown(
        campaign=campaign.slug,
        made_at=look.made_at,
        counted=outlook.counted,
        ahead={name: [_ahead(one) for one in moments] for name, moments in outlook.ahead.items()},
        fan=[_ahead(one) for one in outlook.fan],
        is_calibrated=outlook.is_calibrated,
        learned_from=outlook.learned_from,
        r=figure_shown(outlook.r),
        k=figure_shown(outlook.k),
        cycle_time_seconds=figure_shown(outlook.cycle_time),
        seeds_a_day=outlook.seeds_a_day,
        told_up_to=outlook.most,
        takes_off=outlook.takes_off,
        die_out=outlook.die_out,
        busiest=outlook.busiest,
        goal=campaign.goal,
        chance_of_goal=outlook.chance_of_goal,
        seeds_to_goal=outlook.seeds_to_goal,
        more_seeds=[
            MoreSeedsShown(one.seeds, _by_level(one.quantiles), one.chance_of_goal) for one in outlook.more_seeds
        ],
    )


def _ahead(one: rules.Ahead) -> AheadShown:
    return AheadShown(one.at, _by_level(one.quantiles))


def _by_level(quantiles: tuple[float, ...] | list[float]) -> dict[str, float]:
    return {f"{level:g}": value for level, value in zip(rules.LEVELS, quantiles, strict=True)}


def _forecast(one: Forecast) -> ForecastShown:
    return ForecastShown(
        one.quantity,
        one.made_at,
        one.horizon_at,
        one.known,
        _by_level(one.quantiles),
        one.is_calibrated,
        one.outcome,
        one.score,
    )
