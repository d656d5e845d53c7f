"""Simulation against closed forms, enumeration and itself: both paths, any threads, the same worlds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sebar.spread.diffusion import Path, by_group, difference, reach_probability, simulate
from sebar.spread.exact import exact_spread
from sebar.spread.graph import Graph, from_edges, trivalency
from sebar.spread.model import Model
from sebar.spread.seeding import choose_seeds
from sebar.spread.special import share_bounds

DIAMOND = from_edges([0, 0, 1, 2], [1, 2, 3, 3])
WORLDS = 20_000


def path(people: int) -> Graph:
    return from_edges(np.arange(people - 1), np.arange(1, people))


def star(leaves: int) -> Graph:
    return from_edges(np.zeros(leaves, np.int64), np.arange(1, leaves + 1))


def tree(branches: int, depth: int) -> Graph:
    people = sum(branches**level for level in range(depth + 1))
    child = np.arange(1, people)
    return from_edges((child - 1) // branches, child)


def erlang_cdf(hops: int, deadline: float) -> float:
    return 1 - math.exp(-deadline) * sum(deadline**i / math.factorial(i) for i in range(hops))


@st.composite
def small(draw: st.DrawFn) -> Graph:
    """Graphs of up to 7 people and 10 edges with probabilities, in-weights at most 1."""
    people = draw(st.integers(2, 7))
    pairs = [(a, b) for a in range(people) for b in range(people) if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=10, unique=True))
    source, target = np.array(chosen).T
    weight = np.array(draw(st.lists(st.floats(0, 1), min_size=len(chosen), max_size=len(chosen))))
    return from_edges(source, target, nodes=people, probability=weight / np.bincount(target)[target])


KNOWN = [
    (path(5), Model(probability=0.4), (1 - 0.4**5) / 0.6),
    (star(9), Model(probability=0.3), 1 + 9 * 0.3),
    (tree(2, 3), Model(probability=0.3), sum(0.6**d for d in range(4))),
    (tree(2, 3), Model("threshold", 0.3), sum(0.6**d for d in range(4))),
    (DIAMOND, Model(probability=0.4), 2.0944),
    (DIAMOND, Model("threshold", 0.4), 2.12),
    (DIAMOND, Model(probability=0.4, deadline=1), 1.8),
    (DIAMOND, Model(probability=0.4, quality=0.7), 1.1929792),
    (from_edges([0, 1, 2], [1, 2, 0]), Model(probability=0.5), 1.75),
    (path(5), Model(probability=1.0, quality=0.9), sum(0.9**d for d in range(1, 6))),
    (path(5), Model(probability=0.0), 1.0),
    (path(5), Model(probability=1), 5.0),
]


@pytest.mark.parametrize(("graph", "model", "expected"), KNOWN)
def test_known_answers(graph: Graph, model: Model, expected: float) -> None:
    assert exact_spread(graph, model, [0]) == pytest.approx(expected, abs=1e-9)
    found = simulate(graph, model, [0], worlds=WORLDS, seed=5).positive
    assert abs(found.value - expected) <= 2.3 * (found.high - found.value) + 1e-9


def test_continuous_time_on_a_path() -> None:
    model = Model(probability=0.6, delay=1.0, deadline=2.0)
    expected = 1 + sum(0.6**hops * erlang_cdf(hops, 2.0) for hops in range(1, 5))
    assert expected == pytest.approx(1.82099, abs=1e-5)
    found = simulate(path(5), model, [0], worlds=WORLDS, seed=2, bins=4)
    assert abs(found.reached.value - expected) <= 2.3 * (found.reached.high - found.reached.value)
    halfway = 1 + sum(0.6**hops * erlang_cdf(hops, 1.0) for hops in range(1, 5))
    assert found.times.tolist() == [0.5, 1.0, 1.5, 2.0]
    assert found.reached_by[1] == pytest.approx(halfway, abs=0.03)


def test_complete_graph_in_two_hops() -> None:
    people, chance = 4, 0.3
    pairs = np.array(list(itertools.permutations(range(people), 2)))
    graph = from_edges(pairs[:, 0], pairs[:, 1])
    others = people - 2
    reached = 1 - (1 - chance) * (1 - chance * chance) ** others  # directly, or through one of the others
    model = Model(probability=chance, deadline=2)
    assert exact_spread(graph, model, [0]) == pytest.approx(1 + (people - 1) * reached)
    found = simulate(graph, model, [0], worlds=WORLDS, seed=9).reached
    assert abs(found.value - 1 - (people - 1) * reached) <= 2.3 * (found.high - found.value)


@settings(max_examples=25)
@given(small(), st.sampled_from(["cascade", "threshold"]), st.sampled_from([math.inf, 2.0]), st.integers(0, 2**40))
def test_simulation_is_near_the_enumeration(graph: Graph, kind: str, deadline: float, seed: int) -> None:
    model = Model(kind, "given", deadline=deadline)  # type: ignore[arg-type]
    found = simulate(graph, model, [0], worlds=4096, seed=seed)
    deviation = max(float(found.by_world.std()), 0.02) / math.sqrt(4096)
    assert abs(found.reached.value - exact_spread(graph, model, [0])) <= 5 * deviation


@settings(max_examples=40)
@given(
    small(),
    st.sampled_from(["cascade", "threshold"]),
    st.sampled_from(["given", "weighted", 0.25]),
    st.sampled_from([math.inf, 1.0]),
    st.integers(30, 200),
    st.integers(0, 2**40),
)
def test_both_paths_run_identical_worlds(  # noqa: PLR0917 - what Hypothesis draws
    graph: Graph, kind: str, chance: str | float, deadline: float, worlds: int, seed: int
) -> None:
    if kind == "threshold" and chance == 0.25 and graph.in_degree.max() > 4:
        return
    model = Model(kind, chance, deadline=deadline)  # type: ignore[arg-type]
    one, word = (
        simulate(graph, model, [0, 1], worlds=worlds, seed=seed, path=path)  # type: ignore[arg-type]
        for path in ("single", "word")
    )
    assert one.by_world.tolist() == word.by_world.tolist()
    assert one.reached_by.tolist() == word.reached_by.tolist()
    weights = np.arange(graph.nodes) / 4
    heavy, heavy_word = (
        simulate(graph, model, [0, 1], worlds=worlds, seed=seed, path=path, weights=weights)  # type: ignore[arg-type]
        for path in ("single", "word")
    )
    assert heavy.by_world.tolist() == heavy_word.by_world.tolist()


@pytest.fixture(scope="module")
def crowd() -> Graph:
    random = np.random.default_rng(3)
    return from_edges(random.integers(0, 500, 4000), random.integers(0, 500, 4000), nodes=500)


@pytest.mark.parametrize(
    "model",
    [
        Model(),
        Model(probability=0.2),
        Model("threshold"),
        Model(probability=0.2, quality=0.6),
        Model(probability=0.2, delay=1.0, deadline=3.0),
        Model(probability=0.2, capacity=7, deadline=5),
        Model(probability=0.2, capacity=7, deadline=5, quality=0.6),
    ],
)
def test_threads_and_paths_change_nothing(crowd: Graph, model: Model) -> None:
    runs = [
        simulate(crowd, model, [1, 2, 3], worlds=700, seed=11, threads=threads, path=path)  # type: ignore[arg-type]
        for threads in (1, 2, 8)
        for path in ("single", "word", "auto")
    ]
    assert len({run.by_world.tobytes() for run in runs}) == 1
    assert len({run.positive.value for run in runs}) == 1
    assert simulate(crowd, model, [1, 2, 3], worlds=700, seed=12).by_world.tobytes() != runs[0].by_world.tobytes()


def test_more_never_reaches_less_in_the_same_worlds(crowd: Graph) -> None:
    def reached(seeds: list[int], **model: float) -> np.ndarray:
        return simulate(crowd, Model(**model), seeds, worlds=300, seed=4).by_world  # type: ignore[arg-type]

    base = reached([1, 2], probability=0.1, deadline=3)
    assert (reached([1, 2], probability=0.13, deadline=3) >= base).all()
    assert (reached([1, 2, 5], probability=0.1, deadline=3) >= base).all()
    assert (reached([1, 2], probability=0.1, deadline=4) >= base).all()
    assert reached([1, 2, 5], probability=0.1, deadline=3).sum() > base.sum()
    poor, good = (
        simulate(crowd, Model(probability=0.1, quality=quality), [1, 2], worlds=300, seed=4) for quality in (0.5, 0.7)
    )
    assert good.positive.value > poor.positive.value
    assert (good.by_world == poor.by_world).all()


def test_plans_are_compared_in_the_same_worlds(crowd: Graph) -> None:
    one, other = (simulate(crowd, Model(), seeds, worlds=2000, seed=4) for seeds in ([1, 2, 3], [1, 2]))
    gap = difference(one, other)
    assert gap.low > 0
    assert gap.high - gap.low < 0.7 * (one.reached.high - one.reached.low + other.reached.high - other.reached.low)
    with pytest.raises(ValueError, match="same worlds"):
        difference(one, simulate(crowd, Model(), [1], worlds=100, seed=4))


def test_each_persons_chance_adds_up(crowd: Graph) -> None:
    model = Model(probability=0.15)
    chance = reach_probability(crowd, model, [1, 2], worlds=500, seed=6)
    assert chance.sum() == pytest.approx(simulate(crowd, model, [1, 2], worlds=500, seed=6).reached.value)
    assert chance[[1, 2]].tolist() == [1.0, 1.0]
    groups = np.arange(500) % 3
    assert by_group(chance, groups).tolist() == pytest.approx([chance[groups == g].sum() for g in range(3)])


def test_relabelling_changes_nothing_in_distribution(crowd: Graph) -> None:
    new = np.random.default_rng(1).permutation(500)
    source = np.repeat(np.arange(500), np.diff(crowd.start))
    other = from_edges(new[source], new[crowd.neighbours], nodes=500)
    one = simulate(crowd, Model(probability=0.1), [7], worlds=8000, seed=1).reached
    two = simulate(other, Model(probability=0.1), [new[7]], worlds=8000, seed=2).reached
    assert abs(one.value - two.value) <= 2 * (one.high - one.low)


def test_the_distribution_of_a_star() -> None:
    found = simulate(star(10), Model(probability=0.5), [0], worlds=WORLDS, seed=8)
    expected = np.array([math.comb(10, hit) for hit in range(11)]) / 2**10
    counted = np.bincount(found.by_world.astype(int) - 1, minlength=11) / WORLDS
    assert np.abs(counted - expected).max() < 0.015
    assert found.quantiles([0.5]) == {0.5: 6.0}
    chance = found.chance_of_more_than(6.0)
    assert chance.low < float(expected[6:].sum()) < chance.high


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"probability": -0.1}, "between 0 and 1"),
        ({"probability": math.nan}, "between 0 and 1"),
        ({"kind": "sir"}, "no kind of model 'sir': choose cascade or threshold"),
        ({"probability": "foo"}, "probability is 'foo': give a number, weighted or given"),
        ({"quality": 1.2}, "quality is 1.2"),
        ({"deadline": 0}, "deadline is 0"),
        ({"delay": 0.0}, "mean delay is 0"),
        ({"delay": 1.0, "quality": 0.5}, "leave out the delay"),
        ({"delay": 1.0, "kind": "threshold"}, "leave out the delay"),
    ],
)
def test_impossible_models_are_refused(model: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Model(**model)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seeds": [4]}, "seed 4 is out of range: there are 4 nodes"),
        ({"seeds": [-1]}, "seed -1 is out of range"),
        ({"seeds": ["ani"]}, "must be a node number"),
        ({"worlds": 29}, "29 worlds are too few: at least 30"),
        ({"worlds": 2.5}, "number of worlds is 2.5"),
        ({"weights": [1.0]}, "4 people, but 1 weights"),
        ({"weights": [1, 1, 1, math.nan]}, "from 0 up"),
        ({"seed": -1}, "random seed is -1"),
        ({"model": Model(probability="given")}, "no probabilities"),
        ({"model": Model("threshold", 0.6)}, "weights towards 3 add up to 1.2"),
    ],
)
def test_impossible_questions_are_refused(arguments: dict[str, object], words: str) -> None:
    question: dict[str, object] = {"model": Model(), "seeds": [0], "seed": 1, "worlds": 30, **arguments}
    with pytest.raises(ValueError, match=words):
        simulate(DIAMOND, question.pop("model"), question.pop("seeds"), **question)  # type: ignore[arg-type]


def test_nobody_and_duplicates_are_fine() -> None:
    assert simulate(DIAMOND, Model(), [], worlds=30, seed=1).reached.value == 0
    twice = simulate(DIAMOND, Model(), [0, 0], worlds=30, seed=1)
    assert twice.by_world.tolist() == simulate(DIAMOND, Model(), [0], worlds=30, seed=1).by_world.tolist()
    with pytest.raises(ValueError, match="too many worlds"):
        exact_spread(star(30), Model(probability=0.5), [0])


@pytest.mark.parametrize("threads", [1, 2])
def test_stopping_leaves_the_first_worlds(crowd: Graph, threads: int) -> None:
    done: list[int] = []
    stopped = simulate(
        crowd, Model(), [1], worlds=50_000, seed=1, threads=threads, progress=done.append, stop=lambda: len(done) > 2
    )
    whole = simulate(crowd, Model(), [1], worlds=50_000, seed=1)
    worlds = len(stopped.by_world)
    assert 0 < worlds < 50_000
    assert stopped.by_world.tolist() == whole.by_world[:worlds].tolist()


def test_a_capacity_lets_so_many_through_in_a_step() -> None:
    broadcast = star(50)
    for capacity, steps in ((1, 7), (3, 4), (10, 9)):
        model = Model(probability=1.0, capacity=capacity, deadline=steps)
        found = simulate(broadcast, model, [0], worlds=30, seed=1)
        assert found.reached.value == min(1 + capacity * steps, 51)
    assert simulate(path(5), Model(probability=1.0, capacity=1), [0], worlds=30, seed=1).reached.value == 5


def test_a_capacity_that_nobody_reaches_changes_nothing(crowd: Graph) -> None:
    graph = trivalency(crowd, seed=2)
    plain, wide = Model(probability="given"), Model(probability="given", capacity=10_000)
    assert np.array_equal(
        simulate(graph, plain, [1, 2, 3], worlds=300, seed=5).by_world,
        simulate(graph, wide, [1, 2, 3], worlds=300, seed=5).by_world,
    )


def test_more_capacity_never_reaches_fewer_in_the_same_worlds(crowd: Graph) -> None:
    before = np.zeros(200)
    for capacity in (1, 2, 5, 20, 100):
        model = Model(probability=0.05, capacity=capacity, deadline=6)
        found = simulate(crowd, model, range(10), worlds=200, seed=3).by_world
        assert (found >= before).all()
        before = found


def test_who_waits_passes_on_later() -> None:
    """Two chains from the seed, one served a step: the second chain's head waits behind the first's."""
    chains = from_edges([0, 0, 1, 2], [1, 2, 3, 4])
    for capacity, by_step in ((None, [1, 3, 5]), (1, [1, 2, 3, 4, 5]), (2, [1, 3, 5])):
        model = Model(probability=1.0, capacity=capacity, deadline=len(by_step) - 1)
        assert simulate(chains, model, [0], worlds=30, seed=1).reached_by.tolist() == by_step


def test_seeds_are_not_held_back_by_a_capacity() -> None:
    model = Model(probability=1.0, capacity=1, deadline=1)
    assert simulate(star(9), model, [0, 1, 2], worlds=30, seed=1).reached.value == 4


@settings(max_examples=25)
@given(
    small(),
    st.sampled_from(["cascade", "threshold"]),
    st.sampled_from([1.0, 0.6]),
    st.sampled_from([1, 2]),
    st.integers(0, 2**40),
)
def test_waiting_in_line_is_near_the_enumeration(
    graph: Graph, kind: str, quality: float, capacity: int, seed: int
) -> None:
    model = Model(kind, "given", quality=quality, capacity=capacity, deadline=2)  # type: ignore[arg-type]
    found = simulate(graph, model, [0], worlds=4096, seed=seed).positive
    deviation = max((found.high - found.value) / 1.96, 0.02 / math.sqrt(4096))
    assert abs(found.value - exact_spread(graph, model, [0])) <= 5 * deviation


@pytest.mark.parametrize(
    ("capacity", "more", "words"),
    [
        (0, {}, "capacity is 0"),
        (2.5, {}, "whole number"),
        (math.nan, {}, "whole number"),
        (5, {"delay": 1.0}, "leave out the delay"),
    ],
)
def test_capacities_that_make_no_sense_are_refused(capacity: float, more: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Model(capacity=capacity, **more)  # type: ignore[arg-type] # each names one number


def test_no_seeds_are_chosen_under_a_capacity(crowd: Graph) -> None:
    with pytest.raises(ValueError, match="leave out the capacity"):
        choose_seeds(crowd, Model(capacity=3), count=1, seed=1)


@pytest.mark.parametrize("worlds", [30, 100, 1000])
@pytest.mark.parametrize("chance", [0.001, 0.01, 0.05, 0.1, 0.5, 0.99, 0.999])
def test_intervals_hold_where_reach_is_rare_and_worlds_are_few(chance: float, worlds: int) -> None:
    truth = sum(chance**hops for hops in range(5))
    figures = [
        simulate(path(5), Model(probability=chance), [0], worlds=worlds, seed=seed).reached for seed in range(300)
    ]
    assert all(1 <= figure.low < figure.high <= 5 for figure in figures)
    assert np.mean([figure.low <= truth <= figure.high for figure in figures]) >= 0.93


@pytest.mark.parametrize(
    "model",
    [
        Model(),
        Model("threshold"),
        Model(probability=0.2, delay=1.0, deadline=3.0),
        Model(probability=0.2, quality=0.8),
        Model(capacity=4, deadline=5),
        Model(probability=0.001),
    ],
)
@pytest.mark.parametrize("way", ["single", "word"])
def test_one_run_tells_of_each_group_what_a_run_of_its_own_would(model: Model, way: Path) -> None:
    random = np.random.default_rng(1)
    graph, groups = from_edges(*random.integers(0, 400, (2, 1600)), nodes=400), random.integers(-1, 3, 400)
    found = simulate(graph, model, [0, 1, 2], worlds=200, groups=groups, seed=1, path=way, threads=2)
    alone = [simulate(graph, model, [0, 1, 2], worlds=200, weights=groups == one, seed=1) for one in range(3)]
    assert [(one.value, one.low, one.high) for one in found.by_group] == [
        (one.reached.value, one.reached.low, one.reached.high) for one in alone
    ]
    assert found.reached == simulate(graph, model, [0, 1, 2], worlds=200, seed=1).reached


@pytest.mark.parametrize("groups", [[0, 1], [0, 1, -2], [0.0, 1.0, 1.0]])
def test_groups_that_make_no_sense_are_refused(groups: list[float]) -> None:
    with pytest.raises(ValueError, match="group"):
        simulate(path(3), Model(), [0], worlds=30, groups=groups, seed=1)


def gated() -> Graph:
    """Return a village, where the seed 1,000 lives, with one way into a crowd that mostly tells itself."""
    random = np.random.default_rng(1)
    crowd, village, gate = random.integers(0, 1000, (2, 3000)), random.integers(1000, 1100, (2, 150)), [[1001], [0]]
    return from_edges(*np.concatenate([crowd, village, [[1000] * 3, [1001, 1002, 1003]], gate], axis=1), nodes=1100)


@pytest.mark.parametrize("chance", [0.36, 0.4, 0.45])
def test_intervals_hold_where_few_or_no_worlds_of_those_run_are_giants(chance: float) -> None:
    """As if the farthest world seen were the farthest there is, at the first two chances 76 and 91 of 100 hold."""
    graph, model = gated(), Model(probability=chance)
    many = simulate(graph, model, [1000], worlds=60_000, seed=1)
    assert 0 < many.chance_of_more_than(300).value < 0.06
    found = [simulate(graph, model, [1000], worlds=100, seed=seed).reached for seed in range(100)]
    assert np.mean([one.low <= many.reached.value <= one.high for one in found]) >= 0.93


def test_where_one_more_person_changes_little_intervals_are_the_normal_ones() -> None:
    graph = from_edges(*np.random.default_rng(1).integers(0, 2000, (2, 6000)), nodes=2000)
    for seeds in (range(3), range(20)):
        found = simulate(graph, Model(probability=0.2), seeds, worlds=5000, seed=1)
        normal = 2 * 1.96 * np.std(found.by_world) / math.sqrt(5000)
        assert found.reached.high - found.reached.low == pytest.approx(normal, rel=0.08)


@pytest.mark.parametrize("events", [1, 3, 12, 30])
def test_the_interval_of_a_yes_or_no_is_the_exact_one(events: int) -> None:
    """One tie whose chance is such that so many of 100 worlds are expected to reach the other."""
    found = simulate(path(2), Model(probability=events / 100), [0], worlds=100, seed=3).reached
    low, high = share_bounds(round((found.value - 1) * 100), 100)
    assert (found.low - 1, found.high - 1) == pytest.approx((low, high), abs=0.016)


def test_only_what_is_certain_has_an_interval_of_no_width() -> None:
    for model in (Model(probability=1.0), Model("threshold"), Model(probability=0.0), Model(probability=1, delay=1.0)):
        found = simulate(path(4), model, [0], worlds=30, seed=1)
        assert found.reached.low == found.reached.value == found.reached.high
    rare = simulate(path(4), Model(probability=1e-9), [0], worlds=30, seed=1)
    assert (rare.reached.value, rare.reached.low) == (1, 1)
    assert rare.reached.high == pytest.approx(1 + 3 * share_bounds(0, 30)[1], abs=0.02)
    assert rare.reached_by_high[0] == 1
    assert rare.reached_by_high[1] < rare.reached_by_high[2]
    assert rare.negative.low == rare.negative.high == 0
    assert difference(rare, rare).high > 0
    weighed = simulate(path(4), Model(probability=1e-9), [0], worlds=30, weights=[0, 2, 2, 2], seed=1)
    assert weighed.reached.high == pytest.approx(6 * share_bounds(0, 30)[1], abs=0.02)


def test_the_chance_of_more_than_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="amount is nan: it must be a number"):
        simulate(path(3), Model(), [0], worlds=30, seed=1).chance_of_more_than(math.nan)
