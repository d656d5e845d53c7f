"""What the worker does about rewards: grant what was deserved, approve what was held, end what waited too long.

Only actions write; a job that is killed in the middle has done what its actions have committed, and no more.
"""

from __future__ import annotations

from typing import Final

from sebar.rewards import granting

_REST: Final = 1.0
_REST_APPROVING: Final = 5.0
_REST_EXPIRING: Final = 3600.0


def grant() -> float:
    """Grant what the next events of the outbox deserve; return how long to rest."""
    return 0.0 if granting.take() else _REST


def approve() -> float:
    """Approve rewards whose day has come; return how long to rest."""
    return 0.0 if granting.approve() else _REST_APPROVING


def expire() -> float:
    """End rewards that nobody will confirm any more; return how long to rest."""
    return 0.0 if granting.expire() else _REST_EXPIRING
