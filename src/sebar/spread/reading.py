"""Reading graphs from files: edge lists as CSV or TSV, plain or gzipped, and Parquet. Names are kept."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from sebar.spread.graph import Duplicates, Graph, from_edges

SOURCES: Final = (
    "source", "src", "from", "parent", "inviter", "referrer", "recruiter", "sender", "infector", "who", "u", "a",
)  # fmt: skip
TARGETS: Final = (
    "target", "dst", "to", "child", "invitee", "invited", "referred", "friend", "recipient", "infectee", "whom",
    "v", "b",
)  # fmt: skip
PROBABILITIES: Final = ("probability", "prob", "chance", "likelihood", "weight", "p")
"""What the columns of a file may be called, in any case; without a header the first two (or three) are taken."""

_WORDS: Final = (
    f"call who passes on {', '.join(SOURCES[:5])} or the like, to whom {', '.join(TARGETS[:5])} or the like,"
    f" and the chance {', '.join(PROBABILITIES)}"
)
_DENSE: Final = 8  # largest number per edge up to which names are looked up in a table instead of sorted


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text file is laid out; `before` counts the lines before the first edge."""

    delimiter: str
    names: tuple[str, ...]
    before: int
    source: int
    target: int
    probability: int | None


Fault = Literal["empty", "columns", "fields", "end", "chance", "encoding", "unreadable"]


class Unreadable(ValueError):
    """A file of edges cannot be read.

    Parameters
    ----------
    sentence
        For people who read English: names the file, and the line where there is one.
    fault
        What is the matter: no edges; columns that cannot be told apart; more or fewer fields in a line than in others;
        an end without a name; a chance that is none; no text in UTF-8; anything else.
    line
        Where, from 1.
    given
        What stands there.
    """

    def __init__(self, sentence: str, fault: Fault, *, line: int | None = None, given: str = "") -> None:
        super().__init__(sentence)
        self.fault: Fault = fault
        self.line = line
        self.given = given


def read_edges(
    path: Path | str, *, directed: bool = True, probability: bool = True, duplicates: Duplicates = "max"
) -> Graph:
    """Read who passes on to whom.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv``, ``.txt`` (also ``.gz``; comma, tab, semicolon or space; lines of # at the top are skipped)
        or ``.parquet``. Columns are found by `SOURCES`, `TARGETS`, `PROBABILITIES`, else by position.
    directed
        False: each line means both directions.
    probability
        Whether to read the column of probabilities where there is one.
    duplicates
        As in `sebar.spread.graph.from_edges`.

    Raises
    ------
    Unreadable
        Saying why.
    ValueError
        When what it holds makes no graph.
    """
    path = Path(path)
    try:
        columns = _parquet(path) if path.suffix == ".parquet" else _text(path)
    except FileNotFoundError as error:
        raise Unreadable(f"There is no file {path}.", "unreadable") from error
    except (UnicodeDecodeError, csv.Error) as error:
        sentence = f"{path} is not a text in UTF-8: save it as CSV in UTF-8, or as .csv.gz or .parquet."
        raise Unreadable(sentence, "encoding") from error
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.", "unreadable") from error
    except (pa.ArrowInvalid, EOFError) as error:
        raise Unreadable(f"{path} cannot be read: {str(error).splitlines()[0]}.", "unreadable") from error
    source, target, chance = columns
    sources, targets, ids = _numbered(path, source, target)
    del columns, source, target
    return from_edges(
        sources,
        targets,
        probability=chance if probability else None,
        nodes=len(ids) if ids is not None else None,
        directed=directed,
        duplicates=duplicates,
        ids=ids,
    )


_Columns = tuple[pa.ChunkedArray, pa.ChunkedArray, NDArray[np.float64] | None]


def _parquet(path: Path) -> _Columns:
    names = pyarrow.parquet.read_schema(path).names
    source, target = _named(names, SOURCES), _named(names, TARGETS)
    if source is None or target is None:
        columns = ", ".join(names)
        raise Unreadable(f"{path} has the columns {columns}: {_WORDS}.", "columns", given=columns)
    chance = _named(names, PROBABILITIES)
    if chance is None:
        _refuse_chances(path, pyarrow.parquet.read_table(path))
    wanted = [names[column] for column in (source, target, chance) if column is not None]
    table = pyarrow.parquet.read_table(path, columns=wanted)
    for name in wanted:
        if table[name].null_count:
            row = int(np.flatnonzero(table[name].is_null().to_numpy())[0])
            raise Unreadable(f"{path}, row {row + 1}: {name} is empty.", "end", line=row + 1, given=name)
    values = None if chance is None else _array(table[names[chance]].combine_chunks()).astype(np.float64)
    return table[wanted[0]], table[wanted[1]], values


