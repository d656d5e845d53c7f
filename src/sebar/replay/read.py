"""Read recorded cascades from a CSV file, checking every line; nothing is used of a file that has a wrong one.

The columns are ``cascade,node,parent,seconds``, in any order; others are ignored. `node` names a person within the
cascade, `parent` the node who brought them (-1 for the one start), `seconds` is the time since the cascade's start.
Lines may stand in any order.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from sebar.kit.errors import UserError, UserErrors

COLUMNS: Final = ("cascade", "node", "parent", "seconds")
START: Final = -1
_SHOWN: Final = 10
_LONGEST_SECONDS: Final = 10 * 365 * 86400
_FIELD_LENGTH: Final = 40

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Recording:
    """Recorded cascades, one row a person, sorted by generation and then by time: parents before their children.

    Attributes
    ----------
    cascade, node
        Names of the cascade and of the person in it, as in the file.
    parent
        Row of the parent, or -1 for a start.
    generation
        Distance from the start.
    root
        Row of the cascade's start.
    milliseconds
        Time since the cascade's start; never before the parent's.
    clamped
        How many times lay before their parent's and were set to it.
    """

    cascade: Numbers
    node: Numbers
    parent: Numbers
    generation: Numbers
    root: Numbers
    milliseconds: Numbers
    clamped: int

    def __len__(self) -> int:
        return len(self.node)


@dataclass(frozen=True)
class _Lines:
    """The columns as they stand in the file, and the number of each line."""

    cascade: Numbers
    node: Numbers
    parent: Numbers
    milliseconds: Numbers
    number: Numbers


def find(place: Path) -> Path:
    """Return the file to read: `place` itself, or in a folder ``events.csv``, ``events.csv.gz`` or its only CSV file.

    Raises
    ------
    UserError
        When there is no such file.
    """
    if place.is_file():
        return place
    if not place.is_dir():
        raise UserError(f"There is no file or folder {place}.", field="folder")
    files = sorted([*place.glob("*.csv"), *place.glob("*.csv.gz")])
    for file in files:
        if file.name in {"events.csv", "events.csv.gz"}:
            return file
    if len(files) != 1:
        raise UserError(
            f"{place} holds no events.csv or events.csv.gz and {len(files) or 'no'} other CSV files;"
            " name the file with the columns cascade,node,parent,seconds.",
            field="folder",
        )
    return files[0]


def read(place: Path) -> Recording:
    """Return the cascades recorded in a file or folder.

    Raises
    ------
    UserError
        When the file cannot be read at all.
    UserErrors
        Naming the wrong lines by number and reason.
    """
    path = find(place)
    with _text(path) as text:
        lines = _columns(csv.reader(text, strict=True), path)
    if not len(lines.number):
        raise UserError(f"{path} holds no cascades: there is nothing below its first line.", field="line 2")
    return _arrange(lines, path)


@contextmanager
def _text(path: Path) -> Iterator[IO[str]]:
    try:
        with path.open("rb") as plain:
            binary = gzip.GzipFile(fileobj=plain) if path.suffix == ".gz" else plain
            yield io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path} is not a whole gzip file ({error}); copy or pack it again.", field="folder") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", field="folder") from None


def _columns(reader: Iterable[list[str]], path: Path) -> _Lines:
    """Read every line; go on past wrong ones, to name several at once."""
    lines = iter(_numbered(reader, path))
    _, header = next(lines, (1, []))
    places = _places(header, path)
    columns = array("q"), array("q"), array("q"), array("q"), array("q")
    cascade, node, parent, milliseconds, number = columns
    wrong: list[UserError] = []
    for line, fields in lines:
        if not fields:
            continue
        try:
            values = _values(fields, places, len(header))
        except (ValueError, OverflowError) as error:
            wrong.append(_wrong(path, line, str(error)))
            if len(wrong) == _SHOWN:
                break
            continue
        for column, value in zip((cascade, node, parent, milliseconds), values, strict=True):
            column.append(value)
        number.append(line)
    if wrong:
        raise UserErrors(wrong)
    return _Lines(*(np.frombuffer(column, dtype=np.int64) for column in columns))


def _numbered(reader: Iterable[list[str]], path: Path) -> Iterator[tuple[int, list[str]]]:
    lines = iter(reader)
    line = 0
    while True:
        try:
            fields = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserErrors([_wrong(path, line + 1, f"it is not CSV: {error}")]) from None
        line = lines.line_num  # type: ignore[attr-defined] # every csv reader has it
        yield line, fields


def _places(header: list[str], path: Path) -> tuple[int, ...]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        found = _shown(",".join(header)) if header else "nothing"
        raise UserErrors(
            [
                _wrong(
                    path,
                    1,
                    f"it should name the columns {','.join(COLUMNS)}; {','.join(missing)} is missing in {found}",
                )
            ]
        )
    return tuple(names.index(name) for name in COLUMNS)


def _values(fields: list[str], places: tuple[int, ...], width: int) -> tuple[int, int, int, int]:
    """Return the four numbers of one line; raises ValueError with the reason."""
    if len(fields) != width:
        raise ValueError(f"it has {len(fields)} fields; the first line has {width}")
    cascade = _whole(fields[places[0]], "cascade", 0)
    node = _whole(fields[places[1]], "node", 0)
    parent = _whole(fields[places[2]], "parent", START)
    if parent == node:
        raise ValueError(f"node {node} is its own parent")
    return cascade, node, parent, _milliseconds(fields[places[3]])


def _whole(text: str, name: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or not least <= value < 2**62:
        meant = f"a whole number from {least} on" + (" (-1 is the start)" if least == START else "")
        raise ValueError(f"{name} is {_shown(text)}; it should be {meant}")
    return value


def _milliseconds(text: str) -> int:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not abs(seconds) <= _LONGEST_SECONDS:
        raise ValueError(f"seconds is {_shown(text)}; it should be a number of seconds, of 10 years at most")
    return round(seconds * 1000)


def _arrange(lines: _Lines, path: Path) -> Recording:
    """Find everybody's parent, check that each cascade is one tree, and sort."""
    keys, parents = _keys(lines)
    order = np.argsort(keys, kind="stable")
    _refuse_twins(lines, keys, order, path)
    parent = _rows_of(parents, keys, order)
    _refuse_orphans(lines, parent, path)
    _refuse_second_starts(lines, path)
    generation, root = _climb(parent)
    _refuse_circles(lines, generation, path)
    return _sorted(lines, parent, generation, root)


