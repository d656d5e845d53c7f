"""Campaigns that grow as the branching model says, seen while many have not had their time yet."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import numpy as np

from sebar.events.event import Event, Kind

START = 1_764_547_200_000  # 2025-12-01, midnight UTC
HOUR = 3600.0


def grown(
    campaign: int, *, r: float, k: float, median: float, sigma: float, seeds: int, until: float, seed: int
) -> Iterator[Event]:
    """Yield the joins of a campaign: seeds over its whole life, everybody negative binomial, delays log-normal.

    Times are in seconds; what happens after `until` is left out.
    """
    draw = np.random.default_rng(seed)
    first = campaign * 1_000_000 + 1
    joined = draw.uniform(0, until, seeds).tolist()
    parent = [-1] * seeds
    generation, root = [0] * seeds, list(range(seeds))
    person = 0
    while person < len(joined):
        friends = draw.poisson(draw.gamma(k, r / k))
        for delay in median * np.exp(sigma * draw.standard_normal(friends)):
            if joined[person] + delay < until:
                joined.append(joined[person] + delay)
                parent.append(person)
                generation.append(generation[person] + 1)
                root.append(root[person])
        person += 1
    for place, at in enumerate(joined):
        yield Event(
            id=UUID(int=int(draw.integers(2**62))),
            ts=START + int(at * 1000),
            campaign=campaign,
            kind=Kind.JOIN,
            participant=first + place,
            parent=first + parent[place] if parent[place] >= 0 else 0,
            root=first + root[place],
            generation=generation[place],
            channel=("link", "qr")[place % 2],
        )
