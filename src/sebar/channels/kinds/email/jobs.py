"""What the sender does about letters that people have sent to themselves; it only calls an action."""

from __future__ import annotations

from typing import Final

from sebar.channels.kinds.email import actions

_REST: Final = 1.0


def write() -> float:
    """Write the next letter that was asked for; return how long to rest."""
    return 0.0 if actions.write_next() else _REST
