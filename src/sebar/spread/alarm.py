"""Alarms for shares that turn bad: reactions that are negative, joins that are suspicious, clicks that lead to a join.

Growth is no alarm, so what is watched is a share: of ``total`` things in an hour, ``events`` are of the kind. Hour by
hour each of a few bets, that the share has become 1.25, 1.5, 2, 3 or 5 times what is tolerated, multiplies its stake
by the likelihood ratio, and one more unit is staked (Shiryaev and Roberts). The mean of the bets after ``T`` looks is
above ``c`` with a chance of at most ``T / c`` as long as the share never exceeds what is tolerated, whatever its course
and whenever one looks; so ``c`` is the horizon divided by the chance of a false alarm that one will bear.

Things of one hour are alike (the same post, the same crowd), so they count for less than so many independent ones:
the exponent is divided by ``1 + (n - 1) rho``. That keeps the promise for independent things, and comes near it for
clustered ones, whose rho has to be estimated.

Everybody is to be counted once by the caller: one person who reacts fifty times is one reaction.

References
----------
Shin, Ramdas, Rinaldo: E-detectors: a nonparametric framework for sequential change detection. New England J.
Statistics in Data Science 2(2), 2024. Roberts: A comparison of some control chart procedures. Technometrics 8, 1966.
Page: Continuous inspection schemes. Biometrika 41, 1954 (since when). Kleinman: Proportions with extraneous variance.
J. American Statistical Association 68, 1973 (rho).
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread.estimate import Estimate, TooEarly
from sebar.spread.special import share_bounds

Values = NDArray[np.float64]
Direction = Literal["up", "down"]

FACTORS: Final = (1.25, 1.5, 2.0, 3.0, 5.0)
"""How many times what is tolerated each bet takes the share to have become."""
LOOKS: Final = 720
"""An hourly look for 30 days."""
NOTICE: Final = 20
"""A notice, which promises nothing, takes a twentieth of an alarm's evidence."""
LEEWAY: Final = 1.2
"""What is tolerated exceeds, by this factor, the most that the first days leave possible."""
CAUTION: Final = 1.3
"""The rho that is reckoned with exceeds the estimate by this factor, and by one standard error at least."""

_FEWEST_LOOKS: Final = 24
_FEWEST: Final = 50
_TAIL: Final = 0.01
_ONSET: Final = 0  # whenever a larger factor has evidence, the smallest has too: log-likelihoods are concave
# Evidence beyond this adds nothing, and its product with the next might not fit a double.
_MOST: Final = 1e100
_MOST_GAIN: Final = 400.0


@dataclass(frozen=True, slots=True)
class State:
    """What is to be stored between two looks: ten numbers.

    Attributes
    ----------
    looks
        How many looks there have been.
    bets
        What each of the five bets has become.
    rise
        Logarithm of the evidence since the likely change; 0 when there is none.
    since
        The number of looks before the likely change.
    events, total
        What has been counted since the likely change.
    """

    looks: int = 0
    bets: tuple[float, ...] = (0.0,) * len(FACTORS)
    rise: float = 0.0
    since: int = 0
    events: int = 0
    total: int = 0

    def numbers(self) -> list[float]:
        """Return the state as a list to store, as JSON for instance."""
        return [self.looks, *self.bets, self.rise, self.since, self.events, self.total]

    @staticmethod
    def of(numbers: Sequence[float]) -> State:
        """Return the state that was stored as `numbers`."""
        looks, *bets, rise, since, events, total = numbers
        return State(int(looks), tuple(bets), float(rise), int(since), int(events), int(total))


@dataclass(frozen=True, slots=True)
class Alarm:
    """The share has become worse than is tolerated.

    Attributes
    ----------
    direction
        ``"up"`` when the share is too large, ``"down"`` when it is too small.
    seen
        The share since the likely change. Its interval does not know that the stretch was chosen for being unusual.
    tolerated
        The share that is tolerated.
    since
        The look (0 is the first) from which on the share has likely been so.
    looks
        How many looks there have been.
    evidence
        Mean of the bets; an alarm takes `Detector.threshold`, a notice a twentieth.
    chance
        Of such a thing within the horizon although all is well: at most this, 1 when nothing is promised.
    notice
        Whether it is only a notice.
    """

    direction: Direction
    seen: Estimate
    tolerated: float
    since: int
    looks: int
    evidence: float
    chance: float
    notice: bool


