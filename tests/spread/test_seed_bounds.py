"""Seeds under every condition, against all possible choices on hundreds of small graphs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from sebar.spread.diffusion import simulate
from sebar.spread.exact import exact_spread
from sebar.spread.graph import Graph, from_edges
from sebar.spread.model import Model
from sebar.spread.seeding import choose_seeds

PEOPLE, EDGES = 7, 9
SUBSETS = np.arange(2**PEOPLE)[:, None] >> np.arange(PEOPLE) & 1 == 1
PAIRS = np.flatnonzero(SUBSETS.sum(axis=1) == 2)
GIVEN = Model(probability="given")


def small(number: int) -> Graph:
    random = np.random.default_rng(number)
    pairs = np.array(list(itertools.permutations(range(PEOPLE), 2)))
    chosen = pairs[random.choice(len(pairs), EDGES, replace=False)]
    return from_edges(chosen[:, 0], chosen[:, 1], nodes=PEOPLE, probability=random.random(EDGES))


def chances(graph: Graph, length: np.ndarray, weight: np.ndarray, until: float) -> np.ndarray:
    """Return (2^people, people) the chance that these seeds reach each person.

    `length` is (edges, worlds) how long each edge takes (infinite if it is not live), `weight` each world's chance.
    """
    source = np.repeat(np.arange(PEOPLE), np.diff(graph.start))
    time = np.full((PEOPLE, PEOPLE, len(weight)), math.inf)
    time[np.arange(PEOPLE), np.arange(PEOPLE)] = 0
    for _ in range(PEOPLE - 1):
        for edge in range(graph.edges):
            a, b = source[edge], graph.neighbours[edge]
            time[b] = np.minimum(time[b], time[a] + length[edge])
    reached = time <= min(until, 1e9)
    soonest = np.zeros((len(SUBSETS), PEOPLE, len(weight)), bool)
    for number in range(1, len(SUBSETS)):
        lowest = (number & -number).bit_length() - 1
        soonest[number] = soonest[number & (number - 1)] | reached[:, lowest]
    return soonest @ weight


def all_worlds(graph: Graph, until: float = math.inf) -> np.ndarray:
    live = np.arange(2**graph.edges) >> np.arange(graph.edges)[:, None] & 1 == 1
    chance = graph.probability
    assert chance is not None
    chance = chance[:, None]
    return chances(graph, np.where(live, 1.0, math.inf), np.where(live, chance, 1 - chance).prod(axis=0), until)


def some_worlds(graph: Graph, model: Model, worlds: int = 2000) -> np.ndarray:
    """Do the same for exponential delays, by worlds drawn at random: each chance within 0.05."""
    random = np.random.default_rng(99)
    live = graph.probability[:, None] > random.random((worlds, graph.edges)).T  # type: ignore[index] # it has one
    length = np.where(live, random.exponential(model.delay or 1.0, live.shape), math.inf)
    return chances(graph, length, np.full(worlds, 1 / worlds), model.deadline)


def subset(seeds: np.ndarray) -> int:
    return int((1 << seeds.astype(np.int64)).sum())


def test_the_table_agrees_with_enumeration() -> None:
    graph = small(4)
    table = all_worlds(graph, until=2).sum(axis=1)
    assert table[0b100010] == pytest.approx(exact_spread(graph, Model(probability="given", deadline=2), [1, 5]))


# At a chance of failure of 0.05 a graph, 150 graphs leave room for 18 (one run in a thousand would fail).


def test_bounds_hold_within_a_deadline() -> None:
    wrong = 0
    for number in range(150):
        graph, steps = small(number), 1 + number % 3
        found = choose_seeds(graph, Model(probability="given", deadline=steps), count=2, failure=0.05, seed=number)
        reach = all_worlds(graph, steps).sum(axis=1)
        wrong += found.at_least > reach[subset(found.seeds)] + 1e-9 or reach[PAIRS].max() > found.at_most + 1e-9
        assert reach[subset(found.seeds)] >= 0.53 * reach[PAIRS].max()
    assert wrong <= 18


def test_bounds_hold_in_continuous_time() -> None:
    wrong = covered = 0
    for number in range(150):
        graph, model = small(number), Model(probability="given", delay=0.5 + number % 4, deadline=2.0)
        found = choose_seeds(graph, model, count=2, error=0.02, failure=0.05, seed=number)
        reach, error = some_worlds(graph, model).sum(axis=1), 0.1
        wrong += found.at_least > reach[subset(found.seeds)] + error
        wrong += reach[PAIRS].max() > found.at_most + error
        assert reach[subset(found.seeds)] >= 0.5 * reach[PAIRS].max()
        covered += found.reach.low - error / 2 <= reach[subset(found.seeds)] <= found.reach.high + error / 2
    assert wrong <= 18
    assert covered >= 140


def test_bounds_hold_for_an_audience() -> None:
    wrong = 0
    for number in range(150):
        graph = small(number)
        weights = np.random.default_rng(number).integers(0, 4, PEOPLE).astype(float)
        weights[number % PEOPLE] += 1
        found = choose_seeds(graph, GIVEN, count=2, weights=weights, failure=0.05, seed=number)
        reach = all_worlds(graph) @ weights
        wrong += found.at_least > reach[subset(found.seeds)] + 1e-9 or reach[PAIRS].max() > found.at_most + 1e-9
        assert reach[subset(found.seeds)] >= 0.53 * reach[PAIRS].max()
    assert wrong <= 18


def test_bounds_hold_for_a_budget() -> None:
    wrong = 0
    for number in range(150):
        graph = small(number)
        random = np.random.default_rng(number)
        led_astray = random.choice([0.5, 1.0, 2.5, 3.4], PEOPLE)  # by gain per cost
        costs = led_astray if number % 2 else random.uniform(0.5, 3, PEOPLE)
        found = choose_seeds(graph, GIVEN, budget=3.5, costs=costs, failure=0.05, error=0.05, seed=number)
        assert costs[found.seeds].sum() <= 3.5
        reach = all_worlds(graph).sum(axis=1)
        optimum = reach[costs @ SUBSETS.T <= 3.5].max()
        wrong += found.at_least > reach[subset(found.seeds)] + 1e-9 or optimum > found.at_most + 1e-9
        assert reach[subset(found.seeds)] >= 0.45 * optimum
    assert wrong <= 18


def test_groups_get_their_minimum_and_bounds_hold() -> None:
    """Where some two seeds give both groups a fifth more than the minimum, seeds that give it are found."""
    wrong = covered = asked = 0
    for number in range(150):
        graph, group = small(number), np.arange(PEOPLE) % 2
        table = all_worlds(graph)
        by_group = np.stack([table[:, group == one].sum(axis=1) for one in (0, 1)], axis=1)
        least = by_group[PAIRS][np.random.default_rng(number).integers(len(PAIRS))] / 1.2
        found = choose_seeds(graph, GIVEN, count=2, groups=group, at_least_per_group=least, failure=0.05, seed=number)
        chosen = subset(found.seeds)
        reach = table.sum(axis=1)
        wrong += found.at_least > reach[chosen] + 1e-9 or reach[PAIRS].max() > found.at_most + 1e-9
        covered += sum(
            one.low <= exact <= one.high for one, exact in zip(found.by_group, by_group[chosen], strict=True)
        )
        asked += 2
        assert np.all(by_group[chosen] >= least - 0.25), number
    assert wrong <= 18
    assert covered >= 0.9 * asked


def crowd(people: int = 300, edges: int = 1500, seed: int = 1) -> Graph:
    random = np.random.default_rng(seed)
    target = (people * random.random(edges) ** 2).astype(np.int64)
    return from_edges(target, random.integers(0, people, edges), nodes=people)


def path(people: int) -> Graph:
    return from_edges(np.arange(people - 1), np.arange(1, people))


def cliques(*sizes: int) -> Graph:
    """Return groups of people who all know each other, and nobody else."""
    pairs = np.empty((0, 2), np.int64)
    for size in sizes:
        first = 0 if not len(pairs) else pairs.max() + 1
        pairs = np.concatenate([pairs, first + np.array(list(itertools.permutations(range(size), 2)))])
    return from_edges(pairs[:, 0], pairs[:, 1])


@pytest.mark.parametrize(
    "model",
    [
        Model(probability="weighted", delay=1.0, deadline=1.5),
        Model(probability=0.1, delay=24.0),
    ],
)
def test_seeds_in_time_reach_what_simulation_says(model: Model) -> None:
    graph = crowd()
    found = choose_seeds(graph, model, count=5, error=0.03, seed=2)
    truth = simulate(graph, model, found.seeds, worlds=20_000, seed=3).reached
    assert found.at_least <= truth.high
    assert truth.low <= found.at_most
    assert abs(found.reach.value - truth.value) <= 1.5 * (found.reach.high - found.reach.low)


def test_haste_changes_whom_to_start_with() -> None:
    """A long chain wins when there is time; a star when there is none."""
    graph = from_edges([*range(9), *[10] * 5], [*range(1, 10), *range(11, 16)])
    patient = choose_seeds(graph, Model(probability=1.0, delay=1.0, deadline=50.0), count=1, seed=1)
    hasty = choose_seeds(graph, Model(probability=1.0, delay=1.0, deadline=0.5), count=1, seed=1)
    assert (patient.seeds.tolist(), hasty.seeds.tolist()) == ([0], [10])


def test_a_minimum_moves_a_seed_to_the_smaller_group() -> None:
    """By reach alone both seeds go into the larger cliques; those of no group (-1) are in nobody's figures."""
    graph, group, sure = cliques(10, 10, 6), np.repeat([0, 0, 1], [10, 10, 6]), Model(probability=1.0)
    assert all(choose_seeds(graph, sure, count=2, seed=1).seeds < 20)
    fair = choose_seeds(graph, sure, count=2, groups=group, at_least_per_group=5, seed=1)
    assert sorted(group[fair.seeds]) == [0, 1]
    told = choose_seeds(graph, sure, count=2, groups=np.where(group == 1, -1, 0), error=0.02, seed=1)
    assert len(told.by_group) == 1
    assert told.by_group[0].low <= 20 <= told.by_group[0].high


