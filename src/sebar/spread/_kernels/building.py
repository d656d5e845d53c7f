"""From edges in any order to sorted rows without loops and duplicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]


@compiled
def by_target(
    source: Nodes, target: Nodes, value: Values, nodes: int, both: bool
) -> tuple[Pointers, Nodes, Values, int]:
    """Return the rows of sources per target, in order of arrival, and how many loops were left out.

    `value` may be empty; `both` adds every edge's opposite.
    """
    start = np.zeros(nodes + 1, np.int64)
    loops = 0
    for edge in range(source.size):
        if source[edge] == target[edge]:
            loops += 1
            continue
        start[target[edge] + 1] += 1
        if both:
            start[source[edge] + 1] += 1
    for node in range(nodes):
        start[node + 1] += start[node]
    place = start[:-1].copy()
    row = np.empty(start[nodes], np.uint32)
    row_value = np.empty(start[nodes] if value.size else 0, np.float64)
    for edge in range(source.size):
        a, b = source[edge], target[edge]
        if a == b:
            continue
        row[place[b]] = a
        if value.size:
            row_value[place[b]] = value[edge]
        place[b] += 1
        if both:
            row[place[a]] = b
            if value.size:
                row_value[place[a]] = value[edge]
            place[a] += 1
    return start, row, row_value, loops


@compiled
def transposed(start: Pointers, row: Nodes, value: Values) -> tuple[Pointers, Nodes, Values]:
    """Return the opposite rows, each sorted."""
    nodes = start.size - 1
    turned = np.zeros(nodes + 1, np.int64)
    for edge in range(row.size):
        turned[row[edge] + 1] += 1
    for node in range(nodes):
        turned[node + 1] += turned[node]
    place = turned[:-1].copy()
    neighbours = np.empty(row.size, np.uint32)
    carried = np.empty(value.size, np.float64)
    for node in range(nodes):
        for edge in range(start[node], start[node + 1]):
            at = place[row[edge]]
            neighbours[at] = node
            if value.size:
                carried[at] = value[edge]
            place[row[edge]] += 1
    return turned, neighbours, carried


@compiled
def merged(start: Pointers, row: Nodes, value: Values, add: bool) -> tuple[Pointers, Nodes, Values]:
    """Return sorted rows with equal neighbours made one, their values added or the largest kept."""
    nodes = start.size - 1
    kept = np.zeros(nodes + 1, np.int64)
    out = np.empty(row.size, np.uint32)
    out_value = np.empty(value.size, np.float64)
    at = 0
    for node in range(nodes):
        for edge in range(start[node], start[node + 1]):
            if at > kept[node] and out[at - 1] == row[edge]:
                if value.size:
                    if add:
                        out_value[at - 1] += value[edge]
                    else:
                        out_value[at - 1] = max(out_value[at - 1], value[edge])
                continue
            out[at] = row[edge]
            if value.size:
                out_value[at] = value[edge]
            at += 1
        kept[node + 1] = at
    return kept, out[:at].copy(), out_value[: at if value.size else 0].copy()


@compiled
def repeated(start: Pointers, row: Nodes) -> int:
    """Return how many entries of sorted rows equal the one before."""
    count = 0
    for node in range(start.size - 1):
        for edge in range(start[node] + 1, start[node + 1]):
            if row[edge] == row[edge - 1]:
                count += 1
    return count


@compiled
def opposites(start: Pointers, row: Nodes, stride: int) -> tuple[int, int, int]:
    """Return how many edges were looked at, how many have an opposite, and how many go to a larger number."""
    looked, returned, upward = 0, 0, 0
    for node in range(start.size - 1):
        first = start[node] + (-start[node]) % stride
        for edge in range(first, start[node + 1], stride):
            other = row[edge]
            looked += 1
            if other > node:
                upward += 1
            low, high = start[other], start[other + 1]
            while low < high:
                middle = (low + high) // 2
                if row[middle] < node:
                    low = middle + 1
                else:
                    high = middle
            if low < start[other + 1] and row[low] == node:
                returned += 1
    return looked, returned, upward
