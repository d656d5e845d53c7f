"""Who influences whom: each edge's chance of passing on, drawn towards what is usual between people like these two.

Most pairs were seen together so rarely that their own record is mostly chance. What is usual between two people is how
often the one brings others, times how often the other follows, over how often anybody does; how much the usual counts
is itself learned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels import betas
from sebar.spread._kernels import exposures as kernels
from sebar.spread.estimate import Estimate
from sebar.spread.graph import Graph
from sebar.spread.learning.shrinkage import Rates, largest, rates, shrunk_rates
from sebar.spread.model import given

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
By = Literal["edge", "source", "target", "all"]

_ROUNDS: Final = 200
_CLOSE: Final = 5e-3  # relative change of any edge's chance at which the rounds end
_MOST: Final = 1 - 1e-6  # chance of an edge: what is certain could never be learned otherwise
_SHAPES: Final = (math.log(0.02), math.log(1e4))
_LOOKS: Final = 5  # how often shapes and rates are learned in turn


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How well cascades were foretold that nothing was learned from.

    Attributes
    ----------
    exposures, acted
        How many times somebody was exposed, and acted upon it.
    log_loss
        Mean of minus the logarithm of the chance given to what happened, in nats.
    auc
        Chance that somebody who acted was given a larger chance than somebody who did not; NaN without either.
    predicted_to_observed
        Expected number of acts over their number, 1 at best; infinite when nobody acted.
    """

    exposures: int
    acted: int
    log_loss: float
    auc: float
    predicted_to_observed: float


@dataclass(frozen=True, slots=True)
class Influence:
    """Each edge's chance of passing on, and whose doing it is.

    Attributes
    ----------
    graph
        The graph with its ``probability`` as learned: simulate it with ``Model(probability="given")``.
    low, high
        (m,) 95 % interval of each edge's chance, in the order of the graph's rows.
    source, target
        Of (n,) people: chance that they bring a usual neighbour, and that a usual neighbour brings them. Whoever was
        never seen has what is usual, with the interval of a stranger.
    usual
        Chance that one neighbour brings another, of all.
    strength
        How many tries the usual between two people counts for against the edge's own record; infinite when edges have
        no record of their own.
    source_strength, target_strength
        How many tries the usual of all counts for against a person's own record; infinite when people are alike.
    tries, passed_on
        How many times an edge was tried, and how many people acted upon it.
    held_out
        How well it foretells; None when there was nothing to judge by.
    """

    graph: Graph
    low: Values
    high: Values
    source: Rates
    target: Rates
    usual: Estimate
    strength: float
    source_strength: float
    target_strength: float
    tries: int
    passed_on: int
    held_out: HeldOut | None

    @property
    def probability(self) -> Values:
        """(m,) chance of passing on along each edge, in the order of the graph's rows."""
        return given(self.graph)


@dataclass(frozen=True)
class Evidence:
    """What was seen of each edge.

    Attributes
    ----------
    failed
        (m,) tries after which the neighbour did not act.
    causes, begin
        Somebody acted (a,) times, and at least one of the edges ``causes[begin[i]:begin[i + 1]]`` passed on.
    """

    failed: Values
    causes: Numbers
    begin: Numbers

    @cached_property
    def tries(self) -> Values:
        """(m,) how often each edge was tried."""
        return self.failed + np.bincount(self.causes, minlength=len(self.failed))

    @property
    def successes(self) -> int:
        """How many times somebody acted."""
        return len(self.begin) - 1


@dataclass(frozen=True, slots=True)
class Strengths:
    """How much the usual counts: gamma shapes of the people's factors, and tries for an edge; infinite: all alike."""

    source: float
    target: float
    edge: float = math.inf


@dataclass(frozen=True, slots=True)
class Fit:
    """Rates that agree with the evidence.

    Attributes
    ----------
    chance, usual
        (m,) of each edge, and of people like its ends.
    overall
        Chance of a usual edge.
    factors, shared, expected
        Of (n,) sources and of (n,) targets: factor on the overall chance, successes by expected share, and how many
        would be expected of usual people.
    """

    strengths: Strengths
    chance: Values
    usual: Values
    overall: float
    factors: tuple[Values, Values]
    shared: tuple[Values, Values]
    expected: tuple[Values, Values]


