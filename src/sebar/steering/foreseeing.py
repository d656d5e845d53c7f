"""Making a look ahead from what is stored of a campaign, and learning from the finished ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.campaigns.models import Campaign
from sebar.measures import ahead
from sebar.measures.ahead import Totals
from sebar.measures.spreading import figure, fitted
from sebar.spread import cascade, forecasting, futures, passing_on
from sebar.spread.estimate import TooEarly
from sebar.spread.forecasting import Forecaster, Setting
from sebar.spread.forest import Forest
from sebar.spread.passing_on import Both
from sebar.steering import queries, rules
from sebar.steering.actions import Foreseen
from sebar.steering.models import Quantity
from sebar.steering.rules import Ahead, MoreSeeds, Outlook

Values = NDArray[np.float64]

_HOUR: Final = 3600.0
_DAY: Final = 86_400.0
SETTINGS: Final = tuple(
    Setting(age=hours * _HOUR, ahead=days * _DAY)
    for hours in (1, 3, 6, 12, 24, 48, 96, 168, 336, 720)
    for days in (1, 7)
)
"""When campaigns were looked at, and how far ahead, to learn from them."""
_KNOWN_BEFORE: Final = 3.0  # of how many come a day as much is known as from so many seeds, before any of it was seen
_MOST_PAST: Final = 400  # finished campaigns, the newest, that are learned from
_MORE_SEEDS: Final = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
_COARSE: Final = 16  # steps are enough to compare with and without seeds
_SHOWN_MORE: Final = 5
_SURE: Final = 0.8
_SEED: Final = 1
_DRAWS: Final = 2000  # of the ratio of other quantities to participants
_UNSURE_RATIO: Final = 0.15  # relative deviation of that ratio, beside what its count says


def foresee(
    campaign: Campaign, totals: Totals, *, now: datetime, widening: float
) -> tuple[Outlook, list[Foreseen]] | None:
    """Return a look ahead for a campaign, and the same as lines for the record; None while it is too early.

    It is too early until R can be told as `measures.spreading` tells it: before, futures say nothing but what was
    believed of other campaigns.

    Parameters
    ----------
    campaign
        Which one.
    totals
        What it has come to by now.
    now
        The moment of looking.
    widening
        By how much intervals missed too often lately (`rules.widening`).

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    people = _people(campaign.pk, until=now)
    moments = rules.horizons(now, campaign.ends_at)
    if people is None or not moments:
        return None
    forest, first = people
    age = (now - first).total_seconds()
    known = passing_on.statistics(forest.joined, forest.parent, now=age)
    everybody, friends = fitted(known.together), fitted(known.participants)
    if everybody is None or isinstance(figure(everybody, "r"), TooEarly):
        return None
    is_of_friends = not isinstance(figure(friends, "r"), TooEarly)
    passing = friends if friends is not None and is_of_friends else everybody
    forecaster = _forecaster()
    looked = _Look(forest, known, forecaster, age=age, population=campaign.population, widening=widening)
    spans = [(moment - now).total_seconds() for moment in moments]
    edges = np.unique(np.concatenate([futures.steps(spans[-1]), spans]))
    fan = looked.ahead(edges)
    at = {span: fan[np.searchsorted(edges[1:], span)] for span in spans}
    counted = {
        Quantity.PARTICIPANTS: totals.participants,
        Quantity.REACH: totals.reached,
        Quantity.CONVERSIONS: totals.conversions,
    }
    by_quantity = {
        quantity.value: [
            Ahead(
                moment,
                _total(at[span], count)
                if quantity == Quantity.PARTICIPANTS
                else _alongside(at[span], count, totals.participants),
            )
            for moment, span in zip(moments, spans, strict=True)
        ]
        for quantity, count in counted.items()
    }
    more, chance, needed = looked.more_seeds(edges, fan[-1], campaign.goal)
    outlook = Outlook(
        goal=campaign.goal,
        population=campaign.population,
        counted={quantity.value: count for quantity, count in counted.items()},
        ahead=by_quantity,
        fan=[Ahead(now, (float(totals.participants),) * len(rules.LEVELS))]
        + [
            Ahead(now + timedelta(seconds=float(edge)), _total(row, totals.participants))
            for edge, row in zip(edges[1:], fan, strict=True)
        ],
        is_calibrated=looked.is_calibrated,
        learned_from=forecaster.campaigns,
        r=passing.r(),
        is_r_of_friends=is_of_friends,
        seeds_a_day=looked.seeds_a_day,
        most=totals.participants + looked.room(),
        takes_off=looked.takes_off(edges),
        k=passing.k(),
        cycle_time=passing.cycle_time(),
        die_out=looked.die_out(),
        busiest=_busiest(forest, age, edges, fan, now),
        chance_of_goal=chance,
        more_seeds=more,
        seeds_to_goal=needed,
    )
    record = [
        Foreseen(
            quantity,
            one.at,
            counted[Quantity(quantity)],
            one.quantiles,
            looked.is_calibrated,
            looked.naive(one.at, now) if quantity == Quantity.PARTICIPANTS else None,
        )
        for quantity, moments_ahead in by_quantity.items()
        for one in moments_ahead
    ]
    return outlook, record


