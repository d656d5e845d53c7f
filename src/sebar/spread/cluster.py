"""Drawing reverse sets on all machines of a Ray cluster: the same sets, and so the same answer, as on one.

Every machine holds the graph once, and workers draw the sets with the indices they are given; seeds are chosen on the
machine that asked. Sending sets there is cheaper than choosing together, as long as its memory holds them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sebar.spread.reverse_sets import (
    Drawn,
    Mask,
    Nodes,
    Pointers,
    Purpose,
    SetSource,
    divided,
    drawn_in_parts,
    summed,
)

try:
    import ray
except ImportError as error:
    raise ValueError("Ray is not installed: pip install sebar[ray], or choose the engine local.") from error


def on_cluster(sets: SetSource) -> SetSource:
    """Let all machines of the cluster draw these sets.

    The cluster is the one that is connected to, or that ``RAY_ADDRESS`` names; else Ray is started on this machine.
    """
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    return ClusterSets(sets.total, ray.put(sets), max(int(ray.cluster_resources().get("CPU", 1)), 1))


@dataclass(frozen=True, slots=True)
class ClusterSets:
    """Sets drawn by workers, each with so many threads.

    Attributes
    ----------
    total
        What a set stands for times the number of sets.
    sets
        The cluster's copy of where they come from.
    workers
        How many draw at once.
    """

    total: float
    sets: Any
    workers: int

    def draw(self, first: int, last: int, purpose: Purpose, *, stop: Mask, threads: int, most: int) -> Drawn:
        """Draw as `sebar.spread.reverse_sets.ReverseSets.draw` does."""
        shared = ray.put({"purpose": purpose, "stop": stop, "threads": threads})

        def at_once(_: object, pieces: list[tuple[int, ...]]) -> list[Drawn]:
            return list(ray.get([_asked().remote(self.sets, "draw", *piece, shared) for piece in pieces]))

        def alone(begin: int, end: int, room: int) -> Drawn:
            return at_once(None, [(begin, end, room)])[0]

        return drawn_in_parts(alone, divided(first, last, self.workers), most, at_once)

    def hits(
        self, first: int, last: int, *, chosen: Mask, already: Mask, group: Nodes, groups: int, threads: int
    ) -> Pointers:
        """Count as `sebar.spread.reverse_sets.ReverseSets.hits` does."""
        more = {"chosen": chosen, "already": already, "group": group, "groups": groups, "threads": threads}
        return self._counted("hits", first, last, more)

    def distances(self, first: int, last: int, *, chosen: Mask, threads: int) -> Pointers:
        """Count as `sebar.spread.reverse_sets.ReverseSets.distances` does."""
        return self._counted("distances", first, last, {"chosen": chosen, "threads": threads})

    def _counted(self, what: str, first: int, last: int, more: dict[str, object]) -> Pointers:
        shared, pieces = ray.put(more), divided(first, last, self.workers)
        return summed(ray.get([_asked().remote(self.sets, what, *piece, shared) for piece in pieces]))


def _ask(sets: SetSource, what: str, *asked: Any) -> Any:
    """Ask sets for a range, on a worker; all but the first two numbers, and the room if any, is shared by all."""
    first, last, *room, shared = asked
    return getattr(sets, what)(first, last, **shared, **({"most": room[0]} if room else {}))


def _asked() -> Any:
    return ray.remote(_ask)