@dataclass(frozen=True)
class Detector:
    """What is tolerated, and how readily to sound an alarm.

    Attributes
    ----------
    tolerated
        The share that is tolerated, between 0 and 1.
    direction
        Whether to watch for more (``"up"``) or for less (``"down"``) than that.
    looks
        The horizon: how many looks there will be.
    false_alarm
        The chance that one will bear of an alarm within the horizon although all is well.
    rho
        How alike things of one look are, 0 (independent) to 1 (all the same).

    Raises
    ------
    ValueError
        When a number lies outside its range.
    """

    tolerated: float
    direction: Direction = "up"
    looks: int = LOOKS
    false_alarm: float = 0.05
    rho: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("tolerated", self.tolerated), ("false_alarm", self.false_alarm)):
            if not 0.0 < value < 1.0:
                raise ValueError(f"{name} is {value:g}; give a share between 0 and 1, both excluded.")
        if not 0.0 <= self.rho <= 1.0:
            raise ValueError(f"rho is {self.rho:g}; give a number from 0 to 1.")
        if self.looks < 1:
            raise ValueError(f"looks is {self.looks}; give at least 1.")

    @property
    def threshold(self) -> float:
        """The evidence that an alarm takes."""
        return self.looks / self.false_alarm

    def observe(self, state: State, events: int, total: int) -> tuple[State, Alarm | None]:
        """Look once more.

        Parameters
        ----------
        state
            What the last look left; `State()` at first, and again once somebody has seen to an alarm.
        events, total
            How many of how many since then are of the kind; each person counted once.

        Returns
        -------
        tuple
            The state to store, and an alarm or notice for as long as there is evidence enough.

        Raises
        ------
        ValueError
            When there are more events than things, or fewer than none.
        """
        gains = self._gains(*_counts(events, total))
        bets = self._after(np.array(state.bets), gains)
        rise = state.rise + float(gains[_ONSET])
        after = State(looks=state.looks + 1, bets=tuple(bets.tolist()), since=state.looks + 1)
        if rise > 0.0:
            after = replace(
                after,
                rise=rise,
                since=state.since,
                events=state.events + events,
                total=state.total + total,
            )
        return after, self._alarm(after)

    def replay(self, events: ArrayLike, total: ArrayLike) -> Values:
        """Return (…, looks) the evidence after each look of one or many streams that are known already.

        Parameters
        ----------
        events, total
            (…, looks) how many of how many at each look.

        Raises
        ------
        ValueError
            When there are more events than things, or fewer than none, or the arrays differ in shape.
        """
        so_far = np.cumsum(self._gains(*_counts(events, total)), axis=-2)
        # A bet is the sum, over the looks at which a unit was staked, of what there has been gained since.
        before = np.concatenate([np.zeros_like(so_far[..., :1, :]), so_far[..., :-1, :]], axis=-2)
        bets = so_far + np.logaddexp.accumulate(-before, axis=-2)
        mean = np.logaddexp.reduce(bets, axis=-1) - np.log(len(FACTORS))
        found: Values = np.exp(np.minimum(mean, np.log(_MOST)))
        return found

    @cached_property
    def _ratios(self) -> tuple[Values, Values]:
        """(5,) logarithms of the likelihood ratios of something of the kind, and of anything else."""
        factors = np.array(FACTORS)
        if self.direction == "down":
            suspected = self.tolerated / factors
        else:  # large shares cannot double: there the rest becomes so many times smaller
            suspected = np.minimum(self.tolerated * factors, 1.0 - (1.0 - self.tolerated) / factors)
        return np.log(suspected / self.tolerated), np.log((1.0 - suspected) / (1.0 - self.tolerated))

    def _gains(self, events: Values, total: Values) -> Values:
        """Return (…, 5) the logarithms of what each bet is multiplied by."""
        hit, miss = self._ratios
        gains = events[..., None] * hit + (total - events)[..., None] * miss
        found: Values = gains / _inflation(total, self.rho)[..., None]
        return found

    @staticmethod
    def _after(bets: Values, gains: Values) -> Values:
        """Return what one look makes of the bets, and of one more unit on each."""
        found: Values = np.minimum((bets + 1.0) * np.exp(np.minimum(gains, _MOST_GAIN)), _MOST)
        return found

    def _alarm(self, state: State) -> Alarm | None:
        evidence = sum(state.bets) / len(state.bets)
        notice = evidence < self.threshold
        # Bets that only time has made large, with nothing lately to speak for a change, are none of anybody's business.
        if evidence < self.threshold / NOTICE or not state.total:
            return None
        return Alarm(
            direction=self.direction,
            seen=_share(state.events, state.total, state.total / (state.looks - state.since), self.rho),
            tolerated=self.tolerated,
            since=state.since,
            looks=state.looks,
            evidence=evidence,
            chance=1.0 if notice else min(1.0, max(self.looks, state.looks) / self.threshold),
            notice=notice,
        )


