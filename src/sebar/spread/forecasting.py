"""What will likely become of a campaign: counts with intervals that hold, learned from campaigns before.

How much people pass on gives the mechanism (`passing_on`, `futures`), but its own intervals are far too narrow on real
campaigns: people do not pass on independently, and slow friends cannot be told from many. So quantiles are regressed on
its outputs and on what is plainly seen, and a conformal layer, from past campaigns that the regression has not seen,
makes the intervals hold. Without enough past campaigns there is only the mechanism, with its likelihood tempered, and
the forecast says that it is not calibrated.

References
----------
Szabo, Huberman: Predicting the popularity of online content. Communications of the ACM 53(8), 2010.
Romano, Patterson, Candès: Conformalized quantile regression. NeurIPS 2019.
Vovk: Cross-conformal predictors. Annals of Mathematics and Artificial Intelligence 74, 2015.
Bracher, Ray, Gneiting, Reich: Evaluating epidemic forecasts in an interval format. PLOS Comput. Biology 17(2), 2021.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread import pace, passing_on, quantile_regression
from sebar.spread._kernels import likelihood
from sebar.spread.forest import Forest
from sebar.spread.futures import Futures, Strength, drawn, steps, unfold
from sebar.spread.passing_on import VAGUE, Both, Fit, Prior
from sebar.spread.quantile_regression import Regression

Values = NDArray[np.float64]

LEVELS: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Quantiles of every forecast: the ends of its 95, 80 and 50 % intervals, and the median."""
ENOUGH_JOINS: Final = 10
"""Joins through friends below which nothing is foreseen."""
UNCALIBRATED_WIDENING: Final = 1.6
"""By how much intervals of the mechanism alone are widened: measured, so that most hold on public records."""
ENOUGH_PAST: Final = 40
"""Finished campaigns below which intervals cannot be calibrated: a 95 % interval takes that many."""

_DAY: Final = 86_400.0
_BINS: Final = 96  # quarters of an hour
_SMALLEST_GROWTH: Final = 0.02
_PARTS: Final = 5  # of the past, each foretold by the others to calibrate intervals
_TEMPER: Final = 3.0  # joins that count whole; of more, about the root counts
_RECENT: Final = (0.5, 0.25, 0.1, 0.03)
_NORMAL_80: Final = 2.5631
_END_DRAWS: Final = 500
_END_SEED: Final = 1  # the same people always say the same


@dataclass(frozen=True, slots=True)
class Clock:
    """The hours of the day: how much more, or less, is passed on in each quarter of an hour (96,), 1 on average."""

    weight: Values

    @staticmethod
    def of(past: Iterable[Forest], *, within: float = 7 * _DAY) -> Clock | None:
        """Return the clock that past joins show; None when nobody knows when they were."""
        counts = np.zeros(_BINS)
        for forest in past:
            if forest.start is not None:
                times = (forest.start + forest.joined[(forest.parent >= 0) & (forest.joined < within)]) % _DAY
                counts += np.bincount((times / _DAY * _BINS).astype(np.int64), minlength=_BINS)
        if not counts.any():
            return None
        around = np.concatenate([counts[-2:], counts, counts[:2]]) + 0.05 * counts.mean()
        smooth = np.convolve(around, np.array([1, 2, 3, 2, 1]) / 9, mode="valid")
        return Clock(smooth / smooth.mean())

    def pace(self, start: float, begin: float, end: float) -> float:
        """Return how fast things go between two moments, seconds since a start in UTC, beside the average of a day."""
        return max((self._passed(start + end) - self._passed(start + begin)) / max(end - begin, 1.0), 0.02)

    def _passed(self, when: float) -> float:
        days, into = divmod(when, _DAY)
        place = min(int(into / _DAY * _BINS), _BINS - 1)
        whole = float(self.weight[:place].sum()) * _DAY / _BINS
        return days * _DAY + whole + (into - place * _DAY / _BINS) * float(self.weight[place])


