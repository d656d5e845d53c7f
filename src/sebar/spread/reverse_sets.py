"""Reverse sets of a graph under a model, drawn on several threads: the same sets whatever the threads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import reverse
from sebar.spread.graph import Graph
from sebar.spread.model import Model, checked_weights, edge_probability, given

Nodes = NDArray[np.uint32]
Pointers = NDArray[np.int64]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]
Purpose = Literal[11, 12, 13]
Piece = TypeVar("Piece")

CHOOSING: Final = 11
JUDGING: Final = 12
TRYING: Final = 13
"""Streams of random numbers: sets to choose by, fresh ones to judge the choice by, and a few to try things out."""

NOBODY: Final = np.empty(0, np.uint8)
_SETS_A_THREAD: Final = 4096  # below this, a second thread costs more than it brings
_NO_NODES: Final = np.empty(0, np.uint32)
_NO_PLACES: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some sets.

    Attributes
    ----------
    pool, offsets
        Members, the root first, and where each set begins.
    stopped
        How many were stopped; they have no members.
    complete
        Whether memory held all that were asked for.
    near, harmless
        Where each set's near and its harmless members end, if harm counts; else empty.
    """

    pool: Nodes
    offsets: Pointers
    stopped: int
    complete: bool
    near: Pointers
    harmless: Pointers

    @property
    def sets(self) -> int:
        """How many sets, stopped ones included."""
        return len(self.offsets) - 1


NO_SETS: Final = Drawn(_NO_NODES, np.zeros(1, np.int64), 0, True, _NO_PLACES, _NO_PLACES)


