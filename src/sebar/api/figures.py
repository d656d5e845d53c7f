"""How measures look in answers: participants by their code, estimates with their interval or why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.measures.breakdown import Part
from sebar.measures.figures import (
    Cascade,
    CascadePage,
    Day,
    Group,
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
    """An estimate with its interval; `value` is null while it is too early, and `too_early` says what is missing.

    Where nothing is missing, null means without end: what fades never doubles.
    """

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
    """A campaign in figures. `participants` holds the seeds too; `referred` are those with a parent.

    `r`, `k`, `cycle_time` and what follows from them are corrected for those who have not had their time yet; `r_seen`
    and `cycle_time_seen` are what was seen so far. `conversions` are those that were not refunded.
    """

    campaign: str
    counted_at: datetime
    participants: int
    seeds: int
    referred: int
    confirmed: int
    conversions: int
    refunded: int
    views: int
    visits: int
    visits_raw: int
    shares: int
    reach: int
    returned: int
    awareness: int
    awareness_share: FigureShown
    cascades: int
    largest: int
    depth: int
    width: int
    share_rate: FigureShown
    shares_each: FigureShown
    joins_each_share: FigureShown
    k_factor: FigureShown
    r: FigureShown
    r_of_seeds: FigureShown
    r_of_friends: FigureShown
    r_seen: FigureShown
    k: FigureShown
    cycle_time: timedelta | None
    cycle_time_seconds: FigureShown
    cycle_time_seen: timedelta | None
    growth: FigureShown
    doubling_time_seconds: FigureShown
    die_out: float | None
    time_to_half: timedelta | None
    amplification: FigureShown
    beyond_first: FigureShown
    structural_virality: float | None
    first: datetime | None
    last: datetime | None
    money: list[Money]
    funnel: list[StageShown]
    not_persons: dict[str, int]
    generations: list[GenerationShown]
    cascade_sizes: list[SizeBin]
    expected_sizes: list[float | None]
    top_sharers: list[SharerShown]
    days: list[DayShown]


@dataclass(frozen=True, slots=True)
class GroupShown:
    """Participants who have something in common, the visits that have it, and what these people have done since.

    `is_rest` sums all groups that got no line of their own.
    """

    label: str
    visits: int
    joins: int
    brought: int
    shares: int
    conversions: int
    r: FigureShown
    k_factor: FigureShown
    is_rest: bool


@dataclass(frozen=True, slots=True)
class BreakdownShown:
    """Participants parted by one thing: the largest groups first, days and weeks the newest first."""

    by: str
    zone: str
    groups: list[GroupShown]


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
    """One cascade: its seed, size, deepest generation, who the seed brought and who those brought.

    `structural_virality` is the mean distance between two of its people; null for a lone seed.
    """

    root: str
    size: int
    depth: int
    direct: int
    later: int
    structural_virality: float | None
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
    spreading = measures.spreading(number, zone=campaign.time_zone)
    reach = measures.reach(number)
    shape = measures.shape(number)
    sizes = measures.cascade_sizes(number)
    cycle_time = spreading.cycle_time
    return MeasuresShown(
        campaign=campaign.slug,
        counted_at=version.counted_at,
        participants=summary.participants,
        seeds=summary.seeds,
        referred=summary.referred,
        confirmed=summary.confirmed,
        conversions=summary.conversions,
        refunded=summary.refunded,
        views=summary.views,
        visits=summary.visits,
        visits_raw=summary.visits_raw,
        shares=summary.shares,
        reach=reach.people,
        returned=reach.returned,
        awareness=reach.aware,
        awareness_share=figure_shown(reach.aware_share),
        cascades=summary.cascades,
        largest=summary.largest,
        depth=summary.depth,
        width=shape.width,
        share_rate=figure_shown(passing_on.share_rate),
        shares_each=figure_shown(passing_on.shares_each),
        joins_each_share=figure_shown(passing_on.joins_each_share),
        k_factor=figure_shown(passing_on.k_factor),
        r=figure_shown(spreading.r),
        r_of_seeds=figure_shown(spreading.r_of_seeds),
        r_of_friends=figure_shown(spreading.r_of_friends),
        r_seen=figure_shown(passing_on.r),
        k=figure_shown(spreading.k),
        cycle_time=timedelta(seconds=cycle_time.value) if isinstance(cycle_time, Estimate) else None,
        cycle_time_seconds=figure_shown(cycle_time),
        cycle_time_seen=passing_on.cycle_time,
        growth=figure_shown(spreading.growth),
        doubling_time_seconds=figure_shown(spreading.doubling_time),
        die_out=spreading.die_out,
        time_to_half=shape.time_to_half,
        amplification=figure_shown(summary.amplification),
        beyond_first=figure_shown(sizes.beyond_first_range),
        structural_virality=shape.structural_virality,
        first=summary.first,
        last=summary.last,
        money=list(summary.money),
        funnel=[_stage(stage) for stage in funnel.stages],
        not_persons=dict(funnel.not_persons),
        generations=[GenerationShown(row.band.first, row.band.last, row.people) for row in generations.rows],
        cascade_sizes=list(sizes.bins),
        expected_sizes=list(measures.expected_sizes(sizes, spreading)),
        top_sharers=[_sharer(sharer) for sharer in measures.top_sharers(number)],
        days=[_day(day) for day in passing_on.days],
    )


def breakdown_of(campaign: Campaign, by: Part) -> BreakdownShown:
    """Return the campaign's participants parted by one thing.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    found = measures.breakdown(campaign.pk, by, zone=campaign.time_zone)
    return BreakdownShown(found.by, campaign.time_zone, [_group(group) for group in found.groups])


def series_shown(series: Series) -> SeriesShown:
    """Return the series as answers hold it."""
    lines = [LineShown(line.label, line.total, list(line.values), line.is_rest) for line in series.lines]
    return SeriesShown(series.kind, series.by, series.step, series.zone, list(series.times), lines)


def cascades_shown(page: CascadePage, viralities: Mapping[int, float]) -> CascadesShown:
    """Return the page as answers hold it, with the structural virality of its cascades."""
    end = page.offset + len(page.rows)
    rows = [_cascade(row, viralities.get(row.root)) for row in page.rows]
    return CascadesShown(rows, page.total, str(end) if end < page.total else None)


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
        value, low, high = (None if math.isinf(end) else end for end in (figure.value, figure.low, figure.high))
        return FigureShown(value, low, high, figure.level, figure.unit, None)
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


def _group(group: Group) -> GroupShown:
    return GroupShown(
        group.label,
        group.visits,
        group.joins,
        group.brought,
        group.shares,
        group.conversions,
        figure_shown(group.r),
        figure_shown(group.k_factor),
        group.is_rest,
    )


def _cascade(row: Cascade, virality: float | None) -> CascadeRow:
    return CascadeRow(codes.spell(row.root), row.size, row.depth, row.direct, row.later, virality, row.first, row.last)
