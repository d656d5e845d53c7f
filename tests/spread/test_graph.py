"""Graphs: what is built is what was given, merged and reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread.graph import Graph, from_edges, open_graph, trivalency

edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60)


def pairs(graph: Graph) -> list[tuple[int, int]]:
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.start))
    return list(zip(source.tolist(), graph.neighbours.tolist(), strict=True))


def built(given_edges: list[tuple[int, int]], **more: object) -> Graph:
    table = np.array(given_edges, np.int64).reshape(-1, 2)
    return from_edges(table[:, 0], table[:, 1], nodes=10, **more)  # type: ignore[arg-type]


@given(edges)
def test_rows_are_the_sorted_distinct_edges(given_edges: list[tuple[int, int]]) -> None:
    graph = built(given_edges)
    kept = [edge for edge in given_edges if edge[0] != edge[1]]
    assert pairs(graph) == sorted(set(kept))
    assert graph.report.loops == len(given_edges) - len(kept)
    assert graph.report.duplicates == len(kept) - len(set(kept))
    returned = sum((b, a) in set(kept) for a, b in set(kept))
    assert graph.report.reciprocity == pytest.approx(returned / max(len(set(kept)), 1))


@given(edges)
def test_undirected_means_both_directions(given_edges: list[tuple[int, int]]) -> None:
    both = [*given_edges, *((b, a) for a, b in given_edges)]
    graph = built(given_edges, directed=False)
    assert pairs(graph) == pairs(built(both))
    assert graph.in_degree.tolist() == built(both).in_degree.tolist()


@given(edges)
def test_backward_rows_are_the_opposites(given_edges: list[tuple[int, int]]) -> None:
    graph = built(given_edges, probability=np.linspace(0, 1, len(given_edges)))
    start, row, chance = graph.backward
    receiver = np.repeat(np.arange(10), np.diff(start))
    forward = dict(zip(pairs(graph), graph.probability.tolist(), strict=True))  # type: ignore[union-attr]
    assert dict(zip(zip(row.tolist(), receiver.tolist(), strict=True), chance.tolist(), strict=True)) == forward


@pytest.mark.parametrize(("rule", "expected"), [("max", 0.5), ("sum", 0.75)])
def test_duplicates_keep_one_probability(rule: str, expected: float) -> None:
    graph = from_edges([0, 0], [1, 1], probability=[0.25, 0.5], duplicates=rule)  # type: ignore[arg-type]
    assert graph.probability.tolist() == [expected]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"probability": [0.1, 0.2], "duplicates": "refuse"}, "more than once"),
        ({"probability": [0.7, 0.7], "duplicates": "sum"}, "more than 1"),
        ({"probability": [0.1, -0.2]}, "Edge 1 has probability -0.2"),
        ({"probability": [np.nan, 0.2]}, "Edge 0 has probability nan"),
        ({"probability": [0.2]}, "2 edges, but 1 probabilities"),
        ({"nodes": 1}, "Node number 1 is out of range"),
    ],
)
def test_bad_edges_are_named(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_edges([0, 0], [1, 1], **arguments)  # type: ignore[arg-type]


def test_bad_numbers_are_named() -> None:
    with pytest.raises(ValueError, match="-1 is negative"):
        from_edges([0], [-1])
    with pytest.raises(ValueError, match="whole numbers"):
        from_edges([0.5], [1.0])
    with pytest.raises(ValueError, match="same length"):
        from_edges([0, 1], [1])


def test_an_empty_graph_is_a_graph() -> None:
    graph = from_edges([], [])
    assert (graph.nodes, graph.edges) == (0, 0)


def test_pairs_in_order_of_their_numbers_look_undirected() -> None:
    assert "--undirected" in from_edges([0, 0, 1], [1, 2, 2]).report.hint
    assert from_edges([0, 2, 1], [1, 0, 2]).report.hint == ""
    assert from_edges([0, 0, 1], [1, 2, 2], directed=False).report.hint == ""
    assert from_edges([0, 0, 1, 1], [1, 2, 3, 4]).report.hint == "", "who invited whom looks like that too"


@pytest.mark.parametrize("ids", [None, np.array([7, 9, 100]), np.array(["ani", "budi", "citra 🎈"])])
def test_saved_graphs_open_as_they_were(tmp_path: Path, ids: np.ndarray | None) -> None:
    graph = from_edges([0, 1], [1, 2], probability=[0.5, 0.25], ids=ids)
    graph.save(tmp_path / "graph")
    opened = open_graph(tmp_path / "graph")
    assert pairs(opened) == pairs(graph)
    assert opened.probability.tolist() == [0.5, 0.25]  # type: ignore[union-attr]
    assert opened.report == graph.report
    assert opened.names([2, 0]).tolist() == graph.names([2, 0]).tolist()
    assert opened.numbers(graph.names([2, 0])).tolist() == [2, 0]


def test_a_folder_without_a_graph_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not hold a saved graph"):
        open_graph(tmp_path)


def test_names_that_do_not_occur_are_said() -> None:
    graph = from_edges([0], [1], ids=np.array(["ani", "budi"]))
    with pytest.raises(ValueError, match="citra is not in this graph of 2 people"):
        graph.numbers(["ani", "citra"])


def test_trivalency_draws_from_three_chances() -> None:
    graph = trivalency(built([(a, b) for a in range(10) for b in range(10)]), seed=1)
    assert set(graph.probability.tolist()) == {0.1, 0.01, 0.001}  # type: ignore[union-attr]