def joined(parts: list[Drawn]) -> Drawn:
    """Return the sets of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    before = [0, *itertools.accumulate(len(part.pool) for part in parts)]
    shifted = list(zip(parts, before, strict=False))
    return Drawn(
        np.concatenate([part.pool for part in parts]),
        np.concatenate([parts[0].offsets[:1], *(part.offsets[1:] + shift for part, shift in shifted)]),
        sum(part.stopped for part in parts),
        parts[-1].complete,
        np.concatenate([part.near + shift for part, shift in shifted]),
        np.concatenate([part.harmless + shift for part, shift in shifted]),
    )


class SetSource(Protocol):
    """Where sets come from: this machine, or many."""

    @property
    def total(self) -> float:
        """What a set stands for, times the number of sets: people, or their weight."""

    def draw(self, first: int, last: int, purpose: Purpose, *, stop: Mask, threads: int, most: int) -> Drawn:
        """Draw the sets with these indices until they would have more than `most` members."""

    def hits(
        self, first: int, last: int, *, chosen: Mask, already: Mask, group: Nodes, groups: int, threads: int
    ) -> Pointers:
        """Count fresh sets."""

    def distances(self, first: int, last: int, *, chosen: Mask, threads: int) -> Pointers:
        """Count fresh sets by distance."""


@dataclass(frozen=True, slots=True)
class ReverseSets:
    """Sets drawn on this machine; every set is a function of the random seed, the purpose and its index.

    Attributes
    ----------
    walk
        What they are walked along.
    total
        What a set stands for times the number of sets: people, or their weight.
    seed
        Random seed.
    quality, harm
        Chance that somebody newly reached likes it, and what one who does not costs, if harm counts; else 1 and 0.
    """

    walk: reverse.Walk
    total: float
    seed: np.uint64
    quality: float
    harm: float

    def draw(self, first: int, last: int, purpose: Purpose, *, stop: Mask, threads: int, most: int) -> Drawn:
        """Draw the sets with these indices until they would have more than `most` members.

        Sets that meet somebody in `stop` keep no members.
        """

        def part(begin: int, end: int, room: int) -> Drawn:
            if self.harm:
                pool, offsets, near, harmless, complete = reverse.draw_whole(
                    begin, end, self.seed, np.uint64(purpose), self.walk, self.quality, self.harm, room
                )
                return Drawn(pool, offsets, 0, complete, near, harmless)
            found = reverse.draw(begin, end, self.seed, np.uint64(purpose), self.walk, stop, room)
            return Drawn(*found, _NO_PLACES, _NO_PLACES)

        return drawn_in_parts(part, divided(first, last, threads), most, at_once)

    def hits(
        self, first: int, last: int, *, chosen: Mask, already: Mask, group: Nodes, groups: int, threads: int
    ) -> Pointers:
        """Count the fresh sets with these indices, by the group of the root.

        Returns
        -------
        (groups, 2): those that hold somebody chosen and nobody of `already`, and all.
        """

        def part(begin: int, end: int) -> Pointers:
            return reverse.hits(begin, end, self.seed, np.uint64(JUDGING), self.walk, chosen, already, group, groups)

        return summed(at_once(part, divided(first, last, threads)))

    def distances(self, first: int, last: int, *, chosen: Mask, threads: int) -> Pointers:
        """Count the fresh sets with these indices by how many steps the nearest chosen is from the root.

        Returns
        -------
        (steps + 1,): without those that hold nobody chosen.
        """

        def part(begin: int, end: int) -> Pointers:
            return reverse.distances(begin, end, self.seed, np.uint64(JUDGING), self.walk, chosen)

        return summed(at_once(part, divided(first, last, threads)))


def summed(parts: list[Pointers]) -> Pointers:
    """Return the counts of all parts together."""
    together: Pointers = np.sum(np.stack(parts), axis=0, dtype=np.int64)
    return together


def at_once(work: Callable[..., Piece], pieces: list[tuple[int, ...]]) -> list[Piece]:
    """Do all pieces of work, a thread each."""
    if len(pieces) == 1:
        return [work(*pieces[0])]
    with ThreadPoolExecutor(len(pieces)) as pool:
        return list(pool.map(lambda piece: work(*piece), pieces))


def drawn_in_parts(
    part: Callable[[int, int, int], Drawn],
    pieces: list[tuple[int, ...]],
    most: int,
    run: Callable[[Callable[..., Drawn], list[tuple[int, ...]]], list[Drawn]],
) -> Drawn:
    """Draw pieces at once, and return as many sets from the first on as have `most` members together.

    Each piece gets its share of the room; where a share did not do, drawing goes on from there with what room is left.
    """
    if len(pieces) == 1:
        return run(part, [(*pieces[0], most)])[0]
    share = max(most // len(pieces), 1)
    parts: list[Drawn] = []
    members = 0
    for (begin, end), found in zip(pieces, run(part, [(*piece, share) for piece in pieces]), strict=True):
        parts.append(found)
        members += len(found.pool)
        if members > most or not found.complete:
            members -= len(found.pool)
            parts[-1] = part(begin, end, most - members)
            members += len(parts[-1].pool)
            if not parts[-1].complete:
                break
    return joined(parts)


def divided(first: int, last: int, parts: int) -> list[tuple[int, ...]]:
    """Divide a range among so many, none of which shall have too little to do."""
    ends = np.linspace(first, last, max(1, min(parts, (last - first) // _SETS_A_THREAD)) + 1).astype(np.int64)
    return list(itertools.pairwise(ends.tolist()))


def reverse_sets(
    graph: Graph, model: Model, *, weights: Values, seed: int, reached: Mask = NOBODY, harm: float = 0.0
) -> ReverseSets:
    """Prepare for drawing.

    Parameters
    ----------
    graph, model
        As in `sebar.spread.diffusion.simulate`.
    weights
        (n,) what reaching each person counts, or empty for 1.
    seed
        Random seed.
    reached
        (n,) 1 for those who pass nothing on any more, and count no more; or empty.
    harm
        What one who dislikes it costs, if sets shall tell.
    """
    start, row, carried = _left(graph, reached)
    kind, chance = reverse.CASCADE, np.empty(0)
    if model.probability == "given":
        given(graph)
        row, chance = _sorted_rows(start, row, carried)
        kind = reverse.CASCADE_PER_EDGE
    elif model.probability == "weighted":
        chance = np.divide(1.0, graph.in_degree, out=np.zeros(graph.nodes), where=graph.in_degree > 0)
    else:
        chance = np.array([float(model.probability)])
    if model.kind == "threshold":
        kind, chance = _one_in_edge(graph, model, chance, start, reached)
    if reached.size:
        weights = np.where(reached > 0, 0.0, weights if weights.size else 1.0)
    accept, alias = _alias(weights)
    if model.capacity is not None:
        raise ValueError("Who could have reached somebody does not say who waits in line: leave out the capacity.")
    timed = model.delay is not None and math.isfinite(model.deadline)
    walk = reverse.Walk(
        start=start,
        row=row,
        kind=kind,
        chance=chance,
        skip=_skips(chance) if kind == reverse.CASCADE else chance,
        accept=accept,
        alias=alias,
        limit=model.steps,
        keep=1.0 if harm else model.quality,
        delay=float(model.delay or 0.0) if timed else 0.0,
        deadline=float(model.deadline),
        widest=int(np.diff(start).max(initial=0)),
    )
    total = float(weights.sum()) if weights.size else float(graph.nodes)
    return ReverseSets(walk, total, np.uint64(seed), model.quality, harm)


def _left(graph: Graph, reached: Mask) -> tuple[Pointers, Nodes, Values]:
    """Return backward rows without those who pass nothing on any more."""
    start, row, carried = graph.backward
    if not reached.size:
        return start, row, carried
    stays = reached[row] == 0
    before = np.concatenate([[0], np.cumsum(stays)])
    return before[start], row[stays], carried[stays] if carried.size else carried


def _one_in_edge(graph: Graph, model: Model, chance: Values, start: Pointers, reached: Mask) -> tuple[int, Values]:
    """Return how a threshold model is walked back: one in-edge, drawn by its weight, or none.

    Whoever has not joined in has a threshold above what those reached weigh: the other weights count for more.
    """
    sums = np.maximum(checked_weights(graph, model), 1.0)
    if model.probability == "weighted" and not reached.size:
        return reverse.THRESHOLD_EVEN, chance
    width = np.diff(start)
    if model.probability == "weighted":
        per_edge = np.repeat(chance, width)
    else:
        per_edge = (chance if model.probability == "given" else np.full(width.sum(), chance[0])) / np.repeat(
            sums, width
        )
    if reached.size:
        lost = _weight_lost(graph, model, reached) / sums
        per_edge = per_edge / np.repeat(np.maximum(1.0 - lost, 1e-12), width)
    return reverse.THRESHOLD, per_edge


def _weight_lost(graph: Graph, model: Model, reached: Mask) -> Values:
    """Return (n,) what those reached weigh towards each person."""
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.start))
    passed = edge_probability(graph, model) * (reached[source] > 0)
    return np.bincount(graph.neighbours, passed, minlength=graph.nodes).astype(np.float64)


def _sorted_rows(start: Pointers, row: Nodes, carried: Values) -> tuple[Nodes, Values]:
    """Return backward rows with the likeliest edges first, so that whole stretches can be skipped."""
    receiver = np.repeat(np.arange(len(start) - 1), np.diff(start))
    order = np.lexsort((row, -carried, receiver))
    return row[order], carried[order]


def _skips(chance: Values) -> Values:
    inside = (chance > 0) & (chance < 1)
    return np.divide(1.0, np.log1p(-np.where(inside, chance, 0.5)), out=np.zeros(len(chance)), where=inside)


def _alias(weights: Values) -> tuple[Values, Nodes]:
    """Return Walker's table: column i is itself with chance accept[i], else alias[i]. Equal weights need none."""
    if not weights.size or np.all(weights == weights[0]):
        return np.empty(0), _NO_NODES
    return reverse.alias_table(weights * (len(weights) / weights.sum()))
