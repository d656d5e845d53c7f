"""One pass over a log of who acted when: who was exposed, by whom, and how likely that made them act."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

# An exposure i is members[first[i]:first[i + 1]], the edges along which the person may have been reached.
Exposures = tuple[Pointers, Pointers, Flags, Pointers]


@compiled
def exposures(
    start: Pointers, neighbours: Nodes, bounds: Pointers, person: Nodes, time: Values, window: float
) -> Exposures:
    """Return members, first, whether the person acted upon it, and the cascade of every exposure.

    Rows of a cascade are ``bounds[c]:bounds[c + 1]`` and name nobody twice. Whoever acts exposes all neighbours who
    have not acted before or at the same time. If the neighbour acts later than `window`, that try has failed: such
    tries are an exposure of their own, so that each exposure has one outcome.
    """
    nodes = start.size - 1
    at = np.full(nodes, np.inf)
    count = np.zeros(2 * nodes, np.int64)  # members so far of the exposure of v: 2v in time, 2v + 1 too late
    place = np.zeros(2 * nodes, np.int64)
    most = 0
    for row in range(person.size):
        most += start[person[row] + 1] - start[person[row]]
    members = np.empty(most, np.int64)
    first = np.zeros(most + 1, np.int64)
    acted = np.empty(most, np.bool_)
    cascade = np.empty(most, np.int64)
    slots = np.empty(most, np.int64)
    found, filled = 0, 0
    for c in range(bounds.size - 1):
        before = found
        for row in range(bounds[c], bounds[c + 1]):
            at[person[row]] = time[row]
        for row in range(bounds[c], bounds[c + 1]):
            for edge in range(start[person[row]], start[person[row] + 1]):
                v = np.int64(neighbours[edge])
                if at[v] <= time[row]:
                    continue
                late = at[v] < np.inf and at[v] - time[row] > window
                slot = 2 * v + late
                if count[slot] == 0:
                    slots[found] = slot
                    acted[found] = at[v] < np.inf and not late
                    cascade[found] = c
                    found += 1
                count[slot] += 1
        for i in range(before, found):
            place[slots[i]] = filled
            filled += count[slots[i]]
            first[i + 1] = filled
            count[slots[i]] = 0
        for row in range(bounds[c], bounds[c + 1]):
            for edge in range(start[person[row]], start[person[row] + 1]):
                v = np.int64(neighbours[edge])
                if at[v] <= time[row]:
                    continue
                late = at[v] < np.inf and at[v] - time[row] > window
                slot = 2 * v + late
                members[place[slot]] = edge
                place[slot] += 1
        for row in range(bounds[c], bounds[c + 1]):
            at[person[row]] = np.inf
    return members[:filled].copy(), first[: found + 1].copy(), acted[:found].copy(), cascade[:found].copy()


@compiled
def tallied(
    members: Pointers, first: Pointers, acted: Flags, chosen: Flags, edges: int
) -> tuple[Values, Pointers, Pointers]:
    """Return how often each edge failed in the chosen exposures, and members and first of those acted upon."""
    failed = np.zeros(edges)
    kept, successes = 0, 0
    for i in range(acted.size):
        if chosen[i] and acted[i]:
            successes += 1
            kept += first[i + 1] - first[i]
    causes = np.empty(kept, np.int64)
    begin = np.zeros(successes + 1, np.int64)
    kept, successes = 0, 0
    for i in range(acted.size):
        if not chosen[i]:
            continue
        for j in range(first[i], first[i + 1]):
            if acted[i]:
                causes[kept] = members[j]
                kept += 1
            else:
                failed[members[j]] += 1
        if acted[i]:
            successes += 1
            begin[successes] = kept
    return failed, causes, begin


@compiled
def credited(causes: Pointers, begin: Pointers, chance: Values) -> Values:
    """Return each edge's expected successes: the chance that it passed on, given that at least one did."""
    credit = np.zeros(chance.size)
    for i in range(begin.size - 1):
        none = 1.0
        for j in range(begin[i], begin[i + 1]):
            none *= 1.0 - chance[causes[j]]
        for j in range(begin[i], begin[i + 1]):
            credit[causes[j]] += chance[causes[j]] / (1.0 - none)
    return credit


@compiled
def evidence(causes: Pointers, begin: Pointers, chance: Values) -> Values:
    """Return each edge's share of minus the second derivative of the successes' log likelihood."""
    curved = np.zeros(chance.size)
    for i in range(begin.size - 1):
        none = 1.0
        for j in range(begin[i], begin[i + 1]):
            none *= 1.0 - chance[causes[j]]
        for j in range(begin[i], begin[i + 1]):
            slope = none / (1.0 - chance[causes[j]]) / (1.0 - none)
            curved[causes[j]] += slope * slope
    return curved


@compiled
def foretold(members: Pointers, first: Pointers, chosen: Flags, chance: Values) -> Values:
    """Return, for each chosen exposure, the chance that at least one edge passes on."""
    told = np.empty(np.count_nonzero(chosen))
    at = 0
    for i in range(chosen.size):
        if not chosen[i]:
            continue
        none = 0.0
        for j in range(first[i], first[i + 1]):
            none += math.log1p(-chance[members[j]])
        told[at] = -math.expm1(none)
        at += 1
    return told
