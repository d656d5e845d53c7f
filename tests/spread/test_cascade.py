"""Trees against slow and obvious answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from sebar.spread import cascade


@st.composite
def forests(draw: st.DrawFn, *, seeds: int = 5) -> np.ndarray:
    """Parents of up to 40 people, in any order."""
    people = draw(st.integers(1, 40))
    above = [draw(st.integers(0, person - 1)) if person else -1 for person in range(people)]
    for person in draw(st.lists(st.integers(0, people - 1), max_size=seeds - 1)):
        above[person] = -1
    order = draw(st.permutations(range(people)))
    shuffled = np.full(people, -1, np.int64)
    for person, parent in enumerate(above):
        shuffled[order[person]] = order[parent] if parent >= 0 else -1
    return shuffled


@given(forests())
def test_generations_and_roots(parents: np.ndarray) -> None:
    above = parents.tolist()
    assert cascade.generations(parents).tolist() == naive.generations(above)
    assert cascade.roots(parents).tolist() == [naive.root(above, person) for person in range(len(above))]


@given(forests())
def test_subtree_sizes(parents: np.ndarray) -> None:
    above = parents.tolist()
    assert cascade.subtree_sizes(parents).tolist() == [len(naive.branch(above, top)) for top in range(len(above))]


@given(forests(seeds=1))
def test_shape_of_one_cascade(parents: np.ndarray) -> None:
    found = cascade.shape(parents)
    depths = naive.generations(parents.tolist())
    assert (found.size, found.depth) == (len(parents), max(depths))
    assert found.width == max(depths.count(depth) for depth in depths)
    expected = naive.mean_distance(parents.tolist()) if len(parents) > 1 else 0.0
    assert found.structural_virality == pytest.approx(expected)


@pytest.mark.parametrize("people", [2, 3, 10, 101])
def test_structural_virality_of_a_star_and_a_chain(people: int) -> None:
    star = np.array([-1, *[0] * (people - 1)])
    chain = np.arange(-1, people - 1)
    assert cascade.structural_virality(star) == pytest.approx(2 - 2 / people)
    assert cascade.structural_virality(chain) == pytest.approx((people + 1) / 3)


@given(forests(seeds=8))
def test_structural_virality_of_each_cascade_of_a_forest(parents: np.ndarray) -> None:
    above = parents.tolist()
    brought = [person for person in range(len(above)) if person in above]
    parent = np.array([brought.index(above[p]) if above[p] >= 0 else -1 for p in brought], np.int64)
    found = cascade.structural_viralities(parent, np.array([above.count(person) for person in brought], np.int64))
    trees = {brought[place]: sorted(naive.branch(above, brought[place])) for place in found.seed}
    assert set(trees) == {person for person in brought if above[person] < 0}
    for place, size, virality in zip(found.seed, found.size, found.virality, strict=True):
        tree = trees[brought[place]]
        inside = [tree.index(above[person]) if above[person] >= 0 else -1 for person in tree]
        assert size == len(tree)
        assert virality == pytest.approx(naive.mean_distance(inside))
    people = sum(found.size.tolist())
    weighed = sum(size * virality for size, virality in zip(found.size, found.virality, strict=True))
    assert found.mean == pytest.approx(weighed / people if people else 0.0)


def test_circles_are_refused() -> None:
    with pytest.raises(ValueError, match="ancestor"):
        cascade.generations(np.array([1, 2, 0]))
    for circle in ([1, 2, 0], [0], [-1, 2, 1], [-1, 2, 3, 4, 5, 1]):
        with pytest.raises(ValueError, match="ancestor"):
            cascade.roots(circle)


def test_parents_are_one_row_of_indices() -> None:
    for question in (cascade.roots, cascade.generations, cascade.subtree_sizes, cascade.structural_virality):
        with pytest.raises(ValueError, match="parent 9 is out of range: there are 3 people"):
            question(np.array([-1, 0, 9]))
        with pytest.raises(ValueError, match="parent -2 is out of range"):
            question([-1, 0, -2])
        with pytest.raises(ValueError, match="give one row of indices"):
            question([-1, 0, 0.5])
    assert cascade.structural_virality([-1, 0, 0]) == pytest.approx(4 / 3)
    assert cascade.roots([-1, 0, 1]).tolist() == [0, 0, 0]
    assert cascade.shape([-1, 0, 0]) == cascade.shape(np.array([-1, 0, 0]))
    assert cascade.generations([]).tolist() == []


def test_no_people_have_no_shape() -> None:
    assert cascade.shape(np.empty(0, np.int64)) == cascade.Shape(0, 0, 0, 0.0)


@given(forests(), st.randoms(use_true_random=False))
def test_parents_by_number(parents: np.ndarray, random: object) -> None:
    numbers = np.array(random.sample(range(1, 10_000), len(parents)))  # type: ignore[attr-defined]
    above = np.where(parents >= 0, numbers[parents], 0)
    assert cascade.parents(numbers, above).tolist() == parents.tolist()


def test_parents_outside_are_none() -> None:
    assert cascade.parents(np.array([5, 9, 7]), np.array([3, 5, 9])).tolist() == [-1, 0, 1]
    assert cascade.parents(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []


def test_structural_virality_is_of_one_cascade() -> None:
    with pytest.raises(ValueError, match="2 seeds"):
        cascade.structural_virality(np.array([-1, -1, 0]))
