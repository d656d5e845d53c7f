"""Lists of coupon codes as brands upload them: one a line, or the first column of a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from typing import Final

from sebar.kit import text
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop

LARGEST: Final = 8_000_000
"""Bytes of one upload."""
MOST: Final = 200_000
"""Codes of one upload."""
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{2,59}")
_FORMULA: Final = ("=", "+", "-", "@")
_HEADERS: Final = frozenset({"code", "codes", "coupon", "kode", "kupon"})
_SHOWN: Final = 20


def decoded(content: bytes) -> str:
    """Return the text of an uploaded file.

    Raises
    ------
    UserError
        When it is too large or no text.
    """
    if len(content) > LARGEST:
        raise UserError(gettext_noop("The file is larger than 8 MB: send it in parts."), field="codes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = gettext_noop("The file is no text in UTF-8: save it as CSV UTF-8 and send it again.")
        raise UserError(message, field="codes") from None


def read(given: str) -> dict[str, int]:
    """Return the codes and the line of each; a heading line and empty lines at the end do not matter.

    Raises
    ------
    UserErrors
        Naming the first lines that are empty, twice there, formulas or no codes; then no code is good.
    """
    found: dict[str, int] = {}
    wrong: list[UserError] = []
    for line, code in _lines(given):
        try:
            _refuse(code, line, found)
        except UserError as error:
            wrong.append(error)
            if len(wrong) >= _SHOWN:
                break
        found.setdefault(code, line)
    if wrong:
        raise UserErrors(wrong)
    if not found:
        raise UserErrors([UserError(gettext_noop("There are no codes: write one on each line."), field="codes")])
    if len(found) > MOST:
        message = gettext_noop("{count} codes at once are too many: send at most {most}, then the rest.")
        raise UserErrors([UserError(message, field="codes", count=len(found), most=MOST)])
    return found


def refuse_known(codes: dict[str, int], known: Collection[str]) -> None:
    """Do nothing if none of the codes is in stock already.

    Raises
    ------
    UserErrors
        Naming the first lines whose codes are.
    """
    message = gettext_noop("Line {line}: “{shown}” is in a pool of this campaign already.")
    wrong = [
        UserError(message, field="codes", line=codes[code], shown=text.shown(code))
        for code in sorted(known, key=codes.__getitem__)[:_SHOWN]
    ]
    if wrong:
        raise UserErrors(wrong)


def _lines(given: str) -> Iterator[tuple[int, str]]:
    rows = csv.reader(io.StringIO(given.rstrip().replace(";", ",").replace("\t", ",").replace("\0", "�")))
    try:
        for row in rows:
            code = row[0].strip() if row else ""
            if rows.line_num > 1 or code.lower() not in _HEADERS:
                yield rows.line_num, code
    except csv.Error:
        yield rows.line_num, '"'


def _refuse(code: str, line: int, found: dict[str, int]) -> None:
    if not code:
        raise UserError(gettext_noop("Line {line} is empty: take it out."), field="codes", line=line)
    if code.startswith(_FORMULA):
        message = gettext_noop("Line {line}: “{shown}” would be a formula in a spreadsheet: begin with a letter.")
        raise UserError(message, field="codes", line=line, shown=text.shown(code))
    if not _CODE.fullmatch(code):
        message = gettext_noop("Line {line}: “{shown}” is no code: use 3 to 60 letters, digits and . _ / -")
        raise UserError(message, field="codes", line=line, shown=text.shown(code))
    if code in found:
        message = gettext_noop("Line {line}: “{shown}” stands in line {first} already.")
        raise UserError(message, field="codes", line=line, shown=text.shown(code), first=found[code])
