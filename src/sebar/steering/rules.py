"""What a look ahead holds, when forecasts of record are made, and how often they held. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from sebar.spread.estimate import Estimate

LEVELS: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Which quantiles a forecast holds: the ends of its 95, 80 and 50 % intervals, and the median."""
INTERVALS: Final = ((0.5, 2, 4), (0.8, 1, 5), (0.95, 0, 6))
"""How often an interval should hold, and the places of its ends in `LEVELS`."""
HORIZONS: Final = (timedelta(hours=24), timedelta(days=7))
"""How far forecasts of record look, beside the end of the campaign."""
MOST_GROWTH: Final = 100
"""Where nobody said how many could take part, futures are told up to so many times those who are there; beyond that,
only the share of them that takes off is told, because how far they go, nobody knows."""
_FIRST_ORIGINS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
_THEN_EVERY: Final = timedelta(hours=24)
_LATEST_AFTER: Final = timedelta(hours=1)  # the moment of record
_FURTHEST: Final = timedelta(days=365)


class Ahead(msgspec.Struct, frozen=True, array_like=True):
    """What is foreseen for one moment: a count's quantiles, at `LEVELS`."""

    at: datetime
    quantiles: tuple[float, ...]


class MoreSeeds(msgspec.Struct, frozen=True, array_like=True):
    """What so many seeds more, added now, would make of the furthest horizon."""

    seeds: int
    quantiles: tuple[float, ...]
    chance_of_goal: float | None


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """A look ahead.

    Attributes
    ----------
    goal, population
        The campaign's settings for which it was made.
    counted
        What each quantity has come to by now, by the names of `models.Quantity`.
    ahead
        What each quantity will come to, at the horizons of record, nearest first.
    fan
        Participants at many moments from now to the furthest horizon.
    is_calibrated
        Whether past campaigns have taught how wide intervals must be to hold.
    learned_from
        How many finished campaigns that is.
    r, k, cycle_time
        People each participant brings who was brought themselves, how unevenly, and the time from join to join in
        seconds. Seeds often bring more; but whether it goes on is decided by those.
    is_r_of_friends
        Whether `r` is theirs; while too few of them have had their time, it is everybody's.
    seeds_a_day
        How many seeds are assumed to come every day: as many as in the last one, those of one moment counted once.
    most
        How many participants futures are told up to: a quantile at that count means “or more”.
    takes_off
        Share of futures that grow beyond `MOST_GROWTH` by the furthest horizon; 0 where a population bounds them.
    die_out
        Chance that it ends by itself, sooner or later, unless seeds are added.
    busiest
        When most joins a day will come: past (None), or the median moment.
    chance_of_goal
        That the goal is reached by the furthest horizon; None without a goal.
    more_seeds
        What if seeds were added now.
    seeds_to_goal
        How many more make the goal 80 % likely; None when there is no goal or it takes more than was tried.
    """

    goal: int | None
    population: int | None
    counted: dict[str, int]
    ahead: dict[str, list[Ahead]]
    fan: list[Ahead]
    is_calibrated: bool
    learned_from: int
    r: Estimate
    is_r_of_friends: bool
    k: Estimate
    cycle_time: Estimate
    seeds_a_day: float
    most: float
    takes_off: float
    die_out: float
    busiest: datetime | None
    chance_of_goal: float | None
    more_seeds: list[MoreSeeds]
    seeds_to_goal: int | None


def is_open(outlook: Outlook, place: int, level: int) -> bool:
    """Say whether a quantile of participants, at the place of a horizon, is as far as futures are told: “or more”."""
    return outlook.population is None and outlook.ahead["participants"][place].quantiles[level] >= outlook.most


def is_open_with(outlook: Outlook, more: MoreSeeds, level: int) -> bool:
    """Say the same of a quantile with more seeds, with which futures are told further."""
    return outlook.population is None and more.quantiles[level] >= outlook.most + MOST_GROWTH * more.seeds


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Outlook)


def encode(outlook: Outlook) -> bytes:
    """Return the look ahead as it is stored."""
    return _encoder.encode(outlook)


def decode(content: bytes) -> Outlook:
    """Return what `encode` wrote.

    Raises
    ------
    msgspec.MsgspecError
        When it was written by another version of this program.
    """
    return _decoder.decode(content)


def horizons(now: datetime, ends_at: datetime | None) -> list[datetime]:
    """Return the moments that forecasts of record made now are about: a day, a week and the campaign's end."""
    found = [now + ahead for ahead in HORIZONS]
    if ends_at is None or ends_at > now + _FURTHEST:
        return found
    return [moment for moment in found if moment < ends_at] + ([ends_at] if ends_at > now else [])


