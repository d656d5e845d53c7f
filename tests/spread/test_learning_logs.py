"""Who influences whom, from logs without parents: beside slow obvious counts, made logs, and real ones."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.spread.diffusion import simulate
from sebar.spread.graph import Graph, from_edges
from sebar.spread.learning.influence import By, Influence
from sebar.spread.learning.logs import learn_from_log
from sebar.spread.learning.shrinkage import Rates
from sebar.spread.model import Model
from sebar.spread.reading import read_edges

Log = tuple[np.ndarray, np.ndarray, np.ndarray]
Exposure = tuple[int, list[int], bool]


def town(seed: int, people: int = 300, ties: int = 6) -> tuple[Graph, np.ndarray, np.ndarray, np.ndarray]:
    """Return a graph, what its people are like as sources and as targets, and its edges' true chances."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, people, (2, people * ties))
    graph = from_edges(ends[0], ends[1], nodes=people)
    brings, follows = random.gamma(2, 0.5, people), random.gamma(2, 0.5, people)
    brings, follows = brings / brings.mean(), follows / follows.mean()
    usual = np.minimum(0.08 * brings[sources(graph)] * follows[graph.neighbours], 0.9)
    return graph, 0.08 * brings, 0.08 * follows, random.beta(30 * usual, 30 * (1 - usual))


def sources(graph: Graph) -> np.ndarray:
    return np.repeat(np.arange(graph.nodes), np.diff(graph.start))


def passed_on(graph: Graph, chance: np.ndarray, cascades: int, seed: int) -> Log:
    """Return a log of independent cascades, one step a hop."""
    random = np.random.default_rng(seed)
    rows = []
    for cascade in range(cascades):
        new = random.choice(graph.nodes, 4, replace=False).tolist()
        acted = dict.fromkeys(new, 0)
        while new:
            step = acted[new[0]] + 1
            reached = {
                int(graph.neighbours[edge])
                for source in new
                for edge in range(graph.start[source], graph.start[source + 1])
                if random.random() < chance[edge]
            }
            new = sorted(reached - acted.keys())
            acted.update(dict.fromkeys(new, step))
        rows += [(cascade, person, step) for person, step in acted.items()]
    cascade, person, time = np.array(rows).T
    return cascade, person, time.astype(float)


def exposures(graph: Graph, log: Log, window: float = math.inf) -> Iterator[Exposure]:
    """Yield the cascade, the edges and the outcome of every exposure, looking at everybody in every cascade."""
    source = sources(graph)
    for cascade in np.unique(log[0]).tolist():
        rows = log[0] == cascade
        first: dict[int, float] = {}
        for person, time in zip(log[1][rows].tolist(), log[2][rows].tolist(), strict=True):
            first[person] = min(time, first.get(person, math.inf))
        for person in range(graph.nodes):
            at = first.get(person, math.inf)
            tried = [
                edge
                for edge in np.flatnonzero(graph.neighbours == person).tolist()
                if first.get(int(source[edge]), math.inf) < at
            ]
            late = [edge for edge in tried if math.isfinite(at) and at - first[int(source[edge])] > window]
            in_time = [edge for edge in tried if edge not in late]
            if late:
                yield cascade, late, False
            if in_time:
                yield cascade, in_time, math.isfinite(at)


def foretold(edges: list[int], chance: np.ndarray) -> float:
    return 1 - math.prod(1 - chance[edge] for edge in edges)


