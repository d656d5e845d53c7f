"""Whom to start with: the best seeds for a count, a budget, an audience and a deadline, and how good they provably are.

Reverse sets (Borgs et al. 2014) turn reach into coverage: the share of sets that hold a seed is the share of people
whom the seeds reach. One collection of sets is there to choose by; a fresh one judges the choice. The bounds and the
rule for stopping are those of OPIM-C.

References
----------
Tang, Tang, Xiao, Yuan: Online processing algorithms for influence maximization. SIGMOD 2018.
Guo, Wang, Wei, Chen: Influence maximization revisited: efficient reverse reachable set generation. SIGMOD 2020.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import cover
from sebar.spread.diffusion import node_numbers, person_weights
from sebar.spread.estimate import Estimate
from sebar.spread.graph import Graph
from sebar.spread.model import Model
from sebar.spread.reverse_sets import CHOOSING, NO_SETS, NOBODY, TRYING, Drawn, ReverseSets, reverse_sets

Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]
StoppedBy = Literal["error", "seconds", "memory", "sets", "interrupt"]

GREEDY: Final = 1 - 1 / math.e
"""What choosing by largest gain guarantees of the best possible, without errors of sampling."""

_FINEST: Final = 0.01  # error that a time limit alone may at best work towards
_NEARLY_PROVED: Final = 0.99
_BYTES_A_MEMBER: Final = 12  # pool, its inverse, and room for joining pieces
_WORTH_SENTINELS: Final = 100  # mean size of a set from which they pay
_CERTAIN_HITS: Final = 5  # of a sentinel, in the trial
_PIECES: Final = 8  # of a doubling, between two looks at the clock


@dataclass(frozen=True, slots=True)
class Seeding:
    """Seeds, and what is proved of them.

    Attributes
    ----------
    seeds
        Node numbers, in the order of choice.
    gain
        What each adds to those before it; together the estimate.
    reach
        Expected reach, judged by fresh sets, with its 95 % interval.
    at_least, at_most
        The seeds' reach is at least, and the best possible reach at most this, but for `failure`.
    guarantee
        ``at_least / at_most``: the proved share of the best possible.
    failure
        Chance that one of the bounds is wrong.
    sets
        How many sets the choice rests on; as many judged it.
    stopped_by
        ``error`` (the wanted guarantee is proved), ``seconds``, ``memory``, ``sets`` (as many as theory ever asks for)
        or ``interrupt``.
    seconds
        Time taken.
    """

    seeds: Nodes
    gain: Values
    reach: Estimate
    at_least: float
    at_most: float
    guarantee: float
    failure: float
    sets: int
    stopped_by: StoppedBy
    seconds: float


@dataclass(frozen=True, slots=True)
class _Task:
    """A question, checked."""

    graph: Graph
    model: Model
    source: ReverseSets
    count: int
    budget: float
    costs: Values
    allowed: Mask
    already: Mask
    weights: Values
    fixed: Nodes | None


@dataclass(frozen=True, slots=True)
class _Limits:
    """When to stop."""

    error: float
    until: float
    failure: float
    members: int
    threads: int
    timed_only: bool
    stop: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Choice:
    """Seeds with how many sets each adds, and how many sets the best could cover at most."""

    seeds: Nodes
    gain: NDArray[np.int64]
    bound: float


_NO_CHOICE: Final = _Choice(np.empty(0, np.uint32), np.empty(0, np.int64), 0)


def choose_seeds(
    graph: Graph,
    model: Model,
    *,
    count: int | None = None,
    budget: float | None = None,
    costs: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    excluded: ArrayLike | None = None,
    already: ArrayLike | None = None,
    error: float | None = None,
    failure: float | None = None,
    seconds: float | None = None,
    memory_limit: int | None = None,
    sentinels: bool | None = None,
    seed: int,
    threads: int = 1,
    progress: Callable[[Seeding], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Seeding:
    """Choose whom to start with.

    Parameters
    ----------
    graph, model
        Who may pass on to whom, and how; with a quality below 1, those reached who like it are counted.
    count
        How many seeds; or
    budget, costs
        what they may cost together, and (n,) what each costs.
    weights
        (n,) what reaching each person counts: the audience. By default everybody counts 1.
    allowed, excluded
        Node numbers of those who may, and may not, be seeds. All may be reached.
    already
        Node numbers of those who have it anyway: reach counts beyond what they reach.
    error
        How far the proved guarantee may stay below ``1 - 1/e`` (below half of that for a budget); 0.1 by default.
    failure
        Chance that the bounds may be wrong; 1 / n by default.
    seconds
        Time limit. Without an error, all of it is used to prove more.
    memory_limit
        Bytes for sets; half of what is free by default. At the limit it stops and says what is proved.
    sentinels
        Whether sets end at a few surely good seeds; by default where a trial says that it pays.
    seed
        Random seed; the result is the same for any number of threads.
    threads
        How many.
    progress
        Called with what is known after every doubling.
    stop
        Asked now and then whether to stop early and say what is proved so far.

    Raises
    ------
    ValueError
        One sentence, when something is out of range or nothing can be chosen.
    """
    already_numbers = node_numbers(graph, () if already is None else already, "person")
    masks = _allowed(graph, allowed, excluded, already_numbers)
    task = _task(
        graph,
        model,
        count=count,
        budget=budget,
        costs=costs,
        weights=weights,
        allowed=masks,
        already=already_numbers,
        seed=seed,
        fixed=None,
    )
    limits = _limits(
        graph, error=error, failure=failure, seconds=seconds, memory_limit=memory_limit, threads=threads, stop=stop
    )
    return _answer(task, limits, sentinels, progress)


def evaluate_seeds(
    graph: Graph,
    model: Model,
    seeds: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    error: float | None = None,
    failure: float | None = None,
    seconds: float | None = None,
    memory_limit: int | None = None,
    seed: int,
    threads: int = 1,
) -> Seeding:
    """Judge seeds chosen by hand against the best possible of the same number; arguments as in `choose_seeds`.

    `Seeding.at_least` bounds the given seeds, `Seeding.at_most` the best possible.
    """
    chosen = node_numbers(graph, seeds, "seed")
    if not len(chosen):
        raise ValueError("There are no seeds to judge.")
    nobody = np.empty(0, np.uint32)
    masks = _allowed(graph, None, None, nobody)
    task = _task(
        graph,
        model,
        count=len(chosen),
        budget=None,
        costs=None,
        weights=weights,
        allowed=masks,
        already=nobody,
        seed=seed,
        fixed=chosen,
    )
    return _answer(
        task,
        _limits(graph, error=error, failure=failure, seconds=seconds, memory_limit=memory_limit, threads=threads),
        False,
        None,
    )


def nominate(nominations: ArrayLike, *, count: int) -> NDArray[np.int64]:
    """Choose seeds without knowing the graph: people asked at random each name a friend; the most named come first.

    A friend has more friends than people have on average, so the named are better seeds than the asked.

    Parameters
    ----------
    nominations
        (a,) who was named, as numbers; -1 for no answer.
    count
        How many to choose; fewer when fewer were named.

    References
    ----------
    Feld: Why your friends have more friends than you do. American Journal of Sociology 96(6), 1991.
    """
    named = np.asarray(nominations, np.int64)
    people, votes = np.unique(named[named >= 0], return_counts=True)
    return people[np.lexsort((people, -votes))][:count]


def _allowed(graph: Graph, allowed: ArrayLike | None, excluded: ArrayLike | None, already: Nodes) -> Mask:
    may = np.ones(graph.nodes, np.uint8)
    if allowed is not None:
        may[:] = 0
        may[node_numbers(graph, allowed, "allowed person")] = 1
    if excluded is not None:
        may[node_numbers(graph, excluded, "excluded person")] = 0
    may[already] = 0
    if not may.any():
        raise ValueError("Nobody may be a seed: the graph is empty, or all are excluded.")
    return may


def _task(
    graph: Graph,
    model: Model,
    *,
    count: int | None,
    budget: float | None,
    costs: ArrayLike | None,
    weights: ArrayLike | None,
    allowed: Mask,
    already: Nodes,
    seed: int,
    fixed: Nodes | None,
) -> _Task:
    if (count is None) == (budget is None):
        raise ValueError("Say either how many seeds (count) or what they may cost (budget).")
    if not 0 <= seed < 2**63:
        raise ValueError(f"The random seed is {seed}: it must be from 0 to 2⁶³ - 1.")
    worths = person_weights(graph, weights)
    if worths.size and not worths.sum() > 0:
        raise ValueError("The audience is empty: no weight is above 0.")
    prices = np.empty(0)
    if budget is not None:
        prices = _prices(graph, costs, budget, allowed)
        count = int(np.searchsorted(np.cumsum(np.sort(prices[allowed > 0])), budget, side="right"))
    elif costs is not None:
        raise ValueError("Costs need a budget.")
    assert count is not None  # noqa: S101 - one of the two was given
    if count < 1:
        raise ValueError(f"The number of seeds is {count}: it must be at least 1.")
    count = min(count, int(allowed.sum())) if fixed is None else count
    known = NOBODY
    if len(already):
        known = np.zeros(graph.nodes, np.uint8)
        known[already] = 1
    source = reverse_sets(graph, model, weights=worths, seed=seed)
    return _Task(graph, model, source, count, budget or 0.0, prices, allowed, known, worths, fixed)


def _prices(graph: Graph, costs: ArrayLike | None, budget: float, allowed: Mask) -> Values:
    if costs is None:
        raise ValueError("A budget needs to know what each seed costs (costs).")
    prices = np.ascontiguousarray(costs, np.float64)
    if prices.shape != (graph.nodes,):
        raise ValueError(f"There are {graph.nodes:,} people, but {prices.size:,} costs.")
    if not (np.isfinite(prices).all() and (prices > 0).all()):
        raise ValueError("Every cost must be a number above 0.")
    cheapest = float(prices[allowed > 0].min())
    if cheapest > budget:
        raise ValueError(f"The budget of {budget:g} is below every cost: the cheapest seed costs {cheapest:g}.")
    return prices


def _limits(
    graph: Graph,
    *,
    error: float | None,
    failure: float | None,
    seconds: float | None,
    memory_limit: int | None,
    threads: int,
    stop: Callable[[], bool] | None = None,
) -> _Limits:
    if error is not None and not 0 < error < GREEDY:
        raise ValueError(f"The error is {error}: it must be above 0 and below {GREEDY:.2f}.")
    if failure is not None and not 0 < failure < 1:
        raise ValueError(f"The failure probability is {failure}: it must be between 0 and 1.")
    if seconds is not None and not seconds > 0:
        raise ValueError(f"The time limit is {seconds} seconds: it must be above 0.")
    free = memory_limit or os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    members = (free - 40 * graph.nodes) // _BYTES_A_MEMBER
    if members < graph.nodes:
        raise ValueError(f"{free:,} bytes are too few for {graph.nodes:,} people: one set alone may hold them all.")
    return _Limits(
        error=error or (0.1 if seconds is None else _FINEST),
        until=time.monotonic() + seconds if seconds is not None else math.inf,
        failure=failure or 1 / max(graph.nodes, 2),
        members=members,
        threads=threads,
        timed_only=seconds is not None and error is None,
        stop=stop or bool,
    )


def _answer(
    task: _Task, limits: _Limits, sentinels: bool | None, progress: Callable[[Seeding], None] | None
) -> Seeding:
    """Answer with sentinels where they pay; when they turn out to be bad seeds, once more without them.

    Each of the two attempts may be wrong with half of the failure probability.
    """
    began = time.monotonic()
    fixed = _sentinels(task, limits, wanted=sentinels)
    failure = limits.failure / 2 if len(fixed.seeds) else limits.failure
    found = _proved(task, limits, fixed, failure, progress)
    if len(fixed.seeds) and found.stopped_by == "sets":
        found = _proved(task, limits, _NO_CHOICE, failure, progress)
    return replace(found, seconds=time.monotonic() - began)


def _proved(
    task: _Task, limits: _Limits, fixed: _Choice, failure: float, progress: Callable[[Seeding], None] | None
) -> Seeding:
    """Double the sets until enough is proved, or a limit is reached."""
    first, most = _set_counts(task, limits)
    rounds = max(math.ceil(math.log2(most / first)), 1)
    slack = math.log(3 * rounds / failure)
    drawn, wanted, known = NO_SETS, first, None
    target = GREEDY * (0.5 if task.costs.size else 1.0) - limits.error
    try:
        for number in range(1, rounds + 1):
            round_began = time.monotonic()
            drawn = _extend(task, limits, drawn, wanted, fixed)
            if not drawn.sets:
                raise ValueError("The memory limit is too low for a single set.")
            known = _judge(task, limits, drawn, _choose(task, drawn, fixed), slack=slack, known=known)
            if progress is not None:
                progress(known)
            took = time.monotonic() - round_began
            reason = _reason(limits, known, drawn, target, took, last=number == rounds)
            if reason is not None:
                return replace(known, stopped_by=reason)
            wanted = 2 * drawn.sets
    except KeyboardInterrupt:
        if known is None:
            raise
        return replace(known, stopped_by="interrupt")
    raise AssertionError  # the last round has a reason to stop


def _reason(
    limits: _Limits, known: Seeding, drawn: Drawn, target: float, took: float, *, last: bool
) -> StoppedBy | None:
    """Return why to stop now, if so; the next round takes about twice as long as this one."""
    if limits.stop():
        return "interrupt"
    if known.guarantee >= (_NEARLY_PROVED if limits.timed_only else target):
        return "error"
    if not drawn.complete or 2 * len(drawn.pool) > limits.members:
        return "memory"
    if time.monotonic() + 2 * took > limits.until:
        return "seconds"
    return "sets" if last else None


def _set_counts(task: _Task, limits: _Limits) -> tuple[int, int]:
    """Return how many sets to begin with, and how many suffice for sure (OPIM-C, lemma 6.1)."""
    people, count = task.graph.nodes, min(task.count, task.graph.nodes)
    choices = math.lgamma(people + 1) - math.lgamma(count + 1) - math.lgamma(people - count + 1)
    tail = math.log(6 / limits.failure)
    root = GREEDY * math.sqrt(tail) + math.sqrt(GREEDY * (choices + tail))
    most = 2 * people * root**2 / (limits.error**2 * count)
    first = max(most * limits.error**2 * count / people, 1.0)
    return math.ceil(first), math.ceil(max(most, 2 * first))


def _sentinels(task: _Task, limits: _Limits, *, wanted: bool | None) -> _Choice:
    """Choose a few seeds by a small trial where sets are large; none where they do not pay or may mislead."""
    if wanted is False or task.costs.size or task.already.size or task.fixed is not None:
        return _NO_CHOICE
    sets = math.ceil(10 * math.log(max(task.graph.nodes, 2)))
    drawn = task.source.draw(0, sets, TRYING, stop=NOBODY, threads=1, most=limits.members)
    if not wanted and len(drawn.pool) < _WORTH_SENTINELS * drawn.sets:
        return _NO_CHOICE
    choice = _choose(task, drawn, _NO_CHOICE)
    sure = choice.gain >= _CERTAIN_HITS
    return _Choice(choice.seeds[sure], choice.gain[sure], 0)


def _extend(task: _Task, limits: _Limits, drawn: Drawn, wanted: int, fixed: _Choice) -> Drawn:
    """Draw up to `wanted` sets, looking at clock and memory in between."""
    ending = _mask(task.graph, fixed.seeds) if len(fixed.seeds) else task.already
    unhurried = limits.until == math.inf and limits.stop is bool
    piece = wanted if unhurried else max(-(-wanted // _PIECES), 256)
    half = (limits.until + time.monotonic()) / 2
    parts = [drawn]
    have, members = drawn.sets, len(drawn.pool)
    while have < wanted and parts[-1].complete and not (have and (limits.stop() or time.monotonic() > half)):
        upto = min(have + piece, wanted)
        parts.append(
            task.source.draw(
                have, upto, CHOOSING, stop=ending, threads=limits.threads, most=max(limits.members - members, 1)
            )
        )
        have += parts[-1].sets
        members += len(parts[-1].pool)
    together = parts[0]
    for part in parts[1:]:
        together = together.extended(part)
    return together


def _mask(graph: Graph, chosen: Nodes) -> Mask:
    mask = np.zeros(graph.nodes, np.uint8)
    mask[chosen] = 1
    return mask


def _choose(task: _Task, drawn: Drawn, fixed: _Choice) -> _Choice:
    """Choose by largest gain, after the sentinels, if any.

    Sets that meet a sentinel are covered and need no members: the largest gains left only involve the other sets,
    which are complete. So the bound over prefixes holds as it is, for prefixes from the sentinels on.
    """
    start, sets = cover.inverted(drawn.pool, drawn.offsets, task.graph.nodes)
    gain, covered = np.diff(start), np.zeros(drawn.sets, np.uint8)
    arrays = (start, sets, drawn.pool, drawn.offsets, covered, gain)
    if task.costs.size:
        return _by_cost(task, arrays)
    before = drawn.stopped if len(fixed.seeds) else 0
    chosen, gains, bound = cover.greedy(task.count - len(fixed.seeds), task.count, before, task.allowed, *arrays)
    share = fixed.gain * (before / max(int(fixed.gain.sum()), 1))
    return _Choice(
        np.concatenate([fixed.seeds, chosen]), np.concatenate([np.rint(share).astype(np.int64), gains]), float(bound)
    )


_Cover = tuple[NDArray[np.int64], Nodes, Nodes, NDArray[np.int64], Mask, NDArray[np.int64]]


def _by_cost(task: _Task, arrays: _Cover) -> _Choice:
    """Choose by gain per cost, or the best single person, whichever covers more."""
    gain = arrays[-1]
    before = gain.copy()
    affordable = (task.allowed > 0) & (task.costs <= task.budget)
    single = int(np.argmax(np.where(affordable, before, -1)))
    chosen, gains = cover.greedy_by_cost(task.budget, task.costs, task.allowed, *arrays)
    bound = min(
        _knapsack(before[affordable], task.costs[affordable], task.budget),
        int(gains.sum()) + _knapsack(gain[affordable], task.costs[affordable], task.budget),
    )
    if before[single] > gains.sum():
        return _Choice(np.array([single], np.uint32), before[[single]], bound)
    return _Choice(chosen, gains, bound)


def _knapsack(gain: NDArray[np.int64], cost: Values, budget: float) -> float:
    """Return the most that this budget could gain if people could be bought in parts."""
    order = np.argsort(-gain / cost, kind="stable")
    spent = np.cumsum(cost[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    total = float(gain[order[:whole]].sum())
    if whole < len(order):
        left = budget - (spent[whole - 1] if whole else 0.0)
        total += float(gain[order[whole]]) * left / float(cost[order[whole]])
    return total


def _judge(
    task: _Task,
    limits: _Limits,
    drawn: Drawn,
    choice: _Choice,
    *,
    slack: float,
    known: Seeding | None,
) -> Seeding:
    """Judge the choice by as many fresh sets, and bound it and the best possible."""
    seeds, gain = (choice.seeds, choice.gain) if task.fixed is None else (task.fixed, np.zeros(task.count, np.int64))
    if not task.costs.size and len(seeds) < task.count:
        seeds, gain = _filled(task, seeds, gain)
    hit = task.source.hits(0, drawn.sets, chosen=_mask(task.graph, seeds), already=task.already, threads=limits.threads)
    total, sets = task.source.total, drawn.sets
    low = (max(math.sqrt(hit + 2 * slack / 9) - math.sqrt(slack / 2), 0.0) ** 2 - slack / 18) * total / sets
    high = (math.sqrt(choice.bound + slack / 2) + math.sqrt(slack / 2)) ** 2 * total / sets
    at_most = min(high, total, known.at_most if known is not None else math.inf)
    at_least = min(max(low, _themselves(task, seeds)), at_most)
    share = hit / sets
    half = 1.959964 * math.sqrt(max(share * (1 - share), 1 / sets) / sets) * total
    estimate = share * total
    return Seeding(
        seeds=seeds,
        gain=(gain * (estimate / max(int(gain.sum()), 1))).astype(np.float64),
        reach=Estimate(estimate, max(estimate - half, 0.0), min(estimate + half, total), unit="people reached"),
        at_least=at_least,
        at_most=at_most,
        guarantee=at_least / at_most if at_most > 0 else 1.0,
        failure=limits.failure,
        sets=sets,
        stopped_by="sets",
        seconds=0.0,
    )


def _themselves(task: _Task, seeds: Nodes) -> float:
    """Return what seeds surely reach: themselves, if everybody reached counts."""
    if task.model.quality < 1 or task.already.size:
        return 0.0
    return float(task.weights[seeds].sum()) if task.weights.size else float(len(seeds))


def _filled(task: _Task, seeds: Nodes, gain: NDArray[np.int64]) -> tuple[Nodes, NDArray[np.int64]]:
    """Return as many seeds as were asked for, although the last add nothing that the sets can tell."""
    free = task.allowed.copy()
    free[seeds] = 0
    more = np.flatnonzero(free)[: task.count - len(seeds)].astype(np.uint32)
    return np.concatenate([seeds, more]), np.concatenate([gain, np.zeros(len(more), np.int64)])