def learn_detector(
    events: ArrayLike,
    total: ArrayLike,
    *,
    direction: Direction = "up",
    looks: int = LOOKS,
    false_alarm: float = 0.05,
) -> Detector | TooEarly:
    """Return a detector that tolerates what the first days, in which all was well, leave possible.

    It tolerates the 99 % bound of the share, that things of an hour are alike taken into account, times 1.2 (or
    divided by it, for a share that should not fall).

    Parameters
    ----------
    events, total
        (t,) how many of how many at each look, for some days: 72 hours are good, 24 the least.
    direction, looks, false_alarm
        As for `Detector`.

    Returns
    -------
    Detector or TooEarly
        Too early when there were fewer than 24 looks with anything in them, or fewer than 50 things, or, for a share
        that should not fall, nothing of the kind.

    Raises
    ------
    ValueError
        When there are more events than things, or fewer than none, or the arrays differ in length.
    """
    hits, things = _counts(events, total)
    used = things > 0
    hits, things = hits[used], things[used]
    if len(things) < _FEWEST_LOOKS:
        return TooEarly(len(things), _FEWEST_LOOKS, "looks")
    if things.sum() < _FEWEST:
        return TooEarly(int(things.sum()), _FEWEST, "things looked at")
    if direction == "down" and not hits.any():
        return TooEarly(0, 1, "events")
    likely, error = likeness(hits, things)
    rho = min(max(CAUTION * likely, likely + error), 1.0)
    size = float(things.sum() / _mean_inflation(things, rho))
    low, high = share_bounds(float(hits.sum() / things.sum()) * size, size, below=_TAIL, above=_TAIL)
    # Where leeway would take it to 1, the share of the rest shrinks instead.
    tolerated = low / LEEWAY if direction == "down" else min(high * LEEWAY, 1.0 - (1.0 - high) / LEEWAY)
    if not 0.0 < tolerated < 1.0:
        return TooEarly(int(things.sum() - hits.sum()), 1, "things of another kind")
    return Detector(tolerated, direction, looks, false_alarm, rho)


def likeness(events: ArrayLike, total: ArrayLike) -> tuple[float, float]:
    """Return rho, how alike things of one look are (0 to 1), by Pearson's statistic, and its standard error.

    The variance of ``events`` is taken for ``n p (1 - p) (1 + (n - 1) rho)``. The error is that of independent counts,
    whose statistic varies more than chi-squared when events are rare, times what rho makes of it. Both are 0 when
    there is nothing to go by: only events, or none, or never two things at a look.

    Parameters
    ----------
    events, total
        (t,) how many of how many at each look.
    """
    hits, things = _counts(events, total)
    used = things > 0
    hits, things = hits[used], things[used]
    pairs = float((things - 1).sum())
    share = float(hits.sum() / things.sum()) if len(things) else 0.0
    if pairs <= 0 or not 0.0 < share < 1.0:
        return 0.0, 0.0
    variance = things * share * (1 - share)
    statistic, freedom = float(((hits - things * share) ** 2 / variance).sum()), len(things) - 1
    rho = float(np.clip((statistic - freedom) / pairs, 0.0, 1.0))
    noise = math.sqrt(2 * freedom + float((1 / variance).sum()))
    return rho, noise / pairs * (1 + (float(things.mean()) - 1) * rho)