def _keys(lines: _Lines) -> tuple[Numbers, Numbers]:
    """Return one number for each (cascade, node) and for each (cascade, parent)."""
    _, cascade = np.unique(lines.cascade, return_inverse=True)
    names, node = np.unique(np.concatenate([lines.node, lines.parent]), return_inverse=True)
    keys = np.concatenate([cascade, cascade]) * len(names) + node
    own, of_parent = np.split(keys.astype(np.int64), 2)
    return own, of_parent


def _rows_of(wanted: Numbers, keys: Numbers, order: Numbers) -> Numbers:
    """Return the row of each wanted key, -1 where there is none."""
    places = np.searchsorted(keys, wanted, sorter=order)
    rows = order[np.minimum(places, len(keys) - 1)]
    return np.where(keys[rows] == wanted, rows, -1)


def _climb(parent: Numbers) -> tuple[Numbers, Numbers]:
    """Return everybody's distance from the start and the start itself; -1 for both in a circle.

    Everybody jumps to their ancestor's ancestor at once, so a chain of a million takes twenty rounds.
    """
    rows = np.arange(len(parent))
    ancestor = np.where(parent < 0, rows, parent)
    distance = (parent >= 0).astype(np.int64)
    for _ in range(len(parent).bit_length() + 1):
        distance += distance[ancestor]
        ancestor = ancestor[ancestor]
    reached = parent[ancestor] < 0
    return np.where(reached, distance, -1), np.where(reached, ancestor, -1)


def _sorted(lines: _Lines, parent: Numbers, generation: Numbers, root: Numbers) -> Recording:
    milliseconds = lines.milliseconds.copy()
    by_generation = np.argsort(generation, kind="stable")
    bounds = np.searchsorted(generation[by_generation], np.arange(generation.max() + 2))
    for first, end in itertools.pairwise(bounds[1:]):
        rows = by_generation[first:end]
        milliseconds[rows] = np.maximum(milliseconds[rows], milliseconds[parent[rows]])
    clamped = int((milliseconds != lines.milliseconds).sum())
    order = np.lexsort((milliseconds, generation))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    moved = parent[order]
    return Recording(
        cascade=lines.cascade[order],
        node=lines.node[order],
        parent=np.where(moved < 0, -1, place[moved]),
        generation=generation[order],
        root=place[root[order]],
        milliseconds=milliseconds[order],
        clamped=clamped,
    )


def _refuse_twins(lines: _Lines, keys: Numbers, order: Numbers, path: Path) -> None:
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    first, again = order[same], order[same + 1]
    _refuse(
        path,
        lines.number[again],
        [
            f"node {lines.node[row]} of cascade {lines.cascade[row]} was there already, in line {lines.number[before]}"
            for before, row in zip(first[:_SHOWN], again[:_SHOWN], strict=True)
        ],
    )


def _refuse_orphans(lines: _Lines, parent: Numbers, path: Path) -> None:
    rows = np.flatnonzero((parent < 0) & (lines.parent != START))
    _refuse(
        path,
        lines.number[rows],
        [
            f"the parent {lines.parent[row]} of node {lines.node[row]} is nowhere in cascade {lines.cascade[row]}"
            for row in rows[:_SHOWN]
        ],
    )


def _refuse_second_starts(lines: _Lines, path: Path) -> None:
    starts = np.flatnonzero(lines.parent == START)
    _, first, place = np.unique(lines.cascade[starts], return_index=True, return_inverse=True)
    again = np.flatnonzero(first[place] != np.arange(len(starts)))
    _refuse(
        path,
        lines.number[starts[again]],
        [
            f"cascade {lines.cascade[starts[which]]} starts a second time (parent -1);"
            f" its start is in line {lines.number[starts[first[place[which]]]]}"
            for which in again[:_SHOWN]
        ],
    )


def _refuse_circles(lines: _Lines, generation: Numbers, path: Path) -> None:
    """Refuse whoever hangs on no start. A cascade without one holds a circle: everybody in it has a parent."""
    rows = np.flatnonzero(generation < 0)
    _refuse(
        path,
        lines.number[rows],
        [
            f"node {lines.node[row]} does not hang on the start of cascade {lines.cascade[row]}:"
            " its parents bring each other in a circle"
            for row in rows[:_SHOWN]
        ],
    )


def _refuse(path: Path, numbers: Numbers, reasons: list[str]) -> None:
    if reasons:
        raise UserErrors([_wrong(path, int(line), reason) for line, reason in zip(numbers, reasons, strict=False)])


def _wrong(path: Path, line: int, reason: str) -> UserError:
    return UserError(f"{path.name}, line {line}: {reason}.", field=f"line {line}")


def _shown(text: str) -> str:
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return f"“{readable[:_FIELD_LENGTH]}”"
