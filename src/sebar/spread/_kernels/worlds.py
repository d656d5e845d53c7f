"""Running worlds: who is reached from the seeds along edges that are live, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.coins import U, hashed, is_below, octet_of, ones, shift_of, stream, worlds_below
from sebar.spread._kernels.compiled import compiled

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Thresholds = NDArray[np.uint64]
Values = NDArray[np.float64]

ALL, PER_TARGET, PER_EDGE, INTERVAL = 0, 1, 2, 3
"""How edges' thresholds are given: one for all, one per target, one per edge, or two per edge on the target's coin."""

_COIN, _OPINION, _DELAY = U(1), U(2), U(3)
_GOLDEN = U(0x9E3779B97F4A7C15)
_0, _1, _7, _11, _56, _127 = U(0), U(1), U(7), U(11), U(56), U(127)


@compiled
def is_live(
    base: np.uint64, shift: np.uint64, edge: int, target: int, kind: int, high: Thresholds, low: Thresholds
) -> bool:
    """Say whether an edge passes on in one world."""
    if kind == INTERVAL:
        key = U(target)
        return is_below(base, shift, key, high[edge]) and not is_below(base, shift, key, low[edge])
    place = 0 if kind == ALL else (target if kind == PER_TARGET else edge)
    return is_below(base, shift, U(edge), high[place])


@compiled
def perhaps_live(
    begin: int,
    end: int,
    base: np.uint64,
    shift: np.uint64,
    neighbours: Nodes,
    kind: int,
    first: NDArray[np.uint8],
    found: Pointers,
) -> int:
    """Write those edges of a row into `found` that the first digit does not rule out, and return how many.

    There is no branch on chance in these loops, so the processor never guesses wrong: that is most of the speed.
    """
    count = 0
    x = base + U(begin) * _GOLDEN
    if kind == ALL:
        most = U(first[0])
        for edge in range(begin, end):
            found[count] = edge
            count += int(((hashed(x) >> shift) & _127) <= most)
            x += _GOLDEN
    elif kind == PER_TARGET:
        for edge in range(begin, end):
            found[count] = edge
            count += int(((hashed(x) >> shift) & _127) <= U(first[neighbours[edge]]))
            x += _GOLDEN
    elif kind == PER_EDGE:
        for edge in range(begin, end):
            found[count] = edge
            count += int(((hashed(x) >> shift) & _127) <= U(first[edge]))
            x += _GOLDEN
    else:
        for edge in range(begin, end):
            found[count] = edge
            count += 1
    return count


@compiled
def widest(start: Pointers) -> int:
    """Return the length of the longest row."""
    most = 0
    for node in range(start.size - 1):
        most = max(most, start[node + 1] - start[node])
    return most


@compiled
def worth(weight: Values, node: int) -> float:
    """Return what reaching this person counts."""
    return weight[node] if weight.size else 1.0


@compiled
def one_by_one(
    begin: int,
    end: int,
    seed: np.uint64,
    start: Pointers,
    neighbours: Nodes,
    kind: int,
    first: NDArray[np.uint8],
    high: Thresholds,
    low: Thresholds,
    seeds: Nodes,
    steps: int,
    weight: Values,
    value: Values,
    people: Pointers,
    side: Pointers,
    tally: Values,
    capacity: int,
) -> None:
    """Add what is newly reached in each step of worlds `begin` to `end` to `value` (world, step).

    `people`, unless empty, counts in how many worlds each person is reached; `tally` (world, group) what is reached of
    each group, if `side` says everybody's. The queue holds who is won over, in an
    order that does not depend on `capacity`: up to `head` they have passed on, up to `done` they are reached.
    """
    nodes = start.size - 1
    mark = np.zeros(nodes, np.uint32)
    queue = np.empty(nodes, np.uint32)
    found = np.empty(widest(start) + 1, np.int64)
    stamp = 0
    last = value.shape[1] - 1
    for world in range(begin, end):
        stamp += 1
        base = stream(seed, _COIN, octet_of(world))
        shift = shift_of(world)
        head, tail = 0, 0
        for node in seeds:
            if mark[node] != stamp:
                mark[node] = stamp
                queue[tail] = node
                tail += 1
        done, step = tail, 0
        while True:
            bin_ = min(step, last)
            if weight.size:
                for at in range(head, done):
                    value[world - begin, bin_] += weight[queue[at]]
            else:
                value[world - begin, bin_] += done - head
            if head == done or step >= steps:
                break
            step += 1
            while head < done:
                node = queue[head]
                head += 1
                count = perhaps_live(start[node], start[node + 1], base, shift, neighbours, kind, first, found)
                for edge in found[:count]:
                    other = neighbours[edge]
                    if mark[other] != stamp and is_live(base, shift, edge, other, kind, high, low):
                        mark[other] = stamp
                        queue[tail] = other
                        tail += 1
            done += min(tail - done, capacity)
        if people.size:
            for at in range(done):
                people[queue[at]] += 1
        if side.size:
            for at in range(done):
                tally[world - begin, side[queue[at]]] += worth(weight, queue[at])


@compiled
def sixty_four_at_once(
    begin: int,
    end: int,
    seed: np.uint64,
    start: Pointers,
    neighbours: Nodes,
    kind: int,
    first: NDArray[np.uint8],
    high: Thresholds,
    low: Thresholds,
    seeds: Nodes,
    steps: int,
    weight: Values,
    value: Values,
    people: Pointers,
    side: Pointers,
    tally: Values,
) -> None:
    """Do the same as `one_by_one`, a word of worlds at a time; `begin` is a multiple of 64."""
    nodes = start.size - 1
    reached = np.zeros(nodes, np.uint64)
    fresh = np.zeros(nodes, np.uint64)
    coming = np.zeros(nodes, np.uint64)
    front = np.empty(nodes, np.uint32)
    behind = np.empty(nodes, np.uint32)
    touched = np.empty(nodes, np.uint32)
    planes = np.zeros(32, np.uint64)
    bases = np.empty(8, np.uint64)
    most = widest(start)
    found = np.empty(most + 1, np.int64)
    needed = np.empty(most + 1, np.uint64)
    last = value.shape[1] - 1
    for block in range(begin, end, 64):
        running = ~_0 if end - block >= 64 else (_1 << U(end - block)) - _1
        for octet in range(8):
            bases[octet] = stream(seed, _COIN, U(block // 8 + octet))
        size, seen = 0, 0
        for node in seeds:
            if reached[node] == _0:
                reached[node] = running
                fresh[node] = running
                front[size] = node
                touched[seen] = node
                size += 1
                seen += 1
        step = 0
        while size:
            _record(front, size, fresh, weight, planes, value, block - begin, min(step, last))
            if step >= steps:
                break
            step += 1
            following = 0
            for at in range(size):
                node = front[at]
                newly = fresh[node]
                fresh[node] = _0
                count = 0
                if kind != INTERVAL and (newly & (newly - _1)) == _0:
                    world = ones(newly - _1)
                    likely = perhaps_live(
                        start[node], start[node + 1], bases[world & _7], world & _56, neighbours, kind, first, found
                    )
                    for edge in found[:likely]:
                        needed[count] = newly & ~reached[neighbours[edge]]
                        found[count] = edge
                        count += needed[count] != _0
                else:
                    for edge in range(start[node], start[node + 1]):
                        needed[count] = newly & ~reached[neighbours[edge]]
                        found[count] = edge
                        count += needed[count] != _0
                for at_edge in range(count):
                    edge = found[at_edge]
                    other = neighbours[edge]
                    place = 0 if kind == ALL else (other if kind == PER_TARGET else edge)
                    live = worlds_below(bases, needed[at_edge], U(other if kind == INTERVAL else edge), high[place])
                    if kind == INTERVAL:
                        live &= ~worlds_below(bases, live, U(other), low[edge])
                    if live:
                        if reached[other] == _0:
                            touched[seen] = other
                            seen += 1
                        if coming[other] == _0:
                            behind[following] = other
                            following += 1
                        reached[other] |= live
                        coming[other] |= live
            front, behind = behind, front
            fresh, coming = coming, fresh
            size = following
        for at in range(size):
            fresh[front[at]] = _0
        for at in range(seen):
            node = touched[at]
            if people.size:
                people[node] += ones(reached[node])
            if side.size:
                word = reached[node]
                while word:
                    row = block - begin + np.int64(ones((word & (~word + _1)) - _1))
                    tally[row, side[node]] += worth(weight, node)
                    word &= word - _1
            reached[node] = _0


@compiled
def _record(
    front: Nodes,
    size: int,
    fresh: Thresholds,
    weight: Values,
    planes: Thresholds,
    value: Values,
    row: int,
    column: int,
) -> None:
    """Add the newly reached to every world's count: bit i of all counts is one word, so adding is a few operations."""
    if weight.size:
        for at in range(size):
            word = fresh[front[at]]
            for world in range(64):
                if (word >> U(world)) & _1:
                    value[row + world, column] += weight[front[at]]
        return
    used = 0
    for at in range(size):
        carry = fresh[front[at]]
        plane = 0
        while carry:
            both = planes[plane] & carry
            planes[plane] ^= carry
            carry = both
            plane += 1
        used = max(used, plane)
    for plane in range(used):
        word = planes[plane]
        planes[plane] = _0
        for world in range(min(64, value.shape[0] - row)):
            value[row + world, column] += np.float64((word >> U(world)) & _1) * (1 << plane)