@given(seed=st.integers(0, 10_000), window=st.sampled_from([1.0, 2.0, math.inf]))
def test_exposures_and_scores_are_the_obvious_ones(seed: int, window: float) -> None:
    random = np.random.default_rng(seed)
    graph = from_edges(*random.integers(0, 8, (2, 24)), nodes=9)
    log = random.integers(0, 4, 60), random.integers(0, 9, 60), random.integers(0, 5, 60).astype(float)
    judge = log[0] == 3
    known = list(exposures(graph, log, window))
    learn = [one for one in known if one[0] != 3]
    told = [one for one in known if one[0] == 3]
    if not any(acted for _, _, acted in learn):
        return
    found = learn_from_log(graph, *log, window=window, judge=judge)
    assert found.tries == sum(len(edges) for _, edges, _ in learn)
    assert found.passed_on == sum(acted for _, _, acted in learn)
    if not told:
        assert found.held_out is None
        return
    assert found.held_out is not None
    chances = [foretold(edges, found.probability) for _, edges, _ in told]
    happened = [acted for _, _, acted in told]
    losses = [-math.log(chance if acted else 1 - chance) for chance, acted in zip(chances, happened, strict=True)]
    assert (found.held_out.exposures, found.held_out.acted) == (len(told), sum(happened))
    assert found.held_out.log_loss == pytest.approx(sum(losses) / len(losses))
    pairs = [
        (yes > no) + (abs(yes - no) < 1e-12) / 2
        for yes, acted in zip(chances, happened, strict=True)
        for no, other in zip(chances, happened, strict=True)
        if acted and not other
    ]
    assert found.held_out.auc == pytest.approx(sum(pairs) / len(pairs) if pairs else math.nan, nan_ok=True)
    if any(happened):
        assert found.held_out.predicted_to_observed == pytest.approx(sum(chances) / sum(happened))


def test_one_rate_for_all_is_the_likeliest() -> None:
    graph, _, _, chance = town(1, people=40)
    log = passed_on(graph, chance, 40, 1)
    found = learn_from_log(graph, *log, by="all", window=1.0)
    events = list(exposures(graph, log, 1.0))

    def likelihood(rate: float) -> float:
        return sum(
            math.log(1 - (1 - rate) ** len(e)) if acted else len(e) * math.log(1 - rate) for _, e, acted in events
        )

    best = found.usual.value
    assert likelihood(best) >= max(likelihood(best * 0.995), likelihood(best * 1.005))
    assert np.ptp(found.probability) == 0
    assert math.isinf(found.strength)


@pytest.fixture(scope="module", params=[1, 2])
def learned(request: pytest.FixtureRequest) -> tuple[Influence, tuple[Graph, np.ndarray, np.ndarray, np.ndarray]]:
    made = town(request.param)
    return learn_from_log(made[0], *passed_on(made[0], made[3], 500, request.param), window=1.0), made


Learned = tuple[Influence, tuple[Graph, np.ndarray, np.ndarray, np.ndarray]]


def test_the_truth_is_found_again(learned: Learned) -> None:
    found, (_, _, _, chance) = learned
    assert found.probability.mean() == pytest.approx(chance.mean(), rel=0.05)
    assert np.corrcoef(found.probability, chance)[0, 1] > 0.75
    assert 15 < found.strength < 60
    assert found.held_out is not None
    assert found.held_out.predicted_to_observed == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("cascades", [20, 50, 200, 500])
def test_intervals_hold_as_often_as_they_say(cascades: int) -> None:
    """Few cascades say little of how much people and edges differ; as if they did, 66 % of edges held after 20."""
    held, usual, width = [], [], []
    for seed in range(1, 11):
        graph, brings, follows, chance = town(seed)
        found = learn_from_log(graph, *passed_on(graph, chance, cascades, seed), window=1.0)
        edges = Rates(found.probability, found.low, found.high)
        pairs = ((edges, chance), (found.source, brings), (found.target, follows))
        held.append([np.mean((rates.low <= truth) & (truth <= rates.high)) for rates, truth in pairs])
        assert all(((rates.low <= rates.rate) & (rates.rate <= rates.high)).all() for rates, _ in pairs)
        usual.append(found.usual.low < 0.08 < found.usual.high)
        width.append(np.median(found.high - found.low) / np.ptp(np.quantile(chance, (0.025, 0.975))))
    assert ((np.mean(held, axis=0) > 0.9) & (np.mean(held, axis=0) < 0.98)).all()
    assert np.mean(usual) >= 0.8
    assert np.mean(width) < 1.2  # hardly wider than the edges differ


def test_where_only_edges_differ_few_cascades_know_it() -> None:
    held = []
    for seed in range(10):
        graph, _, _, _ = town(seed)
        chance = np.random.default_rng(seed).beta(0.4, 4.6, graph.edges)
        found = learn_from_log(graph, *passed_on(graph, chance, 30, seed), window=1.0)
        held.append(np.mean((found.low <= chance) & (chance <= found.high)))
    assert 0.9 < np.mean(held) < 0.99


