"""The science beside a compiled peer (cynetdiff) and beside itself, as ratios within one run.

Graphs are made here, so that anybody can run it; with SEBAR_TEST_GRAPHS, a folder of public graphs (one folder each,
with edges.csv.gz), those are measured instead.
"""

from __future__ import annotations

import array
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from cynetdiff.models import IndependentCascadeModel

from sebar.spread.diffusion import simulate
from sebar.spread.graph import Graph, from_edges, open_graph
from sebar.spread.model import Model, edge_probability
from sebar.spread.reading import read_edges
from sebar.spread.reverse_sets import JUDGING, NOBODY, reverse_sets
from sebar.spread.seeding import choose_seeds
from sebar.spread.warm import warm_up

PUBLIC = {"nethept": False, "epinions": False, "slashdot": True, "wiki-vote": True}
ROUNDS = 3
EDGES = int(os.environ.get("SEBAR_BENCH_EDGES", "20_000_000"))


def main() -> None:
    warm_up(Model())
    warm_up(Model(probability=0.05))
    for name, graph in graphs():
        print(f"\n{name}: {graph.nodes:,} people, {graph.edges:,} edges")
        chances: list[float | None] = [None, 0.05 if name == "wiki-vote" else 0.01]
        for chance in chances:
            simulation(graph, Model() if chance is None else Model(probability=chance))
        seeding(graph)
    print("\nfifty seeds, one thread")
    for name, graph in graphs():
        large(name, graph)
    greedy_of_peer(next(graph for _, graph in graphs()))
    loading(EDGES)


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


def seeding(graph: Graph) -> None:
    source = reverse_sets(graph, Model(), weights=np.empty(0), seed=1)
    one, two = (
        best(lambda threads=threads: source.draw(0, 300_000, JUDGING, stop=NOBODY, threads=threads, most=10**9))  # type: ignore[misc]
        for threads in (1, 2)
    )
    print(f"  300,000 reverse sets: {one:.3f} s; two threads {one / two:.2f} times one")


def large(name: str, graph: Graph) -> None:
    for chance, error in ((None, 0.1), (None, 0.01), (0.01, 0.1), (0.1, 0.1)):
        model = Model() if chance is None else Model(probability=chance)
        found = choose_seeds(graph, model, count=50, error=error, seed=1)
        words = (
            f"{found.seconds:.3f} s, {found.sets:,} sets, {found.guarantee:.2f} proved, reach {found.reach.value:,.1f}"
        )
        if chance == 0.1:
            plain = choose_seeds(graph, model, count=50, error=error, seed=1, sentinels=False)
            judged = [simulate(graph, model, one.seeds, worlds=256, seed=1).reached.value for one in (found, plain)]
            words += (
                f"; plain {plain.seconds / found.seconds:.1f} times as long, spread {judged[0] / judged[1]:.4f} of its"
            )
        print(f"  {name} {'wc' if chance is None else chance} {error}: {words}")


def greedy_of_peer(graph: Graph, count: int = 10, worlds: int = 100) -> None:
    """Choose by lazy greedy on the peer's simulation, as one would without reverse sets."""
    model = Model()
    other = peer(graph, model)
    began = time.perf_counter()
    queue = sorted(((other([node], worlds), node, 0) for node in range(graph.nodes)), reverse=True)
    chosen: list[int] = []
    reached = 0.0
    while len(chosen) < count:
        gain, node, known = queue.pop(0)
        if known == len(chosen):
            chosen.append(node)
            reached += gain
        else:
            queue.append((other([*chosen, node], worlds) - reached, node, len(chosen)))
            queue.sort(reverse=True)
    theirs = time.perf_counter() - began
    found = choose_seeds(graph, model, count=count, seed=1)
    spreads = [simulate(graph, model, seeds, worlds=8192, seed=2).reached.value for seeds in (found.seeds, chosen)]
    print(
        f"\n{count} seeds: lazy greedy on cynetdiff takes {theirs / found.seconds:.0f} times as long;"
        f" ours reach {spreads[0] / spreads[1]:.2f} times as many"
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
