"""How measures look in answers: participants by their code, estimates with their interval or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.measures.figures import (
    Cascade,
    CascadePage,
    Day,
    Happening,
    Money,
    People,
    Series,
    Sharer,
    SizeBin,
    Stage,
)
from sebar.spread.estimate import Estimate, Figure


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no figure yet: how many there are of what, and how many it takes."""

    have: int
    need: int
    of: str


@dataclass(frozen=True, slots=True)
class FigureShown:
    """An estimate with its interval; `value` is null while it is too early, and `too_early` says what is missing."""

    value: float | None
    low: float | None
    high: float | None
    level: float | None
    unit: str
    too_early: Missing | None


@dataclass(frozen=True, slots=True)
class StageShown:
    """One stage of the funnel: events judged a person's, all events, and counted ÷ counted of the stage above."""

    name: str
    counted: int
    raw: int
    of_above: float | None


@dataclass(frozen=True, slots=True)
class GenerationShown:
    """People in generations `first` to `last` (most rows are one generation)."""

    first: int
    last: int
    people: int


@dataclass(frozen=True, slots=True)
class SharerShown:
    """Who brought most."""

    code: str
    joins: int
    shares: int
    visits: int
    persons: int
    conversions: int


@dataclass(frozen=True, slots=True)
class DayShown:
    """Who joined on one day and what they have brought since; `is_open`: both figures will still rise."""

    day: date
    participants: int
    shares: int
    joins: int
    r: FigureShown
    k_factor: FigureShown
    is_open: bool


@dataclass(frozen=True, slots=True)
class MeasuresShown:
    """A campaign in figures. `participants` holds the seeds too; `referred` are those with a parent."""

    campaign: str
    counted_at: datetime
    participants: int
    seeds: int
    referred: int
    confirmed: int
    conversions: int
    views: int
    visits: int
    visits_raw: int
    shares: int
    cascades: int
    largest: int
    depth: int
    r: FigureShown
    k_factor: FigureShown
    amplification: FigureShown
    cycle_time: timedelta | None
    first: datetime | None
    last: datetime | None
    money: list[Money]
    funnel: list[StageShown]
    not_persons: dict[str, int]
    generations: list[GenerationShown]
    cascade_sizes: list[SizeBin]
    top_sharers: list[SharerShown]
    days: list[DayShown]


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line of a series; `is_rest` sums all that got none of its own."""

    label: str
    total: int
    values: list[int]
    is_rest: bool


@dataclass(frozen=True, slots=True)
class SeriesShown:
    """Counted events per step; every line has one value for each of `times`."""

    kind: str
    by: str
    step: str
    zone: str
    times: list[datetime]
    lines: list[LineShown]


@dataclass(frozen=True, slots=True)
class CascadeRow:
    """One cascade: its seed, size, deepest generation, who the seed brought and who those brought."""

    root: str
    size: int
    depth: int
    direct: int
    later: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class CascadesShown:
    """A page of cascades of `total` in all; `next` is null on the last."""

    cascades: list[CascadeRow]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a cascade; the seed has no parent."""

    code: str
    parent: str | None
    generation: int
    joined_at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class CascadeShown:
    """A cascade in the order in which people joined; fewer `people` than `size` only when it is extremely large."""

    root: str
    size: int
    people: list[Person]


@dataclass(frozen=True, slots=True)
class HappeningShown:
    """Something that happened; `participant` is the person asked about, or a friend who joined through them."""

    at: datetime
    kind: str
    verdict: str
    reason: str
    participant: str
    is_friend: bool
    channel: str
    creative: str
    value: int
    currency: str


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """What happened, newest first."""

    history: list[HappeningShown]


def of_campaign(campaign: Campaign) -> MeasuresShown:
    """Return all measures of a campaign.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    number = campaign.pk
    version = measures.version(number)
    summary = measures.summary(number)
    funnel = measures.funnel(number)
    generations = measures.generations(number)
    passing_on = measures.passing_on(number, zone=campaign.time_zone)
    return MeasuresShown(
        campaign=campaign.slug,
        counted_at=version.counted_at,
        participants=summary.participants,
        seeds=summary.seeds,
        referred=summary.referred,
        confirmed=summary.confirmed,
        conversions=summary.conversions,
        views=summary.views,
        visits=summary.visits,
        visits_raw=summary.visits_raw,
        shares=summary.shares,
        cascades=summary.cascades,
        largest=summary.largest,
        depth=summary.depth,
        r=figure_shown(passing_on.r),
        k_factor=figure_shown(passing_on.k_factor),
        amplification=figure_shown(summary.amplification),
        cycle_time=passing_on.cycle_time,
        first=summary.first,
        last=summary.last,
        money=list(summary.money),
        funnel=[_stage(stage) for stage in funnel.stages],
        not_persons=dict(funnel.not_persons),
        generations=[GenerationShown(row.band.first, row.band.last, row.people) for row in generations.rows],
        cascade_sizes=list(measures.cascade_sizes(number).bins),
        top_sharers=[_sharer(sharer) for sharer in measures.top_sharers(number)],
        days=[_day(day) for day in passing_on.days],
    )


def series_shown(series: Series) -> SeriesShown:
    """Return the series as answers hold it."""
    lines = [LineShown(line.label, line.total, list(line.values), line.is_rest) for line in series.lines]
    return SeriesShown(series.kind, series.by, series.step, series.zone, list(series.times), lines)


def cascades_shown(page: CascadePage) -> CascadesShown:
    """Return the page as answers hold it."""
    end = page.offset + len(page.rows)
    return CascadesShown([_cascade(row) for row in page.rows], page.total, str(end) if end < page.total else None)


def cascade_shown(people: People, root: int) -> CascadeShown:
    """Return the cascade as answers hold it."""
    columns = zip(people.participant, people.parent, people.generation, people.joined_at, people.channel, strict=True)
    shown = [
        Person(codes.spell(number), codes.spell(parent) if parent else None, generation, joined_at, channel)
        for number, parent, generation, joined_at, channel in columns
    ]
    return CascadeShown(codes.spell(root), people.total, shown)


def history_shown(history: Iterable[Happening]) -> HistoryShown:
    """Return the history as answers hold it."""
    return HistoryShown(
        [
            HappeningShown(
                one.at,
                one.kind,
                one.verdict,
                one.reason,
                codes.spell(one.participant),
                one.is_friend,
                one.channel,
                one.creative,
                one.value,
                one.currency,
            )
            for one in history
        ]
    )


def figure_shown(figure: Figure) -> FigureShown:
    """Return a figure as answers hold it."""
    if isinstance(figure, Estimate):
        return FigureShown(figure.value, figure.low, figure.high, figure.level, figure.unit, None)
    return FigureShown(None, None, None, None, "", Missing(figure.have, figure.need, figure.of))


def _stage(stage: Stage) -> StageShown:
    return StageShown(stage.name, stage.counted, stage.raw, stage.of_above)


def _sharer(sharer: Sharer) -> SharerShown:
    return SharerShown(
        codes.spell(sharer.participant),
        sharer.joins,
        sharer.shares,
        sharer.visits,
        sharer.persons,
        sharer.conversions,
    )


def _day(day: Day) -> DayShown:
    return DayShown(
        day.day, day.participants, day.shares, day.joins, figure_shown(day.r), figure_shown(day.k_factor), day.is_open
    )


def _cascade(row: Cascade) -> CascadeRow:
    return CascadeRow(codes.spell(row.root), row.size, row.depth, row.direct, row.later, row.first, row.last)
