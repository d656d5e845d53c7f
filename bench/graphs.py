"""The graphs that the benches of the science share, and the compiled peer they stand beside.

Graphs are made here, so that anybody can run them; with SEBAR_TEST_GRAPHS, a folder of public graphs (one folder each,
with edges.csv.gz), those are measured instead.
"""

from __future__ import annotations

import array
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from cynetdiff.models import IndependentCascadeModel

from sebar.spread.graph import Graph, from_edges
from sebar.spread.model import Model, edge_probability
from sebar.spread.reading import read_edges

PUBLIC = {"nethept": False, "epinions": False, "slashdot": True, "wiki-vote": True}
ROUNDS = 3


def graphs() -> Iterator[tuple[str, Graph]]:
    folder = Path(os.environ.get("SEBAR_TEST_GRAPHS") or "graphs")
    found = [name for name in PUBLIC if (folder / name).is_dir()]
    for name in found:
        yield name, read_edges(folder / name / "edges.csv.gz", directed=PUBLIC[name])
    if not found:
        yield "made, sparse", grown(15_000, 2)
        yield "made, large", grown(80_000, 6)


def grown(people: int, links: int) -> Graph:
    """Make a graph in which those with many ties get more: each newcomer copies an end of an earlier tie."""
    random = np.random.default_rng(1)
    newcomer = np.repeat(np.arange(1, people), links)
    end = (random.random(newcomer.size) ** 2 * newcomer).astype(np.int64)
    return from_edges(newcomer, end, nodes=people, directed=False)


def best(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


def in_turns(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the best time of each, all of them in every round, so that a noisy moment meets all alike."""
    took = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            took[name] = min(took[name], time.perf_counter() - began)
    return took


def peer(graph: Graph, model: Model) -> Callable[[list[int], int], float]:
    """Return what runs so many worlds from these seeds on the peer, and returns the mean."""
    starts = array.array("I", graph.start[:-1].astype(np.uint32).tobytes())
    neighbours = array.array("I", graph.neighbours.tobytes())
    chances = array.array("f", edge_probability(graph, model).astype(np.float32).tobytes())
    other = IndependentCascadeModel(starts, neighbours, activation_probs=chances)

    def run(seeds: list[int], worlds: int) -> float:
        other.set_seeds(seeds)
        reached = 0
        for _ in range(worlds):
            other.reset_model()
            other.advance_until_completion()
            reached += other.get_num_activated_nodes()
        return reached / worlds

    return run
