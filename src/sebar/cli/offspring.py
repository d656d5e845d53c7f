"""`sebar offspring`: how many people one brings, and how unevenly, from a list of who brought whom."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import typer

from sebar.kit.errors import UserError
from sebar.spread import passing_on
from sebar.spread.passing_on import Prior, Statistics

_PARENTS: Final = ("parent", "infector", "recruiter", "inviter", "referred_by")
_PEOPLE: Final = ("node", "infectee", "id", "person", "participant", "child")
_NOBODY: Final = ("", "-1", "None", "nan")
_FOR_EVER: Final = 1e15
# What is said of R and k should be the data's alone.
_FLAT: Final = Prior.of(passing_on.VAGUE.centre.tolist(), (30.0, 30.0, 30.0, 10.0))


class OffspringShown(msgspec.Struct, frozen=True):
    """What `sebar offspring --json` prints; the names are public. Intervals hold 95 of 100 times."""

    people: int
    brought: int
    r: float
    r_low: float
    r_high: float
    k: float
    k_low: float
    k_high: float


def offspring(
    file: Annotated[Path, typer.Argument(help="CSV (.gz too): a row a person with a column parent, or a row a pair.")],
    *,
    others: Annotated[int, typer.Option(min=0, help="People in no row, who brought nobody and nobody brought.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say how many people one brings (R) and how unevenly (k), of people whose time is over."""
    brought = [*_brought(file), *([0] * others)]
    if not sum(brought):
        raise UserError(f"{file}: nobody brought anybody, so nothing can be said of how unevenly people do.")
    best = passing_on.fit(_finished(brought), prior=_FLAT)
    r, k = best.r(), best.k()
    shown = OffspringShown(len(brought), sum(brought), r.value, r.low, r.high, k.value, k.low, k.high)
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    print(f"{shown.people:,} people brought {shown.brought:,}.")
    print(f"R = {shown.r:.3f} ({shown.r_low:.3f} to {shown.r_high:.3f}): how many one brings.")
    even = "few bring most" if shown.k < 1 else "nearly as even as chance"
    print(f"k = {shown.k:.3f} ({shown.k_low:.3f} to {shown.k_high:.3f}): {even}.")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(offspring)


def _brought(path: Path) -> list[int]:
    """Return how many each person brought, everybody named in the file counted."""
    try:
        table = pyarrow.csv.read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error
    known = table.column_names
    parent, person = (next((name for name in names if name in known), None) for names in (_PARENTS, _PEOPLE))
    if parent is None or person is None:
        raise UserError(
            f"{path} has the columns {', '.join(known)}: it needs one of {', '.join(_PARENTS)},"
            f" and one of {', '.join(_PEOPLE)}."
        )
    cascade = table["cascade"].to_pylist() if "cascade" in table.column_names else [0] * table.num_rows
    parents, people = ([str(value) for value in table[name].to_pylist()] for name in (parent, person))
    counts = Counter((tree, mother) for tree, mother in zip(cascade, parents, strict=True) if mother not in _NOBODY)
    everybody = counts.keys() | set(zip(cascade, people, strict=True))
    return [counts[one] for one in everybody]


def _finished(brought: list[int]) -> Statistics:
    """Return the statistics of people whose time is over."""
    number, bringers = np.unique(brought, return_counts=True)
    one = np.ones(1)
    return Statistics(
        age=_FOR_EVER * one,
        people=len(brought) * one,
        brought=math.fsum(brought) * one,
        number=number.astype(np.float64),
        bringers=bringers.astype(np.float64),
        delays=0.0,
        log_delay=0.0,
        log_delay_squared=0.0,
    )