@dataclass(frozen=True, slots=True)
class Burst:
    """Too many people said something bad within a short time.

    Attributes
    ----------
    since, at
        The moments of the first and of the last of what was bad, as they were given.
    people
        How many people said something bad.
    of
        How many people said anything in the whole of that time, also before the first of what was bad.
    """

    since: float
    at: float
    people: int
    of: int


def find_bursts(
    said: Iterable[tuple[float, int, bool]], *, people: int = 5, tolerated: float = 0.0, within: float = 3600.0
) -> list[Burst]:
    """Return each moment of something bad at which so many people, and a larger share than is tolerated, were bad.

    A hard rule for small campaigns, in which shares take too long to tell. Only what is bad can make a burst: that
    what was good is long ago makes none.

    Parameters
    ----------
    said
        Moment (seconds from any origin), number of the person and whether it is bad, in the order of time. Who says
        several things is one; who says good and bad things is bad.
    people
        How many bad people it takes, at least 1.
    tolerated
        The share of all who said something within the time that is not yet too much; from 0 to 1.
    within
        The time, in seconds, up to something bad; above 0.

    Raises
    ------
    ValueError
        When people, tolerated or within are no such numbers.
    """
    if not people >= 1:
        raise ValueError(f"people is {people:g}: give at least 1.")
    if not 0.0 <= tolerated <= 1.0:
        raise ValueError(f"tolerated is {tolerated:g}: give a share from 0 to 1.")
    if not within > 0:
        raise ValueError(f"within is {within:g}: give a number of seconds above 0.")
    found: list[Burst] = []
    everybody, bad = _Recent(), _Recent()
    for moment, person, is_bad in said:
        everybody.add(moment, person, within)
        if is_bad:
            bad.add(moment, person, within)
            bad_people, of = len(bad.people), len(everybody.people)
            if bad_people >= people and bad_people > tolerated * of:
                found.append(Burst(bad.said[0][0], moment, bad_people, of))
    return found


class _Recent:
    """Who said something within a time."""

    def __init__(self) -> None:
        self.said: deque[tuple[float, int]] = deque()
        self.people: Counter[int] = Counter()

    def add(self, moment: float, person: int, within: float) -> None:
        """Add what is newest, and drop what is too old beside it."""
        self.said.append((moment, person))
        self.people[person] += 1
        while self.said[0][0] <= moment - within:
            gone = self.said.popleft()[1]
            self.people[gone] -= 1
            if not self.people[gone]:
                del self.people[gone]


def _counts(events: ArrayLike, total: ArrayLike) -> tuple[Values, Values]:
    hits, things = np.asarray(events, np.float64), np.asarray(total, np.float64)
    if hits.shape != things.shape:
        raise ValueError(f"events is {hits.shape} and total is {things.shape} in shape; give one of each per look.")
    wrong = ~((hits >= 0) & (hits <= things))
    if wrong.any():
        raise ValueError(f"events is {hits[wrong][0]:g} and total is {things[wrong][0]:g}; give 0 <= events <= total.")
    return hits, things


def _inflation(total: Values, rho: float) -> Values:
    """Return by how much likeness multiplies the variance of a count of so many things."""
    return 1.0 + np.maximum(total - 1.0, 0.0) * rho


def _mean_inflation(total: Values, rho: float) -> float:
    """Return by how much likeness multiplies the variance of a share of so many looks together."""
    return float((total * _inflation(total, rho)).sum() / total.sum())


def _share(events: int, total: int, each: float, rho: float) -> Estimate:
    size = total / max(1.0, 1.0 + (each - 1.0) * rho)
    low, high = share_bounds(events / total * size, size)
    return Estimate(events / total, low, high, 0.95, "share")
