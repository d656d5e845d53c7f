"""Choosing seeds by a collection of reverse sets: by count, by budget, for every group, with harm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import cover
from sebar.spread.reverse_sets import Drawn
from sebar.spread.seed_question import Mask, Nodes, Task, Values

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choice:
    """Seeds by a collection of sets.

    Attributes
    ----------
    seeds, gain
        Whom, and how many sets each adds.
    hoped
        How many sets they cover, and more sets might show others to add.
    bound
        How many the best possible could cover at most.
    """

    seeds: Nodes
    gain: Values
    hoped: float
    bound: float


NO_CHOICE: Final = Choice(np.empty(0, np.uint32), np.empty(0), 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Cover:
    """Sets, each node's sets, which sets are covered, and how many more each node would cover."""

    start: Counts
    sets: Nodes
    pool: Nodes
    offsets: Counts
    covered: Mask
    gain: Counts

    @property
    def arrays(self) -> tuple[Counts, Nodes, Nodes, Counts, Mask, Counts]:
        """All, as the kernels take them."""
        return self.start, self.sets, self.pool, self.offsets, self.covered, self.gain


def choose(task: Task, drawn: Drawn, fixed: Choice, slack: float) -> Choice:
    """Choose seeds, the sentinels first, if any; `slack` is minus the log of the chance that a bound may be wrong."""
    if task.harm:
        return _with_harm(task, drawn, slack)
    over = _cover(drawn.pool, drawn.offsets, task.graph.nodes)
    if task.fixed is not None:
        return _by_hand(task, task.fixed, over)
    if task.costs.size:
        return _by_cost(task, over)
    if task.groups.minimum.size and task.groups.minimum.any():
        return _for_groups(task, over)
    return _by_count(task, over, fixed, drawn.stopped if len(fixed.seeds) else 0)


def most_in_group(task: Task, drawn: Drawn, group: int) -> float:
    """Return how many sets of one group are covered by choosing for it alone."""
    over = _cover(drawn.pool, drawn.offsets, task.graph.nodes)
    full = drawn.offsets[:-1] < drawn.offsets[1:]
    root = np.full(drawn.sets, task.groups.count, np.uint32)
    root[full] = task.groups.number[drawn.pool[drawn.offsets[:-1][full]]]
    outside = root != group
    members = np.repeat(outside, np.diff(drawn.offsets))
    over.covered[outside] = 1
    over.gain[:] -= np.bincount(drawn.pool[members], minlength=task.graph.nodes)
    _, gains, _ = cover.greedy(task.count, task.count, 0, task.allowed, *over.arrays)
    return float(gains.sum())


def _cover(pool: Nodes, offsets: Counts, nodes: int) -> _Cover:
    start, sets = cover.inverted(pool, offsets, nodes)
    return _Cover(start, sets, pool, offsets, np.zeros(len(offsets) - 1, np.uint8), np.diff(start))


def _by_count(task: Task, over: _Cover, fixed: Choice, before: int) -> Choice:
    """Choose by largest gain, after the sentinels, if any.

    Sets that meet a sentinel are covered and need no members: the largest gains left only involve the other sets,
    which are complete. So the bound over prefixes holds as it is, for prefixes from the sentinels on.
    """
    chosen, gains, bound = cover.greedy(task.count - len(fixed.seeds), task.count, before, task.allowed, *over.arrays)
    share = fixed.gain * (before / max(float(fixed.gain.sum()), 1.0))
    return Choice(
        np.concatenate([fixed.seeds, chosen]),
        np.concatenate([share, gains.astype(np.float64)]),
        before + float(gains.sum()),
        float(bound),
    )


def _by_hand(task: Task, seeds: Nodes, over: _Cover) -> Choice:
    """Return what these seeds cover, and what the best of their number, or of their cost, could."""
    if task.costs.size:
        bound = _by_cost(task, _cover(over.pool, over.offsets, task.graph.nodes)).bound
    else:
        copy = _cover(over.pool, over.offsets, task.graph.nodes)
        bound = cover.greedy(task.count, task.count, 0, task.allowed, *copy.arrays)[2]
    gain = np.array([cover.take(int(seed), *over.arrays) for seed in seeds], np.float64)
    return Choice(seeds, gain, float(gain.sum()), float(bound))


def _by_cost(task: Task, over: _Cover) -> Choice:
    """Choose by gain per cost, and stop where whoever gains most, whatever the cost, would make it the most."""
    before = over.gain.copy()
    affordable = (task.allowed > 0) & (task.costs <= task.budget)
    chosen, gains, keep, last, adds = cover.greedy_by_cost(task.budget, task.costs, task.allowed, *over.arrays)
    bound = min(
        _knapsack(before[affordable], task.costs[affordable], task.budget),
        float(gains.sum()) + _knapsack(over.gain[affordable], task.costs[affordable], task.budget),
    )
    if last >= 0:
        chosen = np.append(chosen[:keep], np.uint32(last))
        gains = np.append(gains[:keep], adds)
    return Choice(chosen, gains.astype(np.float64), float(gains.sum()), bound)


def _knapsack(gain: Counts, cost: Values, budget: float) -> float:
    """Return the most that this budget could gain if people could be bought in parts."""
    order = np.argsort(-gain / cost, kind="stable")
    spent = np.cumsum(cost[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    total = float(gain[order[:whole]].sum())
    if whole < len(order):
        left = budget - (spent[whole - 1] if whole else 0.0)
        total += float(gain[order[whole]]) * left / float(cost[order[whole]])
    return total


def _for_groups(task: Task, over: _Cover) -> Choice:
    """Give every group its minimum first, then choose by largest gain.

    As what a choice covers of its own sets flatters it, a group gets a standard error more than its minimum.
    """
    share = np.append(task.groups.minimum, 0.0) * (len(over.covered) / task.source.total)
    there = np.bincount(
        task.groups.number[over.pool[over.offsets[:-1][over.offsets[:-1] < over.offsets[1:]]]],
        minlength=task.groups.count + 1,
    )
    need = np.minimum(np.ceil(share + np.sqrt(share)), there).astype(np.int64)
    _, _, bound = cover.greedy(0, task.count, 0, task.allowed, *over.arrays)
    first, gains = cover.greedy_for_groups(task.count, need, task.groups.number, task.allowed, *over.arrays)
    free = task.allowed.copy()
    free[first] = 0
    total = int(gains.sum())
    rest, more, later = cover.greedy(task.count - len(first), task.count, total, free, *over.arrays)
    return Choice(
        np.concatenate([first, rest]),
        np.concatenate([gains, more]).astype(np.float64),
        float(total + more.sum()),
        float(min(bound, later)),
    )


def _with_harm(task: Task, drawn: Drawn, slack: float) -> Choice:
    """Choose by largest gain while it is surely above nothing; the near members alone bound the best possible."""
    near = _cover(*cover.near_only(drawn.pool, drawn.offsets, drawn.near), task.graph.nodes)
    _, _, bound = cover.greedy(0, task.count, 0, task.allowed, *near.arrays)
    if task.fixed is not None:
        return Choice(task.fixed, np.zeros(len(task.fixed)), float(bound), float(bound))
    chosen, gains, seems = cover.greedy_with_harm(
        task.count, task.harm, math.sqrt(2 * slack), task.allowed,
        *cover.inverted(drawn.pool, drawn.offsets, task.graph.nodes),
        drawn.pool, drawn.offsets, drawn.near, drawn.harmless,
    )  # fmt: skip
    return Choice(chosen, gains, float(gains.sum()) + seems * (task.count - len(chosen)), float(bound))
