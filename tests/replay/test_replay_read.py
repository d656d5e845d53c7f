"""Recorded cascades are read whole or not at all, and a wrong line is named by number and reason."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.kit.errors import UserError, UserErrors
from sebar.replay.expect import HOUR_MS, expect
from sebar.replay.read import read

GOOD = "cascade,node,parent,seconds,user\n7,0,-1,0,a\n7,1,0,60,b\n7,2,1,30.5,c\n9,0,-1,0,d\n9,5,0,3600,e\n"


def written(folder: Path, text: str | bytes, name: str = "events.csv") -> Path:
    content = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder


def people(folder: Path) -> list[tuple[int, int, int, int, int]]:
    found = read(folder)
    columns = (found.cascade, found.node, found.parent, found.generation, found.milliseconds)
    return [tuple(row) for row in np.stack(columns, axis=1).tolist()]


@pytest.mark.parametrize("name", ["events.csv", "events.csv.gz", "anything.csv"])
def test_rows_are_sorted_by_generation_and_time_and_late_parents_clamp(tmp_path: Path, name: str) -> None:
    written(tmp_path, GOOD, name)
    assert people(tmp_path) == [
        (7, 0, -1, 0, 0),
        (9, 0, -1, 0, 0),
        (7, 1, 0, 1, 60_000),
        (9, 5, 1, 1, 3_600_000),
        (7, 2, 2, 2, 60_000),
    ]
    assert read(tmp_path).clamped == 1
    assert people(tmp_path / name) == people(tmp_path)


def test_columns_may_stand_in_any_order_with_a_mark_at_the_beginning(tmp_path: Path) -> None:
    written(tmp_path, "\ufeffSeconds, parent ,node,cascade\n0,-1,0,1\n\n5,0,1,1\n")
    assert people(tmp_path) == [(1, 0, -1, 0, 0), (1, 1, 0, 1, 5000)]


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ("1,0,-1,0\n1,1,0,soon", 3, "seconds is “soon”"),
        ("1,0,-1,0\n1,1,0,nan", 3, "seconds is “nan”"),
        ("1,0,-1,0\n1,1,0,1e30", 3, "seconds is “1e30”"),
        ("1,0,-1,0\n1,x,0,1", 3, "node is “x”"),
        ("1,0,-1,0\n1,1.5,0,1", 3, "node is “1.5”"),
        ("1,0,-1,0\n1,1,-2,1", 3, "parent is “-2”"),
        ("1,0,-1,0\n99999999999999999999,1,0,1", 3, "cascade is “99999999999999999999”"),
        ("1,0,-1,0\n1,1,0", 3, "it has 3 fields; the first line has 4"),
        ("1,0,-1,0\n1,1,1,0", 3, "node 1 is its own parent"),
        ("1,0,-1,0\n1,1,0,1\n1,1,0,2", 4, "node 1 of cascade 1 was there already, in line 3"),
        ("1,0,-1,0\n2,0,-1,0\n1,1,3,1", 4, "the parent 3 of node 1 is nowhere in cascade 1"),
        ("1,0,-1,0\n1,1,-1,1", 3, "cascade 1 starts a second time (parent -1); its start is in line 2"),
        ("1,0,-1,0\n1,1,2,1\n1,2,1,1", 3, "node 1 does not hang on the start of cascade 1"),
        ('1,0,-1,0\n1,"1,0,1', 3, "it is not CSV"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: str, line: int, reason: str) -> None:
    written(tmp_path, f"cascade,node,parent,seconds\n{lines}\n")
    with pytest.raises(UserErrors) as caught:
        read(tmp_path)
    first = caught.value.errors[0]
    assert first.field == f"line {line}"
    assert first.message.startswith(f"events.csv, line {line}: {reason}")


def test_several_wrong_lines_are_named_at_once(tmp_path: Path) -> None:
    written(tmp_path, "cascade,node,parent,seconds\n1,0,-1,0\n1,a,0,1\n1,1,0,1\n1,2,b,1\n")
    with pytest.raises(UserErrors) as caught:
        read(tmp_path)
    assert [error.field for error in caught.value.errors] == ["line 3", "line 5"]


def test_broken_utf8_is_named_by_its_line(tmp_path: Path) -> None:
    written(tmp_path, b"cascade,node,parent,seconds\n1,0,-1,0\n1,\xff,0,1\n")
    with pytest.raises(UserErrors, match="line 3: node is “\ufffd”"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["", "id,recruiter\n1,2\n", "cascade,node,parent\n1,0,-1\n"])
def test_missing_columns_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserErrors, match="line 1: it should name the columns cascade,node,parent,seconds"):
        read(written(tmp_path, text))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file or folder"):
        read(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"holds no events\.csv"):
        read(tmp_path)
    with pytest.raises(UserError, match="nothing below its first line"):
        read(written(tmp_path, "cascade,node,parent,seconds\n"))
    cut = gzip.compress(GOOD.encode())[:-12]
    (tmp_path / "cut.csv.gz").write_bytes(cut)
    with pytest.raises(UserError, match="not a whole gzip file"):
        read(tmp_path / "cut.csv.gz")


def test_a_chain_of_many_generations(tmp_path: Path) -> None:
    lines = [f"1,{node},{node - 1},{node}" for node in range(5000)]
    found = read(written(tmp_path, "cascade,node,parent,seconds\n" + "\n".join(reversed(lines))))
    assert found.generation.tolist() == list(range(5000))


@st.composite
def forests(draw: st.DrawFn) -> list[tuple[int, int, int, int]]:
    rows = []
    for cascade in draw(st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True)):
        nodes = draw(st.lists(st.integers(0, 99), min_size=1, max_size=12, unique=True))
        for place, node in enumerate(nodes):
            parent = nodes[draw(st.integers(0, place - 1))] if place else -1
            rows.append((cascade, node, parent, draw(st.integers(-50, 50_000))))
    return draw(st.permutations(rows))


@given(rows=forests())
def test_what_is_expected_agrees_with_a_slow_and_obvious_count(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, int, int]]
) -> None:
    text = "cascade,node,parent,seconds\n" + "\n".join(",".join(map(str, row)) for row in rows)
    found = read(written(tmp_path_factory.mktemp("forest"), text))
    expected = expect(found, 100 * HOUR_MS)

    known = {(cascade, node): (parent, seconds) for cascade, node, parent, seconds in rows}

    def depth(cascade: int, node: int) -> int:
        parent = known[cascade, node][0]
        return 0 if parent < 0 else 1 + depth(cascade, parent)

    def time(cascade: int, node: int) -> int:
        parent, seconds = known[cascade, node]
        return seconds if parent < 0 else max(seconds, time(cascade, parent))

    depths = [depth(cascade, node) for cascade, node in known]
    assert expected.participants == len(rows)
    assert list(expected.generations) == [depths.count(level) for level in range(max(depths) + 1)]
    by_cascade = {found.cascade[row]: (expected.sizes[row], expected.depths[row]) for row in expected.sizes}
    for cascade in {row[0] for row in rows}:
        of_it = [depth(*key) for key in known if key[0] == cascade]
        assert by_cascade[cascade] == (len(of_it), max(of_it))
    hours = [100 + time(*key) // 3600 for key in known]
    assert dict(expected.joins_by_hour) == {hour: hours.count(hour) for hour in hours}
    assert found.clamped == sum(time(*key) != known[key][1] for key in known)