def is_due(first_join: datetime, last_made: datetime | None, now: datetime) -> bool:
    """Say whether a forecast of record is to be made: 1, 6 and 24 hours after the first join, then every day.

    The moments are fixed before anybody knows how it turns out, so that nobody can choose the flattering ones. One that
    passed more than an hour ago is left out for good: nobody foresees what is loaded afterwards.
    """
    age = now - first_join
    passed = [origin for origin in _FIRST_ORIGINS if origin <= age]
    if not passed:
        return False
    newest = max(passed[-1], age // _THEN_EVERY * _THEN_EVERY)
    moment = first_join + newest
    return now - moment < _LATEST_AFTER and (last_made is None or last_made < moment)


class Scored(Protocol):
    """A forecast whose time has come."""

    @property
    def quantiles(self) -> Sequence[float]: ...
    @property
    def outcome(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Held:
    """How often intervals of one level held: `held` of `forecasts`, which should be about `level` of them."""

    level: float
    held: int
    forecasts: int

    @property
    def share(self) -> float:
        """Share of the forecasts that held, 0 to 1; 0 when there are none."""
        return self.held / self.forecasts if self.forecasts else 0.0


def held(quantiles: Sequence[float], outcome: int) -> tuple[bool, ...]:
    """Say which of the `INTERVALS` an outcome lies in."""
    return tuple(quantiles[low] <= outcome <= quantiles[high] for _, low, high in INTERVALS)


def record(scored: Iterable[Scored]) -> tuple[Held, ...]:
    """Return how often the intervals held, narrowest first."""
    found = [held(one.quantiles, one.outcome) for one in scored if one.outcome is not None]
    return tuple(
        Held(level, sum(each[place] for each in found), len(found)) for place, (level, _, _) in enumerate(INTERVALS)
    )


_LEARNING_RATE: Final = 0.1
_MOST_WIDENING: Final = 4.0


def widening(held_in_order: Iterable[bool], *, level: float = 0.8) -> float:
    """Return by how much intervals are to be widened after so many held or did not, oldest first; at least 1.

    Every miss widens and every hit narrows by so much that in the long run just the `level` of them holds, whatever
    the world does (quantile tracking; Angelopoulos, Candès, Tibshirani: Conformal PID control for time series
    prediction, NeurIPS 2023).
    """
    size = 0.0
    for one in held_in_order:
        size = max(size + _LEARNING_RATE * (level - 1.0 if one else level), 0.0)
    return min(math.exp(size), _MOST_WIDENING)


def widened(quantiles: Sequence[float], known: int, factor: float) -> tuple[float, ...]:
    """Return quantiles moved away from their median on the logarithmic scale, never below what is known."""
    if factor <= 1:
        return tuple(quantiles)
    middle = math.log1p(quantiles[len(quantiles) // 2])
    moved = (math.expm1(middle + factor * (math.log1p(one) - middle)) for one in quantiles)
    return tuple(max(one, float(known)) for one in moved)


def median(quantiles: Sequence[float]) -> float:
    """Return the middle of a forecast's quantiles."""
    return quantiles[len(quantiles) // 2]


def off(foreseen: float | None, outcome: int | None) -> float:
    """Return how far a forecast was off on the scale of log(1 + count), which both must be there for."""
    if foreseen is None or outcome is None:
        raise ValueError("Only a forecast that was made and whose outcome is known can be judged.")
    return abs(math.log1p(foreseen) - math.log1p(outcome))


def mean(values: Iterable[float]) -> float | None:
    """Return the mean, None of nothing."""
    found = list(values)
    return math.fsum(found) / len(found) if found else None


def chance_of(goal: int, newcomers: Iterable[float], known: int) -> float:
    """Return the chance that a goal is reached, from the quantiles of newcomers; between them it is drawn straight.

    Beyond the outermost quantiles it stays at their level: how far their tails reach, nobody knows.
    """
    wanted = goal - known
    if wanted <= 0:
        return 1.0
    below, low = None, 0.0
    for level, value in zip(LEVELS, newcomers, strict=True):
        if value >= wanted:
            if below is None:
                return 1.0 - level
            return 1.0 - (below + (wanted - low) / (value - low) * (level - below))
        below, low = level, value
    return 1.0 - LEVELS[-1]


def seeds_for(chance: float, more: Sequence[MoreSeeds]) -> int | None:
    """Return about how many seeds make the goal this likely, drawn straight between what was tried; None for more."""
    before = None
    for one in more:
        reached = one.chance_of_goal or 0.0
        if reached >= chance:
            if before is None:
                return one.seeds
            seeds, low = before
            return round(seeds + (one.seeds - seeds) * (chance - low) / (reached - low))
        before = (one.seeds, reached)
    return None
