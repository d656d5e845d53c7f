"""How often one address may send the join form. Addresses are hashed with a key that is forgotten with the process."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final

from django.http import HttpRequest

from sebar.edge.limit import Limit

# Whole offices and mobile networks share one address, so this only stops machines.
_BURST, _PER_SECOND = 120, 1.0
_KEY: Final = secrets.token_bytes(16)
_limit: Final = Limit(burst=_BURST, per_second=_PER_SECOND)


def allows(request: HttpRequest) -> bool:
    """Say whether this visitor may send the form once more just now."""
    address = request.headers.get("X-Forwarded-For", "") or request.META.get("REMOTE_ADDR", "")
    visitor = hashlib.blake2b(address.encode(errors="replace"), key=_KEY, digest_size=8).digest()
    return _limit.allows(int.from_bytes(visitor), 1, time.monotonic())
