"""Where uploaded ties lie: a folder a graph in the instance's data folder, by brand."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sebar.kit import config
from sebar.kit.errors import Unavailable, UserError
from sebar.kit.words import gettext_noop
from sebar.steering.plans.rules import MOST_FILE

_SPARE: Final = 300_000_000  # bytes that must stay free on the disk
_TIMES: Final = 4  # times its own size that a file takes once it is read
ENDINGS: Final = (".csv", ".tsv", ".txt")
"""Nothing packed: a small file could hold more than there is memory for."""


def folder(brand: int, graph: int) -> Path:
    """Return where a graph's files lie."""
    return config.load().data / "graphs" / str(brand) / str(graph)


def ending(name: str) -> str:
    """Return what kind of file a name says it is.

    Raises
    ------
    UserError
        When it is none that can be read.
    """
    found = [one for one in ENDINGS if name.lower().endswith(one)]
    if not found:
        raise UserError(
            gettext_noop("“{name}” cannot be read: choose a file that ends in {endings}."),
            field="file",
            name=name[-60:],
            endings=", ".join(ENDINGS),
        )
    return found[0]


def keep(brand: int, graph: int, kind: str, pieces: Iterable[bytes]) -> None:
    """Write an uploaded file to the disk piece by piece.

    Raises
    ------
    UserError
        When it is empty or too large.
    Unavailable
        When the disk has no room for it.
    """
    place = folder(brand, graph)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(place).free < _TIMES * MOST_FILE + _SPARE:
        raise Unavailable(
            gettext_noop("The disk of this place has no room for the file. Whoever runs it must make some.")
        )
    size = 0
    with (place / f"ties{kind}").open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > MOST_FILE:
                raise UserError(
                    gettext_noop("The file is larger than {most} MB: leave out columns that nobody needs."),
                    field="file",
                    most=MOST_FILE // 1_000_000,
                )
            file.write(piece)
    if not size:
        raise UserError(gettext_noop("The file is empty: choose the one with the ties."), field="file")


def remove(brand: int, graph: int) -> None:
    """Delete a graph's files."""
    shutil.rmtree(folder(brand, graph), ignore_errors=True)
