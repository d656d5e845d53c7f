"""What the worker does for material: fetches files, makes clips and games one by one, and sweeps out what is left."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Final

from sebar.kit import config
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material import actions, film, kinds, queries, uploads
from sebar.material.fetching import Fetching
from sebar.material.models import Creative

_IDLE_SECONDS: Final = 2.0
_BUSY_SECONDS: Final = 0.5
_SWEPT_SECONDS: Final = 3600.0
_KEPT_SECONDS: Final = 24 * 3600


class Making:
    """Takes what waits longest. Files are fetched and clips made beside all else; whoever is killed begins anew."""

    def __init__(self) -> None:
        self._under_way: tuple[Creative, film.Making | Fetching] | None = None

    def turn(self) -> float:
        """Go on with what is being made, or begin the next."""
        if self._under_way is not None:
            return self._go_on(*self._under_way)
        creative = queries.next_to_make()
        if creative is None:
            return _IDLE_SECONDS
        try:
            self._begin(creative)
        except UserError as error:
            actions.refuse(creative=creative, error=error)
        return _BUSY_SECONDS

    def stop(self) -> None:
        """End what is being made."""
        if self._under_way is not None:
            self._under_way[1].stop()
            self._under_way = None

    def _begin(self, creative: Creative) -> None:
        upload, media, kind = actions.waiting(creative), config.load().media, kinds.ALL[creative.kind]
        if not upload.is_file() and creative.source:
            self._under_way = creative, Fetching(creative.source, kind.most_bytes)
        elif not upload.is_file():
            raise UserError(gettext_noop("The file is not there any more: upload it once more."), field="file")
        elif kind.name == "video":
            self._under_way = creative, film.Making(upload, media)
        else:
            actions.finish(creative=creative, taken=kind.take(upload, media))

    def _go_on(self, creative: Creative, making: film.Making | Fetching) -> float:
        if making.is_running():
            actions.note(number=creative.pk, progress=making.percent())
            return _BUSY_SECONDS
        self._under_way = None
        try:
            if isinstance(making, film.Making):
                actions.finish(creative=creative, taken=making.finish())
            else:
                actions.take_in(creative=creative, upload=making.finish())
        except UserError as error:
            actions.refuse(creative=creative, error=error)
        finally:
            if isinstance(making, Fetching):
                making.stop()
        return _BUSY_SECONDS


def sweep() -> float:
    """Delete clips, games and captions that no creative names, a day after they were made; and uploads left behind."""
    uploads.forget_old()
    media = config.load().media
    for path in uploads.folder().glob(f"{film.PREFIX}*"):
        _delete_old(path)
    named = queries.all_files()
    kept = {str(files.get(what)) for files in named for what in ("clip", "game")}
    kept |= {str(name) for files in named for name in dict(files.get("captions", {})).values()}
    for folder in ("clips", "games", "captions"):
        for path in (media / folder).glob("*"):
            if path.name not in kept:
                _delete_old(path)
    return _SWEPT_SECONDS


def _delete_old(path: Path) -> None:
    if path.stat().st_mtime >= time.time() - _KEPT_SECONDS:
        return
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
