"""Compiling, or loading from disk, what a first call would otherwise wait for."""

from __future__ import annotations

from dataclasses import replace

from sebar.spread.diffusion import simulate
from sebar.spread.graph import from_edges
from sebar.spread.model import Model
from sebar.spread.seeding import choose_seeds


def warm_up(model: Model) -> None:
    """Make this kind of model's kernels ready by asking the smallest questions: at start-up, never in a request."""
    graph = from_edges([0, 1, 2, 3], [1, 2, 3, 0], probability=[0.5] * 4)
    simulate(graph, model, [0], worlds=512, seed=1)
    if model.capacity is None:
        choose_seeds(graph, model, count=1, seed=1)
        choose_seeds(graph, model, budget=1.0, costs=[1.0] * 4, seed=1)
        choose_seeds(graph, replace(model, probability="weighted"), count=1, seed=1, sentinels=True)
