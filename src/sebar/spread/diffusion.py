"""What happens if we start with these people: many worlds, counted.

Where reach is rare, most worlds are alike and what they hold is skewed, so that the normal interval of a mean is far
too sure. Intervals here are those of the Bayesian bootstrap with one more world at either end: for a yes or no that is
Clopper and Pearson's, for many worlds the normal one. How far off a world may be that was not seen is found by running
some in which one more person with many ties is told: where that sets off an avalanche, one may come by itself.

References
----------
Rubin: The Bayesian bootstrap. Annals of Statistics 9(1), 1981. Gaffke: Three test statistics for a nonparametric
one-sided hypothesis on the mean of a nonnegative variable. Mathematical Methods of Statistics 14(4), 2005 (one more at
the end). Wilson, Hilferty: The distribution of chi-square. PNAS 17(12), 1931 (quantiles of a skewed distribution).
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import worlds as kernels
from sebar.spread._kernels.coins import ONE
from sebar.spread.estimate import Estimate
from sebar.spread.graph import Graph
from sebar.spread.model import Model, Thresholds, certain, thresholds

Values = NDArray[np.float64]
Nodes = NDArray[np.uint32]
Path = Literal["auto", "single", "word"]

FEWEST_WORLDS: Final = 30
"""Of fewer, an interval says nothing."""
_WORD: Final = 64
_CHUNK: Final = 1024  # most worlds of one piece of work; a multiple of 64
_PIECES_A_THREAD: Final = 8  # so that none waits long for the last of another
_STEPS_SHOWN: Final = 32
_WORTH_A_THREAD: Final = 0.05  # seconds of work below which a second thread costs more than it brings
_NORMAL_95: Final = 1.959964
_TELLING: Final = 5  # worlds off the others from which they show how far off worlds are
_NUDGED: Final = 16  # worlds in which one more person is told
_EVEN: Final = 1e-6  # skewness below which the normal distribution is as good


@dataclass(frozen=True, slots=True)
class Spread:
    """What was reached in every world.

    Attributes
    ----------
    reached
        People, or their weight, with the interval of the mean.
    by_world
        (worlds,) what was reached in each world: the whole distribution.
    times
        (bins,) steps, or the end of each stretch of time.
    reached_by
        (bins,) mean reached up to each of `times`, seeds included.
    reached_by_low, reached_by_high
        (bins,) 95 % interval of `reached_by`.
    positive, negative
        How many of the reached like it, and do not.
    least, most
        What is reached in every world that can be, and in the fullest.
    by_group
        What is reached of each group, in their order; empty without groups.
    """

    reached: Estimate
    by_world: Values
    times: Values
    reached_by: Values
    reached_by_low: Values
    reached_by_high: Values
    positive: Estimate
    negative: Estimate
    least: float
    most: float
    by_group: tuple[Estimate, ...] = ()

    def quantiles(self, at: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> dict[float, float]:
        """Return what is reached in at most this share of the worlds."""
        return dict(zip(at, map(float, np.quantile(self.by_world, at)), strict=True))

    def chance_of_more_than(self, amount: float) -> Estimate:
        """Return the chance that more than `amount` is reached, with Wilson's interval.

        Raises
        ------
        ValueError
            When the amount is no number.
        """
        if math.isnan(amount):
            raise ValueError("The amount is nan: it must be a number.")
        worlds = len(self.by_world)
        share = float(np.mean(self.by_world > amount))
        z = _NORMAL_95
        middle = (share + z * z / (2 * worlds)) / (1 + z * z / worlds)
        half = z / (1 + z * z / worlds) * math.sqrt(share * (1 - share) / worlds + z * z / (4 * worlds**2))
        return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0), unit="chance")


@dataclass(frozen=True, slots=True)
class _Part:
    """(worlds, bins) reached and liked, (nodes,) each person's worlds, (worlds, groups) what is reached of each."""

    value: Values
    liked: Values
    people: NDArray[np.int64]
    groups: Values

    @classmethod
    def joined(cls, parts: Sequence[_Part]) -> _Part:
        return cls(
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.liked for part in parts]),
            np.sum([part.people for part in parts], axis=0),
            np.concatenate([part.groups for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class _Run:
    """One simulation's arguments, checked."""

    graph: Graph
    model: Model
    seeds: Nodes
    weights: Values
    seed: np.uint64
    bins: int
    width: float
    chances: Thresholds
    side: NDArray[np.int64]
    groups: int

    def part(self, begin: int, end: int, *, people: bool, word: bool) -> _Part:
        value = np.zeros((end - begin, self.bins))
        counted = np.zeros(self.graph.nodes if people else 0, np.int64)
        tally = np.zeros((end - begin, self.groups + 1))  # the last is of those in none
        counts = self.weights, value, counted, self.side, tally
        liked = value
        common = (
            begin, end, self.seed, self.graph.start, self.graph.neighbours, self.chances.kind, self.chances.first,
            self.chances.high, self.chances.low, self.seeds,
        )  # fmt: skip
        if self.model.delay is not None:
            kernels.in_time(*common, self.model.deadline, *counts, self.model.delay, self.width)
        elif self.model.quality < 1:
            liked = np.zeros_like(value)
            quality = np.uint64(round(self.model.quality * ONE))
            kernels.with_opinions(*common, self.model.steps, *counts, self.model.people_a_step, quality, liked)
        elif word and self.model.capacity is None:
            kernels.sixty_four_at_once(*common, self.model.steps, *counts)
        else:
            kernels.one_by_one(*common, self.model.steps, *counts, self.model.people_a_step)
        return _Part(value, liked, counted, tally)


def simulate(
    graph: Graph,
    model: Model,
    seeds: ArrayLike,
    *,
    worlds: int = 10_000,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    seed: int,
    threads: int = 1,
    path: Path = "auto",
    bins: int | None = None,
    width: float | None = None,
    progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] = bool,
) -> Spread:
    """Run many worlds from the same seeds.

    Coins are hashes of (seed, edge, world): the result does not depend on threads or path, and another plan under
    the same random seed is run in the very same worlds, so that `difference` of the two has a small interval.

    Parameters
    ----------
    graph, model
        Who may pass on to whom, and how.
    seeds
        Node numbers of those who start.
    worlds
        How many, at least 30.
    weights
        (n,) what reaching each person counts; by default 1.
    groups
        (n,) everybody's group, numbered from 0, -1 for none: then `Spread.by_group` tells what is reached of each.
    seed
        Makes it repeatable.
    threads
        How many at most; little work is done by one.
    path
        ``single`` runs world by world, ``word`` 64 at a time (but not models with a delay, a capacity or a quality
        below 1); ``auto`` is ``word`` from 64 worlds on, which was 1 to 4 times as fast, at worst 0.9 times.
    bins, width
        How many steps, or stretches of time `width` long, `Spread.reached_by` tells apart. The last takes the rest.
    progress
        Called with the number of worlds done.
    stop
        Asked now and then whether to end with the worlds done so far.

    Raises
    ------
    ValueError
        One sentence, when seeds, weights or counts are out of range.
    """
    if not isinstance(worlds, int | np.integer):
        raise ValueError(f"The number of worlds is {worlds}: it must be a whole number.")  # noqa: TRY004 - as all that is wrong
    if worlds < FEWEST_WORLDS:
        raise ValueError(f"{worlds} worlds are too few: at least {FEWEST_WORLDS}, or nothing is sure.")
    run = _checked(graph, model, seeds, weights=weights, groups=groups, seed=seed, bins=bins, width=width)
    parts = _run(run, worlds, threads=threads, path=path, people=False, progress=progress, stop=stop)
    return _spread(run, _Part.joined(parts))


def reach_probability(
    graph: Graph, model: Model, seeds: ArrayLike, *, worlds: int = 10_000, seed: int, threads: int = 1
) -> Values:
    """Return (n,) each person's chance of being reached; arguments as in `simulate`."""
    run = _checked(graph, model, seeds, weights=None, groups=None, seed=seed, bins=None, width=None)
    parts = _run(run, worlds, threads=threads, path="auto", people=True, progress=None, stop=bool)
    return _Part.joined(parts).people / worlds


def by_group(probability: Values, groups: ArrayLike) -> Values:
    """Return the expected number reached in each group; `groups` numbers everybody's group from 0."""
    return np.bincount(np.asarray(groups, np.int64), probability).astype(np.float64)


def difference(one: Spread, other: Spread) -> Estimate:
    """Return how much more `one` reaches than `other`, both run with the same random seed and number of worlds."""
    if one.by_world.shape != other.by_world.shape:
        raise ValueError(
            f"Only plans run in the same worlds can be compared: {len(one.by_world):,} against {len(other.by_world):,}."
        )
    low, value, high = _means(one.by_world - other.by_world, one.least - other.most, one.most - other.least)
    return Estimate(float(value), float(low), float(high), unit=one.reached.unit)


def _checked(
    graph: Graph,
    model: Model,
    seeds: ArrayLike,
    *,
    weights: ArrayLike | None,
    groups: ArrayLike | None,
    seed: int,
    bins: int | None,
    width: float | None,
) -> _Run:
    chosen = node_numbers(graph, seeds, "seed")
    worths = person_weights(graph, weights)
    if not 0 <= seed < 2**63:
        raise ValueError(f"The random seed is {seed}: it must be from 0 to 2⁶³ - 1.")
    chances, side = thresholds(graph, model), _sides(graph, groups)
    asked = int(side.max(initial=-1)) + 1
    side = np.where(side < 0, asked, side)
    if model.delay is None:
        shown = bins or min(model.steps + 1, _STEPS_SHOWN)
        return _Run(graph, model, chosen, worths, np.uint64(seed), shown, 1.0, chances, side, asked)
    shown = bins or _STEPS_SHOWN
    length = width or (model.deadline / shown if math.isfinite(model.deadline) else model.delay)
    return _Run(graph, model, chosen, worths, np.uint64(seed), shown, length, chances, side, asked)


def _sides(graph: Graph, groups: ArrayLike | None) -> NDArray[np.int64]:
    """Return (n,) groups, checked; empty without groups."""
    if groups is None:
        return np.empty(0, np.int64)
    values = np.asarray(groups)
    if values.shape != (graph.nodes,) or values.dtype.kind not in "iu":
        raise ValueError(f"The groups must be {graph.nodes:,} whole numbers, one for each person.")
    if (values < -1).any():
        raise ValueError(f"A group is {int(values.min())}: groups are numbered from 0, -1 for none.")
    return values.astype(np.int64)


def node_numbers(graph: Graph, numbers: ArrayLike, word: str) -> Nodes:
    """Return node numbers, checked, each once, in the order given."""
    given = np.atleast_1d(np.asarray(numbers))
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"Each {word} must be a node number, not {given.dtype}: Graph.numbers finds them by name.")
    wrong = np.flatnonzero((given < 0) | (given >= graph.nodes)) if given.size else given
    if len(wrong):
        raise ValueError(f"The {word} {given[wrong[0]]} is out of range: there are {graph.nodes:,} nodes.")
    _, first = np.unique(given, return_index=True)
    return given[np.sort(first)].astype(np.uint32)