@pytest.mark.parametrize("by", ["all", "source", "target"])
def test_a_model_that_leaves_differences_out_gives_no_intervals(by: By) -> None:
    graph, _, _, chance = town(1)
    found = learn_from_log(graph, *passed_on(graph, chance, 50, 1), by=by, window=1.0)
    ends = found.low, found.high, found.source.low, found.target.high, [found.usual.low, found.usual.high]
    assert all(np.isnan(one).all() for one in ends)
    assert 0 < found.probability.min() <= found.probability.max() < 1


def test_whoever_only_acts_together_with_another_is_known_less() -> None:
    """Two who always act together share 40 successes, one alone has 20: the same chance, but not as surely."""
    graph = from_edges([0, 1, 2], [3, 3, 4])
    rows = []
    for cascade in range(100):
        rows += [(cascade, 0, 0.0), (cascade, 1, 0.0)] + [(cascade, 3, 1.0)] * (cascade < 40)
        rows += [(cascade + 100, 2, 0.0)] + [(cascade + 100, 4, 1.0)] * (cascade < 20)
    cascade, person, time = np.array(rows).T
    found = learn_from_log(graph, cascade, person.astype(int), time)
    assert found.probability == pytest.approx([0.2, 0.2, 0.2], abs=0.04)
    wide = found.high - found.low
    assert wide[0] == pytest.approx(wide[1])
    assert wide[0] > 1.2 * wide[2]


def test_the_formula_is_what_the_docstring_says(learned: Learned) -> None:
    """Edges never tried have what is usual: source times target over all."""
    graph = learned[1][0]
    friend = int(graph.neighbours[graph.start[0]])
    found = learn_from_log(graph, [0, 0, 1], [0, friend, 0], [0, 1, 0])
    source = sources(graph)
    never = (source != 0) & (source != friend)
    usual = found.source.rate[source] * found.target.rate[graph.neighbours] / found.usual.value
    assert found.probability[never] == pytest.approx(usual[never])


def test_strangers_have_the_usual_rate_and_the_widest_interval(learned: Learned) -> None:
    graph, _, _, chance = learned[1]
    wider = from_edges(np.append(sources(graph), 300), np.append(graph.neighbours, 301), nodes=302)
    found = learn_from_log(wider, *passed_on(graph, chance, 500, 3), window=1.0)
    assert found.source.rate[300] == pytest.approx(found.usual.value)
    assert found.target.rate[301] == pytest.approx(found.usual.value)
    assert found.probability[-1] == pytest.approx(found.usual.value)
    width = (found.source.high - found.source.low) / found.source.rate
    assert width[300] > np.median(width[:300])


def test_edges_with_a_record_of_their_own_foretell_better(learned: Learned) -> None:
    graph, _, _, chance = learned[1]
    log = passed_on(graph, chance, 700, 9)
    loss = {}
    for by in ("all", "source", "target", "edge"):
        held_out = learn_from_log(graph, *log, by=by, window=1.0, judge=log[0] >= 500).held_out
        assert held_out is not None
        loss[by] = held_out.log_loss
    assert loss["edge"] < min(loss["source"], loss["target"]) < max(loss["source"], loss["target"]) < loss["all"]


def test_what_was_learned_spreads_like_what_was_seen(learned: Learned) -> None:
    found, (graph, _, _, chance) = learned
    seeds = np.arange(4)
    given_ = Model(probability="given")
    truth = simulate(from_edges(sources(graph), graph.neighbours, nodes=300, probability=chance), given_, seeds, seed=1)
    assert simulate(found.graph, given_, seeds, seed=1).reached.value == pytest.approx(truth.reached.value, rel=0.25)


