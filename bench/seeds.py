"""Choosing seeds beside lazy greedy on a compiled peer (cynetdiff) and beside itself, as ratios within one run."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from graphs import ROUNDS, best, graphs, peer
from sebar.spread.diffusion import simulate
from sebar.spread.graph import Graph, from_edges
from sebar.spread.model import Model
from sebar.spread.reverse_sets import JUDGING, NOBODY, reverse_sets
from sebar.spread.seeding import choose_seeds
from sebar.spread.warm import warm_up


def main() -> None:
    warm_up(Model())
    warm_up(Model(probability=0.05))
    for name, graph in graphs():
        print(f"\n{name}: {graph.nodes:,} people, {graph.edges:,} edges")
        drawing(graph)
    print("\nfifty seeds, one thread")
    for name, graph in graphs():
        large(name, graph)
    name, graph = "made, a million", recursive(20, 10_000_000)
    drawing(graph)
    large(name, graph, ((None, 0.1), (None, 0.01)))
    greedy_of_peer(next(graph for _, graph in graphs()))


def recursive(levels: int, edges: int) -> Graph:
    """Make a graph in which each edge falls into one quarter of the matrix, then of that quarter, and so on (R-MAT)."""
    random = np.random.default_rng(1)
    source, target = np.zeros(edges, np.int64), np.zeros(edges, np.int64)
    for _ in range(levels):
        quarter = np.searchsorted([0.57, 0.76, 0.95], random.random(edges))
        source = 2 * source + (quarter >= 2)
        target = 2 * target + quarter % 2
    return from_edges(source, target, nodes=2**levels)


def drawing(graph: Graph) -> None:
    source = reverse_sets(graph, Model(), weights=np.empty(0), seed=1)
    one, two = (
        best(lambda threads=threads: source.draw(0, 300_000, JUDGING, stop=NOBODY, threads=threads, most=10**9))  # type: ignore[misc]
        for threads in (1, 2)
    )
    print(f"  300,000 reverse sets: {one:.3f} s; two threads {one / two:.2f} times one")


ROWS = ((None, 0.1), (None, 0.01), (0.01, 0.1), (0.1, 0.1))


def large(name: str, graph: Graph, rows: Sequence[tuple[float | None, float]] = ROWS) -> None:
    for chance, error in rows:
        model = Model() if chance is None else Model(probability=chance)
        tries = [choose_seeds(graph, model, count=50, error=error, seed=1) for _ in range(ROUNDS)]
        found = min(tries, key=lambda one: one.seconds)
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
    tries = [choose_seeds(graph, model, count=count, seed=1) for _ in range(ROUNDS)]
    found = min(tries, key=lambda one: one.seconds)
    spreads = [simulate(graph, model, seeds, worlds=8192, seed=2).reached.value for seeds in (found.seeds, chosen)]
    print(
        f"\n{count} seeds: lazy greedy on cynetdiff takes {theirs / found.seconds:.0f} times as long;"
        f" ours reach {spreads[0] / spreads[1]:.2f} times as many"
    )


if __name__ == "__main__":
    main()
