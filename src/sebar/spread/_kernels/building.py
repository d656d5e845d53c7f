"""From edges in any order to sorted rows without loops and duplicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Keys = NDArray[np.uint64]

_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@compiled
def packed(source: Nodes, target: Nodes, both: bool) -> Keys:
    """Return each edge as one number, source before target, without loops; `both` adds every edge's opposite."""
    keys = np.empty(source.size * (2 if both else 1), np.uint64)
    at = 0
    for edge in range(source.size):
        a, b = np.uint64(source[edge]), np.uint64(target[edge])
        if a == b:
            continue
        keys[at] = (a << _32) | b
        at += 1
        if both:
            keys[at] = (b << _32) | a
            at += 1
    return keys[:at]


@compiled
def rows(keys: Keys, nodes: int) -> tuple[Pointers, Nodes]:
    """Return the rows of targets per source of sorted keys, each edge once."""
    start = np.zeros(nodes + 1, np.int64)
    row = np.empty(keys.size, np.uint32)
    at = 0
    for place in range(keys.size):
        if place and keys[place] == keys[place - 1]:
            continue
        row[at] = np.uint32(keys[place] & _LOW)
        at += 1
        start[np.int64(keys[place] >> _32) + 1] = at
    for node in range(nodes):
        start[node + 1] = max(start[node + 1], start[node])
    return start, row[:at] if at == keys.size else row[:at].copy()


@compiled
def carried(source: Nodes, target: Nodes, value: Values, both: bool, add: bool, start: Pointers, row: Nodes) -> Values:
    """Return the values of edges in the order of the rows; of equal edges the sum, or the largest."""
    found = np.zeros(row.size, np.float64)
    for edge in range(source.size):
        a, b = source[edge], target[edge]
        for _ in range(2 if both else 1):
            if a != b:
                at = position(start, row, a, b)
                found[at] = found[at] + value[edge] if add else max(found[at], value[edge])
            a, b = b, a
    return found


@compiled
def position(start: Pointers, row: Nodes, source: int, target: int) -> int:
    """Return where an edge stands in sorted rows, or would stand."""
    low, high = start[source], start[source + 1]
    while low < high:
        middle = (low + high) // 2
        if row[middle] < target:
            low = middle + 1
        else:
            high = middle
    return int(low)


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
            at = position(start, row, other, node)
            if at < start[other + 1] and row[at] == node:
                returned += 1
    return looked, returned, upward