def _refuse_chances(path: Path, table: pa.Table) -> None:
    """Do nothing, unless a column holds what only chances look like."""
    for field in table.schema:
        if not pa.types.is_floating(field.type):
            continue
        values = _array(table[field.name].drop_null().combine_chunks())
        if _are_chances(values) and bool(np.any(values % 1)):
            sentence = f"{path}: the column {field.name!r} looks like chances: {_WORDS}."
            raise Unreadable(sentence, "columns", given=field.name)


def _text(path: Path) -> _Columns:
    layout = _layout(path)
    wanted = [column for column in (layout.source, layout.target, layout.probability) if column is not None]
    names = [layout.names[column] for column in wanted]
    number: dict[str, pa.DataType] = {name: pa.int64() for name in names[:2]}
    text: dict[str, pa.DataType] = {name: pa.string() for name in names[:2]}
    chance: dict[str, pa.DataType] = {name: pa.float64() for name in names[2:]}
    try:
        try:
            table = _table(path, layout, number | chance)
        except pa.ArrowInvalid:
            table = _table(path, layout, text | chance)
    except pa.ArrowInvalid as error:
        raise _blame(path, layout) from error
    if any(table[name].null_count for name in names):
        raise _blame(path, layout)
    values = _array(table[names[2]].combine_chunks()) if chance else None
    if values is not None and not bool(np.all((values >= 0) & (values <= 1))):
        raise _blame(path, layout)
    return table[names[0]], table[names[1]], values


def _table(path: Path, layout: _Layout, types: dict[str, pa.DataType]) -> pa.Table:
    return pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(
            column_names=list(layout.names), skip_rows=layout.before, block_size=1 << 22
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=layout.delimiter),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=True
        ),
    )


def _layout(path: Path) -> _Layout:
    """Find delimiter, header and columns from the first lines."""
    with _opened(path) as lines:
        head = [line for _, line in zip(range(200), lines, strict=False)]
    before = next((place for place, line in enumerate(head) if line.strip() and line[0] not in "#%"), None)
    if before is None:
        raise Unreadable(f"{path} holds no edges.", "empty")
    first = head[before].rstrip("\r\n")
    delimiter = next((sign for sign in "\t,; " if sign in first), None)
    if delimiter is None:
        sentence = f"{path}, line {before + 1}: a source and a target are needed, but it says only {first!r}."
        raise Unreadable(sentence, "fields", line=before + 1, given=first)
    fields, *others = csv.reader((line for line in head[before:] if line.strip()), delimiter=delimiter)
    line = f"{path}, line {before + 1}"
    if not _is_header(fields, others):
        names = tuple(f"column {place}" for place in range(len(fields)))
        decimals = len(fields) > 2 and _holds_decimals(2, [fields, *others])  # noqa: PLR2004 - source, target
        return _Layout(delimiter, names, before, 0, 1, 2 if decimals else None)
    source, target = _named(fields, SOURCES), _named(fields, TARGETS)
    if source is None or target is None:
        columns = ", ".join(field.strip() for field in fields)
        sentence = f"{line}: the columns are {columns}: {_WORDS}. If these are people, put such a line above."
        raise Unreadable(sentence, "columns", line=before + 1, given=columns)
    chance = _named(fields, PROBABILITIES)
    for place, name in enumerate(fields):
        if chance is None and place not in {source, target} and _looks_like_chances(place, others):
            sentence = f"{line}: the column {name.strip()!r} looks like chances: {_WORDS}."
            raise Unreadable(sentence, "columns", line=before + 1, given=name.strip())
    names = tuple(f"{name} {place}" if fields.count(name) > 1 else name for place, name in enumerate(fields))
    return _Layout(delimiter, names, before + 1, source, target, chance)


def _is_header(first: list[str], others: list[list[str]]) -> bool:
    """Return whether the first row names the columns: it has a word for one, or text above nothing but numbers.

    A single letter may be a person too; it is a word for a column where nobody else is called by one.
    """
    if any(map(_is_number, first)):
        return False
    known = {field.strip().lower() for field in first} & {*SOURCES, *TARGETS, *PROBABILITIES}
    if any(len(word) > 1 for word in known) or any(_is_numeric(place, others) for place in range(len(first))):
        return True
    lettered = any(len(field.strip()) == 1 and field.strip().isalpha() for row in others for field in row[:2])
    return bool(others) and known >= {field.strip().lower() for field in first[:2]} and not lettered


def _is_numeric(place: int, others: list[list[str]]) -> bool:
    found = [row[place] for row in others if place < len(row)]
    return bool(found) and all(map(_is_number, found))


def _holds_decimals(place: int, table: list[list[str]]) -> bool:
    """Return whether a column begins with a number, and one in it is no whole number, as chances are not."""
    found = [row[place].strip() for row in table if place < len(row)]
    return (
        bool(found)
        and _is_number(found[0])
        and any(_is_number(one) and not one.lstrip("+-").isdigit() for one in found)
    )


