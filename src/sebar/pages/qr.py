"""QR codes of links: as one path for our pages, as an SVG file, as a PNG for print."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import segno

QUIET: Final = 4
"""Modules of white around a code, as readers expect."""
_PNG_SCALE: Final = 24  # a thousand pixels: sharp on a poster of A5


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


@lru_cache(maxsize=1024)
def drawing(text: str) -> Drawing:
    """Return the code of `text`, readable with up to 15 % of it dirty or torn."""
    code = segno.make_qr(text, error="m")
    return Drawing(size=len(code.matrix) + 2 * QUIET, path=_strokes(code.matrix))


def svg(text: str) -> bytes:
    """Return the code of `text` as an SVG file, black on white."""
    drawn = drawing(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.size} {drawn.size}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{drawn.size}v{drawn.size}H0z"/>'
        f'<path stroke="#000" d="{drawn.path}"/></svg>\n'
    ).encode()


def png(text: str) -> bytes:
    """Return the code of `text` as a PNG file, black on white."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="png", scale=_PNG_SCALE, border=QUIET)
    return out.getvalue()


def _strokes(matrix: tuple[bytearray, ...]) -> str:
    """Return a path that visits each run of dark modules once, by short relative moves."""
    path = []
    at_x, at_y = 0.0, 0.0
    for row, modules in enumerate(matrix):
        for start, length in _runs(modules):
            x, y = start + QUIET, row + QUIET + 0.5
            path.append(f"m{x - at_x:g} {y - at_y:g}h{length}")
            at_x, at_y = x + length, y
    return "".join(path)


def _runs(modules: bytearray) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place, dark in enumerate(modules):
        if not dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs
