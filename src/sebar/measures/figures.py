"""The shapes in which measures answer. All times are aware UTC datetimes, all counts exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sebar.spread.estimate import Figure
from sebar.spread.sizes import Offspring

if TYPE_CHECKING:
    from sebar.spread.passing_on import Both


class Step(StrEnum):
    """Width of one step of a series, on the clock of the given time zone."""

    MINUTE = "minute"
    QUARTER = "quarter"  # of an hour
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # from Monday


@dataclass(frozen=True, slots=True)
class Version:
    """Changes whenever any measure of the campaign may have changed.

    Attributes
    ----------
    number
        Events stored, corrections included; never falls.
    counted_at
        When the store answered: everything loaded by then is counted.
    """

    number: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Money:
    """What conversions were worth, in minor units of `currency` (ISO 4217, empty when none was given).

    `value` and `conversions` are what is left after refunds; `refunded` was given back.
    """

    currency: str
    value: int
    conversions: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The campaign in a few figures.

    Attributes
    ----------
    participants, seeds, referred
        People who joined; those without a parent; those with one.
    joined_last_day
        Participants of the last 24 hours before `now`.
    confirmed, shares, visits, views
        Counted events of these kinds; shares include invites.
    conversions, refunded
        Conversions that stand, and those that were refunded.
    visits_raw
        Visits whatever their verdict.
    cascades, largest, depth
        How many cascades; people in the largest; the deepest generation.
    amplification
        Participants per seed, 95 %; too early below 30 seeds.
    first, last
        First and last join; None without joins.
    money
        Worth of conversions by currency, largest first.
    """

    participants: int
    seeds: int
    referred: int
    joined_last_day: int
    confirmed: int
    conversions: int
    refunded: int
    shares: int
    visits: int
    visits_raw: int
    views: int
    cascades: int
    largest: int
    depth: int
    amplification: Figure
    first: datetime | None
    last: datetime | None
    money: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Before how many people it came, and how many showed that they noticed.

    Attributes
    ----------
    people
        Distinct visitors who saw it or opened a link, at least `aware`. A visitor is a hash that changes every day:
        somebody who comes on two days, or with two devices, counts twice, phones that look alike on one line once.
    joined, returned
        Participants; visitors who were seen again an hour or more later on the same day. One can be both.
    aware
        The larger of the two: at least so many did something after they saw it.
    aware_share
        `aware` ÷ `people`. What they would have done without the campaign is not known: that takes a held-out control.
    """

    people: int
    joined: int
    returned: int
    aware: int
    aware_share: Figure


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel.

    Attributes
    ----------
    name
        ``view``, ``visit``, ``person``, ``join``, ``confirm`` or ``conversion``.
    counted, raw
        Events judged a person's; all events. For `person`: distinct visitors among the counted and among all visits.
        Of conversions, those are counted that were not refunded.
    of_above
        counted ÷ counted of the stage above; None for the first and below an empty one. May exceed 1: stages can be
        entered from elsewhere (a brand's own page, the API).
    """

    name: str
    counted: int
    raw: int
    of_above: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many got how far.

    `not_persons` says what the other visits were: (verdict, visits), most frequent first; `refunded` how many
    conversions are not counted as they were refunded.
    """

    stages: tuple[Stage, ...]
    not_persons: tuple[tuple[str, int], ...]
    refunded: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a series: a channel, a generation, or everything (`label` is then empty).

    `is_rest` marks the line that sums all that got none of its own.
    """

    label: str
    values: tuple[int, ...]
    total: int
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Counted events per step; every line has one value for each of `times` (starts of the steps)."""

    kind: str
    by: str
    step: Step
    zone: str
    times: tuple[datetime, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Generations `first` to `last`, shown as one row; most bands are a single generation."""

    first: int
    last: int

    @property
    def width(self) -> int:
        """How many generations the band holds."""
        return self.last - self.first + 1

    @property
    def label(self) -> str:
        """``"3"`` or ``"5–8"``."""
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """People of one band of generations.

    Attributes
    ----------
    band
        Which generations.
    people
        In all of them together; `mean` is per generation, which is what rows of unequal bands may be compared by.
    apart
        People in each of `Generations.largest`, same order.
    rest
        People in all other cascades.
    """

    band: Band
    people: int
    mean: float
    apart: tuple[int, ...]
    rest: int


@dataclass(frozen=True, slots=True)
class Generations:
    """People by generation, the largest cascades apart.

    Attributes
    ----------
    rows
        From the seeds down; at most 40.
    largest
        Seeds of the largest cascades, largest first; at most 24, only cascades of two people or more.
    people
        In all of them.
    """

    rows: tuple[GenerationRow, ...]
    largest: tuple[int, ...]
    people: int


@dataclass(frozen=True, slots=True)
class SizeBin:
    """Cascades of `low` to `high` people: how many there are and how many people are in them."""

    low: int
    high: int
    cascades: int
    people: int


@dataclass(frozen=True, slots=True)
class Dot:
    """Cascades of the same size and depth. From 100 people on, sizes are grouped by their first two digits."""

    size_low: int
    size_high: int
    depth: int
    cascades: int


@dataclass(frozen=True, slots=True)
class CascadeSizes:
    """How large and how deep cascades are.

    Attributes
    ----------
    bins
        Sizes in powers of two (1, 2-3, 4-7 …), from 1 to the largest, empty ones included.
    dots
        For the plot of size against depth.
    cascades, people, largest
        Totals, and the size of the largest.
    largest_share
        Share of all participants in the largest cascade, 0 to 1.
    beyond_first, beyond_first_range
        Share of all participants in generation 2 or deeper, 0 to 1; the same with its interval, cascades drawn whole.
    amplification
        Participants per seed, 95 %.
    """

    bins: tuple[SizeBin, ...]
    dots: tuple[Dot, ...]
    cascades: int
    people: int
    largest: int
    largest_share: float
    beyond_first: float
    beyond_first_range: Figure
    amplification: Figure


@dataclass(frozen=True, slots=True)
class Shape:
    """How deep, wide and viral the cascades are together.

    Attributes
    ----------
    depth, width
        The deepest generation; people in the largest one.
    time_to_half
        How long after the first join half of all who have joined by now had; None without joins.
    structural_virality
        Mean distance between two people of a cascade: the mean over cascades of two people or more, each weighing as
        much as it has people. None without any.
    cascades_of_two
        How many such cascades there are.
    """

    depth: int
    width: int
    time_to_half: timedelta | None
    structural_virality: float | None
    cascades_of_two: int


@dataclass(frozen=True, slots=True)
class Cascade:
    """One cascade in the table.

    Attributes
    ----------
    root
        The seed's participant number.
    size, depth
        People in all; deepest generation.
    direct, later
        People the seed brought; people those brought.
    first, last
        First and last join.
    """

    root: int
    size: int
    depth: int
    direct: int
    later: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class CascadePage:
    """One page of the table of cascades: `total` cascades in all, `rows` from `offset` on."""

    rows: tuple[Cascade, ...]
    total: int
    offset: int
    order: str


@dataclass(frozen=True, slots=True)
class Sharer:
    """Who brought most.

    Attributes
    ----------
    participant
        Their number.
    joins
        People who joined through them directly.
    shares, visits, persons
        Times they were seen passing it on; counted visits by their link; distinct visitors of these.
    conversions
        Conversions of the people they brought, refunded ones taken off.
    """

    participant: int
    joins: int
    shares: int
    visits: int
    persons: int
    conversions: int


@dataclass(frozen=True, slots=True)
class Day:
    """The participants who joined on one day, and what they have brought since.

    Attributes
    ----------
    day
        In the asked time zone.
    participants
        Who joined that day.
    shares, joins
        Their shares and invites; the joins they brought, up to now.
    shares_per_participant, joins_per_share
        The two factors of the K-factor; None when there is nothing to divide by.
    r
        Referred joins per participant, 95 %; too early below 30 participants.
    k_factor
        Shares per participant times joins per share, counting only joins brought by people seen sharing, 95 %. What R
        has more than K came by passing on that left no trace: codes said aloud, links copied.
    is_open
        People of this day still have time to bring more: both figures will rise.
    """

    day: date
    participants: int
    shares: int
    joins: int
    shares_per_participant: float | None
    joins_per_share: float | None
    r: Figure
    k_factor: Figure
    is_open: bool


