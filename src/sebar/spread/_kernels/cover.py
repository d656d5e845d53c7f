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
) -> tuple[Nodes, Pointers, int, int, int]:
    """Return affordable nodes by largest gain per cost, and their gains, until nothing more fits.

    Also where to stop and buy the one with the largest gain instead, whatever its cost, if that covers most: how many
    to keep, who comes last (or -1: keep all), and what that one gains.
    """
    chosen = np.empty(gain.size, np.uint32)
    gains = np.empty(gain.size, np.int64)
    open_ = allowed.copy()
    found, left, total = 0, budget, np.int64(0)
    most, keep, last, adds = np.int64(-1), 0, -1, np.int64(0)
    while True:
        best, who, largest, one = 0.0, -1, np.int64(0), -1
        for node in range(gain.size):
            if open_[node] and gain[node] > 0:
                if cost[node] > left:
                    open_[node] = 0
                    continue
                if gain[node] > best * cost[node]:
                    best, who = gain[node] / cost[node], node
                if gain[node] > largest:
                    largest, one = gain[node], node
        if who < 0:
            break
        if total + largest > most:
            most, keep, last, adds = total + largest, found, one, largest
        chosen[found] = who
        gains[found] = take(who, start, sets, pool, offsets, covered, gain)
        open_[who] = 0
        left -= cost[who]
        total += gains[found]
        found += 1
    if total >= most:
        keep, last = found, -1
    return chosen[:found], gains[:found], keep, last, int(adds)


@compiled
def greedy_for_groups(
    wanted: int,
    need: Pointers,
    group: Nodes,
    allowed: Mask,
    start: Pointers,
    sets: Nodes,
    pool: Nodes,
    offsets: Pointers,
    covered: Mask,
    gain: Pointers,
) -> tuple[Nodes, Pointers]:
    """Return up to `wanted` nodes by what they add to the sum over groups of min(covered, needed), and their gains.

    A set belongs to the group of its root. It ends when every group has what it needs, or nobody adds to that.
    """
    chosen, gains = np.empty(wanted, np.uint32), np.empty(wanted, np.int64)
    missing, seen = need.copy(), np.zeros(need.size, np.int64)
    useful = np.zeros(gain.size, np.int64)
    for number in range(offsets.size - 1):
        if offsets[number] < offsets[number + 1] and missing[group[pool[offsets[number]]]] > 0:
            for at in range(offsets[number], offsets[number + 1]):
                useful[pool[at]] += 1
    found = 0
    while found < wanted:
        best, who = np.int64(0), -1
        for node in range(gain.size):
            if not allowed[node] or useful[node] <= best:
                continue
            for at in range(start[node], start[node + 1]):
                if not covered[sets[at]]:
                    seen[group[pool[offsets[sets[at]]]]] += 1
            value = np.int64(0)
            for at in range(need.size):
                value += min(seen[at], max(missing[at], 0))
                seen[at] = 0
            if value > best:
                best, who = value, node
        if who < 0:
            break
        for at in range(start[who], start[who + 1]):
            number = sets[at]
            root = group[pool[offsets[number]]]
            if not covered[number] and need[root] > 0:
                missing[root] -= 1
                for place in range(offsets[number], offsets[number + 1]):
                    useful[pool[place]] -= 1
        chosen[found] = who
        gains[found] = take(who, start, sets, pool, offsets, covered, gain)
        found += 1
    return chosen[:found], gains[:found]


@compiled
def greedy_with_harm(
    wanted: int,
    harm: float,
    sure: float,
    allowed: Mask,
    start: Pointers,
    sets: Nodes,
    pool: Nodes,
    offsets: Pointers,
    near: Pointers,
    harmless: Pointers,
) -> tuple[Nodes, Values, float]:
    """Return nodes by what they add: 1 for a set with a near seed, -harm for one whose only seeds are far.

    A set without seeds, or with harmless ones at best, counts nothing. It ends before the first whose gain is not
    surely above 0, by `sure` standard errors; what that one seems to gain is returned too, or 0.
    """
    nodes, count = start.size - 1, offsets.size - 1
    state = np.zeros(count, np.int64)  # 0 no seed, 1 far, 2 harmless, 3 near
    worth = np.array([0.0, -harm, 0.0, 1.0])
    gain, square = np.zeros(nodes), np.zeros(nodes)
    for number in range(count):
        for at in range(offsets[number], offsets[number + 1]):
            adds = worth[3 if at < near[number] else 2 if at < harmless[number] else 1]
            gain[pool[at]] += adds
            square[pool[at]] += adds * adds
    open_ = allowed.copy()
    chosen, gains = np.empty(wanted, np.uint32), np.empty(wanted, np.float64)
    found = 0
    while found < wanted:
        best, who = 0.0, -1
        for node in range(nodes):
            if open_[node] and gain[node] > best:
                best, who = gain[node], node
        if who < 0:
            return chosen[:found], gains[:found], 0.0
        if best <= sure * np.sqrt(max(square[who] - best * best / count, 0.0)):
            return chosen[:found], gains[:found], best
        chosen[found], gains[found] = who, best
        open_[who] = 0
        found += 1
        for place in range(start[who], start[who + 1]):
            number = sets[place]
            at = offsets[number]
            while pool[at] != who:
                at += 1
            now = 3 if at < near[number] else 2 if at < harmless[number] else 1
            before = state[number]
            if now <= before:
                continue
            state[number] = now
            for at in range(offsets[number], offsets[number + 1]):
                region = 3 if at < near[number] else 2 if at < harmless[number] else 1
                old = worth[max(region, before)] - worth[before]
                new = worth[max(region, now)] - worth[now]
                gain[pool[at]] += new - old
                square[pool[at]] += new * new - old * old
    return chosen[:found], gains[:found], 0.0


@compiled
def near_only(pool: Nodes, offsets: Pointers, near: Pointers) -> tuple[Nodes, Pointers]:
    """Return the sets with their near members alone."""
    kept, ends = np.empty(pool.size, np.uint32), np.zeros(offsets.size, np.int64)
    end = 0
    for number in range(offsets.size - 1):
        for at in range(offsets[number], near[number]):
            kept[end] = pool[at]
            end += 1
        ends[number + 1] = end
    return kept[:end], ends