def _looks_like_chances(place: int, others: list[list[str]]) -> bool:
    if not (_is_numeric(place, others) and _holds_decimals(place, others)):
        return False
    return _are_chances(np.array([float(row[place]) for row in others if place < len(row)]))


def _are_chances(values: NDArray[np.floating]) -> bool:
    return bool(np.all((values >= 0) & (values <= 1)))


def _named(names: list[str], wanted: tuple[str, ...]) -> int | None:
    lowered = [name.strip().lower() for name in names]
    return next((lowered.index(name) for name in wanted if name in lowered), None)


def _opened(path: Path) -> _Lines:
    return _Lines(path)


class _Lines:
    """The lines of a file, unpacked where needed."""

    def __init__(self, path: Path) -> None:
        opener = gzip.open if path.suffix == ".gz" else open
        self._file = opener(path, "rt", encoding="utf-8-sig", newline="")

    def __enter__(self) -> Iterator[str]:
        return iter(self._file)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _blame(path: Path, layout: _Layout) -> Unreadable:
    """Return the error that names the first bad line, looking at them one by one."""
    with _opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            if number <= layout.before or not line.strip():
                continue
            fields = next(csv.reader([line.rstrip("\r\n")], delimiter=layout.delimiter))
            fault = _fault(fields, layout)
            if fault is not None:
                sentence, kind, given = fault
                return Unreadable(f"{path}, line {number}: {sentence}.", kind, line=number, given=given)
    return Unreadable(f"{path} cannot be read as lines of source{layout.delimiter!r}target.", "unreadable")


def _fault(fields: list[str], layout: _Layout) -> tuple[str, Fault, str] | None:
    """Return what is wrong with a line: in words, of which kind, and what stands there."""
    if len(fields) != len(layout.names):
        given = layout.delimiter.join(fields)
        return f"{len(layout.names)} fields are expected, but it has {len(fields)}", "fields", given
    for column, word in ((layout.source, "source"), (layout.target, "target")):
        if not fields[column].strip():
            return f"the {word} is empty", "end", layout.delimiter.join(fields)
    if layout.probability is not None:
        given = fields[layout.probability]
        if not _is_number(given) or not 0 <= float(given) <= 1:
            return f"the probability is {given!r}, but must be a number between 0 and 1", "chance", given
    return None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _array(column: pa.Array) -> NDArray[Any]:
    """Return the numbers of a column without gaps; `to_numpy` would load pandas first, for a second."""
    return np.from_dlpack(column)


_Names = NDArray[np.int64] | NDArray[np.str_]


def _numbered(
    path: Path, source: pa.ChunkedArray, target: pa.ChunkedArray
) -> tuple[NDArray[np.integer], NDArray[np.integer], _Names | None]:
    """Return node numbers of the sources, of the targets, and what they are called unless 0 to n - 1."""
    if pa.types.is_integer(source.type) and pa.types.is_integer(target.type):
        return _dense(source, target)
    if not len(source):
        raise Unreadable(f"{path} holds no edges.", "empty")
    ends = pa.chunked_array([*source.cast(pa.string()).chunks, *target.cast(pa.string()).chunks])
    coded = ends.combine_chunks().dictionary_encode()
    numbers = _array(coded.indices)
    return numbers[: len(source)], numbers[len(source) :], np.array(coded.dictionary.to_pylist(), np.str_)


def _dense(
    source: pa.ChunkedArray, target: pa.ChunkedArray
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.int64] | None]:
    """Do so for whole numbers, a chunk after the other: at no time are all of them there twice as wide as needed."""
    chunks = [_array(chunk) for chunk in (*source.chunks, *target.chunks) if len(chunk)]
    low, high = (
        min((int(chunk.min()) for chunk in chunks), default=0),
        max((int(chunk.max()) for chunk in chunks), default=-1),
    )
    if low < 0 or high >= _DENSE * max(2 * len(source), 1) or high >= 2**32:
        names, numbers = np.unique(np.concatenate(chunks).astype(np.int64), return_inverse=True)
        return numbers[: len(source)], numbers[len(source) :], names
    present = np.zeros(high + 1, np.bool_)
    for chunk in chunks:
        present[chunk] = True
    names = np.flatnonzero(present)
    # Only numbers that occur are people: a file that counts from 1 has nobody called 0.
    place = None if len(names) == len(present) else np.cumsum(present, dtype=np.uint32) - np.uint32(1)
    both = np.empty(2 * len(source), np.uint32)
    at = 0
    for chunk in chunks:
        both[at : at + len(chunk)] = chunk if place is None else place[chunk]
        at += len(chunk)
    return both[: len(source)], both[len(source) :], None if place is None else names
