"""How often people opened each participant's link, for whoever asks whether people came by it."""

from __future__ import annotations

from sebar.measures.ask import Ask, rows


def opened(campaign: int, *, ask: Ask | None = None) -> dict[int, int]:
    """Return how often people opened each participant's link; those whose link nobody opened are left out."""
    return dict(rows(ask, "opened", campaign=campaign))