@dataclass(frozen=True, slots=True)
class Setting:
    """When is looked, and how far ahead: one of the kinds of forecast that are learned.

    Attributes
    ----------
    age, joins
        Looked this many seconds after the first join; or, if `joins` is given, when so many joined through friends.
    until, ahead
        How far: up to so many seconds after the first join; or, if `ahead` is given, so many seconds from now.
    """

    age: float = 0.0
    joins: int = 0
    until: float = 0.0
    ahead: float = 0.0

    def now(self, forest: Forest) -> float | None:
        """Return when such a forecast would have been made; None if never."""
        if not self.joins:
            return self.age
        through_friends = np.flatnonzero(forest.parent >= 0)
        return float(forest.joined[through_friends[self.joins - 1]]) if len(through_friends) >= self.joins else None

    def horizon(self, now: float) -> float:
        """Return the moment it would have been about."""
        return now + self.ahead if self.ahead else self.until


@dataclass(frozen=True, slots=True)
class _Learned:
    """A setting's regression of log growth, and by how much each level is moved, in units of the spread.

    `naive` is the mean logarithm of how many times as many there were in the end.
    """

    regression: Regression
    shift: Values
    naive: float

    def quantiles(self, features: Values) -> Values:
        """Return (n, levels) calibrated quantiles of log growth."""
        raw = self.regression.predict(features)
        return np.sort(raw + _spread(raw)[:, None] * self.shift, axis=1)


@dataclass(frozen=True, slots=True)
class Believed:
    """What past campaigns say of passing on before anything is seen of a new one."""

    participants: Prior = field(default_factory=lambda: VAGUE)
    seeds: Prior = field(default_factory=lambda: VAGUE)


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What was learned from past campaigns. Made by `learn`; `UNLEARNED` before the first.

    Attributes
    ----------
    campaigns
        How many there were.
    believed
        Their prior.
    clock
        Their hours of the day.
    learned
        What was learned for each setting.
    """

    campaigns: int = 0
    believed: Believed = field(default_factory=Believed)
    clock: Clock | None = None
    learned: dict[Setting, _Learned] = field(default_factory=dict)

    def nearest(self, age: float, joins: int, ahead: float) -> Setting | None:
        """Return the learned setting most like looking now; None when nothing was learned.

        Parameters
        ----------
        age
            Seconds since the first join.
        joins
            How many have joined through friends.
        ahead
            Seconds to the horizon.
        """

        def distance(setting: Setting) -> float:
            origin = math.log(setting.joins / max(joins, 1)) if setting.joins else math.log(setting.age / age)
            return abs(origin) + abs(math.log(max(setting.horizon(age) - age, 1.0) / ahead))

        return min(self.learned, key=distance, default=None)

    def quantiles(self, setting: Setting, forests: Sequence[Forest], moments: Sequence[tuple[float, float]]) -> Values:
        """Return (n, levels) quantiles of newcomers from now on, for several campaigns at once.

        Parameters
        ----------
        setting
            One that was learned.
        forests
            The campaigns; what lies after `now` is not looked at.
        moments
            Of each, now and the horizon, in seconds since its first join.
        """
        rows = [self._features(forest, now, horizon) for forest, (now, horizon) in zip(forests, moments, strict=True)]
        known = np.array(
            [_referred(forest, now) for forest, (now, _) in zip(forests, moments, strict=True)], np.float64
        )
        growth = self.learned[setting].quantiles(np.array(rows))
        # Nobody leaves: in this form no growth is exactly nobody, where a difference of two counts is rounded below.
        return _whole((1 + known)[:, None] * np.expm1(_ungrown(growth)))

    def naive(self, setting: Setting, count: int) -> float:
        """Return what Szabo and Huberman's rule makes of a count: that late ones are early ones times a constant."""
        return float(math.expm1(math.log1p(count) + self.learned[setting].naive))

    def encode(self) -> bytes:
        """Return it as JSON, for keeping."""
        return json.dumps(
            {
                "campaigns": self.campaigns,
                "believed": [_numbers(prior) for prior in (self.believed.participants, self.believed.seeds)],
                "clock": None if self.clock is None else self.clock.weight.tolist(),
                "learned": [
                    [asdict(setting), _numbers(one.regression), one.shift.tolist(), one.naive]
                    for setting, one in self.learned.items()
                ],
            }
        ).encode()

    @staticmethod
    def decode(content: bytes) -> Forecaster:
        """Return what `encode` wrote.

        Raises
        ------
        ValueError
            When something else wrote it.
        """
        try:
            known = json.loads(content)
            participants, seeds = (Prior(*map(np.array, prior)) for prior in known["believed"])
            learned = {
                Setting(**setting): _Learned(Regression(LEVELS, *map(np.array, regression)), np.array(shift), naive)
                for setting, regression, shift, naive in known["learned"]
            }
            clock = None if known["clock"] is None else Clock(np.array(known["clock"]))
            return Forecaster(known["campaigns"], Believed(participants, seeds), clock, learned)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"This is no forecaster that can be read: {error}.") from error

    def _features(self, forest: Forest, now: float, horizon: float) -> Values:
        return features(forest, now, horizon, believed=self.believed, clock=self.clock)


