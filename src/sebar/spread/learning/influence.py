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
from sebar.spread.learning.shrinkage import Rates, Strength, believed, mixed_rates, rates, shrunk_rates
from sebar.spread.model import given

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
By = Literal["edge", "source", "target", "all"]

_ROUNDS: Final = 200
_CLOSE: Final = 5e-3  # relative change of any edge's chance at which the rounds end
_MOST: Final = 1 - 1e-6  # chance of an edge: what is certain could never be learned otherwise
_SHAPES: Final = (math.log(0.02), math.log(1e4))
_TYPICAL: Final = 0.0  # logarithm of the shape beforehand: on two networks' logs shapes are 0.4 to 2.1
_WIDTH: Final = 2.0  # its standard deviation
_NEXT_TO_NOTHING: Final = (
    1e-6  # a low end under this is nothing: there the Beta's left end is a matter of its form only
)
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
        (m,) 95 % interval of each edge's chance, in the order of the graph's rows. Here, of people and of `usual` NaN
        unless learned by edges: a model in which whatever it leaves out is alike cannot say how far off it is.
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


ALIKE: Final = Strength(math.inf)


@dataclass(frozen=True, slots=True)
class Strengths:
    """How much the usual counts: gamma shapes of the people's factors, and tries for an edge; infinite: all alike."""

    source: Strength
    target: Strength
    edge: Strength = ALIKE


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

        The factors' gamma shapes are the likeliest by what each person shares in, and by what is believed beforehand:
        few cascades must not claim that people are alike.
        """
        differs = [self.by in {"edge", end} for end in ("source", "target")]
        found = [Strength(1.0) if one else ALIKE for one in differs]
        for _ in range(_LOOKS if any(differs) else 0):
            fit = self.fit(evidence, Strengths(*found))
            found = [
                _shape(shared, expected) if one else ALIKE
                for one, shared, expected in zip(differs, fit.shared, fit.expected, strict=True)
            ]
        return Strengths(*found)

    def fit(self, evidence: Evidence, strengths: Strengths) -> Fit:
        """Share out successes by the chances, and learn chances from the shares, in turn, until they agree (EM)."""
        tried = evidence.tries > 0  # few of a large graph's edges
        ends = self._sources[tried], self._targets[tried]
        tries, causes = evidence.tries[tried], (np.cumsum(tried) - 1)[evidence.causes]
        shapes = strengths.source.value, strengths.target.value
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
            chance = _shrunk(credit, tries, usual, strengths.edge.value)
            if np.max(np.abs(chance - before) / chance) < _CLOSE:
                break
        usual = np.minimum(overall * factors[0][self._sources] * factors[1][self._targets], _MOST)
        everywhere = usual.copy()
        everywhere[tried] = chance
        pairs = [(one[0], one[1]) for one in (factors, shared, expected)]
        return Fit(strengths, everywhere, usual, overall, *pairs)

    def influence(self, evidence: Evidence, fit: Fit, held_out: HeldOut | None = None) -> Influence:
        """Return the rates in the order of the graph's rows, with their intervals, which only `by` edges can be had."""
        edges, source, target, usual = self._intervals(evidence, fit) if self.by == "edge" else _unknown(fit)
        return Influence(
            graph=replace(self.graph, probability=fit.chance),
            low=edges.low,
            high=edges.high,
            source=source,
            target=target,
            usual=Estimate(usual.rate.item(), usual.low.item(), usual.high.item(), unit="passed on per try"),
            strength=fit.strengths.edge.value,
            source_strength=fit.strengths.source.value / fit.overall,
            target_strength=fit.strengths.target.value / fit.overall,
            tries=int(evidence.tries.sum()),
            passed_on=evidence.successes,
            held_out=held_out,
        )

    def _intervals(self, evidence: Evidence, fit: Fit) -> tuple[Rates, Rates, Rates, Rates]:
        """Return the rates of edges, sources, targets and of all."""
        people = self._people(evidence, fit)
        # Factors have mean 1 over the people, so the rate of all is as unsure as that mean.
        of_means = (np.sum(one.best**2 * one.unsure) / one.best.size**2 for one in people)
        of_all = 1 / evidence.successes + float(sum(of_means))
        sources, targets = people
        product = (1 + sources.unsure[self._sources]) * (1 + targets.unsure[self._targets]) * (1 + of_all)
        overall = np.array([min(fit.overall, _MOST)])
        return (
            _edges(evidence, fit, product - 1),
            sources.rates(fit.overall, of_all),
            targets.rates(fit.overall, of_all),
            rates(overall, overall**2 * of_all),
        )

    def _people(self, evidence: Evidence, fit: Fit) -> tuple[_People, _People]:
        """Return what is believed of sources and of targets.

        A person's few edges differ from each other, so even a long record of them says little about the next edge.
        """
        strengths, nodes = fit.strengths, self.graph.nodes
        # What a source brought is known only in shares, and squares of shares count; that a target acted is known.
        shares = fit.chance**2 * kernels.evidence(evidence.causes, evidence.begin, fit.chance)
        expected = evidence.tries * fit.usual
        kappa, likely = strengths.edge.points
        apart = likely @ (1 / (kappa + 1))
        among_edges = expected**2 * (1 - fit.usual) / fit.usual * apart

        def of_people(end: int, ends: Numbers, known: Values, shape: Strength) -> _People:
            of_edges, met = (np.bincount(ends, one, nodes) for one in (among_edges, expected))
            points, weight = shape.points
            factor = np.column_stack([_factor(fit.shared[end], fit.expected[end], one) for one in points])
            variance = [1 / (known + one) + of_edges / (met + one) ** 2 for one in points]
            return _People(fit.factors[end], factor, np.column_stack(variance), weight)

        brought = np.bincount(self._sources, shares, nodes).astype(np.float64)
        return (
            of_people(0, self._sources, brought, strengths.source),
            of_people(1, self._targets, fit.shared[1], strengths.target),
        )