def interval_score(quantiles: Sequence[float], outcome: int) -> float:
    """Return the weighted interval score of a forecast whose time has come."""
    return forecasting.interval_score(quantiles, outcome)


def learn(finished: Iterable[Campaign]) -> bytes:
    """Return what the newest finished campaigns teach, to be kept."""
    past = []
    for campaign in list(finished)[:_MOST_PAST]:
        people = _people(campaign.pk)
        if people is not None:
            past.append(people[0])
    return forecasting.learn(past, SETTINGS).encode()


class _Look:
    """One look at one campaign."""

    def __init__(
        self,
        forest: Forest,
        known: Both,
        forecaster: Forecaster,
        *,
        age: float,
        population: int | None,
        widening: float,
    ) -> None:
        self.known = known
        self._forest = forest
        self._age = age
        self._forecaster = forecaster
        self._population = float(population) if population else None
        self._widening = widening
        self._strength = futures.Strength(*forecasting.strength_of(self.known, forecaster.believed))
        self._joins = int(np.count_nonzero(forest.parent >= 0))
        self._arrivals = _arrivals(forest, age)

    @property
    def is_calibrated(self) -> bool:
        """Whether past campaigns have taught how wide intervals must be."""
        return self._joins >= forecasting.ENOUGH_JOINS and bool(self._forecaster.learned)

    @property
    def seeds_a_day(self) -> float:
        """How many seeds keep coming."""
        shape, scale = self._arrivals
        return shape * scale * _DAY

    def ahead(self, edges: Values) -> Values:
        """Return (steps, levels) quantiles of newcomers."""
        mechanism = self._futures(edges).quantiles(rules.LEVELS)
        if self.is_calibrated:
            newcomers = self._through_anchors(edges[1:], mechanism)
        else:
            newcomers = forecasting.widened(mechanism)
        return np.minimum(_widened(newcomers, self._widening), self.room())

    def takes_off(self, edges: Values) -> float:
        """Return the share of futures that grow beyond what can be told."""
        if self._population is not None:
            return 0.0
        return float(np.mean(self._futures(edges).newcomers[:, -1] > self.room()))

    def more_seeds(
        self, edges: Values, base: Values, goal: int | None
    ) -> tuple[list[MoreSeeds], float | None, int | None]:
        """Return what seeds added now would make of the last moment, the chance of the goal, and the seeds it takes."""
        there = len(self._forest.joined)
        chance = rules.chance_of(goal, base.tolist(), there) if goal else None
        coarse = futures.steps(edges[-1], _COARSE)
        plain = self._futures(coarse, futures_each=10).quantiles(rules.LEVELS)[-1]
        possible = [seeds for seeds in _MORE_SEEDS if there / 300 <= seeds <= self.room(seeds)]
        found = []
        for seeds in possible[:_SHOWN_MORE]:
            gain = self._futures(coarse, more_seeds=seeds, futures_each=10).quantiles(rules.LEVELS)[-1] - plain
            newcomers = np.minimum(np.maximum.accumulate(np.maximum(base + gain, base)), self.room(seeds))
            reached = rules.chance_of(goal, newcomers.tolist(), there) if goal else None
            found.append(MoreSeeds(seeds, _total(newcomers, there), reached))
        needed = 0 if chance is not None and chance >= _SURE else rules.seeds_for(_SURE, found) if goal else None
        return found, chance, needed

    def die_out(self) -> float:
        """Return the chance that all this ends by itself unless seeds are added."""
        return forecasting.dies_out(self.known, self._forecaster.believed)

    def naive(self, at: datetime, now: datetime) -> float | None:
        """Return Szabo and Huberman's forecast; None while nothing was learned."""
        setting = self._setting((at - now).total_seconds())
        if not self.is_calibrated or setting is None:
            return None
        seeds = len(self._forest.joined) - self._joins
        return seeds + self._forecaster.naive(setting, self._joins)

    def room(self, more_seeds: int = 0) -> float:
        """Return how many more there can be at most: who is not there yet, or as many as can be told."""
        there = len(self._forest.joined)
        if self._population is not None:
            return max(self._population - there, 0.0)
        return float(rules.MOST_GROWTH * (there + more_seeds))

    def _futures(self, edges: Values, *, more_seeds: int = 0, futures_each: int = 20) -> futures.Futures:
        return futures.unfold(
            self.known,
            self._strength,
            edges,
            draws=60,
            futures=futures_each,
            more_seeds=more_seeds,
            arrivals=self._arrivals,
            population=self._population,
            seed=_SEED,
        )

    def _setting(self, ahead_seconds: float) -> Setting | None:
        return self._forecaster.nearest(self._age, self._joins, ahead_seconds)

    def _through_anchors(self, after: Values, mechanism: Values) -> Values:
        """Lead each level through what is calibrated, a day and a week ahead; in between as the mechanism goes."""
        times, levels = [0.0], [np.zeros(len(rules.LEVELS))]
        for span in (_DAY, 7 * _DAY):
            setting = self._setting(span)
            if setting is None or span > after[-1]:
                continue
            moment = (self._age, self._age + span)
            times.append(span)
            levels.append(np.maximum(self._forecaster.quantiles(setting, [self._forest], [moment])[0], levels[-1]))
        middle = mechanism[:, rules.LEVELS.index(0.5)]
        expected = np.interp(after, np.concatenate([[0.0], after]), np.concatenate([[0.0], middle]))
        at_anchors = np.interp(times, np.concatenate([[0.0], after]), np.concatenate([[0.0], middle]))
        at_anchors = np.maximum.accumulate(at_anchors + 1e-9 * np.arange(len(times)))
        found = np.column_stack([np.interp(expected, at_anchors, column) for column in np.array(levels).T])
        # Beyond the last anchor each level grows by as many times as it does in the mechanism.
        last = max(int(np.searchsorted(after, times[-1])), 0)
        beyond = after > times[-1]
        if beyond.any() and len(times) > 1:
            growth = (mechanism[beyond] + 1.0) / (mechanism[min(last, len(after) - 1)] + 1.0)
            found[beyond] = levels[-1] * np.maximum(growth, 1.0)
        return np.maximum.accumulate(np.rint(found), axis=0)