def _numbers(parts: Prior | Regression) -> list[list[float]]:
    arrays = (getattr(parts, name.name) for name in fields(parts))
    return [array.tolist() for array in arrays if isinstance(array, np.ndarray)]


UNLEARNED: Final = Forecaster()


def temper(joins: int) -> float:
    """Return the power of the likelihood for so many joins: of many joins, about their root is worth being believed.

    Measured on public records: 0.1 is best at 300 joins, 0.02 at 9,000.
    """
    return min(1.0, math.sqrt(_TEMPER / max(joins, 1)))


def by_mechanism(
    known: Both,
    horizon: float,
    *,
    believed: Believed | None = None,
    more_seeds: int = 0,
    arrivals: tuple[float, float] = (0.0, 0.0),
    population: float | None = None,
    seed: int,
) -> Futures:
    """Return futures by the mechanism alone, with its likelihood tempered; arguments as in `futures.unfold`.

    Parameters
    ----------
    known
        Everybody so far.
    horizon
        Seconds from now.
    """
    strength = Strength(*strength_of(known, believed or Believed()))
    return unfold(
        known,
        strength,
        steps(horizon),
        more_seeds=more_seeds,
        arrivals=arrivals,
        population=population,
        seed=seed,
    )


def widened(quantiles: Values, factor: float = UNCALIBRATED_WIDENING) -> Values:
    """Return quantiles of newcomers, levels last, moved from their median on the scale of log(1 + count)."""
    logs = np.log1p(quantiles)
    middle = logs[..., [LEVELS.index(0.5)]]
    return _whole(np.maximum(np.expm1(middle + factor * (logs - middle)), 0.0))


def strength_of(known: Both, believed: Believed) -> tuple[Fit | Prior, Fit | Prior]:
    """Return how participants and seeds pass on, with the tempered likelihood; the prior where there is nobody."""
    power = temper(int(known.participants.delays + known.seeds.delays))
    found: list[Fit | Prior] = []
    for some, prior in ((known.participants, believed.participants), (known.seeds, believed.seeds)):
        found.append(passing_on.fit(some, prior=prior, power=power) if some.everybody else prior)
    return found[0], found[1]


def dies_out(known: Both, believed: Believed | None = None) -> float:
    """Return the chance, 0 to 1, that nobody joins any more in the end unless seeds are added.

    By the mechanism with its likelihood tempered, as forecasts are: the plain likelihood is far too sure. What friends
    pass on decides, since every newcomer who is no seed is one.
    """
    strength, _ = strength_of(known, believed or Believed())
    draws = np.exp(drawn(strength, _END_DRAWS, np.random.default_rng(_END_SEED)))
    return float(np.mean([pace.dies_out(theta, known.together) for theta in draws]))


