"""Simulating and loading beside peers (cynetdiff, ndlib, pyarrow) and beside itself, as ratios within one run.

A large graph is read from a file, and fifty seeds are chosen on it, in a process of its own, so that its peak memory is
known; SEBAR_BENCH_EDGES says how large. ndlib is measured where it is installed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from graphs import graphs, in_turns, peer
from sebar.spread.diffusion import simulate
from sebar.spread.graph import Graph, open_graph
from sebar.spread.model import Model, edge_probability
from sebar.spread.reading import read_edges
from sebar.spread.seeding import choose_seeds
from sebar.spread.warm import warm_up

EDGES = int(os.environ.get("SEBAR_BENCH_EDGES", "20_000_000"))
SECONDS = 0.3  # of work of the peer in one round
TWO = 8  # times as many worlds for two threads: the first word of worlds is run by one
IN_PYTHON = 10  # worlds of a peer that takes seconds


def main() -> None:
    warm_up(Model())
    warm_up(Model(probability=0.05))
    for name, graph in graphs():
        print(f"\n{name}: {graph.nodes:,} people, {graph.edges:,} edges")
        for model in (Model(), Model(probability=0.05 if name == "wiki-vote" else 0.01)):
            simulation(graph, model)
    loading(EDGES)


def simulation(graph: Graph, model: Model) -> None:
    seeds = np.argsort(-np.diff(graph.start), kind="stable")[:50].astype(np.uint32)
    other, start = peer(graph, model), seeds.tolist()
    began = time.perf_counter()
    other(start, 64)
    worlds = max(256, min(8192, int(SECONDS * 64 / (time.perf_counter() - began)) // 64 * 64))
    ours = partial(simulate, graph, model, seeds, seed=1)
    took = in_turns(
        {
            "cynetdiff": partial(other, start, worlds),
            **{path: partial(ours, worlds=worlds, path=path) for path in ("single", "word", "auto")},
            **{f"{threads}": partial(ours, worlds=TWO * worlds, threads=threads) for threads in (1, 2)},
        }
    )
    ratios = ", ".join(f"{path} {took['cynetdiff'] / took[path]:.2f}" for path in ("single", "word", "auto"))
    mean = ours(worlds=worlds).reached.value
    print(
        f"  simulate {model.probability!s:>8}: {ratios} times cynetdiff; two threads {took['1'] / took['2']:.2f} times"
        f" one; mean {mean:,.1f} beside {other(start, worlds):,.1f}"
    )
    if find_spec("ndlib") is not None:
        theirs = in_python(graph, model, start)
        seconds = in_turns({"ndlib": theirs, "auto": partial(ours, worlds=1024)})
        print(f"  {'':>17}{seconds['ndlib'] / IN_PYTHON / (seconds['auto'] / 1024):,.0f} times ndlib")


def in_python(graph: Graph, model: Model, seeds: list[int]) -> Callable[[], object]:
    """Return what runs `IN_PYTHON` worlds on ndlib, its graph built beforehand."""
    import networkx as nx
    from ndlib.models.epidemics import IndependentCascadesModel
    from ndlib.models.ModelConfig import Configuration

    source = np.repeat(np.arange(graph.nodes), np.diff(graph.start)).tolist()
    edges = list(zip(source, graph.neighbours.tolist(), strict=True))
    whole = nx.DiGraph(edges)
    config = Configuration()
    config.add_model_initial_configuration("Infected", seeds)
    for edge, chance in zip(edges, edge_probability(graph, model).tolist(), strict=True):
        config.add_edge_configuration("threshold", edge, chance)
    other = IndependentCascadesModel(whole)
    other.set_initial_status(config)

    def run() -> None:
        for _ in range(IN_PYTHON):
            other.reset()
            while other.iteration()["node_count"][1]:
                pass

    return run


def loading(edges: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edges.csv"
        pyarrow.csv.write_csv(random_edges(edges), path)
        read_edges(path).save(Path(folder) / "graph")
        took = in_turns(
            {
                "alone": lambda: pyarrow.csv.read_csv(path),
                "whole": lambda: read_edges(path),
                "opening": lambda: open_graph(Path(folder) / "graph"),
            }
        )
        print(
            f"\n{edges:,} edges: read and built in {took['whole'] / took['alone']:.2f} times the time of reading alone"
            f" (pyarrow); opened again in {took['opening'] * 1000:.1f} ms",
            flush=True,
        )
        subprocess.run([sys.executable, __file__, str(path)], check=True)


def random_edges(edges: int) -> pa.Table:
    """Make ties among one person for every twenty of them; some pass on to many, everybody hears from about twenty."""
    random = np.random.default_rng(1)
    people = max(edges // 20, 2)
    source = (random.random(edges) ** 2 * people).astype(np.int64)
    return pa.table({"source": source, "target": random.integers(0, people, edges)})


def from_file(path: Path) -> None:
    """Read, choose fifty seeds, and say how much memory that took at most."""
    began = time.perf_counter()
    graph = read_edges(path)
    read = time.perf_counter()
    found = choose_seeds(graph, Model(), count=50, seed=1)
    chosen = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{graph.edges:,} edges from a file to fifty seeds: {read - began:.1f} s to read, {chosen - read:.1f} s"
        f" to choose, {found.guarantee:.2f} proved, at most {peak:.2f} GiB of memory"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from_file(Path(sys.argv[1]))
    else:
        main()
