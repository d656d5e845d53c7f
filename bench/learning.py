"""Foretelling who acts from a log without parents: every estimator beside the textbooks', on the same cascades.

And how often 95 % intervals hold what made the data: of edges after few cascades; of rates of invitations in a new
channel, and of what is usual while most invitations are young.

With SEBAR_TEST_GRAPHS, a folder of public graphs, its logs are used, else one is made.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.csv
from numpy.typing import NDArray

from graphs import best, grown
from sebar.spread._kernels import exposures as kernels
from sebar.spread.graph import Graph
from sebar.spread.learning import logs
from sebar.spread.learning.influence import By, Evidence, HeldOut, Learner, Strengths
from sebar.spread.learning.invitations import invitation_rates, rates_by_invitation
from sebar.spread.learning.logs import learn_from_log
from sebar.spread.learning.shrinkage import Strength
from sebar.spread.reading import read_edges

Log = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
LOGS = ("stackexchange-android", "stackexchange-christianity")
ROUNDS = 30
CAMPAIGNS = 60
LOGS_MADE = 12
FLOOR = 1e-4  # under the textbooks' chances, or one act they think impossible would cost them all


def main() -> None:
    for name, graph, log, judge in data():
        print(f"\n{name}: {graph.nodes:,} people, {graph.edges:,} edges, {len(log[0]):,} acts")
        compare(graph, log, judge)
    coverage()


def data() -> Iterator[tuple[str, Graph, Log, NDArray[np.bool_]]]:
    folder = Path(os.environ.get("SEBAR_TEST_GRAPHS") or "graphs")
    found = [name for name in LOGS if (folder / name).is_dir()]
    for name in found:
        table = pyarrow.csv.read_csv(folder / name / "actions.csv.gz")
        log = table["cascade"].to_numpy(), table["user"].to_numpy(), table["time"].to_numpy().astype(np.float64)
        graph = read_edges(folder / name / "edges.csv.gz", directed=False)
        yield name, graph, log, np.array(table["split"].to_pylist()) == "test"
    if not found:
        graph = grown(3000, 6)
        log, _ = made(graph)
        yield "made", graph, log, log[0] % 5 == 4


def made(graph: Graph, cascades: int = 400, seed: int = 1) -> tuple[Log, NDArray[np.float64]]:
    """Make a log in which people and ties differ in how likely they pass on, and say how likely each tie does."""
    random = np.random.default_rng(seed)
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.start))
    usual = 0.03 * random.gamma(1, 1, graph.nodes)[source] * random.gamma(0.5, 2, graph.nodes)[graph.neighbours]
    chance = random.beta(80 * np.minimum(usual, 0.5), 80 * (1 - np.minimum(usual, 0.5)))
    rows = []
    for cascade in range(cascades):
        new = random.choice(graph.nodes, 5, replace=False).tolist()
        acted = dict.fromkeys(new, 0)
        while new and len(acted) < 500:
            step = acted[new[0]] + 1
            edges = np.concatenate([np.arange(graph.start[one], graph.start[one + 1]) for one in new])
            reached = graph.neighbours[edges[random.random(len(edges)) < chance[edges]]].tolist()
            new = sorted(set(reached) - acted.keys())
            acted.update(dict.fromkeys(new, step))
        rows += [(cascade, person, step) for person, step in acted.items()]
    cascade, person, step = np.array(rows).T
    return (cascade, person, step.astype(np.float64)), chance


def compare(graph: Graph, log: Log, judge: NDArray[np.bool_]) -> None:
    exposed = logs._exposed(graph, *log, math.inf)  # noqa: SLF001 - the peers are fitted to the very same exposures
    judges = logs._judges(exposed, judge)  # noqa: SLF001 - same
    evidence = exposed.evidence(~judges)
    peers: dict[str, Callable[[Evidence], NDArray[np.float64]]] = {
        "Goyal, Bernoulli": goyal_bernoulli,
        "Goyal, partial credit": goyal_partial_credit,
        "Saito, EM per edge": saito,
    }
    print(f"  {'':38}log loss    AUC  predicted:observed")
    for name, fit in peers.items():
        show(name, logs._score(exposed, judges, np.clip(fit(evidence), FLOOR, 1 - FLOOR)))  # noqa: SLF001 - same
    estimators: tuple[By, ...] = ("all", "source", "target", "edge")
    for by in estimators:
        began = time.perf_counter()
        found = learn_from_log(graph, *log, by=by, judge=judge)
        words = f"{time.perf_counter() - began:.1f} s"
        if by == "edge":
            words += f", strength {found.strength:.0f}"
        if found.held_out is not None:
            show(f"ours, by {by} ({words})", found.held_out)
    pass_ = best(lambda: logs._exposed(graph, *log, math.inf))  # noqa: SLF001 - measured alone
    once = best(lambda: Learner(graph).fit(evidence, Strengths(Strength(1.0), Strength(1.0), Strength(80.0))))
    theirs = best(lambda: saito(evidence))
    print(
        f"  {len(exposed.acted):,} exposures found in {pass_:.3f} s; one fit takes {once:.3f} s,"
        f" {once / theirs:.2f} times {ROUNDS} rounds of EM per edge"
    )


def coverage() -> None:
    graph = grown(300, 6)
    print(f"\n95 % intervals of ties that held, of {LOGS_MADE} made logs, and how wide, as shares of the mean chance")
    for cascades in (20, 50, 200, 500):
        held, width = np.mean([after(graph, cascades, seed) for seed in range(LOGS_MADE)], axis=0)
        print(f"  after {cascades} cascades: {held:.0%}, {width:.0%} wide")
    print(f"\n95 % intervals that held, of {CAMPAIGNS} campaigns")
    for channels in (1, 2, 3, 4, 6):
        for inviters in (10, 50):
            held = [new_channel(channels, inviters, seed) for seed in range(CAMPAIGNS)]
            said = [one for one in held if one is not None]
            words = f"{np.mean(said):.0%}" if said else "nothing is said"
            print(f"  a new channel, after {channels} with {inviters} inviters each: {words}")
    for days in (1.5, 3.0, 6.0):
        held = [while_young(days, seed) for seed in range(CAMPAIGNS)]
        print(f"  usual after {days:g} days, when twice as many are sent every day: {np.mean(held):.0%}")


def after(graph: Graph, cascades: int, seed: int) -> tuple[float, float]:
    """Return the share of ties whose interval holds what made the log, and how wide the intervals are."""
    log, chance = made(graph, cascades, seed)
    found = learn_from_log(graph, *log, window=1.0)
    held = (found.low <= chance) & (chance <= found.high)
    return float(held.mean()), float((found.high - found.low).mean() / chance.mean())


def new_channel(channels: int, inviters: int, seed: int) -> bool | None:
    """Return whether the interval for a new channel holds its rate, where channels differ by 0.7 on the logit."""
    random = np.random.default_rng(seed)
    usual = 1 / (1 + np.exp(1.5 - 0.7 * random.standard_normal(channels + 1)))
    channel = np.arange(channels * inviters) % channels
    truth = random.beta(8 * usual[channel], 8 * (1 - usual[channel]))
    new = invitation_rates(np.full(len(truth), 10), random.binomial(10, truth), channel).elsewhere
    return None if new is None else bool(new.low <= usual[-1] <= new.high)


def while_young(days: float, seed: int, usual: float = 0.3) -> bool:
    """Return whether the interval of what is usual holds it; delays are log-normal around a day."""
    random = np.random.default_rng(seed)
    inviter = np.repeat(np.arange(400), 5)
    truth = random.beta(8 * usual, 8 * (1 - usual), 400)
    sent = np.log2(1 + random.random(len(inviter)) * (2**days - 1))
    arrived = sent + random.lognormal(0, 1, len(inviter))
    joined = np.where((random.random(len(inviter)) < truth[inviter]) & (arrived <= days), arrived, np.nan)
    found = rates_by_invitation(inviter, np.zeros_like(inviter), sent, joined, now=days).learned.usual
    return bool(found.low[0, 0] <= usual <= found.high[0, 0])


def show(name: str, score: HeldOut) -> None:
    print(f"  {name:38}{score.log_loss:.5f}  {score.auc:.4f}  {score.predicted_to_observed:.3f}")


def goyal_bernoulli(evidence: Evidence) -> NDArray[np.float64]:
    """Every neighbour who acted before has succeeded."""
    passed = np.bincount(evidence.causes, minlength=len(evidence.failed))
    return passed / np.maximum(evidence.tries, 1)


def goyal_partial_credit(evidence: Evidence) -> NDArray[np.float64]:
    """The neighbours who acted before share the success equally."""
    sizes = np.diff(evidence.begin)
    shared = np.bincount(evidence.causes, np.repeat(1 / sizes, sizes), len(evidence.failed))
    return shared / np.maximum(evidence.tries, 1)


def saito(evidence: Evidence) -> NDArray[np.float64]:
    """Each edge has its own rate: the likeliest, with nothing to hold it."""
    chance = np.full(len(evidence.failed), 0.01)
    for _ in range(ROUNDS):
        chance = kernels.credited(evidence.causes, evidence.begin, chance) / np.maximum(evidence.tries, 1)
    # What was never tried has the rate of all, or it could not happen.
    return np.where(evidence.tries > 0, chance, evidence.successes / evidence.tries.sum())


if __name__ == "__main__":
    main()
