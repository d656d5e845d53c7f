"""Reverse sets of a graph under a model, drawn on several threads: the same sets whatever the threads."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import reverse
from sebar.spread.graph import Graph
from sebar.spread.model import Model, checked_weights, given

Nodes = NDArray[np.uint32]
Pointers = NDArray[np.int64]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]
Purpose = Literal[11, 12, 13]

CHOOSING: Final = 11
JUDGING: Final = 12
TRYING: Final = 13
"""Streams of random numbers: sets to choose by, fresh ones to judge the choice by, and a few to try things out."""

NOBODY: Final = np.empty(0, np.uint8)
_SETS_A_THREAD: Final = 4096  # below this, a second thread costs more than it brings
_NO_NODES: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some sets: members, where each set begins, how many were stopped, and whether memory held them all."""

    pool: Nodes
    offsets: Pointers
    stopped: int
    complete: bool

    @property
    def sets(self) -> int:
        """How many sets, stopped ones included."""
        return len(self.offsets) - 1

    def extended(self, more: Drawn) -> Drawn:
        """Return these sets, then those."""
        return Drawn(
            np.concatenate([self.pool, more.pool]),
            np.concatenate([self.offsets, more.offsets[1:] + len(self.pool)]),
            self.stopped + more.stopped,
            self.complete and more.complete,
        )


NO_SETS: Final = Drawn(_NO_NODES, np.zeros(1, np.int64), 0, True)


@dataclass(frozen=True, slots=True)
class ReverseSets:
    """Where sets come from; every set is a function of the random seed, the purpose and its index.

    Attributes
    ----------
    total
        What a set stands for times the number of sets: people, or their weight.
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
    total: float
    seed: np.uint64

    def draw(self, first: int, last: int, purpose: Purpose, *, stop: Mask, threads: int, most: int) -> Drawn:
        """Draw the sets with these indices, of at most so many members; sets that meet `stop` keep no members."""

        def part(bounds: tuple[int, int]) -> Drawn:
            return Drawn(*reverse.draw(bounds[0], bounds[1], *self._source(purpose), stop, share))

        pieces = _divided(first, last, threads)
        share = max(most // len(pieces), 1)
        if len(pieces) == 1:
            return part(pieces[0])
        with ThreadPoolExecutor(len(pieces)) as pool:
            parts = list(pool.map(part, pieces))
        together = parts[0]
        for following in parts[1:]:
            if not together.complete:
                break
            together = together.extended(following)
        return together

    def hits(self, first: int, last: int, *, chosen: Mask, already: Mask, threads: int) -> int:
        """Count the fresh sets with these indices that hold somebody chosen and nobody of `already`."""

        def part(bounds: tuple[int, int]) -> int:
            return int(reverse.hits(bounds[0], bounds[1], *self._source(JUDGING), chosen, already))

        pieces = _divided(first, last, threads)
        if len(pieces) == 1:
            return part(pieces[0])
        with ThreadPoolExecutor(len(pieces)) as pool:
            return sum(pool.map(part, pieces))

    def _source(
        self, purpose: Purpose
    ) -> tuple[np.uint64, np.uint64, Pointers, Nodes, int, Values, Values, Values, Nodes, int, float]:
        return (
            self.seed, np.uint64(purpose), self.start, self.row, self.kind, self.chance, self.skip, self.accept,
            self.alias, self.limit, self.keep,
        )  # fmt: skip


def reverse_sets(graph: Graph, model: Model, *, weights: Values, seed: int) -> ReverseSets:
    """Prepare for drawing.

    Parameters
    ----------
    graph, model
        As in `sebar.spread.diffusion.simulate`.
    weights
        (n,) what reaching each person counts, or empty for 1.
    seed
        Random seed.
    """
    if model.delay is not None:
        raise ValueError("Seeds are chosen for spreading in steps: give the deadline in steps, without a delay.")
    start, row, carried = graph.backward
    kind, chance = reverse.CASCADE, np.empty(0)
    if model.probability == "given":
        given(graph)
        row, chance = _sorted_rows(graph, row, carried)
        kind = reverse.CASCADE_PER_EDGE
    elif model.probability == "weighted":
        chance = np.divide(1.0, graph.in_degree, out=np.zeros(graph.nodes), where=graph.in_degree > 0)
    else:
        chance = np.array([float(model.probability)])
    if model.kind == "threshold":
        kind, chance = _one_in_edge(graph, model, chance)
    accept, alias = _alias(weights)
    return ReverseSets(
        start, row, kind, chance, _skips(chance), accept, alias, model.steps, model.quality,
        float(weights.sum()) if weights.size else float(graph.nodes), np.uint64(seed),
    )  # fmt: skip


def _one_in_edge(graph: Graph, model: Model, chance: Values) -> tuple[int, Values]:
    """Return how a threshold model is walked back: one in-edge, drawn by its weight, or none."""
    sums = checked_weights(graph, model)
    if model.probability == "weighted":
        return reverse.THRESHOLD_EVEN, chance
    per_edge = chance if model.probability == "given" else np.full(graph.edges, chance[0])
    return reverse.THRESHOLD, per_edge / np.repeat(np.maximum(sums, 1.0), graph.in_degree)


def _sorted_rows(graph: Graph, row: Nodes, carried: Values) -> tuple[Nodes, Values]:
    """Return backward rows with the likeliest edges first, so that whole stretches can be skipped."""
    receiver = np.repeat(np.arange(graph.nodes), graph.in_degree)
    order = np.lexsort((row, -carried, receiver))
    return row[order], carried[order]


def _skips(chance: Values) -> Values:
    inside = (chance > 0) & (chance < 1)
    return np.divide(1.0, np.log1p(-np.where(inside, chance, 0.5)), out=np.zeros(len(chance)), where=inside)


def _alias(weights: Values) -> tuple[Values, Nodes]:
    """Return Walker's table: column i is itself with chance accept[i], else alias[i]. Equal weights need none."""
    if not weights.size or np.all(weights == weights[0]):
        return np.empty(0), _NO_NODES
    share = weights * (len(weights) / weights.sum())
    accept = np.ones(len(weights))
    alias = np.arange(len(weights), dtype=np.uint32)
    small = np.flatnonzero(share < 1).tolist()
    large = np.flatnonzero(share >= 1).tolist()
    left = share.tolist()
    while small and large:
        poor, rich = small.pop(), large[-1]
        accept[poor], alias[poor] = left[poor], rich
        left[rich] -= 1 - left[poor]
        if left[rich] < 1:
            small.append(large.pop())
    return accept, alias


def _divided(first: int, last: int, threads: int) -> list[tuple[int, int]]:
    """Divide a range among threads, none of which shall have too little to do."""
    parts = max(1, min(threads, (last - first) // _SETS_A_THREAD))
    ends = np.linspace(first, last, parts + 1).astype(np.int64).tolist()
    return list(itertools.pairwise(ends))
