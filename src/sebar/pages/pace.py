"""How often one line to the internet may do what costs us much: joining, and trying a password.

Addresses are hashed with a key that is forgotten with the process.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final

from django.http import HttpRequest

from sebar.edge.limit import Limit
from sebar.edge.visitor import line_of
from sebar.pages.origin import address_of

_KEY: Final = secrets.token_bytes(16)


def line(request: HttpRequest) -> str:
    """Return what stands for the line to the internet a request came by: a hash whose key ends with the process."""
    own = line_of(address_of(request))
    return hashlib.blake2b(own.encode(errors="replace"), key=_KEY, digest_size=8).hexdigest()


class Pace:
    """A bound for each line. Whole offices and mobile networks share one, so it should only stop machines.

    Parameters
    ----------
    burst
        How often it may be done at once.
    per_second
        How often from then on.
    """

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._limit = Limit(burst=burst, per_second=per_second)

    def allows(self, request: HttpRequest) -> bool:
        """Say whether whoever sent this may do it once more just now."""
        return self._limit.allows(line(request), 1, time.monotonic())
