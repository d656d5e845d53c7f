"""Whom to start with: the best seeds for a count, a budget, an audience and a deadline, and how good they provably are.

Reverse sets (Borgs et al. 2014) turn reach into coverage: the share of sets that hold a seed is the share of people
whom the seeds reach. What is asked is checked in `seed_question`, seeds are chosen in `seed_choice`, and how many sets
that takes, and what they prove, is in `seed_proof`.

References
----------
Tang, Tang, Xiao, Yuan: Online processing algorithms for influence maximization. SIGMOD 2018.
Guo, Wang, Wei, Chen: Influence maximization revisited: efficient reverse reachable set generation with bound tightened.
SIGMOD 2020.
Du, Song, Gomez-Rodriguez, Zha: Scalable influence estimation in continuous-time diffusion networks. NIPS 2013.
Chen et al.: Influence maximization in social networks when negative opinions may emerge and propagate. SDM 2011.
Krause, McMahan, Guestrin, Gupta: Robust submodular observation selection. JMLR 9, 2008 (for groups).
Golovin, Krause: Adaptive submodularity. JAIR 42, 2011 (wave by wave).
Yaroslavtsev, Zhou, Avdiukhin: "Bring your own greedy"+max: near-optimal 1/2-approximations for submodular knapsack.
AISTATS 2020 (for a budget).
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from sebar.spread.diffusion import node_numbers
from sebar.spread.graph import Graph
from sebar.spread.model import Model
from sebar.spread.seed_proof import answer
from sebar.spread.seed_question import Engine, Seeding, limits, question

__all__ = ["Engine", "Seeding", "choose_seeds", "evaluate_seeds"]


def choose_seeds(
    graph: Graph,
    model: Model,
    *,
    count: int | None = None,
    budget: float | None = None,
    costs: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    excluded: ArrayLike | None = None,
    already: ArrayLike | None = None,
    reached: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    at_least_per_group: ArrayLike | None = None,
    harm: float = 0.0,
    error: float | None = None,
    failure: float | None = None,
    seconds: float | None = None,
    memory_limit: int | None = None,
    sentinels: bool | None = None,
    seed: int,
    threads: int = 1,
    engine: Engine = "local",
    progress: Callable[[Seeding], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Seeding:
    """Choose whom to start with.

    Parameters
    ----------
    graph, model
        Who may pass on to whom, and how; with a quality below 1, those reached who like it are counted.
    count
        How many seeds (everybody allowed, if they are fewer); or
    budget, costs
        what they may cost together, and (n,) what each costs.
    weights
        (n,) what reaching each person counts: the audience. By default everybody counts 1.
    allowed, excluded
        Node numbers of those who may, and may not, be seeds. All may be reached.
    already
        Node numbers of those who have it anyway and will pass it on: reach counts beyond what they reach.
    reached
        Node numbers of those whom waves before have reached, and who have passed it on: they count no more and pass
        nothing on any more. The bounds are of this wave; of all waves together nothing is proved here.
    groups, at_least_per_group
        (n,) each person's group, numbers from 0 up or words, -1 or "" for none; and how many (or what weight) the seeds
        must reach in each, one number or (groups,). Minima are filled first, then reach. The minima may cost reach, so
        nothing is guaranteed in advance; what is proved, against the best without minima, stays true.
    harm
        What somebody who does not like it costs, where one who likes it is worth 1; it takes a quality below 1. More
        seeds may do harm, so fewer may be chosen, or nobody. Nothing is guaranteed in advance; what is proved is true.
    error
        How far the proved guarantee may stay below ``1 - 1/e`` (one half for a budget, or what the sets themselves say
        of seeds for groups or with harm, and of seeds by hand); 0.1 by default.
    failure
        Chance that the bounds may be wrong; 1 / n by default, but at most 0.01.
    seconds
        Time limit. Without an error, all of it is used to prove more.
    memory_limit
        Bytes for sets; half of what is free by default. At the limit it stops and says what is proved.
    sentinels
        Whether sets end at a few surely good seeds; by default where a trial says that it pays.
    seed
        Random seed; the result is the same for any number of threads, and for any engine.
    threads
        How many.
    engine
        ``local``, or ``ray`` to draw sets on all machines of a Ray cluster.
    progress
        Called with what is known after every doubling.
    stop
        Asked now and then whether to stop early and say what is proved so far.

    Raises
    ------
    ValueError
        One sentence, when something is out of range, nothing can be chosen, or no seeds were found that
        give every group its minimum.
    """
    task = question(
        graph,
        model,
        count=count,
        budget=budget,
        costs=costs,
        weights=weights,
        allowed=allowed,
        excluded=excluded,
        already=already,
        reached=reached,
        groups=groups,
        at_least_per_group=at_least_per_group,
        harm=harm,
        seed=seed,
        fixed=None,
        engine=engine,
    )
    until = limits(
        graph, error=error, failure=failure, seconds=seconds, memory_limit=memory_limit, threads=threads, stop=stop
    )
    return answer(task, until, sentinels, progress)


def evaluate_seeds(
    graph: Graph,
    model: Model,
    seeds: ArrayLike,
    *,
    costs: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    excluded: ArrayLike | None = None,
    already: ArrayLike | None = None,
    reached: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    harm: float = 0.0,
    error: float | None = None,
    failure: float | None = None,
    seconds: float | None = None,
    memory_limit: int | None = None,
    seed: int,
    threads: int = 1,
    engine: Engine = "local",
    progress: Callable[[Seeding], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Seeding:
    """Judge seeds chosen by hand against the best possible; arguments as in `choose_seeds`.

    `Seeding.at_least` bounds the given seeds; `Seeding.at_most` the best possible of as many, or with costs of those
    that cost no more together, among those allowed; a seed that is not allowed is refused.
    """
    chosen = node_numbers(graph, seeds, "seed")
    if not len(chosen):
        raise ValueError("There are no seeds to judge.")
    task = question(
        graph,
        model,
        count=None,
        budget=None,
        costs=costs,
        weights=weights,
        allowed=allowed,
        excluded=excluded,
        already=already,
        reached=reached,
        groups=groups,
        at_least_per_group=None,
        harm=harm,
        seed=seed,
        fixed=chosen,
        engine=engine,
    )
    until = limits(
        graph, error=error, failure=failure, seconds=seconds, memory_limit=memory_limit, threads=threads, stop=stop
    )
    return answer(task, until, False, progress)
