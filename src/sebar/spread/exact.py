"""The exact expected reach, by looking at every possible world: slow, obvious, for tests and for explaining."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from sebar.spread.diffusion import node_numbers, person_weights
from sebar.spread.graph import Graph
from sebar.spread.model import Model, checked_weights, edge_probability

_MOST_WORLDS: Final = 1 << 20


def exact_spread(graph: Graph, model: Model, seeds: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the expected number (or weight) of people reached who like it.

    Every set of live edges is one world; in each, somebody d steps from the seeds likes it with chance
    ``quality ** (d + 1)`` and counts if reached within the deadline (in d steps, or more if a capacity makes
    them wait).

    Raises
    ------
    ValueError
        When there are more than a million worlds (20 edges), or times are continuous.
    """
    if model.delay is not None:
        raise ValueError("Continuous times cannot be enumerated: leave out the delay.")
    chosen = [int(node) for node in node_numbers(graph, seeds, "seed")]
    worths = person_weights(graph, weights)
    total = 0.0
    for chance, rows in _worlds(graph, model):
        distance = _distances(rows, chosen, model)
        reached = sum(
            model.quality ** (steps + 1 if model.quality < 1 else 0) * (float(worths[node]) if worths.size else 1.0)
            for node, steps in distance.items()
        )
        total += chance * reached
    return total


_Rows = dict[int, list[int]]


def _worlds(graph: Graph, model: Model) -> Iterator[tuple[float, _Rows]]:
    """Yield every world's chance and its live edges; each edge, or each receiver's choice, is independent."""
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.start))
    weight = edge_probability(graph, model)
    edges = list(zip(source.tolist(), graph.neighbours.tolist(), weight.tolist(), strict=True))
    if model.kind == "cascade":
        choices = [[(chance, edge), (1 - chance, None)] for edge, chance in (((a, b), p) for a, b, p in edges)]
    else:
        checked_weights(graph, model)
        incoming = {node: [(p, (a, b)) for a, b, p in edges if b == node] for node in graph.neighbours.tolist()}
        choices = [[*found, (max(1 - sum(p for p, _ in found), 0.0), None)] for found in incoming.values()]
    if np.prod([float(len(choice)) for choice in choices]) > _MOST_WORLDS:
        raise ValueError(f"{graph.edges} edges make too many worlds to enumerate: at most 20.")
    for world in itertools.product(*choices):
        rows: _Rows = {}
        for edge in (edge for _, edge in world if edge is not None):
            rows.setdefault(edge[0], []).append(edge[1])
        yield float(np.prod([chance for chance, _ in world])), rows


def _distances(rows: _Rows, seeds: list[int], model: Model) -> dict[int, int]:
    """Return how far from the seeds everybody is who is reached in time, in the order of the queue."""
    distance = dict.fromkeys(seeds, 0)
    passed, reached = 0, len(seeds)
    for _ in range(model.steps):
        for node in list(distance)[passed:reached]:
            for other in sorted(rows.get(node, [])):
                distance.setdefault(other, distance[node] + 1)
        passed, reached = reached, min(len(distance), reached + model.people_a_step)
        if passed == reached:
            break
    return dict(itertools.islice(distance.items(), reached))
