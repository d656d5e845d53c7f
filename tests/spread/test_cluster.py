"""Seeds chosen with the sets of a Ray cluster: the same as by one process."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import ray

from sebar.spread.graph import Graph, from_edges
from sebar.spread.model import Model
from sebar.spread.seeding import choose_seeds

NOTHING = np.empty(0)


def crowd() -> Graph:
    random = np.random.default_rng(1)
    source = (3000 * random.random(15_000) ** 2).astype(np.int64)
    return from_edges(source, random.integers(0, 3000, 15_000), nodes=3000)


@pytest.fixture
def two_workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
        yield
        ray.shutdown()


def test_a_cluster_draws_the_same_sets(two_workers: None) -> None:
    cases: list[tuple[Model, dict[str, Any]]] = [
        (Model(), {"count": 10, "error": 0.02, "groups": np.arange(3000) % 2}),
        (Model(probability=0.05, quality=0.9), {"count": 3, "harm": 0.1, "error": 0.2}),
    ]
    for model, wishes in cases:
        one, many = (choose_seeds(crowd(), model, seed=1, engine=engine, **wishes) for engine in ("local", "ray"))  # type: ignore[arg-type]
        bare = [replace(found, seconds=0, seeds=NOTHING, gain=NOTHING) for found in (one, many)]  # type: ignore[arg-type]
        assert bare[0] == bare[1]
        assert one.seeds.tobytes() == many.seeds.tobytes()
        assert one.gain.tobytes() == many.gain.tobytes()


def test_without_ray_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "sebar.spread.cluster", raising=False)
    with pytest.raises(ValueError, match=r"pip install sebar\[ray\]"):
        choose_seeds(crowd(), Model(), count=1, seed=1, engine="ray")