@dataclass(frozen=True, slots=True)
class _People:
    """What is believed of sources, or of targets.

    How much people differ is not quite known: then neither is how near to the usual one person is.

    Attributes
    ----------
    best
        (n,) factors on the rate of all.
    factor, variance
        (n, k) the same for each of k shapes, and the variance around it, relative to its square.
    weight
        (k,) how likely the shapes are.
    """

    best: Values
    factor: Values
    variance: Values
    weight: Values

    @property
    def unsure(self) -> Values:
        """(n,) variance of each factor, relative to the square of the best."""
        square = self.factor**2 * self.variance + (self.factor - self.best[:, None]) ** 2
        unsure: Values = square @ self.weight / self.best**2
        return unsure

    def rates(self, overall: float, unsure: float) -> Rates:
        """Return their rates; `unsure` is the variance of the rate of all, relative to its square."""
        best, means = (np.minimum(overall * one, _MOST) for one in (self.best, self.factor))
        return mixed_rates(best, means, means**2 * (self.variance + unsure), self.weight)


def _shrunk(passed: Values, tries: Values, usual: Values, edge: float) -> Values:
    mean = usual if math.isinf(edge) else (passed + edge * usual) / (tries + edge)
    return np.minimum(mean, _MOST)


def _factor(shared: Values, expected: Values, shape: float) -> Values:
    """Return each person's factor: the posterior mean under a gamma prior, scaled to mean 1 over those who were met.

    Who is met most brings, or follows, most: without the scaling, factors of little exposure would drift upwards.
    """
    if math.isinf(shape):
        return np.ones_like(shared)
    met = expected > 0
    factor = (shared[met] + shape) / (expected[met] + shape)
    scaled = np.ones_like(shared)
    scaled[met] = factor / factor.mean()
    return scaled


def _shape(shared: Values, expected: Values) -> Strength:
    def likely(log: float) -> float:
        beforehand = ((log - _TYPICAL) / _WIDTH) ** 2 / 2
        return betas.gamma_poisson(shared, expected, math.exp(log)) - beforehand

    return believed(likely, *_SHAPES, near=0.01)


def _unknown(fit: Fit) -> tuple[Rates, Rates, Rates, Rates]:
    """Return the rates of edges, sources, targets and of all, without intervals."""
    every = fit.chance, *(np.minimum(fit.overall * one, _MOST) for one in fit.factors), np.array([fit.overall])
    edges, source, target, usual = (Rates(one, *np.full((2, one.size), np.nan)) for one in every)
    return edges, source, target, usual


def _edges(evidence: Evidence, fit: Fit, unsure: Values) -> Rates:
    """Return the edges' rates; `unsure` is the variance of the usual relative to its square.

    An edge that only ever acted together with others knows less than its shares suggest: its own record counts by
    minus the second derivative of its log likelihood.
    """
    chance, usual, edge = fit.chance, fit.usual, fit.strengths.edge.value
    curved = kernels.evidence(evidence.causes, evidence.begin, chance) + evidence.failed / (1 - chance) ** 2
    own = chance * (1 - chance) * curved
    prior = chance * (1 - chance) * edge * (usual / chance**2 + (1 - usual) / (1 - chance) ** 2)
    worth = np.maximum(own + prior - edge, 0.0)
    strength = fit.strengths.edge
    joins = np.clip(chance * (worth + edge) - edge * usual, 0.0, worth)
    found = shrunk_rates(chance, joins=joins, failures=worth - joins, usual=usual, unsure=unsure, strength=strength)
    return replace(found, low=np.where(found.low < _NEXT_TO_NOTHING, 0.0, found.low))