def _arrivals(forest: Forest, age: float) -> tuple[float, float]:
    """Return shape and scale of the Gamma distributed number of seeds that keep arriving each second.

    As many come a day as came in the last one, however little of it a campaign has seen: what the first minutes bring
    is the launch, and no pace for a week. The less of a day was seen, the less is known of it. Seeds of one moment were
    added in one go and count as one; the first of all is where the clock begins.
    """
    moments = np.unique(forest.joined[forest.parent < 0])
    came = float(np.count_nonzero(moments > max(age - _DAY, 0.0)))
    if not came:
        return 0.0, 0.0
    seen = min(age / _DAY, 1.0)
    shape = seen * came + (1.0 - seen) * _KNOWN_BEFORE
    return shape, came / _DAY / shape


def _people(campaign: int, *, until: datetime | None = None) -> tuple[Forest, datetime] | None:
    people = ahead.forest(campaign, until=until)
    if people is None:
        return None
    parent = cascade.parents(people.participant, people.parent)
    return Forest(people.joined, parent, people.first.timestamp()), people.first


def _forecaster() -> Forecaster:
    newest = queries.newest_learned()
    return forecasting.UNLEARNED if newest is None else _decoded(newest.pk, bytes(newest.content))


@lru_cache(maxsize=1)
def _decoded(_number: int, content: bytes) -> Forecaster:
    try:
        return Forecaster.decode(content)
    except ValueError:  # another version of the program wrote it; it is learned anew when the next campaign ends
        return forecasting.UNLEARNED


def _widened(newcomers: Values, factor: float) -> Values:
    return forecasting.widened(newcomers, factor) if factor > 1 else newcomers


def _total(newcomers: Values, known: int) -> tuple[float, ...]:
    return tuple(float(known + value) for value in newcomers)


def _alongside(newcomers: Values, count: int, participants: int) -> tuple[float, ...]:
    """Return the quantiles of something that grows with participants: newcomers bring as much as those before.

    How much that is, is known up to chance (Jeffreys’ posterior of a Poisson rate): where nothing was counted yet,
    something may still come.
    """
    random = np.random.default_rng(_SEED)
    drawn = np.interp(random.random(_DRAWS), rules.LEVELS, newcomers)
    ratios = random.gamma(count + 0.5, 1.0 / participants, _DRAWS)
    ratios *= random.lognormal(-0.5 * _UNSURE_RATIO**2, _UNSURE_RATIO, _DRAWS)
    found = np.quantile(random.poisson(drawn * ratios), rules.LEVELS)
    return _total(np.rint(found), count)


def _busiest(forest: Forest, age: float, edges: Values, fan: Values, now: datetime) -> datetime | None:
    """Return when most joins a day will likely come; None when that is past."""
    days = np.arange(0.0, edges[-1] + 1, _DAY)
    middle = np.concatenate([[0.0], fan[:, rules.LEVELS.index(0.5)]])
    ahead_by_day = np.diff(np.interp(days, edges, middle))
    past_by_day = np.bincount((np.maximum(age - forest.joined, 0.0) // _DAY).astype(np.int64))
    if not len(ahead_by_day) or ahead_by_day.max() <= past_by_day.max():
        return None
    return now + timedelta(seconds=float(days[int(ahead_by_day.argmax())] + _DAY / 2))
