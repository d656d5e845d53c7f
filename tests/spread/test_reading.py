"""Files of edges, as people have them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from sebar.spread.reading import read_edges


def written(folder: Path, text: str, name: str = "edges.csv") -> Path:
    path = folder / name
    packed = text.encode()
    path.write_bytes(gzip.compress(packed) if name.endswith(".gz") else packed)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "source,target\n0,1\n1,2\n"),
        ("a.csv.gz", "source,target\n0,1\n1,2\n"),
        ("a.tsv", "0\t1\n1\t2\n"),
        ("a.txt", "# from somewhere\n# nodes: 3\n0 1\n1 2\n"),
        ("a.csv", "Target;note;Source\r\n1;x;0\r\n2;y;1\r\n"),
        ("a.csv", "\ufeffsource,target\n0,1\n\n1,2"),
    ],
)
def test_edge_lists_in_many_forms(tmp_path: Path, name: str, text: str) -> None:
    graph = read_edges(written(tmp_path, text, name))
    assert graph.start.tolist() == [0, 1, 2, 2]
    assert graph.neighbours.tolist() == [1, 2]
    assert graph.ids is None


def test_names_are_kept(tmp_path: Path) -> None:
    graph = read_edges(written(tmp_path, "source,target\nani,budi\nbudi,007\n"))
    assert graph.names([0, 1, 2]).tolist() == ["ani", "budi", "007"]
    assert graph.numbers(["007", "ani"]).tolist() == [2, 0]


@pytest.mark.parametrize("big", [10**6, 10**18])
def test_scattered_numbers_are_names(tmp_path: Path, big: int) -> None:
    graph = read_edges(written(tmp_path, f"source,target\n5,{big}\n{big},7\n"))
    assert graph.names([0, 1, 2]).tolist() == [5, 7, big]
    assert graph.neighbours[graph.start[graph.numbers([5])[0]]] == graph.numbers([big])[0]


def test_probabilities_are_read_or_left(tmp_path: Path) -> None:
    path = written(tmp_path, "source,target,probability\n0,1,0.5\n1,2,1\n")
    assert read_edges(path).probability.tolist() == [0.5, 1.0]  # type: ignore[union-attr]
    assert read_edges(path, probability=False).probability is None


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"src": ["a", "b"], "dst": ["b", "c"], "p": [0.1, 0.2]})
    pyarrow.parquet.write_table(table, tmp_path / "edges.parquet")
    graph = read_edges(tmp_path / "edges.parquet")
    assert graph.names(np.arange(3)).tolist() == ["a", "b", "c"]
    assert graph.probability.tolist() == [0.1, 0.2]  # type: ignore[union-attr]


def test_parquet_without_the_columns_is_said(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"who": [1], "whom": [2]}), tmp_path / "edges.parquet")
    with pytest.raises(ValueError, match="has the columns who, whom"):
        read_edges(tmp_path / "edges.parquet")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,target\n0,1\n1\n", "line 3: 2 fields are expected, but it has 1"),
        ("# note\nsource,target\n0,1\n\n2,\n", "line 5: the target is empty"),
        ("source,target,p\n0,1,0.5\n1,2,1.5\n", "line 3: the probability is '1.5'"),
        ("source,target,p\n0,1,0.5\n1,2,nan\n", "line 3: the probability is 'nan'"),
        ("source,target,p\n0,1,0.5\n1,2,\n", "line 3: the probability is ''"),
        ("alone\n", "line 1: a source and a target are needed"),
        ("# nothing\n", "holds no edges"),
        ("", "holds no edges"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_edges(written(tmp_path, text))


def test_a_missing_file_and_a_broken_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no file"):
        read_edges(tmp_path / "none.csv")
    (tmp_path / "broken.csv.gz").write_bytes(b"not gzip")
    with pytest.raises(ValueError, match="cannot be read"):
        read_edges(tmp_path / "broken.csv.gz")
