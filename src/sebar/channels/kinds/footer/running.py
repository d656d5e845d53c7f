"""Runs the milter or the relay as a process of its own, until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from sebar.channels.kinds.footer import milter, relay, self_test
from sebar.channels.kinds.footer.deciding import Footers
from sebar.kit.errors import UserError

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - that somebody listens there, not we

_SWITCH_SECONDS = 0.0005  # or each question to the database waits for the others' turns to end


@dataclass(frozen=True)
class Place:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @staticmethod
    def read(text: str, field: str) -> Place:
        """Return the place that is written like ``127.0.0.1:8891``.

        Raises
        ------
        UserError
            When it is written otherwise.
        """
        host, _, port = text.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isdecimal() or not 1 <= int(port) <= 65_535:  # noqa: PLR2004 - the last port
            raise UserError(f"--{field} is “{text}”; it should be a host and a port, like 127.0.0.1:8891.", field=field)
        return Place(host, int(port))


def trouble(place: Place) -> str:
    """Return what is wrong with the milter that listens at a place; empty when nothing is."""
    return asyncio.run(self_test.trouble(_EVERYWHERE.get(place.host, place.host), place.port))


def run(listen: Place, onward: Place | None, say: Callable[[str], None]) -> dict[str, int]:
    """Put footers under mail until told to end, and return what became of all mail.

    Parameters
    ----------
    onward
        Where the relay hands mail back; None for the milter.
    say
        Told in one sentence that mail can come.

    Raises
    ------
    UserError
        When nobody can listen there, or the milter fails the test of itself.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    return asyncio.run(_run(listen, onward, say))


async def _run(listen: Place, onward: Place | None, say: Callable[[str], None]) -> dict[str, int]:
    footers, found = Footers(), ""

    async def ready() -> bool:
        nonlocal found
        if onward is None:
            found = await self_test.trouble(_EVERYWHERE.get(listen.host, listen.host), listen.port)
        if not found:
            say(f"Ready at {listen}.")
        return not found

    if onward is None:
        serving = asyncio.ensure_future(milter.serve(footers, listen.host, listen.port, ready))
    else:
        serving = asyncio.ensure_future(
            relay.serve(footers, listen.host, listen.port, (onward.host, onward.port), ready)
        )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await asyncio.wait([serving])
    finally:
        await footers.close()
    error = None if serving.cancelled() else serving.exception()
    if isinstance(error, OSError):
        raise UserError(f"Nobody can listen at {listen}: {error.strerror}.", field="listen") from error
    if error is not None:
        raise error
    if found:
        raise UserError(found)
    return dict(footers.outcomes)
