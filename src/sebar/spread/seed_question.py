"""A question about seeds, checked, and the shape of its answer."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread.diffusion import node_numbers, person_weights
from sebar.spread.estimate import Estimate
from sebar.spread.graph import Graph
from sebar.spread.model import Model
from sebar.spread.reverse_sets import NOBODY, SetSource, reverse_sets

Nodes = NDArray[np.uint32]
Values = NDArray[np.float64]
Mask = NDArray[np.uint8]
Engine = Literal["local", "ray"]
StoppedBy = Literal["error", "seconds", "memory", "sets", "interrupt"]

GREEDY: Final = 1 - 1 / math.e
"""What choosing by largest gain guarantees of the best possible, without errors of sampling."""

WITH_COSTS: Final = 0.5
"""The same by largest gain per cost, where the last may be whoever gains most (Yaroslavtsev et al. 2020)."""

_SURE: Final = 0.01  # highest failure that is not asked for
_FINEST: Final = 0.01  # error that a time limit alone may at best work towards
_BYTES_A_MEMBER: Final = 12  # pool, its inverse, and room for joining pieces
_BYTES_A_PERSON: Final = 40
_NO_VALUES: Final = np.empty(0)
_NO_NODES: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Seeding:
    """Seeds, and what is proved of them.

    Attributes
    ----------
    seeds
        Node numbers, in the order of choice.
    gain
        What each adds to those before it; together the estimate.
    reach
        Expected reach, judged by fresh sets, with its 95 % interval; with `harm`, those who like it less `harm` times
        those who do not.
    at_least, at_most
        The seeds' reach is at least, and the best possible reach at most this, but for `failure`.
    guarantee
        ``at_least / at_most``: the proved share of the best possible.
    failure
        Chance that one of the bounds is wrong.
    sets
        How many sets the choice rests on; as many judged it.
    stopped_by
        ``error`` (the wanted guarantee is proved), ``seconds``, ``memory``, ``sets`` (as many as theory ever asks for)
        or ``interrupt``.
    seconds
        Time taken.
    by_group
        Each group's reach, by number or in the order of their names, with its 95 % interval; empty without groups.
    negative
        Expected number, or weight, of those reached who do not like it; None unless harm counts.
    """

    seeds: Nodes
    gain: Values
    reach: Estimate
    at_least: float
    at_most: float
    guarantee: float
    failure: float
    sets: int
    stopped_by: StoppedBy
    seconds: float
    by_group: tuple[Estimate, ...] = ()
    negative: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of people.

    Attributes
    ----------
    number
        (n,) group of each person, ``count`` for none; empty without groups.
    names
        What they are called, by number.
    weight
        (count,) people in each, or their weight.
    minimum
        (count,) of what must be reached in each; empty if nothing must.
    """

    number: Nodes
    names: tuple[str, ...]
    weight: Values
    minimum: Values

    @property
    def count(self) -> int:
        """How many."""
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Task:
    """A question, checked.

    Attributes
    ----------
    graph, model, source
        Where sets come from.
    count
        How many seeds, or how many the budget buys at most.
    budget, costs
        What they may cost, and (n,) what each costs; empty costs without a budget.
    allowed, already
        (n,) 1 for those who may be seeds, and who have it anyway (or empty).
    weights
        (n,) what reaching each counts, or empty for 1.
    groups, harm
        Groups with their minima, and what one who dislikes it costs (0: it does not count).
    fixed
        Seeds chosen by hand that are to be judged, or None.
    """

    graph: Graph
    model: Model
    source: SetSource
    count: int
    budget: float
    costs: Values
    allowed: Mask
    already: Mask
    weights: Values
    groups: Groups
    harm: float
    fixed: Nodes | None


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop; `until` in seconds of the monotonic clock, `members` of all sets together."""

    error: float
    until: float
    failure: float
    members: int
    threads: int
    timed_only: bool
    stop: Callable[[], bool]

    @property
    def patient(self) -> bool:
        """Whether nobody wants to know anything before it is done."""
        return self.until == math.inf and self.stop is bool


def question(
    graph: Graph,
    model: Model,
    *,
    count: int | None,
    budget: float | None,
    costs: ArrayLike | None,
    weights: ArrayLike | None,
    allowed: ArrayLike | None,
    excluded: ArrayLike | None,
    already: ArrayLike | None,
    reached: ArrayLike | None,
    groups: ArrayLike | None,
    at_least_per_group: ArrayLike | None,
    harm: float,
    seed: int,
    fixed: Nodes | None,
    engine: Engine,
) -> Task:
    """Check what is asked, and prepare for drawing sets."""
    if not 0 <= seed < 2**63:
        raise ValueError(f"The random seed is {seed}: it must be from 0 to 2⁶³ - 1.")
    known = node_numbers(graph, () if already is None else already, "person")
    done = node_numbers(graph, () if reached is None else reached, "reached person")
    worths = _worths(graph, weights, done)
    may = _allowed(graph, allowed, excluded, np.concatenate([known, done]))
    prices = _prices(graph, costs)
    if fixed is not None:
        _check_own(graph, fixed, _allowed(graph, allowed, excluded, _NO_NODES))
        count, budget = (len(fixed), None) if not prices.size else (None, float(prices[fixed].sum()))
    _check_harm(model, harm, others=prices.size + len(known) + (groups is not None))
    if groups is not None and prices.size:
        raise ValueError("Groups cannot be combined with a budget: leave out one of them.")
    return Task(
        graph=graph,
        model=model,
        source=_source(
            reverse_sets(graph, model, weights=worths, seed=seed, reached=mask(graph, done), harm=harm), engine
        ),
        count=_count(count, budget, prices, may, fixed),
        budget=budget or 0.0,
        costs=prices,
        allowed=may,
        already=mask(graph, known),
        weights=worths,
        groups=_groups(graph, groups, at_least_per_group, worths),
        harm=harm,
        fixed=fixed,
    )


def mask(graph: Graph, chosen: Nodes) -> Mask:
    """Return (n,) 1 for the chosen; empty if there are none."""
    if not len(chosen):
        return NOBODY
    found = np.zeros(graph.nodes, np.uint8)
    found[chosen] = 1
    return found


def limits(
    graph: Graph,
    *,
    error: float | None,
    failure: float | None,
    seconds: float | None,
    memory_limit: int | None,
    threads: int,
    stop: Callable[[], bool] | None,
) -> Limits:
    """Check when to stop."""
    if error is not None and not 0 < error < GREEDY:
        raise ValueError(f"The error is {error}: it must be above 0 and below {GREEDY:.2f}.")
    if failure is not None and not 0 < failure < 1:
        raise ValueError(f"The failure probability is {failure}: it must be between 0 and 1.")
    if seconds is not None and not seconds > 0:
        raise ValueError(f"The time limit is {seconds} seconds: it must be above 0.")
    if threads < 1:
        raise ValueError(f"The number of threads is {threads}: it must be at least 1.")
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2 if memory_limit is None else memory_limit
    members = (free - _BYTES_A_PERSON * graph.nodes) // _BYTES_A_MEMBER
    if members < graph.nodes:
        raise ValueError(f"{free:,} bytes are too few for {graph.nodes:,} people: one set alone may hold them all.")
    return Limits(
        error=error or (0.1 if seconds is None else _FINEST),
        until=time.monotonic() + seconds if seconds is not None else math.inf,
        failure=failure or min(1 / max(graph.nodes, 1), _SURE),
        members=members,
        threads=threads,
        timed_only=seconds is not None and error is None,
        stop=stop or bool,
    )


def _source(sets: SetSource, engine: Engine) -> SetSource:
    if engine == "local":
        return sets
    if engine == "ray":
        from sebar.spread.cluster import on_cluster  # noqa: PLC0415 - Ray is installed only where it is used

        return on_cluster(sets)
    raise ValueError(f"There is no engine {engine!r}: choose local or ray.")


def _worths(graph: Graph, weights: ArrayLike | None, done: Nodes) -> Values:
    """Return (n,) what reaching each counts, nothing for those reached before; empty when everybody counts 1."""
    worths = person_weights(graph, weights)
    if len(done):
        worths = worths.copy() if worths.size else np.ones(graph.nodes)
        worths[done] = 0.0
    if worths.size and not worths.sum() > 0:
        raise ValueError("The audience is empty: no weight is above 0.")
    return worths


def _allowed(graph: Graph, allowed: ArrayLike | None, excluded: ArrayLike | None, have_it: Nodes) -> Mask:
    may = np.ones(graph.nodes, np.uint8)
    if allowed is not None:
        may[:] = 0
        may[node_numbers(graph, allowed, "allowed person")] = 1
    if excluded is not None:
        may[node_numbers(graph, excluded, "excluded person")] = 0
    may[have_it] = 0
    if not may.any():
        raise ValueError("Nobody may be a seed: the graph is empty, or all are excluded.")
    return may


def _check_own(graph: Graph, fixed: Nodes, may: Mask) -> None:
    """Refuse seeds chosen by hand that could not have been chosen: the best possible would be of other people."""
    barred = fixed[may[fixed] == 0]
    if len(barred):
        name = graph.names(barred[:1])[0]
        raise ValueError(f"{name} is excluded, or not among those who may be seeds: leave them out of your own list.")


def _prices(graph: Graph, costs: ArrayLike | None) -> Values:
    if costs is None:
        return _NO_VALUES
    prices = np.ascontiguousarray(costs, np.float64)
    if prices.shape != (graph.nodes,):
        raise ValueError(f"There are {graph.nodes:,} people, but {prices.size:,} costs.")
    wrong = np.flatnonzero(~(np.isfinite(prices) & (prices > 0)))
    if len(wrong):
        name = graph.names(wrong[:1])[0]
        raise ValueError(f"The cost of {name} is {prices[wrong[0]]:g}: every cost must be a number above 0.")
    return prices


def _count(count: int | None, budget: float | None, prices: Values, allowed: Mask, fixed: Nodes | None) -> int:
    """Return how many seeds are wanted, or bought at most."""
    if (count is None) == (budget is None):
        raise ValueError("Say either how many seeds (count) or what they may cost (budget).")
    if budget is None:
        if prices.size:
            raise ValueError("Costs need a budget.")
        assert count is not None  # noqa: S101 - one of the two was given
        if not isinstance(count, int | np.integer):
            raise ValueError(f"The number of seeds is {count}: it must be a whole number.")
        if count < 1:
            raise ValueError(f"The number of seeds is {count}: it must be at least 1.")
        return count if fixed is not None else min(count, int(allowed.sum()))
    if not prices.size:
        raise ValueError("A budget needs to know what each seed costs (costs).")
    if not 0 < budget < math.inf:
        raise ValueError(f"The budget is {budget}: it must be a number above 0.")
    cheapest = np.sort(prices[allowed > 0])
    if cheapest[0] > budget and fixed is None:
        raise ValueError(f"The budget of {budget:g} is below every cost: the cheapest seed costs {cheapest[0]:g}.")
    return max(int(np.searchsorted(np.cumsum(cheapest), budget, side="right")), 1)


def _check_harm(model: Model, harm: float, *, others: int) -> None:
    if not 0 <= harm < math.inf:
        raise ValueError(f"The harm is {harm}: it must be a number from 0 up.")
    if harm and model.quality == 1:
        raise ValueError("Harm needs somebody who dislikes it: give a quality below 1.")
    if harm and others:
        raise ValueError("Harm cannot be combined with groups, a budget or people who have it already.")


def _groups(graph: Graph, groups: ArrayLike | None, minimum: ArrayLike | None, worths: Values) -> Groups:
    if groups is None:
        if minimum is not None:
            raise ValueError("A minimum for each group needs to know who is in which group (groups).")
        return Groups(_NO_NODES, (), _NO_VALUES, _NO_VALUES)
    number, names = _numbered(np.asarray(groups), graph.nodes)
    count = len(names)
    inside = number >= 0
    weight = np.bincount(number[inside], worths[inside] if worths.size else None, minlength=count).astype(np.float64)
    return Groups(np.where(inside, number, count).astype(np.uint32), names, weight, _minimum(minimum, weight, names))


def _numbered(groups: NDArray[np.generic], people: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return each person's group as a number, -1 for none, and the names of the groups."""
    if groups.shape != (people,):
        raise ValueError(f"There are {people:,} people, but groups of {groups.size:,}.")
    if groups.dtype.kind == "U":
        names, inside = np.unique(groups[groups != ""]), groups != ""
        return np.where(inside, np.searchsorted(names, groups), -1), tuple(names.tolist())
    if groups.dtype.kind not in "iu":
        raise ValueError(f"Each group must be a whole number or a word, not {groups.dtype}.")
    number = groups.astype(np.int64)
    if (number < -1).any() or number.max(initial=-1) >= people:
        wrong = number[(number < -1) | (number >= people)][0]
        raise ValueError(f"The group number {wrong} is out of range: number groups from 0 up, and -1 for no group.")
    return number, tuple(map(str, range(int(number.max(initial=-1)) + 1)))


def _minimum(minimum: ArrayLike | None, weight: Values, names: tuple[str, ...]) -> Values:
    if minimum is None:
        return _NO_VALUES
    least = np.asarray(minimum, np.float64)
    if least.shape not in {(), weight.shape}:
        raise ValueError(f"There are {weight.size:,} groups, but {least.size:,} minima.")
    if not (np.isfinite(least).all() and (least >= 0).all()):
        raise ValueError("What each group must get at least must be a number from 0 up.")
    least = np.broadcast_to(least, weight.shape).copy()
    short = np.flatnonzero(least > weight)
    if len(short):
        one = short[0]
        raise ValueError(f"Group {names[one]} cannot get {least[one]:g}: all of it together is {weight[one]:g}.")
    return least
