"""Trees of who brought whom: generations, subtree sizes, structural virality. Parent arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]

_CIRCLE: Final = "These parents are not a forest: somebody is their own ancestor."


@dataclass(frozen=True, slots=True)
class Shape:
    """What a single cascade looks like.

    Attributes
    ----------
    size
        People.
    depth
        Deepest generation; the seed alone is 0.
    width
        People in the largest generation.
    structural_virality
        Mean distance between all pairs of people: near 2 for one broadcast, large for long chains; 0 for a lone seed.
    """

    size: int
    depth: int
    width: int
    structural_virality: float


@dataclass(frozen=True, slots=True)
class Viralities:
    """Structural virality of every cascade of two people or more.

    Attributes
    ----------
    seed
        (c,) index of each cascade's seed.
    size
        (c,) people in it.
    virality
        (c,) mean distance between all pairs of them.
    """

    seed: Integers
    size: Integers
    virality: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean over the cascades, each weighing as much as it has people; 0 without any."""
        return float(np.average(self.virality, weights=self.size)) if len(self.size) else 0.0


def parents(participant: Integers, parent: Integers) -> Integers:
    """Return each person's parent as an index into the same arrays.

    Parameters
    ----------
    participant
        (n,) numbers of the people, all different.
    parent
        (n,) numbers of their parents.

    Returns
    -------
    Integers
        (n,) indices, -1 where the parent is not among the people.
    """
    order = np.argsort(participant, kind="stable")
    if not len(order):
        return np.empty(0, np.int64)
    place = np.minimum(np.searchsorted(participant, parent, sorter=order), len(order) - 1)
    found = order[place]
    return np.where(participant[found] == parent, found, -1).astype(np.int64)


def generations(parent: ArrayLike) -> Integers:
    """Return everybody's distance from their seed.

    Parameters
    ----------
    parent
        (n,) index of each person's parent, -1 for seeds; in any order.

    Returns
    -------
    Integers
        (n,) 0 for seeds.

    Raises
    ------
    ValueError
        When parents are no indices into the same row, or somebody is their own ancestor.
    """
    parent = _checked(parent)
    depth = np.zeros(len(parent), np.int64)
    above = parent.copy()
    alive = np.flatnonzero(above >= 0)
    while len(alive):
        if depth[alive[0]] > len(parent):
            raise ValueError(_CIRCLE)
        depth[alive] += 1
        above[alive] = parent[above[alive]]
        alive = alive[above[alive] >= 0]
    return depth


def _checked(parent: ArrayLike) -> Integers:
    given = np.asarray(parent)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise ValueError(f"Parents are {given.dtype} of shape {given.shape}: give one row of indices, -1 for seeds.")
    wrong = np.flatnonzero((given >= len(given)) | (given < -1))
    if len(wrong):
        raise ValueError(f"The parent {given[wrong[0]]} is out of range: there are {len(given):,} people.")
    return given.astype(np.int64, copy=False)


def roots(parent: ArrayLike) -> Integers:
    """Return the index of everybody's seed (their own for seeds). `parent` and errors as in `generations`."""
    above = _checked(parent)
    index = np.arange(len(above), dtype=np.int64)
    root = np.where(above >= 0, above, index)
    for _ in range(len(above).bit_length() + 1):  # each time twice as far up
        further = root[root]
        if np.array_equal(further, root):
            break
        root = further
    if (above[root] >= 0).any():
        raise ValueError(_CIRCLE)
    return root


def subtree_sizes(parent: ArrayLike, *, own: Integers | None = None) -> Integers:
    """Return how many people everybody's branch holds, themselves included.

    Parameters
    ----------
    parent
        (n,) as in `generations`.
    own
        (n,) how many people each stands for; one when absent.
    """
    parent = _checked(parent)
    size = np.ones(len(parent), np.int64) if own is None else own.copy()
    depth = generations(parent)
    order = np.argsort(-depth, kind="stable")
    ends = np.flatnonzero(np.diff(depth[order])) + 1
    for level in np.split(order, ends):
        inside = level[parent[level] >= 0]
        np.add.at(size, parent[inside], size[inside])
    return size


def structural_virality(parent: ArrayLike) -> float:
    """Return the mean distance between all pairs of people in one cascade.

    Every edge above a branch of z people lies on the path of z (n - z) pairs, so one pass over the subtree sizes does.

    Parameters
    ----------
    parent
        (n,) as in `generations`, with exactly one seed.

    References
    ----------
    Goel, Anderson, Hofman, Watts: The structural virality of online diffusion. Management Science 62(1), 2016.

    Raises
    ------
    ValueError
        When there are several seeds, parents are out of range, or somebody is their own ancestor.
    """
    parent = _checked(parent)
    people, seeds = len(parent), int(np.count_nonzero(parent < 0))
    if seeds > 1:
        raise ValueError(f"These parents have {seeds} seeds: give one cascade, which has one.")
    if people < 2:  # noqa: PLR2004 - a pair takes two
        return 0.0
    branches = subtree_sizes(parent)[parent >= 0].astype(np.float64)
    return float(2.0 * np.sum(branches * (people - branches)) / (people * (people - 1.0)))


def structural_viralities(parent: Integers, friends: Integers) -> Viralities:
    """Return the structural virality of each cascade of a forest, told only of those who brought somebody.

    Whoever brought nobody hangs below one of them by one edge, on the paths of n - 1 pairs; so nothing else need be
    known of them, and most people of a campaign are such.

    Parameters
    ----------
    parent
        (b,) index of each one's parent among those who brought somebody, -1 for seeds.
    friends
        (b,) how many each brought, at least 1.
    """
    bringing = np.bincount(parent[parent >= 0], minlength=len(parent))  # friends who brought somebody in turn
    size = subtree_sizes(parent, own=1 + friends - bringing)
    seed = roots(parent)
    whole = size[seed]
    below = np.where(parent >= 0, size * (whole - size), 0) + (friends - bringing) * (whole - 1)
    paths = np.bincount(seed, below.astype(np.float64), minlength=len(parent))
    tops = np.flatnonzero(parent < 0)
    people = size[tops]
    return Viralities(tops, people, 2.0 * paths[tops] / (people * (people - 1.0)))


def shape(parent: ArrayLike) -> Shape:
    """Return size, depth, width and structural virality of one cascade. `parent` as in `structural_virality`."""
    parent = _checked(parent)
    if not len(parent):
        return Shape(0, 0, 0, 0.0)
    depth = generations(parent)
    return Shape(len(parent), int(depth.max()), int(np.bincount(depth).max()), structural_virality(parent))
