"""How something spreads along a graph, and the thresholds that say so to the kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import worlds
from sebar.spread._kernels.coins import ONE
from sebar.spread.graph import Graph

Kind = Literal["cascade", "threshold"]
Probability = float | Literal["weighted", "given"]

_ROUNDING: Final = 1e-4  # by how much weights may exceed 1 in sum, as decimals in files do
_UNLIMITED: Final = 2**31


@dataclass(frozen=True, slots=True)
class Model:
    """A diffusion model.

    Attributes
    ----------
    kind
        ``cascade``: each newly reached person has one chance to pass on to each neighbour (independent cascade).
        ``threshold``: a person joins in when the weights of their active neighbours pass a random threshold.
    probability
        ``weighted``: 1 / number of people who may pass on to the receiver. A number: the same for all edges.
        ``given``: the graph's own.
    quality
        Chance that whoever is newly reached by somebody who likes it likes it too; dislike is passed on as dislike.
        1: nobody dislikes it.
    delay
        Mean time of a hop, exponentially distributed; None: one step a hop.
    deadline
        Last step, or time, that counts.
    capacity
        How many can be reached in a step, seeds apart; None: any number. Whoever is won over beyond it waits in line,
        first come first served, and neither counts nor passes on before being reached in a later step.

    References
    ----------
    Kempe, Kleinberg, Tardos: Maximizing the spread of influence through a social network. KDD 2003.
    Chen et al.: Influence maximization in social networks when negative opinions may emerge and propagate. SDM 2011.
    """

    kind: Kind = "cascade"
    probability: Probability = "weighted"
    quality: float = 1.0
    delay: float | None = None
    deadline: float = math.inf
    capacity: int | None = None

    def __post_init__(self) -> None:
        """Check what does not depend on the graph."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"There is no kind of model {self.kind!r}: choose cascade or threshold.")
        if isinstance(self.probability, str) and self.probability not in {"weighted", "given"}:
            raise ValueError(f"The probability is {self.probability!r}: give a number, weighted or given.")
        if not isinstance(self.probability, str) and not 0 <= self.probability <= 1:
            raise ValueError(f"The probability is {self.probability}: it must be between 0 and 1.")
        if not 0 <= self.quality <= 1:
            raise ValueError(f"The quality is {self.quality}: it must be between 0 and 1.")
        if self.delay is not None and not 0 < self.delay < math.inf:
            raise ValueError(f"The mean delay is {self.delay}: it must be above 0.")
        if not self.deadline > 0:
            raise ValueError(f"The deadline is {self.deadline}: it must be above 0, or only the seeds are reached.")
        if self.capacity is not None and not (self.capacity >= 1 and float(self.capacity).is_integer()):
            raise ValueError(f"The capacity is {self.capacity}: it must be a whole number of people, at least 1.")
        self._check_together()

    def _check_together(self) -> None:
        if self.capacity is not None and self.delay is not None:
            raise ValueError("A capacity is so many people a step: leave out the delay or the capacity.")
        if self.quality < 1 and self.delay is not None:
            raise ValueError("Opinions spread in steps: leave out the delay or the quality.")
        if self.kind == "threshold" and self.delay is not None:
            raise ValueError("Thresholds are passed in steps: leave out the delay.")

    @property
    def steps(self) -> int:
        """Most steps that count; 2³¹ when unlimited."""
        return int(min(self.deadline, _UNLIMITED)) if self.delay is None else _UNLIMITED

    @property
    def people_a_step(self) -> int:
        """Most people that are reached in a step; 2³¹ when unlimited."""
        return _UNLIMITED if self.capacity is None else int(min(self.capacity, _UNLIMITED))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Chances as thresholds of coins; `kind` says how they are laid out, see `worlds`."""

    kind: int
    first: NDArray[np.uint8]
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]


def edge_probability(graph: Graph, model: Model) -> NDArray[np.float64]:
    """Return (m,) each edge's chance, or weight, in the order of the graph's rows."""
    if model.probability == "given":
        return given(graph)
    if model.probability == "weighted":
        return 1.0 / graph.in_degree[graph.neighbours].astype(np.float64)
    return np.full(graph.edges, float(model.probability))


def given(graph: Graph) -> NDArray[np.float64]:
    """Return the graph's own probabilities, or say that it has none."""
    if graph.probability is None:
        raise ValueError("This graph has no probabilities: add a column 'probability', or choose another model.")
    return graph.probability


def thresholds(graph: Graph, model: Model) -> Thresholds:
    """Return what the kernels compare coins with.

    Raises
    ------
    ValueError
        When a threshold model's weights of one person add up to more than 1, naming the person.
    """
    if model.kind == "threshold":
        return _intervals(graph, model)
    if model.probability == "weighted":
        fractions = np.divide(1.0, graph.in_degree, out=np.zeros(graph.nodes), where=graph.in_degree > 0)
        return _coins(worlds.PER_TARGET, fractions)
    if model.probability == "given":
        return _coins(worlds.PER_EDGE, given(graph))
    return _coins(worlds.ALL, np.array([float(model.probability)]))


def certain(chances: Thresholds, *, ever: bool) -> Thresholds:
    """Return chances of 0 and 1 only: 1 for edges that may `ever` pass on, or else for those that always do."""
    low = chances.low if chances.kind == worlds.INTERVAL else np.zeros_like(chances.high)
    passes = chances.high > low if ever else (chances.high == ONE) & (low == 0)
    return replace(_coins(chances.kind, passes.astype(np.float64)), low=np.zeros_like(chances.low))


def checked_weights(graph: Graph, model: Model) -> NDArray[np.float64]:
    """Return (n,) the sum of weights that each person receives, each at most 1 but for rounding."""
    if model.probability == "weighted":
        return (graph.in_degree > 0).astype(np.float64)
    sums = np.bincount(graph.neighbours, edge_probability(graph, model), minlength=graph.nodes).astype(np.float64)
    if sums.size and sums.max() > 1 + _ROUNDING:
        person = int(sums.argmax())
        name = graph.names([person])[0]
        raise ValueError(
            f"The weights towards {name} add up to {sums[person]:.4g}: a threshold model allows at most 1."
        )
    return sums


def _coins(kind: int, probability: NDArray[np.float64]) -> Thresholds:
    high = np.rint(probability * ONE).astype(np.uint64)
    return Thresholds(kind, (high >> np.uint64(49)).astype(np.uint8), high, np.empty(0, np.uint64))


def _intervals(graph: Graph, model: Model) -> Thresholds:
    """Give each in-edge its own interval of the person's coin: live if the coin falls inside it (live-edge graphs)."""
    scale = 1.0 / np.maximum(checked_weights(graph, model), 1.0)
    weight = edge_probability(graph, model) * scale[graph.neighbours]
    order = np.argsort(graph.neighbours, kind="stable")
    running = np.cumsum(weight[order])
    first = np.concatenate([[0], np.cumsum(graph.in_degree)])[:-1]
    before = np.concatenate([[0.0], running])[first]
    ends = np.empty(graph.edges)
    ends[order] = running - np.repeat(before, graph.in_degree)
    high = np.minimum(np.floor(np.clip(ends, 0.0, 1.0) * ONE), ONE).astype(np.uint64)
    low = np.minimum(np.floor(np.clip(ends - weight, 0.0, 1.0) * ONE), ONE).astype(np.uint64)
    return Thresholds(worlds.INTERVAL, np.empty(0, np.uint8), high, low)
