"""Files on their way in: written to the disk piece by piece, so that no process ever holds a whole one.

The name of a waiting file says whose it is, what it shall become and how large it will be, so that nobody reaches
another brand's and no piece is taken beyond what was announced.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Final

from sebar.kit import config
from sebar.kit.errors import NotFound, Unavailable, UserError
from sebar.kit.words import gettext_noop
from sebar.material import rules
from sebar.material.base import Kind

PIECE: Final = 4 * 1024 * 1024
"""Bytes of one piece."""
_SPARE: Final = 300_000_000  # bytes that must stay free on the disk
_KEPT_SECONDS: Final = 24 * 3600
_MARK: Final = re.compile(r"[0-9a-f]{32}")


def folder() -> Path:
    """Return where files wait."""
    return config.load().media / "arriving"


def begin(brand: int, kind: Kind, size: int, *, used: int) -> str:
    """Announce a file and return its mark.

    Parameters
    ----------
    brand
        Whose it is.
    kind
        What it shall become.
    size
        Bytes it will have.
    used
        Bytes that the brand's material takes already.

    Raises
    ------
    UserError
        When it would be too large for its kind or for the brand.
    Unavailable
        When the disk has no room for it.
    """
    rules.check_size(size, kind)
    rules.check_room(used + waiting(brand), size)
    folder().mkdir(parents=True, exist_ok=True)
    if not has_disk(size):
        raise Unavailable(
            gettext_noop("The disk of this place has no room for the file. Whoever runs it must make some.")
        )
    mark = secrets.token_hex(16)
    (folder() / f"{brand}-{size}-{mark}").touch(mode=0o600)
    return mark


def has_disk(size: int) -> bool:
    """Say whether so many bytes more leave enough of the disk to all else."""
    return shutil.disk_usage(folder()).free >= size + _SPARE


def add(brand: int, mark: str, at: int, piece: bytes) -> int:
    """Put one piece behind those before it and return how much is there. The same piece again changes nothing.

    Raises
    ------
    NotFound
        When no such file is on its way.
    UserError
        When the piece does not follow the one before it, or the file would be larger than announced.
    """
    path = _path(brand, mark)
    there = path.stat().st_size
    if at + len(piece) == there:
        return there
    if at != there or at + len(piece) > _announced(path):
        raise UserError(
            gettext_noop("A piece of the file does not follow the one before it: choose the file once more."),
            field="file",
        )
    with path.open("ab") as file:
        file.write(piece)
    return there + len(piece)


def whole(brand: int, mark: str) -> Path:
    """Return a file that has come in.

    Raises
    ------
    UserError
        When there is none of this mark, or pieces are missing.
    """
    path = _path(brand, mark)
    if path.stat().st_size != _announced(path):
        raise UserError(gettext_noop("The file did not come through whole: choose it once more."), field="file")
    return path


def waiting(brand: int) -> int:
    """Return how many bytes a brand has announced and not used yet."""
    return sum(_announced(path) for path in folder().glob(f"{brand}-*-*"))


def forget_old() -> None:
    """Delete what nobody came back for within a day."""
    for path in folder().glob("*-*-*"):
        if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _path(brand: int, mark: str) -> Path:
    found = list(folder().glob(f"{brand}-*-{mark}")) if _MARK.fullmatch(mark) else []
    if not found:
        raise NotFound(gettext_noop("This file is not on its way any more: choose it once more."), field="file")
    return found[0]


def _announced(path: Path) -> int:
    return int(path.name.split("-")[1])