@compiled
def with_opinions(
    begin: int,
    end: int,
    seed: np.uint64,
    start: Pointers,
    neighbours: Nodes,
    kind: int,
    first: NDArray[np.uint8],
    high: Thresholds,
    low: Thresholds,
    seeds: Nodes,
    steps: int,
    weight: Values,
    value: Values,
    people: Pointers,
    side: Pointers,
    tally: Values,
    capacity: int,
    quality: np.uint64,
    positive: Values,
) -> None:
    """Do the same as `one_by_one`, and add the share that likes it to `positive`.

    Whoever is reached by somebody who likes it comes to like it with chance `quality` (a threshold), else dislikes it;
    dislike is passed on as dislike. Of several who reach a person in the same step, the first in the queue counts.
    """
    nodes = start.size - 1
    mark = np.zeros(nodes, np.uint32)
    likes = np.zeros(nodes, np.uint8)
    queue = np.empty(nodes, np.uint32)
    found = np.empty(widest(start) + 1, np.int64)
    stamp = 0
    last = value.shape[1] - 1
    for world in range(begin, end):
        stamp += 1
        base = stream(seed, _COIN, octet_of(world))
        taste = stream(seed, _OPINION, octet_of(world))
        shift = shift_of(world)
        head, tail = 0, 0
        for node in seeds:
            if mark[node] != stamp:
                mark[node] = stamp
                likes[node] = is_below(taste, shift, U(node), quality)
                queue[tail] = node
                tail += 1
        done, step = tail, 0
        while True:
            bin_ = min(step, last)
            for at in range(head, done):
                node = queue[at]
                value[world - begin, bin_] += worth(weight, node)
                positive[world - begin, bin_] += worth(weight, node) * likes[node]
            if head == done or step >= steps:
                break
            step += 1
            while head < done:
                node = queue[head]
                head += 1
                count = perhaps_live(start[node], start[node + 1], base, shift, neighbours, kind, first, found)
                for edge in found[:count]:
                    other = neighbours[edge]
                    if mark[other] != stamp and is_live(base, shift, edge, other, kind, high, low):
                        mark[other] = stamp
                        likes[other] = likes[node] and is_below(taste, shift, U(other), quality)
                        queue[tail] = other
                        tail += 1
            done += min(tail - done, capacity)
        if people.size:
            for at in range(done):
                people[queue[at]] += 1
        if side.size:
            for at in range(done):
                tally[world - begin, side[queue[at]]] += worth(weight, queue[at])


