"""Compiling, or loading from disk, what a first call would otherwise wait for."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from sebar.spread.diffusion import simulate
from sebar.spread.graph import Graph, from_edges
from sebar.spread.model import Model
from sebar.spread.seeding import choose_seeds, evaluate_seeds

_SMALLEST: Final[dict[str, object]] = {
    "weights": [1.0, 2.0, 1.0, 1.0],
    "allowed": [0, 1, 2, 3],
    "excluded": [3],
    "already": [2],
    "reached": [3],
    "groups": [0, 0, 1, 1],
}
"""What may be asked besides, of four people."""


def warm_up(model: Model) -> None:
    """Make this kind of model's kernels ready for everybody: at start-up, never in a request."""
    warm_simulation(model, worlds=512)
    if model.capacity is None:
        warm_seeds(model, ())
        warm_seeds(model, ("costs",))


def warm_simulation(model: Model, *, worlds: int) -> None:
    """Make ready what so many worlds of this model need."""
    with suppress(ValueError):  # whatever is wrong is said of the question itself
        simulate(_four(), model, [0], worlds=min(worlds, 64), seed=1)


def warm_seeds(model: Model, asked: Collection[str], *, harm: float = 0.0) -> None:
    """Make ready what a question about seeds needs, so that its time limit is all its own.

    Parameters
    ----------
    model
        As in the question.
    asked
        The names of the arguments of `choose_seeds` that it has; with ``seeds`` among them, of `evaluate_seeds`.
    harm
        As in the question.
    """
    wishes = {name: value for name, value in _SMALLEST.items() if name in asked} | {"harm": harm, "seed": 1}
    wishes |= {"costs": [1.0] * 4} if "costs" in asked else {}
    with suppress(ValueError):
        if "seeds" in asked:
            evaluate_seeds(_four(), model, [0], **wishes)  # type: ignore[arg-type]  # wishes of several kinds
            return
        wishes |= {"budget": 1.0} if "costs" in asked else {"count": 1}
        wishes |= {"at_least_per_group": 1e-9} if "at_least_per_group" in asked else {}
        choose_seeds(_four(), model, **wishes)  # type: ignore[arg-type]  # wishes of several kinds


def _four() -> Graph:
    return from_edges([0, 1, 2, 3], [1, 2, 3, 0], probability=[0.5] * 4)