class Learner:
    """Learns rates of one graph's edges from evidence; `by` says what has a rate of its own."""

    def __init__(self, graph: Graph, by: By = "edge") -> None:
        self.graph = graph
        self.by = by
        self._sources = np.repeat(np.arange(graph.nodes), np.diff(graph.start))
        self._targets = graph.neighbours.astype(np.int64)

    def shapes(self, evidence: Evidence) -> Strengths:
        """Learn how much people differ, as sources and as targets, while edges have no record of their own.

        The factors' gamma shapes are those of the largest marginal likelihood of what each person shares in.
        """
        differs = [self.by in {"edge", end} for end in ("source", "target")]
        found = [1.0 if one else math.inf for one in differs]
        for _ in range(_LOOKS if any(differs) else 0):
            fit = self.fit(evidence, Strengths(*found))
            found = [
                _shape(shared, expected) if one else math.inf
                for one, shared, expected in zip(differs, fit.shared, fit.expected, strict=True)
            ]
        return Strengths(*found)

    def fit(self, evidence: Evidence, strengths: Strengths) -> Fit:
        """Share out successes by the chances, and learn chances from the shares, in turn, until they agree (EM)."""
        tried = evidence.tries > 0  # few of a large graph's edges
        ends = self._sources[tried], self._targets[tried]
        tries, causes = evidence.tries[tried], (np.cumsum(tried) - 1)[evidence.causes]
        shapes = strengths.source, strengths.target
        nodes, overall = self.graph.nodes, min(evidence.successes / float(tries.sum()), 0.5)
        chance = np.full(len(tries), overall)
        factors, shared, expected = ([np.ones(nodes), np.ones(nodes)] for _ in range(3))
        for _ in range(_ROUNDS):
            before = chance
            credit = kernels.credited(causes, evidence.begin, chance)
            for end, other in ((0, 1), (1, 0)):
                shared[end] = np.bincount(ends[end], credit, nodes).astype(np.float64)
                met = tries * factors[other][ends[other]]
                expected[end] = (overall * np.bincount(ends[end], met, nodes)).astype(np.float64)
                factors[end] = _factor(shared[end], expected[end], shapes[end])
                overall *= float(credit.sum() / (expected[end] @ factors[end]))
            usual = overall * factors[0][ends[0]] * factors[1][ends[1]]
            chance = _shrunk(credit, tries, usual, strengths.edge)
            if np.max(np.abs(chance - before) / chance) < _CLOSE:
                break
        usual = np.minimum(overall * factors[0][self._sources] * factors[1][self._targets], _MOST)
        everywhere = usual.copy()
        everywhere[tried] = chance
        pairs = [(one[0], one[1]) for one in (factors, shared, expected)]
        return Fit(strengths, everywhere, usual, overall, *pairs)

    def influence(self, evidence: Evidence, fit: Fit, held_out: HeldOut | None = None) -> Influence:
        """Return the rates with their intervals, in the order of the graph's rows."""
        unsure = self._unsure(evidence, fit)
        # Factors have mean 1 over the people, so the rate of all is as unsure as that mean.
        of_means = (np.sum(factor**2 * one) / one.size**2 for factor, one in zip(fit.factors, unsure, strict=True))
        of_all = 1 / evidence.successes + sum(of_means)
        source, target = (
            _relative(np.minimum(fit.overall * factor, _MOST), relative + of_all)
            for factor, relative in zip(fit.factors, unsure, strict=True)
        )
        edges = _edges(evidence, fit, unsure[0][self._sources] + unsure[1][self._targets] + of_all)
        usual = _relative(np.array([min(fit.overall, _MOST)]), np.array([of_all]))
        return Influence(
            graph=replace(self.graph, probability=fit.chance),
            low=edges.low,
            high=edges.high,
            source=source,
            target=target,
            usual=Estimate(usual.rate.item(), usual.low.item(), usual.high.item(), unit="passed on per try"),
            strength=fit.strengths.edge,
            source_strength=fit.strengths.source / fit.overall,
            target_strength=fit.strengths.target / fit.overall,
            tries=int(evidence.tries.sum()),
            passed_on=evidence.successes,
            held_out=held_out,
        )

    def _unsure(self, evidence: Evidence, fit: Fit) -> tuple[Values, Values]:
        """Return how unsure sources and targets are: variances relative to the squares of their rates.

        A person's few edges differ from each other, so even a long record of them says little about the next edge.
        """
        strengths, nodes = fit.strengths, self.graph.nodes
        # What a source brought is known only in shares, and squares of shares count; that a target acted is known.
        shares = fit.chance**2 * kernels.evidence(evidence.causes, evidence.begin, fit.chance)
        expected = evidence.tries * fit.usual
        among_edges = expected**2 * (1 - fit.usual) / (fit.usual * (strengths.edge + 1))

        def of_people(ends: Numbers, known: NDArray[np.number], shape: float) -> Values:
            of_edges = np.bincount(ends, among_edges, nodes) / (np.bincount(ends, expected, nodes) + shape) ** 2
            return (1 / (known + shape) + of_edges).astype(np.float64)

        return (
            of_people(self._sources, np.bincount(self._sources, shares, nodes), strengths.source),
            of_people(self._targets, fit.shared[1], strengths.target),
        )


def _shrunk(passed: Values, tries: Values, usual: Values, edge: float) -> Values:
    mean = usual if math.isinf(edge) else (passed + edge * usual) / (tries + edge)
    return np.minimum(mean, _MOST)


def _factor(shared: Values, expected: Values, shape: float) -> Values:
    """Return each person's factor: the posterior mean under a gamma prior of mean 1."""
    return np.ones_like(shared) if math.isinf(shape) else (shared + shape) / (expected + shape)


def _shape(shared: Values, expected: Values) -> float:
    return math.exp(largest(lambda log: betas.gamma_poisson(shared, expected, math.exp(log)), *_SHAPES, near=0.01))


def _relative(mean: Values, variance: Values) -> Rates:
    """Return rates whose variances are relative to their squares."""
    return rates(mean, mean**2 * variance)


def _edges(evidence: Evidence, fit: Fit, unsure: Values) -> Rates:
    """Return the edges' rates; `unsure` is the variance of the usual relative to its square.

    An edge that only ever acted together with others knows less than its shares suggest: its own record counts by
    minus the second derivative of its log likelihood.
    """
    chance, usual, edge = fit.chance, fit.usual, fit.strengths.edge
    if math.isinf(edge):
        return _relative(chance, unsure)
    curved = kernels.evidence(evidence.causes, evidence.begin, chance) + evidence.failed / (1 - chance) ** 2
    own = chance * (1 - chance) * curved
    prior = chance * (1 - chance) * edge * (usual / chance**2 + (1 - usual) / (1 - chance) ** 2)
    worth = np.maximum(own + prior - edge, 0.0)
    joins = np.clip(chance * (worth + edge) - edge * usual, 0.0, worth)
    return shrunk_rates(chance, joins=joins, failures=worth - joins, usual=usual, unsure=unsure, strength=edge)
