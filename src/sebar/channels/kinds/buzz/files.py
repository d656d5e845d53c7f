"""Mentions and reviews from CSV files, as spreadsheets and shops write them: good rows are taken, bad ones named."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import itertools
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz import actions, rules
from sebar.channels.kinds.buzz.actions import Taken
from sebar.channels.kinds.buzz.rules import Heard
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

ENCODING: Final = "utf-8-sig"
"""UTF-8, with or without the mark that spreadsheets put before it."""
REQUIRED: Final = ("time", "text")
OPTIONAL: Final = ("id", "url", "author", "language", "reach", "class")
LARGEST_SMALL: Final = 1024 * 1024
"""Bytes at most of a small file, which is read while somebody waits."""
_MOST_ROWS_SMALL: Final = 1000
_DELIMITERS: Final = ",;\t"
_MOST_LINES: Final = 200  # in one row: more have a quotation mark that was never closed
_LONGEST_NUMBER: Final = 12
_AT_ONCE: Final = 500
_SHOWN: Final = 100
_UNDECODED: Final = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: the line of the file on which it begins, counted from 1, and why."""

    line: int
    error: UserError


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: of its good rows, how many were bad, and the first of these."""

    taken: Taken
    bad: int
    shown: tuple[BadRow, ...]


def take(*, campaign: Campaign, name: str, content: bytes, encoding: str = "", must_be_small: bool = False) -> Imported:
    """Take the mentions in a CSV file as the campaign's source of this name. The same rows again bring nothing new.

    Parameters
    ----------
    encoding
        As Python names it; empty for `ENCODING`.
    must_be_small
        Take nothing of a file that is larger than `LARGEST_SMALL` or has more than 1,000 rows.

    Raises
    ------
    UserError
        When the file as a whole cannot be used: its size, its encoding, its columns, its name.
    NotAllowed
        When the campaign does not listen.
    """
    if must_be_small and len(content) > LARGEST_SMALL:
        raise _too_large(campaign)
    rows = read(content, encoding=encoding, zone=ZoneInfo(campaign.time_zone), now=timezone.now())
    if must_be_small:
        first = list(itertools.islice(rows, _MOST_ROWS_SMALL + 1))
        if len(first) > _MOST_ROWS_SMALL:
            raise _too_large(campaign)
        rows = iter(first)
    source = actions.source_for_files(campaign=campaign, name=name)
    taken, bad, shown = actions.take(source=source, heard=()), 0, list[BadRow]()
    while some := list(itertools.islice(rows, _AT_ONCE)):
        wrong = [row for row in some if isinstance(row, BadRow)]
        bad += len(wrong)
        shown += wrong[: _SHOWN - len(shown)]
        came = actions.take(source=source, heard=[row for row in some if isinstance(row, Heard)])
        taken = Taken(taken.new + came.new, taken.known + came.known)
    actions.note_heard(number=source.pk)
    return Imported(taken, bad, tuple(shown))


def read(content: bytes, *, encoding: str = "", zone: tzinfo, now: datetime) -> Iterator[Heard | BadRow]:
    """Return the rows of a CSV file, good and bad, in their order.

    Columns are parted by commas, semicolons or tabs, whichever its first line has most of.

    Parameters
    ----------
    encoding
        As Python names it; empty for `ENCODING`.
    zone
        Of times that name none.
    now
        Later than this nothing can have been said.

    Raises
    ------
    UserError
        At once, when the encoding is unknown, or the first line does not name the columns that are needed.
    """
    lines = _Lines(_decoded(content, encoding))
    try:
        first = next(lines)
    except (StopIteration, UnicodeError):
        first = ""
    delimiter = max(_DELIMITERS, key=first.count)
    columns = _columns(next(csv.reader([first], delimiter=delimiter), []))
    return _rows(lines, delimiter, columns, zone, now)


def _too_large(campaign: Campaign) -> UserError:
    return UserError(
        gettext_noop(
            "This page takes files of up to {most} rows and {size} MB. Divide the file, or have it read on the server"
            " with: sebar mentions {slug} FILE."
        ),
        field="file",
        most=_MOST_ROWS_SMALL,
        size=LARGEST_SMALL >> 20,
        slug=campaign.slug,
    )


class _Lines:
    """The lines of a file, of which some can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.number = 0
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= _MOST_LINES:
            raise csv.Error
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        self.row.append(line)
        return line

    def begin_row(self) -> int:
        """Forget the row before; return the number of the line that comes next."""
        self.row = []
        return self.number + 1

    def keep_first_only(self) -> None:
        """Put back all lines of this row but its first."""
        self.number -= len(self.row) - 1
        self._back.extendleft(reversed(self.row[1:]))


