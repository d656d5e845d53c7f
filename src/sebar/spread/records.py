"""Reading records of who brought whom and when: cascades as CSV, plain or gzipped, one file or a folder."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from sebar.spread.forest import Forest, grown
from sebar.spread.tables import NO_TEXT

_EVENTS: Final = ("events.csv.gz", "events.csv")
_CASCADES: Final = ("cascades.csv.gz", "cascades.csv")
_LONGEST_LINE: Final = 4096  # bytes of a first line that are looked at
_NEEDED: Final = ("cascade", "node", "parent", "seconds")


def read_cascades(path: Path) -> dict[int, Forest]:
    """Read every cascade by its number, in the order of their starts where those are known, else of their numbers.

    Parameters
    ----------
    path
        A CSV file with the columns ``cascade``, ``node``, ``parent`` (-1 for the start) and ``seconds``, or a folder
        with ``events.csv`` (``.gz``) and, if starts are known, ``cascades.csv`` with ``cascade`` and ``posted_unix``.

    Raises
    ------
    ValueError
        One sentence that names the file, and the cascade where there is one.
    """
    events = _found(path, _EVENTS) if path.is_dir() else path
    if events is None or not events.is_file():
        raise ValueError(f"There are no cascades at {path}: it should be a CSV file, or a folder with events.csv.")
    table = _table(events)
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise ValueError(f"{events} has no column {' and no column '.join(missing)}: it needs {', '.join(_NEEDED)}.")
    cascade, node, parent, seconds = (_numbers(events, table, name) for name in _NEEDED)
    starts = _starts(path)
    order = np.argsort(cascade, kind="stable")
    numbers, first = np.unique(cascade[order], return_index=True)
    forests = {}
    for number, rows in zip(numbers.tolist(), np.split(order, first[1:]), strict=True):
        columns = node[rows].astype(np.int64), parent[rows].astype(np.int64), seconds[rows]
        try:
            forests[int(number)] = _forest(*columns, start=starts.get(int(number)))
        except ValueError as error:
            raise ValueError(f"{events}, cascade {int(number)}: {error}") from error
    return dict(sorted(forests.items(), key=lambda item: (item[1].start or 0.0, item[0])))


def _forest(
    node: NDArray[np.int64], parent: NDArray[np.int64], seconds: NDArray[np.float64], *, start: float | None
) -> Forest:
    by_node = np.argsort(node, kind="stable")
    place = np.minimum(np.searchsorted(node, parent, sorter=by_node), len(node) - 1)
    found = by_node[place]
    is_child = parent >= 0
    lost = is_child & (node[found] != parent)
    if lost.any():
        raise ValueError(f"node {parent[lost][0]} is a parent, but is not there.")
    times = np.where(is_child, np.maximum(seconds, 0.0), np.minimum(seconds, 0.0))
    return grown(times, np.where(is_child, found, -1), start=start)


def _starts(path: Path) -> dict[int, float]:
    cascades = _found(path, _CASCADES) if path.is_dir() else None
    if cascades is None:
        return {}
    table = _table(cascades)
    if not {"cascade", "posted_unix"} <= set(table.column_names):
        return {}
    known = zip(table["cascade"].to_pylist(), table["posted_unix"].to_pylist(), strict=True)
    return {int(number): float(posted) for number, posted in known if posted is not None}


def _found(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _table(path: Path) -> pa.Table:
    try:
        _check_text(path)
        return pyarrow.csv.read_csv(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} {NO_TEXT}.") from error
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        raise ValueError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error


def _check_text(path: Path) -> None:
    """Read the first line, in which files that are no text differ from those that are."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        codecs.getincrementaldecoder("utf-8")().decode(file.readline(_LONGEST_LINE))  # it may end within a letter


def _numbers(path: Path, table: pa.Table, name: str) -> NDArray[np.float64]:
    column = table[name]
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)) or column.null_count:
        raise ValueError(f"{path}: every {name} must be a number.")
    found: NDArray[np.float64] = column.to_numpy().astype(np.float64)
    return found
