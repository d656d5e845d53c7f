"""What may become of a campaign that has not begun: many worlds, each with parameters of its own.

How much people will pass on is not known beforehand. So every world draws it anew from a `Law`, and the worlds' spread
is what the parameters leave open as well as what chance does. Plans under the same law and random seed meet the very
same worlds.

References
----------
Lloyd-Smith, Schreiber, Kopp, Getz: Superspreading and the effect of individual variation on disease emergence.
Nature 438, 2005 (friends without a graph). Kempe, Kleinberg, Tardos: Maximizing the spread of influence through a
social network. KDD 2003 (along a graph). Chen et al.: Influence maximization in social networks when negative opinions
may emerge and propagate. SDM 2011 (quality).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import planned as kernels
from sebar.spread._kernels.coins import stream
from sebar.spread.estimate import Estimate
from sebar.spread.futures import Strength, drawn
from sebar.spread.graph import Graph

Values = NDArray[np.float64]
Counts = NDArray[np.int64]

_PURPOSE: Final = np.uint64(0x504C414E)
_CHUNK: Final = 25
_LOW: Final = np.array([math.log(1e-4), math.log(0.005), math.log(1.0), math.log(0.1)])
_HIGH: Final = np.array([math.log(50.0), math.log(200.0), math.log(86400.0 * 365), math.log(6.0)])
_NORMAL_95: Final = 1.959964
FEWEST: Final = 30
"""In so many worlds at least two plans are compared."""
DOUBT: Final = 0.5
"""By how much the logarithm of chances that were given may be off, all together: a factor of 1.6 either way."""


@dataclass(frozen=True, slots=True)
class Law:
    """How much people pass on in each world.

    Attributes
    ----------
    participants, seeds
        (worlds, 4) ln R, ln k, and mu and ln sigma of the logarithm of the delay in seconds; of those whom somebody
        brought, and of seeds.
    """

    participants: Values
    seeds: Values

    @property
    def worlds(self) -> int:
        """How many."""
        return len(self.participants)


def law_of(known: Sequence[Strength], unlike: Strength | None, *, worlds: int, seed: int) -> Law:
    """Return a law by which each world goes as one of the known campaigns did or, as often as like each, otherwise.

    Parameters
    ----------
    known
        How people passed on in campaigns of before; each world takes one of them, and draws from what is known of it.
    unlike
        What is believed of a campaign unlike all of these; None where it is known which of them it is. Without any
        known, every world is drawn from it.
    worlds
        How many.
    seed
        Random seed: the same law again.
    """
    random = np.random.default_rng(seed)
    sources = [*known, *([unlike] if unlike is not None else [])]
    which = random.integers(0, len(sources), worlds)
    participants, seeds = np.empty((worlds, 4)), np.empty((worlds, 4))
    for place, one in enumerate(sources):
        mine = np.flatnonzero(which == place)
        if len(mine):
            participants[mine] = drawn(one.participants, len(mine), random)
            seeds[mine] = drawn(one.seeds, len(mine), random)
    return Law(np.clip(participants, _LOW, _HIGH), np.clip(seeds, _LOW, _HIGH))


@dataclass(frozen=True, slots=True)
class Rewarding:
    """What one rule gives a reward for.

    Attributes
    ----------
    on_conversion
        Whether a friend counts only once they did what the brand wants.
    referrer, friend
        Who gets one for each friend.
    milestone
        How many friends one reward takes; 0 for each.
    most
        How many rewards one person gets at most; 0 for any number.
    """

    on_conversion: bool = False
    referrer: bool = True
    friend: bool = False
    milestone: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What is planned, seeds apart.

    Attributes
    ----------
    days
        How many are looked at.
    starts
        On which day the first are invited, from 0.
    comes
        Chance that somebody who is invited joins.
    quality
        Chance that whoever is reached by somebody who likes it likes it too; others turn against it, join nothing and
        pass that on. 1: nobody does.
    boost
        How many times as many as usual everybody brings.
    conversions
        Chance that a participant does what the brand wants.
    rewards
        Rules for rewards.
    """

    days: int
    starts: int = 0
    comes: float = 1.0
    quality: float = 1.0
    boost: float = 1.0
    conversions: float = 0.0
    rewards: tuple[Rewarding, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of a plan in every world.

    Attributes
    ----------
    by_day
        (worlds, days) who had joined by the end of each day.
    negative
        (worlds,) who turned against it.
    rewards
        (worlds, rules) rewards that each rule would give without a budget of its own.
    away
        (worlds,) whether it grew beyond what was told, and was cut there.
    turned
        (worlds,) whether those who turned against it became more than that, and were not counted further.
    """

    by_day: Counts
    negative: Counts
    rewards: Counts
    away: NDArray[np.bool_]
    turned: NDArray[np.bool_]

    @property
    def total(self) -> Counts:
        """(worlds,) who had joined in the end."""
        return self.by_day[:, -1]

    def first(self, worlds: int) -> Outcomes:
        """Return what became of it in the first worlds alone."""
        at = slice(worlds)
        return Outcomes(self.by_day[at], self.negative[at], self.rewards[at], self.away[at], self.turned[at])


def branching(
    law: Law,
    setting: Setting,
    *,
    invited: int,
    most: int,
    population: float = math.inf,
    seed: int,
    progress: Callable[[float], object] | None = None,
    stop: Callable[[], bool] = bool,
) -> Outcomes | None:
    """Run every world without a graph.

    Parameters
    ----------
    law, setting
        How people pass on, and what is planned.
    invited
        How many people are invited first.
    most
        At how many participants a world is cut: it took off, and how far it goes nobody knows.
    population
        How many could take part at most: near it, those who are told have joined already.
    seed
        Random seed: the same worlds for each plan.
    progress
        Told which share of the worlds is done.
    stop
        Asked now and then whether to give up; then None is returned.

    Raises
    ------
    ValueError
        When a number is out of range.
    """
    _check(setting)
    if not 1 <= invited < most:
        raise ValueError(f"{invited:,} are invited and worlds are cut at {most:,}: at least 1, and more than that.")

    def run(at: slice, keys: NDArray[np.uint64], rules: Counts, made: _Made) -> None:
        kernels.branch(
            keys, law.participants[at], law.seeds[at], invited, setting.comes, setting.starts * kernels.DAY,
            setting.quality, setting.boost, population, most, setting.conversions, rules,
            made.by_day[at], made.negative[at], made.rewards[at], made.away[at], made.turned[at],
        )  # fmt: skip

    return _all(law, setting, run, seed=seed, progress=progress, stop=stop)


def along(
    graph: Graph,
    law: Law,
    setting: Setting,
    *,
    chosen: ArrayLike,
    seed: int,
    progress: Callable[[float], object] | None = None,
    stop: Callable[[], bool] = bool,
) -> Outcomes | None:
    """Run every world along a graph's ties.

    Where the graph has chances of its own, each world takes them times a factor: its R over the middle one of all
    worlds, but drawn together to a deviation of `DOUBT` of the logarithm, since chances say more than that. Where it
    has none, all ties have the same: such that whoever is reached brings the world's R, were nobody told twice.

    Parameters
    ----------
    graph
        Who may pass on to whom.
    chosen
        Node numbers of those who are invited first.
    law, setting, seed, progress, stop
        As in `branching`.

    Raises
    ------
    ValueError
        When a number is out of range.
    """
    _check(setting)
    seeds = np.asarray(chosen, np.int64)
    if not len(seeds) or seeds.min() < 0 or seeds.max() >= graph.nodes:
        raise ValueError(f"Those who are invited must be at least one of the {graph.nodes:,} people of the graph.")
    chance = np.empty(0) if graph.probability is None else np.ascontiguousarray(graph.probability)
    usual = ties_of_reached(graph) if graph.probability is None else float(np.median(law.participants[:, 0]))
    ours = law if graph.probability is None else _about(law, usual)

    def run(at: slice, keys: NDArray[np.uint64], rules: Counts, made: _Made) -> None:
        kernels.walk(
            keys, ours.participants[at], ours.seeds[at], graph.start, graph.neighbours, chance, usual, seeds,
            setting.comes, setting.starts * kernels.DAY, setting.quality, setting.boost, setting.conversions, rules,
            made.by_day[at], made.negative[at], made.rewards[at],
        )  # fmt: skip

    return _all(law, setting, run, seed=seed, progress=progress, stop=stop)


def ties_of_reached(graph: Graph) -> float:
    """Return to how many people on average somebody may pass on whom a tie taken at random leads to; at least 1."""
    ties = np.diff(graph.start).astype(np.float64)
    return max(float(ties[graph.neighbours].mean()), 1.0) if graph.edges else 1.0


def usual_chance(graph: Graph, law: Law) -> float:
    """Return the chance along every tie in the middle world, 0 to 1: what seeds are chosen by."""
    return min(math.exp(float(np.median(law.participants[:, 0]))) / ties_of_reached(graph), 1.0)


def rewards_of(parent: ArrayLike, converted: ArrayLike, rules: Sequence[Rewarding]) -> Counts:
    """Return (rules,) how many rewards each rule gives when these people have joined.

    Parameters
    ----------
    parent
        (n,) index of who brought each, -1 for seeds.
    converted
        (n,) whether each did what the brand wants.
    rules
        The rules, without ends of their budgets.
    """
    above, did = np.asarray(parent, np.int64), np.asarray(converted, np.int64)
    child, size = above >= 0, len(above)
    brought = np.bincount(above[child], minlength=size).astype(np.int64)
    buyers = np.bincount(above[child], did[child], minlength=size).astype(np.int64)
    out = np.zeros(len(rules), np.int64)
    kernels.rewarded(child.astype(np.int64), did, brought, buyers, _table(rules), out)
    return out


def difference(
    one: ArrayLike, other: ArrayLike, *, counted: NDArray[np.bool_], unit: str = "people"
) -> Estimate | None:
    """Return how much more there is of something in `one` than in `other` on average, world by world, with 95 %.

    Parameters
    ----------
    one, other
        (worlds,) what there is of it.
    counted
        (worlds,) whether a world tells: where either took off and was cut, the difference would be that of the cuts.

    Returns
    -------
    Estimate or None
        None where fewer than `FEWEST` worlds tell.
    """
    if int(counted.sum()) < FEWEST:
        return None
    more = (np.asarray(one, np.float64) - np.asarray(other, np.float64))[counted]
    mean, half = float(more.mean()), _NORMAL_95 * float(more.std(ddof=1)) / math.sqrt(len(more))
    return Estimate(mean, mean - half, mean + half, unit=unit)


def _about(law: Law, middle: float) -> Law:
    """Return a law of factors for chances that are given; seeds pass on as they say too."""
    theta = law.participants.copy()
    theta[:, 0] = middle + (theta[:, 0] - middle) * min(1.0, DOUBT / max(float(theta[:, 0].std()), 1e-9))
    return Law(theta, theta)


@dataclass(frozen=True, slots=True)
class _Made:
    """What the worlds write into."""

    by_day: Counts
    negative: Counts
    rewards: Counts
    away: Counts
    turned: Counts


def _all(
    law: Law,
    setting: Setting,
    run: Callable[[slice, NDArray[np.uint64], Counts, _Made], None],
    *,
    seed: int,
    progress: Callable[[float], object] | None,
    stop: Callable[[], bool],
) -> Outcomes | None:
    """Run all worlds, some at a time; the number of a world, not its turn, says what happens in it."""
    worlds, rules = law.worlds, _table(setting.rewards)
    made = _Made(
        np.zeros((worlds, setting.days), np.int64),
        np.zeros(worlds, np.int64),
        np.zeros((worlds, len(setting.rewards)), np.int64),
        np.zeros(worlds, np.int64),
        np.zeros(worlds, np.int64),
    )
    keys = np.array([stream(np.uint64(seed), _PURPOSE, np.uint64(world)) for world in range(worlds)], np.uint64)
    for begin in range(0, worlds, _CHUNK):
        if stop():
            return None
        at = slice(begin, min(begin + _CHUNK, worlds))
        run(at, keys[at], rules, made)
        if progress is not None:
            progress(at.stop / worlds)
    away, turned = made.away.astype(np.bool_), made.turned.astype(np.bool_)
    return Outcomes(np.cumsum(made.by_day, axis=1), made.negative, made.rewards, away, turned)


def _table(rules: Sequence[Rewarding]) -> Counts:
    rows = [[one.on_conversion, one.referrer, one.friend, one.milestone, one.most] for one in rules]
    return np.array(rows, np.int64).reshape(-1, 5)


def _check(setting: Setting) -> None:
    if not 0 <= setting.starts < setting.days:
        raise ValueError(f"It starts on day {setting.starts} of {setting.days}: it must be one of them.")
    for name, chance in (
        ("share who come", setting.comes), ("quality", setting.quality), ("conversions", setting.conversions)
    ):  # fmt: skip
        if not 0 <= chance <= 1:
            raise ValueError(f"The {name} is {chance:g}: it must be between 0 and 1.")
    if not 0 <= setting.boost < math.inf:
        raise ValueError(f"Everybody brings {setting.boost:g} times as many as usual: it must be 0 or more.")
