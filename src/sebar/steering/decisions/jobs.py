"""What decisions do by the clock: come into force when nobody objected, and be written down late rather than never."""

from __future__ import annotations

from typing import Final

from sebar.steering.decisions import actions

_REST: Final = 2.0


def turn() -> float:
    """Act and settle; return how long to rest."""
    actions.settle()
    actions.act()
    return _REST
