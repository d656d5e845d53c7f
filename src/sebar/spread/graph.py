"""Who may pass on to whom: compressed rows of neighbours, shared between processes as memory-mapped files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import building

Pointers = NDArray[np.int64]
Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Duplicates = Literal["max", "sum", "refuse"]

_LOOK_AT: Final = 200_000  # edges whose opposites are looked for
_MOST_NODES: Final = 2**32 - 1
_FORMAT: Final = 1
_NO_VALUES: Final = np.empty(0, np.float64)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found while building.

    Attributes
    ----------
    loops
        Edges from somebody to themselves, left out.
    duplicates
        Edges given more than once, made one.
    reciprocity
        Share of edges whose opposite exists too, 0 to 1 (estimated from some 200,000 edges of larger graphs).
    hint
        What looks wrong, in one sentence, or "".
    """

    loops: int = 0
    duplicates: int = 0
    reciprocity: float = 0.0
    hint: str = ""


@dataclass(frozen=True)
class Graph:
    """A graph of influence; an edge goes from who passes on to who receives.

    Attributes
    ----------
    start
        (n + 1,) int64; the neighbours of node v are ``neighbours[start[v]:start[v + 1]]``, sorted.
    neighbours
        (m,) uint32.
    probability
        (m,) float64, chance of passing on along each edge, or None where none was given.
    ids
        (n,) original names, int64 or text; None when they are 0 to n - 1.
    symmetric
        Whether every edge's opposite exists, by construction.
    report
        What was found while building.
    """

    start: Pointers
    neighbours: Nodes
    probability: Values | None = None
    ids: NDArray[np.int64] | NDArray[np.str_] | None = None
    symmetric: bool = False
    report: Report = field(default_factory=Report)

    @property
    def nodes(self) -> int:
        """How many people."""
        return len(self.start) - 1

    @property
    def edges(self) -> int:
        """How many directed edges."""
        return len(self.neighbours)

    @cached_property
    def backward(self) -> tuple[Pointers, Nodes, Values]:
        """Rows of those who may pass on to each node, and the probabilities of those edges (empty without)."""
        if self.symmetric and self.probability is None:
            return self.start, self.neighbours, _NO_VALUES
        return building.transposed(self.start, self.neighbours, _values(self.probability))

    @cached_property
    def in_degree(self) -> Pointers:
        """(n,) how many may pass on to each node."""
        if self.symmetric:
            return np.diff(self.start)
        return np.bincount(self.neighbours, minlength=self.nodes).astype(np.int64)

    def numbers(self, names: Sequence[int] | Sequence[str] | NDArray[np.generic]) -> Nodes:
        """Return the node numbers of these original names.

        Raises
        ------
        ValueError
            Naming the first one that is not in the graph.
        """
        asked = np.asarray(names)
        if not len(asked):
            return np.empty(0, np.uint32)
        known = np.arange(self.nodes) if self.ids is None else self.ids
        if (known.dtype.kind == "U") != (asked.dtype.kind == "U"):
            asked = asked.astype(np.str_) if known.dtype.kind == "U" else _whole(asked)
        order = self._order
        sorted_ids = known if order is None else known[order]
        place = np.minimum(np.searchsorted(sorted_ids, asked), max(self.nodes - 1, 0))
        missing = np.flatnonzero(sorted_ids[place] != asked) if self.nodes else np.arange(1)
        if len(missing):
            raise ValueError(f"{asked[missing[0]]!s} is not in this graph of {self.nodes:,} people.")
        return (place if order is None else order[place]).astype(np.uint32)

    def names(self, numbers: NDArray[np.generic] | Sequence[int]) -> NDArray[np.int64] | NDArray[np.str_]:
        """Return the original names of these node numbers."""
        chosen = np.asarray(numbers, np.int64)
        return chosen if self.ids is None else self.ids[chosen]

    @cached_property
    def _order(self) -> Pointers | None:
        return None if self.ids is None or self.ids.dtype.kind != "U" else np.argsort(self.ids, kind="stable")

    def save(self, folder: Path) -> None:
        """Write the graph as arrays that `open_graph` maps into memory without reading them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays().items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        about = {
            "format": _FORMAT,
            "arrays": sorted(self._arrays()),
            "symmetric": self.symmetric,
            "loops": self.report.loops,
            "duplicates": self.report.duplicates,
            "reciprocity": self.report.reciprocity,
            "hint": self.report.hint,
        }
        (folder / "graph.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        arrays: dict[str, NDArray[np.generic] | None] = {
            "start": self.start,
            "neighbours": self.neighbours,
            "probability": self.probability,
            "ids": self.ids,
        }
        return {name: array for name, array in arrays.items() if array is not None}


def open_graph(folder: Path) -> Graph:
    """Open a saved graph; its arrays stay on disk until used, and processes share them.

    Raises
    ------
    ValueError
        When the folder does not hold one.
    """
    try:
        about = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        # Copy on write: nobody writes, and the kernels see the same type as for arrays made in memory.
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="c").view(np.ndarray) for name in about["arrays"]}
        report = Report(about["loops"], about["duplicates"], about["reciprocity"], about["hint"])
        return Graph(
            arrays["start"],
            arrays["neighbours"],
            arrays.get("probability"),
            arrays.get("ids"),
            about["symmetric"],
            report,
        )
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{folder} does not hold a saved graph: {error}.") from error


def from_edges(
    source: ArrayLike,
    target: ArrayLike,
    *,
    probability: ArrayLike | None = None,
    nodes: int | None = None,
    directed: bool = True,
    duplicates: Duplicates = "max",
    ids: NDArray[np.int64] | NDArray[np.str_] | None = None,
) -> Graph:
    """Build a graph; loops are left out, duplicates made one, and the report says how many.

    Parameters
    ----------
    source, target
        (m,) node numbers from 0: who passes on to whom.
    probability
        (m,) chances of passing on, 0 to 1.
    nodes
        How many people there are; by default one more than the largest number.
    directed
        False adds every edge's opposite.
    duplicates
        Which probability an edge keeps that is given several times: the largest, the sum, or refuse such edges.
    ids
        (nodes,) original names.

    Raises
    ------
    ValueError
        When numbers or probabilities are out of range.
    """
    sources, targets = _whole(source), _whole(target)
    if sources.shape != targets.shape or sources.ndim != 1:
        raise ValueError("Sources and targets must be two rows of the same length.")
    count = _node_count(sources, targets, nodes)
    values = _NO_VALUES if probability is None else _chances(probability, len(sources))
    sources, targets = sources.astype(np.uint32, copy=False), targets.astype(np.uint32, copy=False)
    keys = building.packed(sources, targets, not directed)
    keys.sort()  # numbers, by the processor's vector instructions: three times as fast as counting into rows
    start, row = building.rows(keys, count)
    lines = 1 if directed else 2
    loops, twice = len(sources) - len(keys) // lines, (len(keys) - len(row)) // lines
    if twice and duplicates == "refuse":
        raise ValueError(f"{twice:,} edges are given more than once: merge them, or say duplicates='max' or 'sum'.")
    chances = None
    if probability is not None:
        chances = building.carried(sources, targets, values, not directed, duplicates == "sum", start, row)
        if chances.max(initial=0) > 1:
            raise ValueError("Adding the probabilities of duplicate edges gives more than 1: say duplicates='max'.")
    built = Graph(start, row, chances, ids, symmetric=not directed)
    return replace(built, report=_report(built, loops, twice))


def trivalency(graph: Graph, *, seed: int) -> Graph:
    """Return the graph with each edge's probability drawn from 0.1, 0.01 and 0.001, as in the literature."""
    chosen = np.random.default_rng(seed).choice(np.array([0.1, 0.01, 0.001]), graph.edges)
    return replace(graph, probability=chosen)


