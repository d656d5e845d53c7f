"""Learning who influences whom from logs of who acted when, where nobody knows through whom."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import exposures as kernels
from sebar.spread.graph import Graph
from sebar.spread.learning.influence import By, Evidence, HeldOut, Influence, Learner, Strengths
from sebar.spread.learning.shrinkage import Strength, believed

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

TYPICAL_STRENGTH: Final = 80.0
"""How many exposures the usual counts for where a log is too small to say: measured on two networks' logs.

A log must speak against it: its logarithm is taken as normal with standard deviation 1.5 beforehand.
"""

_FIFTH: Final = 5  # each fifth cascade judges, when nobody says which
_FEWEST: Final = 10  # cascades from which on some are kept back to judge
_TYPICAL: Final = math.log(TYPICAL_STRENGTH)
_WIDTH: Final = 1.5


def learn_from_log(
    graph: Graph,
    cascade: ArrayLike,
    person: ArrayLike,
    time: ArrayLike,
    *,
    window: float = math.inf,
    by: By = "edge",
    judge: ArrayLike | None = None,
) -> Influence:
    """Learn each edge's chance of passing on from who acted when.

    A person is exposed in a cascade as soon as a neighbour acts before them; the exposure is acted upon if they act
    later, and then at least one of the neighbours who acted before passed it on (independent cascade). Who did is not
    known: each has its expected share (EM; Saito and others), and

        edge = (shares + strength * usual) / (tries + strength),   usual = source * target / all.

    A person's rate as source, or as target, is a gamma factor of that of all, of mean 1 and the likeliest shape. The
    strength is that with which each fifth of the cascades to learn from is best foretold by the other four; those that
    judge are not used. How well shapes and strength are known is part of every interval: few cascades say little of
    how much people and edges differ.

    **Such logs cannot tell influence from mere activity.** Whoever does much also does much after their neighbours, and
    neighbours are alike. The chances foretell who acts; that they act *because* of it, only an experiment shows.

    Parameters
    ----------
    graph
        Who may influence whom.
    cascade
        (r,) what it was about: any labels, equal for acts that belong together. Cascades should be over: acts yet to
        come count as refusals.
    person
        (r,) node numbers (`Graph.numbers` of names). Of several acts in one cascade the first counts.
    time
        (r,) time of the act, comparable within a cascade. Acts at the same time do not cause each other.
    window
        Longest time, in the unit of `time`, after which an act is still a consequence.
    by
        What has a rate of its own: each ``edge``, only people as ``source`` or as ``target``, or nobody (one rate for
        ``all``). Only by edges there are intervals; the others are for comparison.
    judge
        (r,) whether the row's cascade only judges; nothing is learned from those. By default each fifth cascade is
        foretold by the others, and then all of them are learned from.

    Returns
    -------
    Influence
        Memory grows with the pairs of an act and a neighbour, about 40 bytes each.

    Raises
    ------
    ValueError
        One sentence, when the log does not fit the graph or shows nobody who acted after a neighbour.

    References
    ----------
    Goyal, Bonchi, Lakshmanan: Learning influence probabilities in social networks. WSDM 2010.
    Saito, Nakano, Kimura: Prediction of information diffusion probabilities for independent cascade model. KES 2008.
    """
    log = _exposed(graph, cascade, person, time, window)
    judges = _judges(log, judge)
    learner = Learner(graph, by)
    strengths = _strengths(learner, log, ~judges)
    evidence = log.evidence(~judges)
    fit = learner.fit(evidence, strengths)
    held_out = _score(log, judges, fit.chance) if judges.any() else None
    if judge is None and judges.any():
        evidence = log.evidence(np.ones_like(judges))
        fit = learner.fit(evidence, strengths)
    return learner.influence(evidence, fit, held_out)


@dataclass(frozen=True, slots=True)
class _Log:
    """All exposures (see `_kernels.exposures`), and each row's cascade: ``labels[number]``."""

    members: Numbers
    first: Numbers
    acted: Flags
    cascade: Numbers
    edges: int
    labels: NDArray[np.generic]
    number: Numbers

    def evidence(self, chosen: Flags) -> Evidence:
        return Evidence(*kernels.tallied(self.members, self.first, self.acted, chosen, self.edges))

    def fifth(self, chosen: Flags, which: int) -> Flags:
        """Return which of the chosen exposures are of every fifth of their cascades, from the one numbered so on."""
        present = np.zeros(len(self.labels), np.int64)
        present[self.cascade[chosen]] = 1
        order = np.cumsum(present) - 1
        return chosen & np.equal(order[self.cascade] % _FIFTH, which)


