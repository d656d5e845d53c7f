"""Reverse sets: who could have reached a person drawn at random, in one random world.

Every set has a stream of random numbers of its own, made of (random seed, purpose, index), so that any division among
threads or machines gives the same sets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.coins import U, hashed, stream
from sebar.spread._kernels.compiled import compiled

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]

CASCADE, CASCADE_PER_EDGE, THRESHOLD, THRESHOLD_EVEN = 0, 1, 2, 3
"""How a set is walked: one chance per receiver, one per edge (rows sorted, largest first), or a single in-edge."""

NO_ROOM, STOPPED = -1, -2

_GOLDEN = U(0x9E3779B97F4A7C15)
_11 = U(11)
_FLIP_EACH = 6  # rows up to which flipping every coin is cheaper than a logarithm


@compiled
def uniform(state: np.uint64) -> float:
    """Return a number between 0 and 1, never either."""
    return (np.float64(hashed(state) >> _11) + 0.5) * 2.0**-53


@compiled
def one_set(
    state: np.uint64,
    begin: int,
    start: Pointers,
    row: Nodes,
    kind: int,
    chance: Values,
    skip: Values,
    accept: Values,
    alias: Nodes,
    limit: int,
    keep: float,
    stop: Mask,
    mark: Nodes,
    stamp: int,
    pool: Nodes,
) -> int:
    """Write one set into the pool from `begin` on; return its end, `NO_ROOM`, or `STOPPED` by a member in `stop`.

    `chance` and `skip` (1 / log(1 - p)) are per receiver, or of length 1 for all; `chance` is per edge for the other
    kinds. `accept` and `alias` draw the root by weight. `keep` is the chance that passing on keeps it liked.
    """
    nodes = start.size - 1
    room = pool.size
    state += _GOLDEN
    place = uniform(state) * nodes
    root = min(int(place), nodes - 1)
    if accept.size and place - root >= accept[root]:
        root = alias[root]
    if keep < 1.0:
        if keep <= 0.0:
            return begin
        state += _GOLDEN
        limit = min(limit, int(min(np.log(uniform(state)) / np.log(keep), 2.0**31)) - 1)
        if limit < 0:
            return begin
    if begin == room:
        return NO_ROOM
    if stop.size and stop[root]:
        return STOPPED
    mark[root] = stamp
    pool[begin] = root
    head, end, depth = begin, begin + 1, 0
    if kind >= THRESHOLD:
        node = root
        while depth < limit:
            first, last = start[node], start[node + 1]
            if first == last:
                break
            state += _GOLDEN
            draw = uniform(state)
            edge = last
            if kind == THRESHOLD_EVEN:
                edge = first + min(int(draw * (last - first)), last - first - 1)
            else:
                for candidate in range(first, last):
                    draw -= chance[candidate]
                    if draw < 0.0:
                        edge = candidate
                        break
            if edge == last:
                break
            node = row[edge]
            if mark[node] == stamp:
                break
            if end == room:
                return NO_ROOM
            if stop.size and stop[node]:
                return STOPPED
            mark[node] = stamp
            pool[end] = node
            end += 1
            depth += 1
        return end
    while head < end and depth < limit:
        level = end
        depth += 1
        while head < level:
            node = pool[head]
            head += 1
            edge, last = start[node], start[node + 1]
            if edge == last:
                continue
            if end + last - edge > room:
                return NO_ROOM
            by_skip = kind == CASCADE and last - edge > _FLIP_EACH
            at = node if chance.size > 1 else 0
            if kind == CASCADE and chance[at] >= 1.0:
                by_skip = False
            elif kind == CASCADE and chance[at] <= 0.0:
                continue
            if by_skip:
                state += _GOLDEN
                jump = np.log(uniform(state)) * skip[at]
                edge = last if jump >= last - edge else edge + int(jump)
            sorted_row = kind == CASCADE_PER_EDGE and last - edge > _FLIP_EACH
            while edge < last:
                live = by_skip
                if not by_skip:
                    bound = chance[edge] if sorted_row else 1.0
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
                    live = uniform(state) * bound < (chance[at] if kind == CASCADE else chance[edge])
                if live:
                    other = row[edge]
                    if mark[other] != stamp:
                        if stop.size and stop[other]:
                            return STOPPED
                        mark[other] = stamp
                        pool[end] = other
                        end += 1
                edge += 1
                if by_skip:
                    state += _GOLDEN
                    jump = np.log(uniform(state)) * skip[at]
                    edge = last if jump >= last - edge else edge + int(jump)
    return end


@compiled
def draw(
    first: int,
    last: int,
    seed: np.uint64,
    purpose: np.uint64,
    start: Pointers,
    row: Nodes,
    kind: int,
    chance: Values,
    skip: Values,
    accept: Values,
    alias: Nodes,
    limit: int,
    keep: float,
    stop: Mask,
    most: int,
) -> tuple[Nodes, Pointers, int, bool]:
    """Return sets `first` to `last`: members, where each set begins, how many were stopped, and whether all fitted.

    A stopped set has no members. At `most` members drawing ends; the offsets then tell how many sets there are.
    """
    pool = np.empty(min(max(4 * (last - first), 1024), most), np.uint32)
    offsets = np.zeros(last - first + 1, np.int64)
    mark = np.zeros(start.size - 1, np.uint32)
    stamp, stopped, end, at = 0, 0, 0, first
    while at < last:
        stamp += 1
        state = stream(seed, purpose, U(at))
        result = one_set(
            state, end, start, row, kind, chance, skip, accept, alias, limit, keep, stop, mark, stamp, pool
        )
        if result == NO_ROOM:
            if pool.size >= most:
                return pool[:end], offsets[: at - first + 1], stopped, False
            grown = np.empty(min(2 * pool.size + start.size, most), np.uint32)
            grown[:end] = pool[:end]
            pool = grown
            continue
        if result == STOPPED:
            stopped += 1
        else:
            end = result
        at += 1
        offsets[at - first] = end
    return pool[:end], offsets, stopped, True


@compiled
def hits(
    first: int,
    last: int,
    seed: np.uint64,
    purpose: np.uint64,
    start: Pointers,
    row: Nodes,
    kind: int,
    chance: Values,
    skip: Values,
    accept: Values,
    alias: Nodes,
    limit: int,
    keep: float,
    stop: Mask,
    already: Mask,
) -> int:
    """Return how many of sets `first` to `last` hold a member in `stop` and none in `already`; nothing is kept."""
    nodes = start.size - 1
    pool = np.empty(2 * nodes + 1, np.uint32)
    mark = np.zeros(nodes, np.uint32)
    count, stamp = 0, 0
    nothing = np.empty(0, np.uint8)
    for at in range(first, last):
        stamp += 1
        state = stream(seed, purpose, U(at))
        look = stop if already.size == 0 else nothing
        result = one_set(state, 0, start, row, kind, chance, skip, accept, alias, limit, keep, look, mark, stamp, pool)
        if already.size == 0:
            count += result == STOPPED
            continue
        hit, known = False, False
        for place in range(result):
            hit = hit or stop[pool[place]] == 1
            known = known or already[pool[place]] == 1
        count += hit and not known
    return count