def _report(built: Graph, loops: int, twice: int) -> Report:
    stride = max(1, built.edges // _LOOK_AT)
    looked, returned, upward = building.opposites(built.start, built.neighbours, stride)
    reciprocity = returned / looked if looked else 0.0
    # Every pair once and all in one direction: files of friendships look like that, and of influence only forests do,
    # where each is invited by one at most, and by somebody who was there before.
    one_way = not built.symmetric and looked > 1 and returned == 0 and upward in {0, looked}
    one_way = one_way and built.in_degree.max(initial=0) > 1
    hint = (
        "Every pair stands there once, in order of its numbers: this looks undirected. Pass --undirected"
        " (directed=False) if these are mutual ties."
        if one_way
        else ""
    )
    return Report(loops, twice, reciprocity, hint)


def _whole(numbers: ArrayLike) -> NDArray[np.int64] | NDArray[np.uint32]:
    array = np.asarray(numbers)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"Node numbers must be whole numbers, not {array.dtype}.")
    return array if array.dtype == np.uint32 else array.astype(np.int64)


def _node_count(source: NDArray[np.integer], target: NDArray[np.integer], nodes: int | None) -> int:
    low = min(int(source.min()), int(target.min())) if source.size else 0
    high = max(int(source.max()), int(target.max())) if source.size else -1
    count = high + 1 if nodes is None else nodes
    if low < 0:
        raise ValueError(f"Node number {low} is negative: numbers start at 0.")
    if high >= count:
        raise ValueError(f"Node number {high} is out of range: there are {count:,} nodes, numbered from 0.")
    if count > _MOST_NODES:
        raise ValueError(f"{count:,} nodes are too many: at most {_MOST_NODES:,}.")
    return count


def _chances(probability: ArrayLike, edges: int) -> Values:
    values = np.asarray(probability, np.float64)
    if values.shape != (edges,):
        raise ValueError(f"There are {edges:,} edges, but {values.size:,} probabilities.")
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(wrong):
        raise ValueError(f"Edge {wrong[0]} has probability {values[wrong[0]]}: it must be between 0 and 1.")
    return np.ascontiguousarray(values)


def _values(probability: Values | None) -> Values:
    return _NO_VALUES if probability is None else probability
