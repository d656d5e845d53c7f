"""Choosing people who appear in as many reverse sets as possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]


@compiled
def inverted(pool: Nodes, offsets: Pointers, nodes: int) -> tuple[Pointers, Nodes]:
    """Return for every node the sets that hold it, as rows."""
    start = np.zeros(nodes + 1, np.int64)
    for at in range(pool.size):
        start[pool[at] + 1] += 1
    for node in range(nodes):
        start[node + 1] += start[node]
    place = start[:-1].copy()
    sets = np.empty(pool.size, np.uint32)
    for number in range(offsets.size - 1):
        for at in range(offsets[number], offsets[number + 1]):
            node = pool[at]
            sets[place[node]] = number
            place[node] += 1
    return start, sets


@compiled
def take(node: int, start: Pointers, sets: Nodes, pool: Nodes, offsets: Pointers, covered: Mask, gain: Pointers) -> int:
    """Cover the node's sets, lower everybody's gain accordingly, and return how many sets were new."""
    new = 0
    for at in range(start[node], start[node + 1]):
        number = sets[at]
        if covered[number]:
            continue
        covered[number] = 1
        new += 1
        for place in range(offsets[number], offsets[number + 1]):
            gain[pool[place]] -= 1
    return new


@compiled
def _by_gain(gain: Pointers, allowed: Mask) -> Nodes:
    """Return the allowed nodes by falling gain, then rising number, those without gain left out."""
    most = 0
    for node in range(gain.size):
        if allowed[node]:
            most = max(most, gain[node])
    place = np.zeros(most + 2, np.int64)
    for node in range(gain.size):
        if allowed[node] and gain[node] > 0:
            place[most - gain[node] + 1] += 1
    for at in range(most + 1):
        place[at + 1] += place[at]
    order = np.empty(place[most + 1], np.uint32)
    for node in range(gain.size):
        if allowed[node] and gain[node] > 0:
            order[place[most - gain[node]]] = node
            place[most - gain[node]] += 1
    return order


@compiled
def greedy(
    wanted: int,
    count: int,
    total: int,
    allowed: Mask,
    start: Pointers,
    sets: Nodes,
    pool: Nodes,
    offsets: Pointers,
    covered: Mask,
    gain: Pointers,
) -> tuple[Nodes, Pointers, int]:
    """Return up to `wanted` allowed nodes by largest gain, their gains, and the most that any `count` could cover.

    `total` sets are covered before the first choice.

    The bound is the smallest, over the prefixes of the choice, of what the prefix covers plus the `count` largest gains
    left. Gains only fall, so whoever ranks by an older gain need be looked at no further than that gain allows.
    """
    chosen = np.empty(wanted, np.uint32)
    gains = np.empty(wanted, np.int64)
    heap = np.empty(count, np.int64)
    order = _by_gain(gain, allowed)
    older = gain[order]
    found, bound = 0, 2**62
    while True:
        size, best, who, looked = 0, np.int64(0), -1, 0
        while looked < order.size:
            if size == count and older[looked] <= heap[0]:
                break
            node = order[looked]
            value = gain[node]
            if value > best:
                best, who = value, node
            if size < count:
                at = size
                size += 1
                while at > 0 and heap[(at - 1) // 2] > value:
                    heap[at] = heap[(at - 1) // 2]
                    at = (at - 1) // 2
                heap[at] = value
            elif value > heap[0]:
                at = 0
                while True:
                    below = 2 * at + 1
                    if below >= size:
                        break
                    if below + 1 < size and heap[below + 1] < heap[below]:
                        below += 1
                    if heap[below] >= value:
                        break
                    heap[at] = heap[below]
                    at = below
                heap[at] = value
            looked += 1
        top = 0
        for at in range(size):
            top += heap[at]
        bound = min(bound, int(total + top))
        if who < 0 or found == wanted:
            break
        chosen[found] = who
        gains[found] = take(who, start, sets, pool, offsets, covered, gain)
        total += gains[found]
        found += 1
        if looked > 4 * count + 1000:
            order = _by_gain(gain, allowed)
            older = gain[order]
    return chosen[:found], gains[:found], bound


@compiled
def greedy_by_cost(
    budget: float,
    cost: Values,
    allowed: Mask,
    start: Pointers,
    sets: Nodes,
    pool: Nodes,
    offsets: Pointers,
    covered: Mask,
    gain: Pointers,
) -> tuple[Nodes, Pointers]:
    """Return affordable nodes by largest gain per cost, and their gains, until nothing more fits."""
    chosen = np.empty(gain.size, np.uint32)
    gains = np.empty(gain.size, np.int64)
    open_ = allowed.copy()
    found, left = 0, budget
    while True:
        best, who = 0.0, -1
        for node in range(gain.size):
            if open_[node] and gain[node] > 0:
                if cost[node] > left:
                    open_[node] = 0
                elif gain[node] > best * cost[node]:
                    best, who = gain[node] / cost[node], node
        if who < 0:
            break
        chosen[found] = who
        gains[found] = take(who, start, sets, pool, offsets, covered, gain)
        open_[who] = 0
        left -= cost[who]
        found += 1
    return chosen[:found], gains[:found]