def test_what_judges_is_not_learned_from(learned: Learned) -> None:
    graph, _, _, chance = learned[1]
    cascade, person, time = passed_on(graph, chance, 60, 4)
    judge = cascade >= 40
    mixed = person.copy()
    mixed[judge] = np.random.default_rng(1).permutation(mixed[judge])
    found = [learn_from_log(graph, cascade, who, time, judge=judge) for who in (person, mixed)]
    assert found[0].probability.tolist() == found[1].probability.tolist()
    assert found[0].held_out != found[1].held_out


def test_order_of_rows_and_names_of_cascades_do_not_matter(learned: Learned) -> None:
    graph, _, _, chance = learned[1]
    cascade, person, time = passed_on(graph, chance, 40, 5)
    names = np.array([f"item {one:03}" for one in cascade])
    order = np.random.default_rng(2).permutation(len(names))
    found = learn_from_log(graph, cascade, person, time)
    other = learn_from_log(graph, names[order], person[order], time[order])
    assert other.probability == pytest.approx(found.probability, rel=1e-6)


def test_acts_at_the_same_time_cause_nothing() -> None:
    graph = from_edges([0, 1, 0], [1, 2, 2])
    found = learn_from_log(graph, [0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [1, 1, 2, 0, 3])
    assert (found.tries, found.passed_on) == (5, 2)  # first 0→2 and 1→2; later 0→1, and 0→2 and 1→2 in vain
    assert found.held_out is None


def test_a_single_item_has_no_held_out_score_but_wide_intervals() -> None:
    graph = from_edges([0, 0, 1], [1, 2, 3])
    found = learn_from_log(graph, ["song"] * 2, [0, 1], [0, 5])
    assert found.held_out is None
    assert (found.high - found.low > 0.2).all()


@pytest.mark.parametrize(
    ("log", "more", "words"),
    [
        (([0, 0], [1, 0], [0, 1]), {}, "Nobody in this log acted after a neighbour"),
        (([0, 0], [0, 1], [0, 0]), {}, "Nobody in this log acted after a neighbour"),
        (([], [], []), {}, "Nobody in this log acted after a neighbour"),
        (([0, 0], [0, 1], [0, 3]), {"window": 2.0}, "Nobody in this log acted after a neighbour"),
        (([0, 0], [0, 9], [0, 1]), {}, "Person 9 of the log is not in this graph of 3 people"),
        (([0, 0], [0, 1], [0, math.nan]), {}, "Row 1 of the log has no time"),
        (([0, 0], [0], [0, 1]), {}, "same length"),
        (([0, 0], [0, 1], [0, 1]), {"window": 0.0}, "must be above 0"),
        (([0, 0], [0, 1], [0, 1]), {"judge": [True]}, "2 rows, but 1 say"),
        (([0, 0], [0, 1], [0, 1]), {"judge": [True, False]}, "Some rows of cascade 0 judge and others do not"),
        (([0, 0], [0, 1], [0, 1]), {"judge": [True, True]}, "let fewer of them judge"),
    ],
)
def test_logs_that_say_nothing_or_do_not_fit_are_refused(
    log: tuple[list[int], list[int], list[float]], more: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        learn_from_log(from_edges([0, 0], [1, 2]), *log, **more)  # type: ignore[arg-type] # what is wrong


REAL = {"stackexchange-android": (0.0647, 0.831), "stackexchange-christianity": (0.0692, 0.860)}


@pytest.mark.parametrize(("name", "floors"), REAL.items(), ids=REAL)
def test_real_logs_are_foretold_as_well_as_known(name: str, floors: tuple[float, float]) -> None:
    folder = Path(os.environ.get("SEBAR_TEST_GRAPHS", "none")) / name
    if not folder.is_dir():
        pytest.skip("SEBAR_TEST_GRAPHS names no folder with this log")
    graph = read_edges(folder / "edges.csv.gz", directed=False)
    log = pyarrow.csv.read_csv(folder / "actions.csv.gz")
    columns = [log[column].to_numpy() for column in ("cascade", "user", "time")]
    found = learn_from_log(graph, *columns, judge=np.array(log["split"].to_pylist()) == "test")
    assert found.held_out is not None
    assert found.held_out.log_loss <= floors[0]
    assert found.held_out.auc >= floors[1]
    assert found.held_out.predicted_to_observed == pytest.approx(1, abs=0.05)
