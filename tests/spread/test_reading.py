"""Files of edges, as people have them."""

from __future__ import annotations

import gzip
import subprocess
import sys
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


def test_only_those_who_occur_are_people(tmp_path: Path) -> None:
    graph = read_edges(written(tmp_path, "source,target\n1,2\n2,3\n"))
    assert graph.names(range(graph.nodes)).tolist() == [1, 2, 3]
    assert graph.numbers([3]).tolist() == [2]
    with pytest.raises(ValueError, match="0 is not in this graph of 3 people"):
        graph.numbers([0])


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


@pytest.mark.parametrize(
    "header",
    [
        "source,target,chance",
        "Inviter,Invitee,prob",
        "a,b,p",
        "from,to,likelihood",
        "u,v,weight",
        "who,whom,chance",
        "",
    ],
)
@pytest.mark.parametrize("rows", ["anna,budi,0.1\nbudi,citra,1\n", "7,8,1\n8,9,0.1\n"])
def test_the_first_row_is_no_person_and_chances_are_found(tmp_path: Path, header: str, rows: str) -> None:
    graph = read_edges(written(tmp_path, f"{header}\n{rows}" if header else rows))
    assert graph.names(range(graph.nodes)).tolist() in (["anna", "budi", "citra"], [7, 8, 9])
    assert sorted(graph.probability.tolist()) == [0.1, 1.0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("inviter,invitee\n1,2\n", 1),
        ("a,b\nb,c\n", 2),
        ("a,b\nanna,budi\n", 1),
        ("Nan,Al\nAl,Bo\n", 2),
        ("0,1,1\n1,2,-1\n", 2),
    ],
)
def test_letters_are_people_among_letters(tmp_path: Path, text: str, edges: int) -> None:
    assert read_edges(written(tmp_path, text)).edges == edges


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Friend A,Friend B,chance\nanna,budi,0.1\n", "line 1: the columns are Friend A, Friend B, chance: call who"),
        ("giver,taker\n1,2\n", "line 1: the columns are giver, taker"),
        ("giver,taker,how surely\nanna,budi,0.1\n", "line 1: the columns are giver, taker, how surely"),
        ("from,taker\nanna,budi\n", "line 1: the columns are from, taker"),
        ("# ties\nsource,target,surely\nanna,budi,0.1\n", "line 2: the column 'surely' looks like chances: call"),
    ],
)
def test_unknown_words_for_columns_are_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_edges(written(tmp_path, text))


def test_unknown_chances_in_parquet_are_said(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"src": [1], "dst": [2], "surely": [0.1]}), tmp_path / "edges.parquet")
    with pytest.raises(ValueError, match="the column 'surely' looks like chances"):
        read_edges(tmp_path / "edges.parquet")
    pyarrow.parquet.write_table(pa.table({"src": [1], "dst": [2], "seconds": [7.5]}), tmp_path / "edges.parquet")
    assert read_edges(tmp_path / "edges.parquet").edges == 1


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"src": ["a", "b"], "dst": ["b", "c"], "p": [0.1, 0.2]})
    pyarrow.parquet.write_table(table, tmp_path / "edges.parquet")
    graph = read_edges(tmp_path / "edges.parquet")
    assert graph.names(np.arange(3)).tolist() == ["a", "b", "c"]
    assert graph.probability.tolist() == [0.1, 0.2]  # type: ignore[union-attr]


def test_parquet_without_the_columns_is_said(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"giver": [1], "taker": [2]}), tmp_path / "edges.parquet")
    with pytest.raises(ValueError, match="has the columns giver, taker"):
        read_edges(tmp_path / "edges.parquet")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,target\n0,1\n1\n", "line 3: 2 fields are expected, but it has 1"),
        ("# note\nsource,target\n0,1\n\n2,\n", "line 5: the target is empty"),
        ("source,target,p\n0,1,0.5\n1,2,1.5\n", "line 3: the probability is '1.5'"),
        ("source,target,p\n0,1,0.5\n1,2,nan\n", "line 3: the probability is 'nan'"),
        ("source,target,p\n0,1,0.5\n1,2,\n", "line 3: the probability is ''"),
        ("0,1\n1,2,0.5\n", "line 2: 2 fields are expected, but it has 3"),
        ("alone\n", "line 1: a source and a target are needed"),
        ("# nothing\n", "holds no edges"),
        ("", "holds no edges"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_edges(written(tmp_path, text))


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x00,\xff", b"source,target\nJos\xe9,ani\n"])
def test_what_is_no_text_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "edges.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"edges\.csv is not a text in UTF-8"):
        read_edges(tmp_path / "edges.csv")
    (tmp_path / "edges.csv").write_bytes(b"source,target\n" + b"ani,budi\n" * 300 + b"Jos\xe9,ani\n")
    with pytest.raises(ValueError, match=r"edges\.csv is not a text in UTF-8"):
        read_edges(tmp_path / "edges.csv")
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        read_edges(tmp_path)


def test_reading_waits_for_no_other_library(tmp_path: Path) -> None:
    written(tmp_path, "0,1\n")
    program = "import sys; from sebar.spread.reading import read_edges; read_edges('edges.csv')"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; sys.exit('pandas' in sys.modules)"], cwd=tmp_path, check=False
    )
    assert done.returncode == 0


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    assert read_edges(str(written(tmp_path, "0,1\n"))).edges == 1
    with pytest.raises(ValueError, match="There is no file none"):
        read_edges("none.csv")


def test_a_missing_file_and_a_broken_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no file"):
        read_edges(tmp_path / "none.csv")
    (tmp_path / "broken.csv.gz").write_bytes(b"not gzip")
    with pytest.raises(ValueError, match="cannot be read"):
        read_edges(tmp_path / "broken.csv.gz")
