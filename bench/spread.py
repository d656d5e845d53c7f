"""Simulating and loading beside compiled peers (cynetdiff, pyarrow) and beside itself, as ratios within one run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from graphs import best, graphs, peer
from sebar.spread.diffusion import simulate
from sebar.spread.graph import Graph, open_graph
from sebar.spread.model import Model
from sebar.spread.reading import read_edges
from sebar.spread.warm import warm_up

EDGES = int(os.environ.get("SEBAR_BENCH_EDGES", "20_000_000"))


def main() -> None:
    warm_up(Model())
    warm_up(Model(probability=0.05))
    for name, graph in graphs():
        print(f"\n{name}: {graph.nodes:,} people, {graph.edges:,} edges")
        chances: list[float | None] = [None, 0.05 if name == "wiki-vote" else 0.01]
        for chance in chances:
            simulation(graph, Model() if chance is None else Model(probability=chance))
    loading(EDGES)


def simulation(graph: Graph, model: Model) -> None:
    seeds = np.argsort(-np.diff(graph.start), kind="stable")[:50].astype(np.uint32)
    other, start = peer(graph, model), seeds.tolist()
    one = best(lambda: other(start, 64)) / 64
    worlds = max(256, min(8192, int(0.5 / one) // 64 * 64))
    theirs = best(lambda: other(start, worlds))
    took = {
        path: best(lambda path=path: simulate(graph, model, seeds, worlds=worlds, seed=1, path=path))  # type: ignore[misc]
        for path in ("single", "word", "auto")
    }
    two = best(lambda: simulate(graph, model, seeds, worlds=worlds, seed=1, threads=2))
    mean = simulate(graph, model, seeds, worlds=worlds, seed=1).reached
    ratios = ", ".join(f"{path} {theirs / seconds:.2f}" for path, seconds in took.items())
    print(
        f"  simulate {model.probability!s:>8}: {ratios} times cynetdiff;"
        f" two threads {took['auto'] / two:.2f} times one; mean {mean.value:,.1f} beside {other(start, worlds):,.1f}"
    )


def loading(edges: int) -> None:
    random = np.random.default_rng(1)
    people = max(edges // 20, 2)
    source, target = (random.integers(0, people, edges).astype(np.int64) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edges.csv"
        pyarrow.csv.write_csv(pa.table({"source": source, "target": target}), path)
        alone = best(lambda: pyarrow.csv.read_csv(path))
        whole = best(lambda: read_edges(path))
        read_edges(path).save(Path(folder) / "graph")
        opening = best(lambda: open_graph(Path(folder) / "graph"))
    print(
        f"\n{edges:,} edges: read and built in {whole / alone:.2f} times the time of reading alone (pyarrow);"
        f" opened again in {opening * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