def _rows(
    lines: _Lines, delimiter: str, columns: Sequence[str], zone: tzinfo, now: datetime
) -> Iterator[Heard | BadRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)  # each row anew: an error leaves nothing behind
    while True:
        line = lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            lines.keep_first_only()
            yield BadRow(line, UserError(gettext_noop("A quotation mark is not closed, or stands alone in a cell.")))
            continue
        except UnicodeError:
            yield BadRow(line, UserError(_NOT_DECODED))
            return
        if any(cell.strip() for cell in row):
            try:
                yield _heard(row, columns, zone, now)
            except UserError as error:
                yield BadRow(line, error)


def _heard(row: Sequence[str], columns: Sequence[str], zone: tzinfo, now: datetime) -> Heard:
    if any(_UNDECODED.search(cell) for cell in row):
        raise UserError(_NOT_DECODED)
    if len(row) > len(columns):
        raise UserError(
            gettext_noop("{count} cells are more than the {columns} that the first line names: put texts in quotes."),
            count=len(row),
            columns=len(columns),
        )
    cells = dict(zip(columns, row, strict=False))
    checked = rules.check(
        Heard(
            external_id=cells.get("id", ""),
            text=cells.get("text", ""),
            at=_time(cells.get("time", ""), zone),
            url=cells.get("url", ""),
            author=cells.get("author", ""),
            language=cells.get("language", "").strip(),
            reach=_reach(cells.get("reach", "")),
            label=rules.check_label(cells.get("class", "")),
        ),
        now,
    )
    if checked.external_id:
        return checked
    what = f"{checked.at}\0{checked.author}\0{checked.text}".encode()
    return replace(checked, external_id=hashlib.sha256(what).hexdigest())


def _time(cell: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise UserError(
            gettext_noop("“{shown}” is not a time: write it like 2026-12-01 09:00 or 2026-12-01T09:00:00+07:00."),
            field="time",
            shown=text.shown(cell),
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _reach(cell: str) -> int | None:
    tidy = cell.strip()
    if not tidy:
        return None
    if tidy.isascii() and tidy.isdecimal() and len(tidy) <= _LONGEST_NUMBER:
        return int(tidy)
    raise UserError(rules.NO_REACH, field="reach", shown=text.shown(cell))


def _columns(first: Sequence[str]) -> list[str]:
    names = ["_".join(cell.strip().lower().split()) for cell in first]
    missing = [name for name in REQUIRED if name not in names]
    double = [name for name in (*REQUIRED, *OPTIONAL) if names.count(name) > 1]
    if missing:
        raise UserError(
            gettext_noop("The first line must name the columns. Missing: {missing}. It says: “{shown}”."),
            field="file",
            missing=", ".join(missing),
            shown=text.shown(", ".join(names)),
        )
    if double:
        raise UserError(gettext_noop("The column “{name}” is there twice: take one out."), field="file", name=double[0])
    return names


def _decoded(content: bytes, encoding: str) -> Iterator[str]:
    wanted = encoding.strip() or ENCODING
    try:
        found = codecs.lookup(wanted).name
        known = ENCODING if found == "utf-8" else found
        # What cannot be decoded is kept as what it is, so that only its row is bad.
        return io.TextIOWrapper(io.BytesIO(content), encoding=known, errors="surrogateescape", newline="")
    except (LookupError, ValueError):
        raise UserError(
            gettext_noop("“{shown}” is not an encoding: write one like utf-8, utf-16 or cp1252."),
            field="encoding",
            shown=text.shown(wanted),
        ) from None


_NOT_DECODED: Final = gettext_noop(
    "Its letters cannot be read: say which encoding the file has, like cp1252 or utf-16."
)