def _exposed(graph: Graph, cascade: ArrayLike, person: ArrayLike, time: ArrayLike, window: float) -> _Log:
    labels, who, when = np.asarray(cascade), np.asarray(person), np.asarray(time, np.float64)
    _check(graph, labels, who, when, window)
    names, number = np.unique(labels, return_inverse=True)
    order = np.lexsort((when, number))
    _, earliest = np.unique(number[order] * graph.nodes + who[order], return_index=True)
    rows = order[np.sort(earliest)]
    bounds = np.searchsorted(number[rows], np.arange(len(names) + 1))
    people = who[rows].astype(np.uint32)
    found = kernels.exposures(graph.start, graph.neighbours, bounds, people, when[rows], float(window))
    if not found[2].any():
        raise ValueError("Nobody in this log acted after a neighbour did: there is nothing to learn from.")
    return _Log(*found, graph.edges, names, number)


def _check(graph: Graph, labels: NDArray[np.generic], who: Numbers, when: Values, window: float) -> None:
    if not (labels.shape == who.shape == when.shape and when.ndim == 1):
        raise ValueError("Cascades, people and times must be three rows of the same length.")
    if not np.isfinite(when).all():
        raise ValueError(f"Row {int(np.argmin(np.isfinite(when)))} of the log has no time.")
    outside = (who < 0) | (who >= graph.nodes)
    if outside.any():
        raise ValueError(f"Person {who[outside][0]} of the log is not in this graph of {graph.nodes:,} people.")
    if not window > 0:
        raise ValueError(f"The window is {window}: it must be above 0.")


def _judges(log: _Log, judge: ArrayLike | None) -> Flags:
    """Return which exposures only judge."""
    everything = np.ones(len(log.acted), np.bool_)
    if judge is None:
        chosen = log.fifth(everything, _FIFTH - 1)
        return chosen if len(log.labels) >= _FEWEST and _can_judge(log, everything, chosen) else ~everything
    asked = np.asarray(judge, np.bool_)
    if asked.shape != log.number.shape:
        raise ValueError(f"The log has {len(log.number):,} rows, but {asked.size:,} say whether they judge.")
    judging = np.zeros(len(log.labels), np.bool_)
    judging[log.number[asked]] = True
    if (judging[log.number] != asked).any():
        name = log.labels[log.number[judging[log.number] != asked][0]]
        raise ValueError(f"Some rows of cascade {name} judge and others do not: a cascade does one or the other.")
    if not (log.acted & ~judging[log.cascade]).any():
        raise ValueError("Nobody acted after a neighbour in the cascades to learn from: let fewer of them judge.")
    return judging[log.cascade]


def _strengths(learner: Learner, log: _Log, chosen: Flags) -> Strengths:
    """Learn from the chosen exposures how much the usual counts: what foretells each fifth best from the others."""
    shapes = learner.shapes(log.evidence(chosen))
    if learner.by != "edge":
        return shapes
    fifths = [one for one in map(log.fifth, [chosen] * _FIFTH, range(_FIFTH)) if _can_judge(log, chosen, one)]
    rest = [log.evidence(chosen & ~one) for one in fifths]

    def gain(log_strength: float) -> float:
        likely = -(((log_strength - _TYPICAL) / _WIDTH) ** 2) / 2
        for fifth, evidence in zip(fifths, rest, strict=True):
            fit = learner.fit(evidence, replace(shapes, edge=Strength(math.exp(log_strength))))
            likely -= float(_surprise(*_foretold(log, fifth, fit.chance)).sum())
        return likely

    return replace(shapes, edge=believed(gain, _TYPICAL - 4, _TYPICAL + 4, near=0.3))


def _can_judge(log: _Log, chosen: Flags, judges: Flags) -> bool:
    return bool(judges.any() and (log.acted & chosen & ~judges).any())


def _score(log: _Log, chosen: Flags, chance: Values) -> HeldOut:
    told, acted = _foretold(log, chosen, chance)
    happened = int(acted.sum())
    return HeldOut(
        exposures=len(told),
        acted=happened,
        log_loss=float(_surprise(told, acted).mean()),
        auc=_auc(told, acted),
        predicted_to_observed=float(told.sum() / happened) if happened else math.inf,
    )


def _foretold(log: _Log, chosen: Flags, chance: Values) -> tuple[Values, Flags]:
    """Return, for the chosen exposures, the chance that they are acted upon, and whether they were."""
    told = kernels.foretold(log.members, log.first, chosen, chance)
    return np.clip(told, 1e-15, 1 - 1e-15), log.acted[chosen]


def _surprise(told: Values, acted: Flags) -> Values:
    return -np.log(np.where(acted, told, 1 - told))


def _auc(told: Values, acted: Flags) -> float:
    """Return the share of pairs in the right order, ties counted half (Mann and Whitney)."""
    _, place, count = np.unique(told, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    yes, no = int(acted.sum()), int((~acted).sum())
    return float((rank[place[acted]].sum() - yes * (yes + 1) / 2) / (yes * no)) if yes and no else math.nan
