"""Files fetched from an address that a brand named: once, so that our pages never send anybody's browser there."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Final

from sebar.kit import http
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material import film, uploads

_SECONDS: Final = 1800.0


class Fetching:
    """A file that is being fetched. Ask `percent` now and then; `finish` once `is_running` says no.

    Parameters
    ----------
    address
        Where it is.
    most
        How many bytes it may have.
    """

    def __init__(self, address: str, most: int) -> None:
        self._address = address
        self._most = most
        self._work = tempfile.TemporaryDirectory(prefix=film.PREFIX, dir=uploads.folder())
        self._path = Path(self._work.name, "fetched")
        self._percent = 0
        self._is_ended = False
        self._trouble: UserError | None = None
        self._thread = threading.Thread(target=self._fetch, name="fetching", daemon=True)
        self._thread.start()

    def is_running(self) -> bool:
        """Say whether it takes longer."""
        return self._thread.is_alive()

    def percent(self) -> int:
        """Return how much of it is there; 0 where nobody has said how large it is."""
        return self._percent

    def finish(self) -> Path:
        """Return where it is until `stop`.

        Raises
        ------
        UserError
            When it could not be fetched.
        """
        if self._trouble is not None:
            raise self._trouble
        return self._path

    def stop(self) -> None:
        """Let go of it, also before all of it is there."""
        self._is_ended = True
        self._thread.join()
        self._work.cleanup()

    def _fetch(self) -> None:
        try:
            asyncio.run(self._save())
        except UserError as error:
            self._trouble = error

    async def _save(self) -> None:
        async with http.session() as client:
            await http.save(client, self._address, self._path, most=self._most, seconds=_SECONDS, tell=self._note)

    def _note(self, there: int, announced: int) -> None:
        if self._is_ended:
            raise UserError(gettext_noop("The file was not fetched to its end."), field="source")
        if not uploads.has_disk(max(announced - there, 0)):
            raise UserError(
                gettext_noop("The disk of this place has no room for the file. Whoever runs it must make some."),
                field="source",
            )
        self._percent = min(100 * there // announced, 99) if announced else 0
