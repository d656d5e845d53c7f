"""`sebar offspring`: how many people one brings, and how unevenly, from a list of who brought whom."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import typer

from sebar.cli.seeds import plainly
from sebar.kit.errors import UserError
from sebar.spread import passing_on
from sebar.spread.passing_on import Prior, Statistics
from sebar.spread.tables import Table, read_table

_PARENTS: Final = ("parent", "infector", "recruiter", "inviter", "referred_by")
_PEOPLE: Final = ("node", "infectee", "id", "person", "participant", "child")
_NOBODY: Final = frozenset({"", "-1", "None", "nan", "NaN", "NA", "N/A", "null", "NULL"})
_FOR_EVER: Final = 1e15
_MOST_R: Final = 50.0  # where the search for the best R and k ends
_MOST_K: Final = 200.0
# What is said of R and k should be the data's alone.
_FLAT: Final = Prior.of(passing_on.VAGUE.centre.tolist(), (30.0, 30.0, 30.0, 10.0))


class OffspringShown(msgspec.Struct, frozen=True):
    """What `sebar offspring --json` prints; the names are public. Intervals hold 95 of 100 times.

    None where nothing in the file bounds it.
    """

    people: int
    brought: int
    r: float
    r_low: float
    r_high: float | None
    k: float | None
    k_low: float
    k_high: float | None


def offspring(
    file: Annotated[Path, typer.Argument(help="CSV (.gz too): a row a person with a column parent, or a row a pair.")],
    *,
    others: Annotated[int, typer.Option(min=0, help="People in no row, who brought nobody and nobody brought.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say how many people one brings (R) and how unevenly (k), of people whose time is over."""
    with plainly():
        brought = [*_brought(read_table(file)), *([0] * others)]
    if not sum(brought):
        raise UserError(f"{file}: nobody brought anybody, so nothing can be said of how unevenly people do.")
    best = passing_on.fit(_finished(brought), prior=_FLAT)
    r, k = best.r(), best.k()
    most_r, most_k, likely_k = _bounded(r.high, _MOST_R), _bounded(k.high, _MOST_K), _bounded(k.value, _MOST_K)
    shown = OffspringShown(len(brought), sum(brought), r.value, r.low, most_r, likely_k, k.low, most_k)
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    print(f"{shown.people:,} people brought {shown.brought:,}.")
    print(f"R = {shown.r:.3f} ({shown.r_low:.3f} to {_end(shown.r_high)}): how many one brings.")
    even = "few bring most" if shown.k is not None and shown.k < 1 else "nearly as even as chance"
    print(f"k = {_end(shown.k)} ({shown.k_low:.3f} to {_end(shown.k_high)}): {even}.")


def _bounded(value: float, most: float) -> float | None:
    """Return a number; None where the search ended at its bound."""
    return None if value >= most * (1 - 1e-6) else value


def _end(value: float | None) -> str:
    return "any more" if value is None else f"{value:.3f}"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(offspring)


def _brought(table: Table) -> list[int]:
    """Return how many each person brought, everybody named in the file counted."""
    parent, person = table.find(*_PARENTS), table.find(*_PEOPLE)
    if parent is None or person is None:
        raise UserError(
            f"{table.path} has the columns {', '.join(table.columns)}: it needs one of {', '.join(_PARENTS)},"
            f" and one of {', '.join(_PEOPLE)}."
        )
    names = (person, parent, "cascade") if table.find("cascade") else (person, parent)
    columns = [[text.strip() for text in table.columns[name].to_pylist()] for name in names]
    people, parents, *cascades = columns
    cascade = cascades[0] if cascades else [""] * len(people)
    above = _parents(table, list(zip(cascade, people, parents, strict=True)))
    counts = Counter(mother for mother in above.values() if mother is not None)
    return [counts[one] for one in counts.keys() | above.keys()]


_Person = tuple[str, str]
"""A cascade, and a name in it."""


def _parents(table: Table, rows: list[tuple[str, str, str]]) -> dict[_Person, _Person | None]:
    """Return everybody's parent, if any; each person has one, and nobody comes of themselves.

    Raises
    ------
    ValueError
        Naming the first line that is wrong.
    """
    above: dict[_Person, _Person | None] = {}
    for row, (cascade, person, mother) in enumerate(rows):
        if person == mother:
            raise table.fault(row, f"“{person}” cannot have brought themselves")
        if (cascade, person) in above:
            raise table.fault(row, f"“{person}” stands there twice; each is brought once")
        above[cascade, person] = None if mother in _NOBODY else (cascade, mother)
    _refuse_circles(table, above)
    return above


def _refuse_circles(table: Table, above: dict[_Person, _Person | None]) -> None:
    over: set[_Person] = set()
    for one in above:
        way: dict[_Person, None] = {}
        at: _Person | None = one
        while at is not None and at not in over:
            if at in way:
                words = f"“{at[1]}” was brought by people whom they brought: somebody must have been the first"
                raise table.fault(list(above).index(at), words)
            way[at] = None
            at = above.get(at)
        over.update(way)


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
