"""Reverse sets: who could have reached a person drawn at random, in one random world.

Every set has a stream of random numbers of its own, made of (random seed, purpose, index), so that any division among
threads or machines gives the same sets.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.coins import U, hashed, stream
from sebar.spread._kernels.compiled import compiled, inlined

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]

CASCADE, CASCADE_PER_EDGE, THRESHOLD, THRESHOLD_EVEN = 0, 1, 2, 3
"""How a set is walked: one chance per receiver, one per edge (rows sorted, largest first), or a single in-edge."""

_GOLDEN = U(0x9E3779B97F4A7C15)
_HARM = U(0xA0761D6478BD642F)  # sets a second stream of a set apart
_8, _11, _56, _127 = U(8), U(11), U(56), U(127)
_EIGHT_ONES, _TOPS, _DIGITS = U(0x0101010101010101), U(0x8080808080808080), U(0x7F7F7F7F7F7F7F7F)
_COINS = 16  # rows up to which flipping every coin, eight a hash, is cheaper than a logarithm
_EACH = 6  # the same where every edge has its own chance, and its own hash
_UNSEEN, _SEEN, _STOP = 0, 1, 2


class Walk(NamedTuple):
    """What a set is walked along.

    Attributes
    ----------
    start, row
        Rows of those who may pass on to each node.
    kind
        `CASCADE` to `THRESHOLD_EVEN`.
    chance, skip
        Per receiver, or of length 1 for all, with skip = 1 / log(1 - chance); per edge for the other kinds.
    accept, alias
        Draw the root by weight; empty when all count the same.
    limit
        Most steps back.
    keep
        Chance that passing on keeps it liked.
    delay, deadline
        Mean time of a hop, and the time that there is; a delay of 0 counts steps instead.
    widest
        Edges of the longest row.
    """

    start: Pointers
    row: Nodes
    kind: int
    chance: Values
    skip: Values
    accept: Values
    alias: Nodes
    limit: int
    keep: float
    delay: float
    deadline: float
    widest: int


@compiled
def uniform(state: np.uint64) -> float:
    """Return a number between 0 and 1, never either."""
    return (np.float64(hashed(state) >> _11) + 0.5) * 2.0**-53


@inlined
def live_edges(
    state: np.uint64, node: int, found: Nodes, start: Pointers, row: Nodes, kind: int, chance: Values, skip: Values
) -> tuple[np.uint64, int]:
    """Write who passes on to this node; return the next state, and how many they are."""
    edge, last = int(start[node]), int(start[node + 1])
    count = 0
    if kind == CASCADE_PER_EDGE:
        if last - edge <= _EACH:
            for at in range(edge, last):
                state += _GOLDEN
                found[count] = row[at]
                count += uniform(state) < chance[at]
            return state, count
        while edge < last:
            bound = chance[edge]
            if bound <= 0.0:
                break
            if bound < 0.5:
                state += _GOLDEN
                jump = np.log(uniform(state)) / np.log1p(-bound)
                if jump >= last - edge:
                    break
                edge += int(jump)
            else:
                bound = 1.0
            state += _GOLDEN
            found[count] = row[edge]
            count += uniform(state) * bound < chance[edge]
            edge += 1
        return state, count
    at = node if chance.size > 1 else 0
    likely = chance[at]
    if likely <= 0.0:
        return state, 0
    if likely >= 1.0:
        for one in range(edge, last):
            found[count] = row[one]
            count += 1
        return state, count
    if last - edge <= _COINS:
        # A coin is a digit of base 128, eight in a hash, and live if below the chance's first digit; only if it equals
        # that, the digits after it decide. Most often all eight are above it.
        digit = U(likely * 128.0)
        above = (_127 - digit) * _EIGHT_ONES
        for block in range(edge, last, 8):
            state += _GOLDEN
            bits = hashed(state) & _DIGITS
            if (bits + above) & _TOPS == _TOPS:
                continue
            for one in range(block, min(block + 8, last)):
                coin = bits & _127
                bits >>= _8
                live = coin < digit
                if coin == digit:
                    live = uniform(state ^ (U(one - block + 1) << _56)) < likely * 128.0 - np.float64(digit)
                found[count] = row[one]
                count += int(live)
        return state, count
    every = skip[at]
    while True:
        state += _GOLDEN
        jump = np.log(uniform(state)) * every
        if jump >= last - edge:
            return state, count
        edge += int(jump)
        found[count] = row[edge]
        count += 1
        edge += 1


@compiled
def in_edge(draw: float, node: int, start: Pointers, kind: int, chance: Values) -> int:
    """Return the one edge through which this node joins in, or -1."""
    first, last = start[node], start[node + 1]
    if first == last:
        return -1
    if kind == THRESHOLD_EVEN:
        return int(first + min(int(draw * (last - first)), last - first - 1))
    for edge in range(first, last):
        draw -= chance[edge]
        if draw < 0.0:
            return edge
    return -1


@compiled
def in_time(
    state: np.uint64,
    root: int,
    begin: int,
    mark: Mask,
    arrival: Values,
    found: Nodes,
    pool: Nodes,
    start: Pointers,
    row: Nodes,
    kind: int,
    chance: Values,
    skip: Values,
    delay: float,
    deadline: float,
) -> tuple[int, int]:
    """Walk back from the root in the order of time, as `one_set` does in the order of steps."""
    end = begin + 1
    arrival[root] = 0.0
    queue = [(0.0, np.int64(root))]
    while len(queue) > 0:
        now, node = heappop(queue)
        if now > arrival[node]:
            continue
        state, count = live_edges(state, int(node), found, start, row, kind, chance, skip)
        for at in range(count):
            other = found[at]
            state += _GOLDEN
            then = now - np.log(uniform(state)) * delay
            seen = mark[other]
            if then > deadline or (seen == _SEEN and then >= arrival[other]):
                continue
            if seen == _STOP:
                return end, 0
            if seen == _UNSEEN:
                mark[other] = _SEEN
                pool[end] = other
                end += 1
            arrival[other] = then
            heappush(queue, (then, np.int64(other)))
    return end, -1


@inlined
def one_set(
    state: np.uint64,
    begin: int,
    mark: Mask,
    arrival: Values,
    found: Nodes,
    pool: Nodes,
    levels: Pointers,
    start: Pointers,
    row: Nodes,
    kind: int,
    chance: Values,
    skip: Values,
    accept: Values,
    alias: Nodes,
    limit: int,
    keep: float,
    delay: float,
    deadline: float,
) -> tuple[int, int]:
    """Write one set into the pool from `begin` on, root first.

    Return its end, and after how many steps somebody marked `_STOP` was met, or -1. The pool has room for everybody,
    and one more. `levels`, unless empty, gets where each step's people end.
    """
    nodes = start.size - 1
    state += _GOLDEN
    place = uniform(state) * nodes
    root = min(int(place), nodes - 1)
    if accept.size and place - root >= accept[root]:
        root = int(alias[root])
    pool[begin] = root
    if keep < 1.0:
        if keep <= 0.0:
            return begin, -1
        state += _GOLDEN
        limit = min(limit, int(min(np.log(uniform(state)) / np.log(keep), 2.0**31)) - 1)
        if limit < 0:
            return begin, -1
    head, end, depth = begin, begin + 1, 0
    if mark[root] == _STOP:
        return end, 0
    mark[root] = _SEEN
    if delay > 0.0:
        return in_time(state, root, begin, mark, arrival, found, pool, start, row, kind, chance, skip, delay, deadline)
    if levels.size:
        levels[0] = end
    if kind >= THRESHOLD:
        node = root
        while depth < limit:
            state += _GOLDEN
            edge = in_edge(uniform(state), node, start, kind, chance)
            if edge < 0:
                break
            node = int(row[edge])
            if mark[node] == _SEEN:
                break
            depth += 1
            if mark[node] == _STOP:
                return end, depth
            mark[node] = _SEEN
            pool[end] = node
            end += 1
            if levels.size:
                levels[depth] = end
        return end, -1
    while head < end and depth < limit:
        level = end
        depth += 1
        while head < level:
            state, count = live_edges(state, int(pool[head]), found, start, row, kind, chance, skip)
            head += 1
            for at in range(count):
                other = found[at]
                seen = mark[other]
                if seen == _STOP:
                    return end, depth
                pool[end] = other
                end += seen == _UNSEEN
                mark[other] = _SEEN
        if levels.size and end > level:
            levels[depth] = end
    return end, -1


@compiled
def marks(nodes: int, stop: Mask) -> Mask:
    """Return everybody unseen, but for those to stop at."""
    mark = np.zeros(nodes, np.uint8)
    for node in range(stop.size):
        mark[node] = _STOP if stop[node] else _UNSEEN
    return mark


@inlined
def unmark(mark: Mask, pool: Nodes, begin: int, end: int) -> None:
    """Forget that these were seen; somebody to stop at stays so."""
    for at in range(begin, end):
        mark[pool[at]] &= _STOP


@compiled
def draw(
    first: int, last: int, seed: np.uint64, purpose: np.uint64, walk: Walk, stop: Mask, most: int
) -> tuple[Nodes, Pointers, int, bool]:
    """Return sets `first` to `last`: members, where each set begins, how many were stopped, and whether all fitted.

    A stopped set has no members. Drawing ends before the set that would make it more than `most` members; the offsets
    then tell how many sets there are.
    """
    start, row, kind, chance, skip, accept, alias, limit, keep, delay, deadline, widest = walk
    nodes = start.size - 1
    pool = np.empty(min(4 * (last - first), most) + nodes + 1, np.uint32)
    offsets = np.zeros(last - first + 1, np.int64)
    mark, found, levels = marks(nodes, stop), np.empty(widest + 1, np.uint32), np.empty(0, np.int64)
    arrival = np.empty(nodes if delay > 0.0 else 0)
    stopped, begin = 0, 0
    for at in range(first, last):
        if begin + nodes >= pool.size:
            grown = np.empty(min(2 * pool.size, most) + nodes + 1, np.uint32)
            grown[:begin] = pool[:begin]
            pool = grown
        end, met = one_set(
            stream(seed, purpose, U(at)),
            begin,
            mark,
            arrival,
            found,
            pool,
            levels,
            start,
            row,
            kind,
            chance,
            skip,
            accept,
            alias,
            limit,
            keep,
            delay,
            deadline,
        )
        unmark(mark, pool, begin, end)
        if met >= 0:
            stopped += 1
        elif end <= most:
            begin = end
        else:
            return pool[:begin], offsets[: at - first + 1], stopped, False
        offsets[at - first + 1] = begin
    return pool[:begin], offsets, stopped, True


@compiled
def draw_whole(
    first: int, last: int, seed: np.uint64, purpose: np.uint64, walk: Walk, quality: float, harm: float, most: int
) -> tuple[Nodes, Pointers, Pointers, Pointers, bool]:
    """Return sets as `draw` does, each with where its near and where its harmless members end.

    Whoever is d steps away is worth (1 + harm) quality^(d + 1) - harm. A near seed turns that into a certain 1, a far
    one, who is not harmless, into a certain -harm: one random number a set decides who is which.
    """
    start, row, kind, chance, skip, accept, alias, limit, keep, delay, deadline, widest = walk
    nodes = start.size - 1
    pool = np.empty(min(4 * (last - first), most) + nodes + 1, np.uint32)
    offsets, near, harmless = (
        np.zeros(last - first + 1, np.int64),
        np.zeros(last - first, np.int64),
        np.zeros(last - first, np.int64),
    )
    mark, found, levels = (
        marks(nodes, np.empty(0, np.uint8)),
        np.empty(widest + 1, np.uint32),
        np.empty(nodes + 1, np.int64),
    )
    arrival = np.empty(0)
    begin = 0
    for at in range(first, last):
        if begin + nodes >= pool.size:
            grown = np.empty(min(2 * pool.size, most) + nodes + 1, np.uint32)
            grown[:begin] = pool[:begin]
            pool = grown
        state = stream(seed, purpose, U(at))
        end, _ = one_set(
            state,
            begin,
            mark,
            arrival,
            found,
            pool,
            levels,
            start,
            row,
            kind,
            chance,
            skip,
            accept,
            alias,
            limit,
            keep,
            delay,
            deadline,
        )
        unmark(mark, pool, begin, end)
        if end > most:
            return pool[:begin], offsets[: at - first + 1], near[: at - first], harmless[: at - first], False
        draw_ = uniform(state ^ _HARM)
        near[at - first], harmless[at - first] = begin, begin
        depth, done = 0, begin
        liked = quality
        while done < end:
            worth = (1.0 + harm) * liked - harm
            done = levels[depth]
            if worth > draw_:
                near[at - first] = done
            if worth >= 0.0 or -worth <= draw_ * harm:
                harmless[at - first] = done
            liked *= quality
            depth += 1
        begin = end
        offsets[at - first + 1] = end
    return pool[:begin], offsets, near, harmless, True


@compiled
def hits(
    first: int,
    last: int,
    seed: np.uint64,
    purpose: np.uint64,
    walk: Walk,
    chosen: Mask,
    already: Mask,
    group: Nodes,
    groups: int,
) -> Pointers:
    """Return (groups, 2) by the root's group: sets with somebody chosen and nobody of `already`; and all sets.

    Nothing is kept. Without groups (an empty `group`) all count in the first.
    """
    start, row, kind, chance, skip, accept, alias, limit, keep, delay, deadline, widest = walk
    nodes = start.size - 1
    pool, found = np.empty(nodes + 1, np.uint32), np.empty(widest + 1, np.uint32)
    mark, levels = marks(nodes, already if already.size else chosen), np.empty(0, np.int64)
    arrival = np.empty(nodes if delay > 0.0 else 0)
    count = np.zeros((groups, 2), np.int64)
    for at in range(first, last):
        end, met = one_set(
            stream(seed, purpose, U(at)),
            0,
            mark,
            arrival,
            found,
            pool,
            levels,
            start,
            row,
            kind,
            chance,
            skip,
            accept,
            alias,
            limit,
            keep,
            delay,
            deadline,
        )
        unmark(mark, pool, 0, end)
        hit = met >= 0
        if already.size:
            hit = False
            for at_ in range(end if met < 0 else 0):
                hit = hit or chosen[pool[at_]] == 1
        place = group[pool[0]] if group.size else 0
        count[place, 0] += hit
        count[place, 1] += 1
    return count


@compiled
def distances(first: int, last: int, seed: np.uint64, purpose: np.uint64, walk: Walk, chosen: Mask) -> Pointers:
    """Return by number of steps in how many of sets `first` to `last` the nearest chosen is so far from the root."""
    start, row, kind, chance, skip, accept, alias, limit, keep, delay, deadline, widest = walk
    nodes = start.size - 1
    pool, found = np.empty(nodes + 1, np.uint32), np.empty(widest + 1, np.uint32)
    mark, levels, arrival = marks(nodes, chosen), np.empty(0, np.int64), np.empty(0)
    count = np.zeros(min(limit, nodes) + 1, np.int64)
    for at in range(first, last):
        end, met = one_set(
            stream(seed, purpose, U(at)), 0, mark, arrival, found, pool, levels, start, row, kind, chance, skip, accept,
            alias, limit, keep, delay, deadline
        )  # fmt: skip
        unmark(mark, pool, 0, end)
        if met >= 0:
            count[met] += 1
    return count


@compiled
def alias_table(share: Values) -> tuple[Values, Nodes]:
    """Return Walker's table for weights of mean 1: column i is itself with chance accept[i], else alias[i]."""
    accept, alias = np.ones(share.size), np.arange(share.size).astype(np.uint32)
    left = share.copy()
    small, large = np.flatnonzero(share < 1.0), np.flatnonzero(share >= 1.0)
    poor, rich = small.size, large.size
    waiting = np.empty(share.size, np.int64)
    waiting[:poor] = small
    while poor > 0 and rich > 0:
        poor -= 1
        one, other = waiting[poor], large[rich - 1]
        accept[one], alias[one] = left[one], other
        left[other] -= 1.0 - left[one]
        if left[other] < 1.0:
            waiting[poor] = other
            poor += 1
            rich -= 1
    return accept, alias