def features(forest: Forest, now: float, horizon: float, *, believed: Believed, clock: Clock | None) -> Values:
    """Return (f,) what a campaign looks like at a moment, nothing later than which is looked at.

    How many joined through friends and how long ago the campaign began; how much of it was lately; how long ago the
    last joins were; how direct, how deep, how uneven it is; what the mechanism expects; the hours of the day.
    """
    seen = forest.until(now)
    friends = seen.parent >= 0
    when, mother, depth = seen.joined[friends], seen.parent[friends], seen.generation[friends]
    joins = len(when)
    late = slice(joins - max(joins // 4, 1), joins)
    brought = np.bincount(mother, minlength=len(seen.joined))
    not_seeds = brought[friends]
    minute, age = 60.0, max(now, 60.0)
    found = [
        math.log(joins),
        math.log(age),
        *(math.log((np.count_nonzero(when > now - share * age) + 0.5) / (joins * share + 0.5)) for share in _RECENT),
        math.log((now - when[-min(10, joins)] + minute) / (age + minute)),
        math.log((now - when[-1] + minute) / (age + minute)),
        math.log((when[joins // 2] + minute) / (age + minute)),
        math.log((when[0] + minute) / (age + minute)),
        float(np.mean(depth == 1)),
        float(np.mean(depth[late] == 1)),
        math.log1p(int(not_seeds.max())) - math.log(joins),
        np.count_nonzero(not_seeds) / joins,
        math.log(float(depth.mean())),
        math.log(float(depth[late].mean())),
        *_mechanism(seen, now, horizon, believed),
    ]
    if clock is not None:
        found += _hours(clock, seen.start, now)
    return np.array(found)


def _mechanism(seen: Forest, now: float, horizon: float, believed: Believed) -> list[float]:
    """Return the growth that people there now will bring directly, and how much and how soon they pass on."""
    known = passing_on.statistics(seen.joined, seen.parent, now=now)
    expected, found = 0.0, []
    joins = known.participants.delays + known.seeds.delays
    for some, strength in zip((known.participants, known.seeds), strength_of(known, believed), strict=True):
        theta = strength.theta if isinstance(strength, Fit) else strength.centre
        expected += likelihood.expected(theta, some.age, some.people, some.brought, horizon - now)
        found += [float(theta[0]), float(theta[2])]
    return [float(_grown(np.array(joins), np.array(joins + expected))), *found]


def _hours(clock: Clock, start: float | None, now: float) -> list[float]:
    if start is None:
        return [0.0] * 4
    spans = ((now, now + _DAY / 8), (now, now + _DAY / 3), (0.75 * now, now), (0.0, now))
    return [math.log(clock.pace(start, begin, end)) for begin, end in spans]


def _grown(before: Values, after: Values) -> Values:
    """Return the logarithm of relative growth, on which forecasts are made."""
    found: Values = np.log(np.log1p(after) - np.log1p(before) + _SMALLEST_GROWTH)
    return found


def _ungrown(growth: Values) -> Values:
    """Return the growth of log(1 + count), never below none."""
    found: Values = np.maximum(np.exp(growth) - _SMALLEST_GROWTH, 0.0)
    return found


def _whole(quantiles: Values) -> Values:
    """Return quantiles as the whole numbers that counts are: intervals end at people, outwards."""
    half = LEVELS.index(0.5)
    return np.concatenate(
        [
            np.floor(quantiles[..., :half]),
            np.rint(quantiles[..., half : half + 1]),
            np.ceil(quantiles[..., half + 1 :]),
        ],
        axis=-1,
    )


def _referred(forest: Forest, now: float) -> int:
    """Return how many have joined through friends by now."""
    return int(np.count_nonzero(forest.parent[: forest.people(now)] >= 0))


def _spread(quantiles: Values) -> Values:
    return (quantiles[:, LEVELS.index(0.9)] - quantiles[:, LEVELS.index(0.1)]) / _NORMAL_80 + 0.05


def learn(
    past: Sequence[Forest],
    settings: Iterable[Setting],
    *,
    progress: Callable[[str], None] | None = None,
) -> Forecaster:
    """Learn from finished campaigns.

    For each setting, quantiles are regressed on what past campaigns looked like. Intervals are calibrated by how far
    each fifth of the campaigns, every fifth one, fell from what the others foretell of it (cross-conformal), so all of
    a short past serves both. Then the regression is fitted once more to all of it.

    Parameters
    ----------
    past
        Finished campaigns, all different. Parts of one should stand five places apart, or intervals become too narrow.
    settings
        The kinds of forecast wanted. One with fewer than `ENOUGH_PAST` examples is not learned.
    progress
        Told in words what is being done.
    """
    clock = Clock.of(past)
    believed = _believe(past)
    forecaster = Forecaster(len(past), believed, clock)
    for setting in settings:
        if progress is not None:
            progress(f"{setting}")
        found = _learn_one(forecaster, past, setting)
        if found is not None:
            forecaster.learned[setting] = found
    return forecaster


def _learn_one(forecaster: Forecaster, past: Sequence[Forest], setting: Setting) -> _Learned | None:
    rows, growth, ratios = [], [], []
    for forest in past:
        now = setting.now(forest)
        if now is None or not 0 < now < setting.horizon(now) or _referred(forest, now) < ENOUGH_JOINS:
            continue
        horizon = setting.horizon(now)
        rows.append(forecaster._features(forest, now, horizon))  # noqa: SLF001 - our own class
        before = float(_referred(forest, now))
        after = before + forest.people(horizon) - forest.people(now)
        growth.append(float(_grown(np.array(before), np.array(after))))
        ratios.append(math.log1p(after) - math.log1p(before))
    if len(rows) < ENOUGH_PAST:
        return None
    table, outcome = np.array(rows), np.array(growth)
    shift = conformal_shift(_foretold(table, outcome), outcome)
    return _Learned(quantile_regression.fit(table, outcome, LEVELS), shift, float(np.mean(ratios)))


def _foretold(table: Values, outcome: Values) -> Values:
    """Return (n, levels) what each part of the examples looks like to a regression fitted to the others."""
    found = np.empty((len(outcome), len(LEVELS)))
    part = np.arange(len(outcome)) % _PARTS
    for one in range(_PARTS):
        others = part != one
        found[~others] = quantile_regression.fit(table[others], outcome[others], LEVELS).predict(table[~others])
    return found


def conformal_shift(quantiles: Values, outcome: Values) -> Values:
    """Return (levels,) by how much each level must move, in units of the spread, to have held on these.

    With n past errors, the level below a half takes the error of rank floor(level (n + 1)), the others that of rank
    ceil(level (n + 1)), so that intervals hold at least as often as they say when the future is like the past.
    """
    spread = _spread(quantiles)
    error = np.sort((outcome[:, None] - quantiles) / spread[:, None], axis=0)
    count = len(outcome)
    shift = np.empty(len(LEVELS))
    for place, level in enumerate(LEVELS):
        rank = math.floor(level * (count + 1)) if level < 0.5 else math.ceil(level * (count + 1))  # noqa: PLR2004 - half
        shift[place] = error[min(max(rank, 1), count) - 1, place]
    return shift


def _believe(past: Sequence[Forest], *, most: int = 200, rounds: int = 3) -> Believed:
    """Return the prior that explains past campaigns best, by expectation and maximisation with normal posteriors."""
    if len(past) < ENOUGH_JOINS:
        return Believed()
    some = [past[place] for place in np.linspace(0, len(past) - 1, min(most, len(past))).astype(np.int64)]
    known = [passing_on.statistics(one.joined, one.parent, now=float(one.joined[-1]) + 60.0) for one in some]
    believed = Believed()
    for _ in range(rounds):
        fits = [strength_of(one, believed) for one in known]
        believed = Believed(
            _gathered([fit for fit, _ in fits if isinstance(fit, Fit)]),
            _gathered([fit for _, fit in fits if isinstance(fit, Fit)]),
        )
    return believed


def _gathered(fits: Sequence[Fit]) -> Prior:
    if len(fits) < ENOUGH_JOINS:
        return VAGUE
    modes = np.array([fit.theta for fit in fits])
    spread = np.cov(modes.T) + np.mean([fit.covariance for fit in fits], axis=0)
    # What became large enough to be kept says little of what a new campaign will do: never narrower than this.
    widened = np.maximum(np.diag(spread), np.array([1.0, 0.5, 0.25, 0.02])) - np.diag(spread)
    return Prior(modes.mean(axis=0), np.linalg.inv(spread + np.diag(widened)))


def interval_score(quantiles: Sequence[float] | Values, outcome: float) -> float:
    """Return the weighted interval score of one forecast on log(1 + count): smaller is better.

    It grows with the width of the 50, 80 and 95 % intervals and with how far the outcome lies outside of them.
    """
    logs, came = np.log1p(np.asarray(quantiles, np.float64)), math.log1p(outcome)
    total = 0.5 * abs(came - float(logs[3]))
    for outside, low, high in ((0.5, 2, 4), (0.2, 1, 5), (0.05, 0, 6)):
        missed = max(float(logs[low]) - came, 0.0) + max(came - float(logs[high]), 0.0)
        total += outside / 2 * float(logs[high] - logs[low]) + missed
    return total / 3.5