@compiled
def _sink(times: Values, nodes: Nodes, size: int, time: float, node: int) -> None:
    """Put a node into the heap, earliest first; `size` counts without it."""
    at = size
    while at > 0:
        above = (at - 1) // 2
        if times[above] <= time:
            break
        times[at], nodes[at] = times[above], nodes[above]
        at = above
    times[at], nodes[at] = time, node


@compiled
def _lift(times: Values, nodes: Nodes, size: int) -> None:
    """Take the earliest out of the heap; `size` counts without it."""
    time, node = times[size], nodes[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[at], nodes[at] = times[below], nodes[below]
        at = below
    times[at], nodes[at] = time, node


@compiled
def in_time(
    begin: int,
    end: int,
    seed: np.uint64,
    start: Pointers,
    neighbours: Nodes,
    kind: int,
    first: NDArray[np.uint8],
    high: Thresholds,
    low: Thresholds,
    seeds: Nodes,
    deadline: float,
    weight: Values,
    value: Values,
    people: Pointers,
    side: Pointers,
    tally: Values,
    delay: float,
    width: float,
) -> None:
    """Do the same as `one_by_one` in continuous time: each hop takes an exponential time of mean `delay`.

    `value` is (world, bin); the bins are `width` long, the last takes the rest up to the deadline.
    """
    nodes = start.size - 1
    mark = np.zeros(nodes, np.uint32)
    arrival = np.empty(nodes, np.float64)
    settled = np.zeros(nodes, np.uint32)
    found = np.empty(widest(start) + 1, np.int64)
    times = np.empty(nodes + 64, np.float64)
    heap = np.empty(nodes + 64, np.uint32)
    stamp = 0
    last = value.shape[1] - 1
    for world in range(begin, end):
        stamp += 1
        base = stream(seed, _COIN, octet_of(world))
        clock = stream(seed, _DELAY, U(world))
        shift = shift_of(world)
        size = 0
        for node in seeds:
            if mark[node] != stamp:
                mark[node] = stamp
                arrival[node] = 0.0
                _sink(times, heap, size, 0.0, node)
                size += 1
        while size:
            now, node = times[0], heap[0]
            size -= 1
            _lift(times, heap, size)
            if settled[node] == stamp:
                continue
            settled[node] = stamp
            value[world - begin, min(int(now / width), last)] += worth(weight, node)
            if people.size:
                people[node] += 1
            if side.size:
                tally[world - begin, side[node]] += worth(weight, node)
            count = perhaps_live(start[node], start[node + 1], base, shift, neighbours, kind, first, found)
            for edge in found[:count]:
                other = neighbours[edge]
                if settled[other] == stamp or not is_live(base, shift, edge, other, kind, high, low):
                    continue
                chance = (np.float64(hashed(clock + U(edge) * _GOLDEN) >> _11) + 0.5) * 2.0**-53
                then = now - np.log(chance) * delay
                if then > deadline or (mark[other] == stamp and arrival[other] <= then):
                    continue
                mark[other] = stamp
                arrival[other] = then
                if size == times.size:
                    times = np.concatenate((times, np.empty(size, np.float64)))
                    heap = np.concatenate((heap, np.empty(size, np.uint32)))
                _sink(times, heap, size, then, other)
                size += 1