@dataclass(frozen=True, slots=True)
class PassingOn:
    """How much participants have passed on so far, by day of joining and in all.

    Attributes
    ----------
    days
        One for each day on which somebody joined, oldest first; none when they were not asked for.
    r, k_factor
        As in `Day`, over all settled participants.
    share_rate, shares_each, joins_each_share
        Share of the settled who passed it on at least once; shares and invites per participant; joins that people seen
        sharing brought, per share. The K-factor is the product of the last two.
    settled
        Participants these are about: of the days that are not open any more; of all days while fewer than 30 are
        settled.
    is_open
        True in that latter case: the figures will rise.
    cycle_time
        Median time from a parent's join to a child's, of those seen so far: too short while a campaign grows, as slow
        ones have not come yet. None without referred joins.
    patience
        Nine of ten referred joins came within this time after their parent's; a day is open until it has passed.
    """

    days: tuple[Day, ...]
    r: Figure
    k_factor: Figure
    share_rate: Figure
    shares_each: Figure
    joins_each_share: Figure
    settled: int
    is_open: bool
    cycle_time: timedelta | None
    patience: timedelta | None


@dataclass(frozen=True, slots=True)
class Spreading:
    """How much people pass on in the end, corrected for those who have not had their time yet; 95 % each.

    Attributes
    ----------
    statistics
        What all this rests on, participants and seeds apart.
    r, k
        How many people each one brings in the end, and how evenly: small when few people bring most.
    cycle_time
        Median seconds from a join to a friend's, slow friends who are still to come included.
    r_of_seeds, r_of_friends
        R of seeds alone, and of people who were brought themselves: these decide whether it goes on by itself.
    growth, doubling_time
        Share by which it grows each day, and seconds in which it doubles, as R of friends and the delays imply
        (everybody's R while there are few friends); 0 and infinite where it fades.
    die_out
        Chance that nobody joins any more in the end unless seeds are added; None while it is too early.
    laws
        R and k, most likely, of seeds and of friends (everybody's where there are too few); None while it is too early.
    """

    statistics: Both
    r: Figure
    k: Figure
    cycle_time: Figure
    r_of_seeds: Figure
    r_of_friends: Figure
    growth: Figure
    doubling_time: Figure
    die_out: float | None
    laws: tuple[Offspring, Offspring] | None

    @property
    def decides(self) -> Figure:
        """The R that decides whether it goes on by itself."""
        return self.r if self.r_of_friends.too_early else self.r_of_friends


@dataclass(frozen=True, slots=True)
class Group:
    """People of one group: who came by the same channel, say, or in the same week.

    Attributes
    ----------
    label
        What they have in common; empty when unknown.
    visits
        Counted visits of this group.
    joins
        People in it.
    brought, shares, conversions
        What these people have brought, passed on and converted since, refunds taken off.
    r, k_factor
        How many each brings in the end, corrected; shares per participant times joins per share so far.
    is_rest
        Marks the line that sums all groups that got none of their own.
    sharers
        Those of them who passed it on at least once.
    passed_on
        How often it was passed on this way, by whomever; `shares` counts what these people passed on, in any way.
    """

    label: str
    visits: int
    joins: int
    brought: int
    shares: int
    conversions: int
    r: Figure
    k_factor: Figure
    is_rest: bool = False
    sharers: int = 0
    passed_on: int = 0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Participants parted by one thing: the largest groups first, days and weeks the newest first."""

    by: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class JoinsMatrix:
    """Joins by time and generation, for the stacked chart and for replaying.

    Attributes
    ----------
    step
        Width of each step: the first of a second, 5 s, 15 s, a minute … that needs at most 120 steps.
    times
        Starts of the steps, none left out.
    bands
        Generations of the rows; at most 12.
    counts
        ``counts[band][step]``, joins.
    """

    step: timedelta
    times: tuple[datetime, ...]
    bands: tuple[Band, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class People:
    """People of one cascade in the order in which they joined: five columns of equal length.

    Attributes
    ----------
    participant, parent, generation, joined_at, channel
        The columns; the parent of the seed is 0. A parent stands before its children.
    total
        People in the whole cascade (up to `until`); more than the columns hold when `limit` cut them.
    """

    participant: tuple[int, ...]
    parent: tuple[int, ...]
    generation: tuple[int, ...]
    joined_at: tuple[datetime, ...]
    channel: tuple[str, ...]
    total: int

    @property
    def is_cut(self) -> bool:
        """Whether people are missing."""
        return len(self.participant) < self.total


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a participant's history.

    Attributes
    ----------
    at, kind, verdict, reason, channel, creative, value, currency
        As in the event.
    participant
        Whose event: the person asked about, or a friend who joined through them.
    is_friend
        True for such a friend's join.
    """

    at: datetime
    kind: str
    verdict: str
    reason: str
    participant: int
    is_friend: bool
    channel: str
    creative: str
    value: int
    currency: str
