"""QR codes of links: as one path for our pages, and as SVG, PNG and EPS files for print.

A code says its link letter by letter. In capitals it could be a little smaller, but ``/r/`` and what follows the
question mark are read as they are written: a link in capitals would lead nowhere.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import segno

QUIET: Final = 4
"""Modules of white around a code, as readers expect."""
_PNG_SCALE: Final = 24  # a thousand pixels: sharp on a poster of A5
_EPS_SCALE: Final = 2  # points a module: two and a half to three centimetres
_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class Runs:
    """A code as runs of dark modules in a row.

    Attributes
    ----------
    size
        Modules on each side, quiet zone included.
    places
        Column, row and length of each run, counted from the corner of the quiet zone, from above.
    """

    size: int
    places: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A code as one SVG path of horizontal strokes, one unit a module.

    Attributes
    ----------
    size
        Modules on each side, quiet zone included: the view box is ``0 0 size size``.
    path
        The strokes.
    """

    size: int
    path: str


def runs(text: str) -> Runs:
    """Return the code of `text`, readable with up to 15 % of it dirty or torn."""
    matrix = segno.make_qr(text, error="m").matrix
    places = [
        (start + QUIET, row + QUIET, length) for row, modules in enumerate(matrix) for start, length in _dark(modules)
    ]
    return Runs(size=len(matrix) + 2 * QUIET, places=tuple(places))


@lru_cache(maxsize=_REMEMBERED)
def drawing(text: str) -> Drawing:
    """Return the code of `text` as a path of short relative moves, small enough to stand in a page."""
    found = runs(text)
    path = []
    at_x, at_y = 0.0, 0.0
    for column, row, length in found.places:
        path.append(f"m{column - at_x:g} {row + 0.5 - at_y:g}h{length}")
        at_x, at_y = column + length, row + 0.5
    return Drawing(size=found.size, path="".join(path))


def svg(text: str) -> bytes:
    """Return the code of `text` as an SVG file, black on white.

    It is drawn in areas: programs for print may scale strokes in another way than what they lie on.
    """
    found = runs(text)
    areas = "".join(f"M{column} {row}h{length}v1h-{length}z" for column, row, length in found.places)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {found.size} {found.size}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{found.size}v{found.size}H0z"/>'
        f'<path d="{areas}"/></svg>\n'
    ).encode()


def png(text: str) -> bytes:
    """Return the code of `text` as a PNG file, black on white."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="png", scale=_PNG_SCALE, border=QUIET)
    return out.getvalue()


def eps(text: str) -> bytes:
    """Return the code of `text` as an EPS file: black ink alone, on white even where it is put on a colour."""
    found = runs(text)
    areas = "\n".join(f"{column} {found.size - row - 1} {length} 1 r" for column, row, length in found.places)
    side = found.size * _EPS_SCALE
    return (
        f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 {side} {side}\n%%LanguageLevel: 2\n%%EndComments\n"
        f"gsave /r {{rectfill}} bind def {_EPS_SCALE} dup scale\n1 setgray 0 0 {found.size} dup r\n0 setgray\n"
        f"{areas}\ngrestore\n%%EOF\n"
    ).encode()


def _dark(modules: bytearray) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(modules):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found