def person_weights(graph: Graph, weights: ArrayLike | None) -> Values:
    """Return (n,) weights, checked; empty when everybody counts 1."""
    if weights is None:
        return np.empty(0)
    values = np.ascontiguousarray(weights, np.float64)
    if values.shape != (graph.nodes,):
        raise ValueError(f"There are {graph.nodes:,} people, but {values.size:,} weights.")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        name = graph.names(wrong[:1])[0]
        raise ValueError(f"The weight of {name} is {values[wrong[0]]:g}: weights must be numbers from 0 up.")
    return values


def _run(
    run: _Run,
    worlds: int,
    *,
    threads: int,
    path: Path,
    people: bool,
    progress: Callable[[int], None] | None,
    stop: Callable[[], bool],
) -> list[_Part]:
    """Run all worlds in pieces; the first tells how long the others take, and so whether threads are worth it."""
    word = path == "word" or (path == "auto" and worlds >= _WORD)

    def work(piece: tuple[int, int]) -> _Part | None:
        if piece[0] and stop():
            return None
        part = run.part(*piece, people=people, word=word)
        if progress is not None:
            progress(piece[1] - piece[0])
        return part

    began = time.perf_counter()
    parts = [work((0, min(_WORD, worlds)))]
    left = (time.perf_counter() - began) * (worlds / _WORD - 1)
    if threads == 1 or left < _WORTH_A_THREAD:
        parts += map(work, _pieces(worlds, _CHUNK))
    else:
        size = max(_WORD, min(_CHUNK, worlds // (_PIECES_A_THREAD * threads) // _WORD * _WORD))
        with ThreadPoolExecutor(threads) as pool:
            parts += pool.map(work, _pieces(worlds, size))
    # Only whole stretches of worlds from the first on: what was run must not depend on who was faster.
    return [part for part in itertools.takewhile(lambda part: part is not None, parts) if part is not None]


def _pieces(worlds: int, size: int) -> list[tuple[int, int]]:
    """Divide the worlds after the first word of them."""
    return [(begin, min(begin + size, worlds)) for begin in range(_WORD, worlds, size)]


def _spread(run: _Run, found: _Part) -> Spread:
    value = found.value
    unit = "people" if not run.weights.size else "weight reached"
    reached, positive = value.sum(axis=1), found.liked.sum(axis=1)
    least, most, (fewest, reachable) = _possible(run)
    nudged = _nudged(run, min(_NUDGED, len(value)), np.flatnonzero(reachable.people).astype(np.uint32))
    low, mean, high = _means(np.cumsum(value, axis=1), least, most, nudged.value.cumsum(axis=1))
    total, liked = nudged.value.sum(axis=1), nudged.liked.sum(axis=1)
    opinions = 0.0 if run.model.quality < 1 else least[-1], 0.0 if run.model.quality == 1 else most[-1]
    each = zip(*(part.groups.T for part in (found, fewest, reachable, nudged)), strict=True)
    step = np.arange(run.bins, dtype=np.float64)
    return Spread(
        reached=_mean(reached, unit, least[-1], most[-1], total),
        by_world=reached,
        times=step if run.model.delay is None else (step + 1) * run.width,
        reached_by=mean,
        reached_by_low=low,
        reached_by_high=high,
        positive=_mean(positive, unit, opinions[0], most[-1], liked),
        negative=_mean(reached - positive, unit, 0.0, opinions[1], total - liked),
        least=float(least[-1]),
        most=float(most[-1]),
        by_group=tuple(
            _mean(one, unit, float(few[0]), float(all_[0]), more)
            for one, few, all_, more in itertools.islice(each, run.groups)
        ),
    )


def _possible(run: _Run) -> tuple[Values, Values, tuple[_Part, _Part]]:
    """Return (bins,) the least and the most reached by then, over ties that always, or ever, pass on; both worlds."""
    model = run.model
    sure = model.capacity is None and (model.delay is None or math.isinf(model.deadline))
    fewest = _over(run, certain(run.chances, ever=False), model.steps if sure else 0)
    reachable = _over(run, certain(run.chances, ever=True), model.steps)
    least, most = (np.cumsum(one.value[0]) for one in (fewest, reachable))
    if model.delay is not None:
        # Whatever can be reached may be reached at once, or only after all stretches of time that are shown.
        seeds = np.cumsum(_over(run, certain(run.chances, ever=False), 0).value[0])
        least, most = np.append(seeds[:-1], least[-1]), np.full(run.bins, most[-1])
    return least, most, (fewest, reachable)


def _over(run: _Run, chances: Thresholds, steps: int) -> _Part:
    """Return the one world that such chances leave."""
    value, people = np.zeros((1, run.bins)), np.zeros(run.graph.nodes, np.int64)
    tally = np.zeros((1, run.groups + 1))
    kernels.one_by_one(
        0, 1, run.seed, run.graph.start, run.graph.neighbours, chances.kind, chances.first, chances.high, chances.low,
        run.seeds, steps, run.weights, value, people, run.side, tally, run.graph.nodes,
    )  # fmt: skip
    return _Part(value, value, people, tally)


def _nudged(run: _Run, worlds: int, reachable: Nodes) -> _Part:
    """Return the first worlds if one more person starts in each.

    These are drawn among the reachable by their ties, so that some start wherever many can be reached.
    """
    ties = np.cumsum(np.diff(run.graph.start)[reachable])
    if not ties.size or not ties[-1]:
        return run.part(0, 1, people=False, word=False)
    drawn = np.random.default_rng(int(run.seed)).integers(ties[-1], size=worlds)
    told = reachable[np.searchsorted(ties, drawn, side="right")]
    return _Part.joined(
        [
            replace(run, seeds=np.append(run.seeds, one)).part(world, world + 1, people=False, word=False)
            for world, one in enumerate(told)
        ]
    )


def _mean(values: Values, unit: str, least: float, most: float, nudged: Values) -> Estimate:
    low, mean, high = _means(values, least, most, nudged)
    return Estimate(float(mean), float(low), float(high), unit=unit)


def _means(
    values: Values, least: Values | float, most: Values | float, nudged: Values | None = None
) -> tuple[Values, Values, Values]:
    """Return the means over the worlds (the first axis), between the ends of their 95 % intervals.

    The world that is added at either end is the farthest seen, also of those `nudged`, or, where few worlds are off the
    others, the farthest that is possible, `least` and `most`.
    """
    smallest, largest = values.min(axis=0), values.max(axis=0)
    above, below = (values > smallest).sum(axis=0), (values < largest).sum(axis=0)
    mean = values.mean(axis=0)
    low = _end(values, np.where(below < _TELLING, least, smallest), -_NORMAL_95)
    farthest = largest if nudged is None else np.maximum(largest, nudged.max(axis=0))
    high = _end(values, np.where(above < _TELLING, most, farthest), _NORMAL_95)
    return np.minimum(np.maximum(low, least), mean), mean, np.maximum(np.minimum(high, most), mean)


def _end(values: Values, added: Values, deviations: float) -> Values:
    """Return the end of an interval so many standard deviations off, by the bootstrap's first three moments."""
    points = len(values) + 1
    mean = (values.sum(axis=0) + added) / points
    square = (((values - mean) ** 2).sum(axis=0) + (added - mean) ** 2) / points
    cube = (((values - mean) ** 3).sum(axis=0) + (added - mean) ** 3) / points
    deviation = np.sqrt(square / (points + 1))
    skewness = 2 * cube / ((points + 1) * (points + 2)) / np.where(square > 0, deviation, 1.0) ** 3
    even = np.abs(skewness) < _EVEN  # also where all worlds are the same
    bend = np.where(even, 1.0, skewness)
    skewed = 2 / bend * (np.maximum(1 + bend * deviations / 6 - bend**2 / 36, 0.0) ** 3 - 1)
    end: Values = mean + deviation * np.where(even, deviations, skewed)
    return end
