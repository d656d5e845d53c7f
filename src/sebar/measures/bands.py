"""Generations put into few enough rows to be shown."""

from __future__ import annotations

from sebar.measures.figures import Band


def bands(deepest: int, limit: int) -> tuple[Band, ...]:
    """Return at most `limit` bands that hold generations 0 to `deepest`.

    Each generation has its own row if there is room. If not, the first ones have, and the rest is parted into bands
    that grow by a constant ratio: rows of such bands are compared by their mean per generation.
    """
    if deepest < limit:
        return tuple(Band(generation, generation) for generation in range(deepest + 1))
    grouped = max(limit // 4, 1)
    alone = limit - grouped
    ratio = ((deepest + 1) / alone) ** (1 / grouped)
    edges = [alone]
    for number in range(1, grouped):
        edges.append(max(round(alone * ratio**number), edges[-1] + 1))
    starts = [*range(alone), *edges]
    return tuple(Band(first, after - 1) for first, after in zip(starts, [*starts[1:], deepest + 1], strict=True))


def places(rows: tuple[Band, ...]) -> list[int]:
    """Return, for every generation, the number of the band that holds it."""
    return [number for number, band in enumerate(rows) for _ in range(band.width)]
