"""The least that Granian can do with a redirect: the measure of what `bench/edge.py` adds to it."""

from __future__ import annotations

from typing import Any


class Bare:
    """Looks nothing up, keeps nothing, says always the same."""

    async def __rsgi__(self, scope: Any, exchange: Any) -> None:
        """Answer."""
        exchange.response_empty(302, [("location", "/c/coffee?ref=3222222"), ("cache-control", "no-store")])


app = Bare()