def test_harm_leaves_no_worthwhile_seed_out() -> None:
    """With quality 0.7 and harm 2 somebody is worth 0.1, and -0.53 a step on: only the chain's end is worth it."""
    model = Model(probability=1.0, quality=0.7)
    found = choose_seeds(path(6), model, count=1, harm=2.0, seed=1)
    assert found.seeds.tolist() == [5]
    assert 0 < found.at_least <= 0.1 <= found.at_most
    assert found.reach.low <= 0.1 <= found.reach.high


def test_one_step_from_the_end_of_a_chain_is_best_where_two_steps_hurt() -> None:
    """With quality 0.85 and harm 2 people are worth 0.55, then 0.1675, and -0.157625 two steps on."""
    model = Model(probability=1.0, quality=0.85)
    found = choose_seeds(path(12), model, count=1, harm=2.0, error=0.02, seed=1)
    assert found.seeds.tolist() == [10]
    assert found.at_least <= 0.7175 <= found.at_most
    assert found.negative is not None
    assert found.negative.low <= 2 - 0.85 - 0.85**2 <= found.negative.high


def test_nobody_surely_brings_nothing() -> None:
    found = choose_seeds(path(6), Model(probability=1.0, quality=0.6), count=3, harm=2.0, seed=1)
    assert not len(found.seeds)
    assert found.negative is not None
    assert (found.reach.low, found.reach.high, found.negative.low, found.negative.high) == (0, 0, 0, 0)


def test_an_empty_graph_has_no_seeds() -> None:
    with pytest.raises(ValueError, match="graph is empty"):
        choose_seeds(from_edges([], []), Model(), count=1, seed=1)
