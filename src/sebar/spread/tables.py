"""Reading tables by the names of their columns: CSV or TSV, plain or gzipped, and Parquet; faults are named by line."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, TextIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

Values = NDArray[np.float64]

_BROKEN: Final = (pa.ArrowInvalid, gzip.BadGzipFile, EOFError, csv.Error)
NO_TEXT: Final = "is not a text in UTF-8: save it as CSV in UTF-8, or as .csv.gz"


@dataclass(frozen=True)
class Table:
    """A table's columns as text, by their names in lower case.

    Attributes
    ----------
    path
        The file.
    columns
        Each column; nothing is "".
    """

    path: Path
    columns: dict[str, pa.ChunkedArray]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def find(self, *names: str) -> str | None:
        """Return the first of these columns that there is."""
        return next((name for name in names if name in self.columns), None)

    def text(self, name: str) -> NDArray[np.str_]:
        """Return a column as text.

        Raises
        ------
        ValueError
            Naming the line, when a field is empty.
        """
        self._check_filled(name)
        return np.array(self.columns[name].to_pylist(), np.str_)

    def coded(self, name: str) -> tuple[NDArray[np.int64], list[str]]:
        """Return a column as numbers of its different texts, and these, in order of their first rows."""
        self._check_filled(name)
        coded = self.columns[name].combine_chunks().dictionary_encode()
        return coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()

    def numbers(self, name: str, *, least: float = -math.inf) -> Values:
        """Return a column as numbers, none below `least`.

        Raises
        ------
        ValueError
            Naming the line, when a field is not such a number.
        """
        values = self._each(name, _number, "a number")
        if (values < least).any():
            row = int(np.argmax(values < least))
            raise self.fault(row, f"the {name} is {values[row]:g}, but must be at least {least:g}")
        return values

    def times(self, name: str, *, optional: bool = False) -> Values:
        """Return a column of times: numbers as they are, dates (ISO 8601, UTC unless they say otherwise) in seconds.

        Raises
        ------
        ValueError
            Naming the line, when a field is neither, or empty without being `optional` (then it is NaN).
        """
        filled = next((text for text in self.columns[name].to_pylist() if text), "0")
        read = _number if _is_number(filled) else _seconds
        kind = "a number, like the others" if read is _number else "a number or a date like 2026-01-31T12:00:00Z"
        return self._each(name, read, kind, optional=optional)

    def fault(self, row: int, words: str) -> ValueError:
        """Return the error that names the line of a row."""
        if self.path.suffix == ".parquet":
            return ValueError(f"{self.path}, row {row + 1}: {words}.")
        line, _ = next(islice(_records(self.path), row + 1, None))
        return ValueError(f"{self.path}, line {line}: {words}.")

    def _check_filled(self, name: str) -> None:
        empty = np.flatnonzero(pa.compute.equal(self.columns[name], "").to_numpy())
        if len(empty):
            raise self.fault(int(empty[0]), f"the {name} is empty")

    def _each(self, name: str, read: Callable[[str], float], kind: str, *, optional: bool = False) -> Values:
        values = np.empty(len(self))
        for row, text in enumerate(self.columns[name].to_pylist()):
            if optional and not text:
                values[row] = math.nan
                continue
            try:
                values[row] = read(text)
            except ValueError:
                raise self.fault(row, f"the {name} is {text!r}, but must be {kind}") from None
        return values


def read_table(path: Path) -> Table:
    """Read a table with a header; lines of # above it are skipped.

    Raises
    ------
    ValueError
        One sentence that names the file, and the line where there is one.
    """
    try:
        table = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else _text(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} {NO_TEXT} or .parquet.") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}.") from error
    except _BROKEN as error:
        raise ValueError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error
    if not len(table):
        raise ValueError(f"{path} holds no rows.")
    texts = {name: table[name].cast(pa.string()).fill_null("") for name in table.column_names}
    return Table(path, {name.strip().lower(): column for name, column in texts.items()})


def _text(path: Path) -> pa.Table:
    first = next(_records(path), None)
    if first is None:
        raise ValueError(f"{path} holds no rows.")
    before, header = first
    names = [f"{name} {place}" if header.count(name) > 1 else name for place, name in enumerate(header)]
    try:
        return pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=before),
            parse_options=pyarrow.csv.ParseOptions(delimiter=_delimiter(path)),
            convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        uneven = ((line, len(fields)) for line, fields in _records(path) if len(fields) != len(names))
        for line, found in uneven:
            raise ValueError(f"{path}, line {line}: {len(names)} fields are expected, but it has {found}.") from error
        raise


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of its last line; empty ones, and those of # at the top, are left out."""
    with _opened(path) as file:
        lines = csv.reader(file, delimiter=_delimiter(path))
        at_top = True
        for fields in lines:
            at_top = at_top and (not fields or fields[0][:1] in {"#", "%"})
            if fields and not at_top:
                yield lines.line_num, fields


def _delimiter(path: Path) -> str:
    with _opened(path) as file:
        first = next((line for line in file if line.strip() and line[0] not in "#%"), "")
    return next((sign for sign in "\t,;" if sign in first), ",")


def _opened(path: Path) -> TextIO:
    opener = gzip.open if path.suffix == ".gz" else open
    return cast("TextIO", opener(path, "rt", encoding="utf-8-sig", newline=""))


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True


def _seconds(text: str) -> float:
    when = datetime.fromisoformat(text.strip())
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
