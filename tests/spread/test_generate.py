"""Made-up cascades: whole, repeatable, and alike to what they are made after."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sebar.spread import branching, cascade, generate

SHARE, VISIT, VIEW, CRAWLER = (generate.KINDS.index(kind) for kind in ("share", "visit", "view", "crawler"))


@given(people=st.integers(1, 3000), seed=st.integers(0, 2**32), days=st.floats(0.2, 40.0))
@settings(max_examples=30, deadline=None)
def test_every_forest_is_whole(people: int, seed: int, days: float) -> None:
    trees = generate.forest(people=people, seed=seed, days=days)
    friend = np.flatnonzero(trees.parent >= 0)
    assert len(trees.parent) == people
    assert (trees.parent < np.arange(people)).all()
    assert (np.diff(trees.seconds) >= 0).all()
    assert trees.seconds[0] == 0
    assert trees.seconds[-1] <= days * 86400 + 1
    assert (trees.generation == cascade.generations(trees.parent)).all()
    assert (trees.cascade[friend] == trees.cascade[trees.parent[friend]]).all()
    assert sorted(trees.cascade[trees.parent < 0]) == list(range(people - friend.size))
    assert set(trees.channel) <= set(range(len(generate.CHANNELS)))


def test_the_same_seed_makes_the_same() -> None:
    first, again, other = (generate.forest(people=2000, seed=seed) for seed in (1, 1, 2))
    for field in dataclasses.fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name))
    assert not np.array_equal(first.parent, other.parent)
    one, two = generate.touches(first, seed=3), generate.touches(again, seed=3)
    for field in dataclasses.fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(two, field.name))


def test_people_pass_on_as_told() -> None:
    passing = generate.Passing(mean=0.5, dispersion=0.2, delay=600.0, delay_sigma=1.0)
    trees = generate.forest(people=60_000, days=60, seed=4, passing=passing)
    had_time = np.flatnonzero((trees.generation > 0) & (trees.seconds < 50 * 86400))
    brought = np.bincount(trees.parent[trees.parent >= 0], minlength=60_000)[had_time]
    total, squared = int(brought.sum()), int((brought**2).sum())
    assert total / had_time.size == pytest.approx(0.5, rel=0.06)
    assert branching.dispersion(had_time.size, total, squared) == pytest.approx(0.2, rel=0.15)


def test_nights_are_quiet() -> None:
    trees = generate.forest(people=30_000, days=14, seed=5, start_hour=0.0)
    hour = ((trees.seconds / 3600) % 24).astype(int)  # the first join is seconds after midnight
    joins = np.bincount(hour, minlength=24)
    assert joins[[2, 3, 4]].sum() < joins[[19, 20, 21]].sum() / 5


@pytest.mark.parametrize("seed", range(3))
def test_touches_fit_the_joins(seed: int) -> None:
    trees = generate.forest(people=4000, seed=seed)
    found = generate.touches(trees, seed=seed)
    assert (np.diff(found.seconds) >= 0).all()
    assert (found.seconds >= trees.seconds[found.owner]).all()
    led = found.joiner >= 0
    assert (found.kind[led] == VISIT).all()
    assert sorted(found.joiner[led]) == np.flatnonzero(trees.parent >= 0).tolist()
    assert (found.owner[led] == trees.parent[found.joiner[led]]).all()
    assert (found.seconds[led] <= trees.seconds[found.joiner[led]]).all()
    sharers = set(found.owner[found.kind == SHARE])
    assert set(trees.parent[trees.parent >= 0]) <= sharers
    assert set(found.owner[found.kind == CRAWLER]) == sharers
    assert 0.9 < (found.kind == VIEW).sum() / (found.kind == VISIT).sum() < 1


def test_a_forest_of_one_is_a_lone_seed() -> None:
    trees = generate.forest(people=1, seed=0)
    found = generate.touches(trees, seed=0)
    assert trees.parent.tolist() == [-1]
    assert set(found.kind) <= {SHARE, CRAWLER}
