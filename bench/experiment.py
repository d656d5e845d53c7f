"""How often an experiment finds something where nothing is, and where something is, beside tests that count people.

Cascades are drawn from a branching process (k = .3, ten generations) in which every seed's cascade has its own R, as
has the share of its people who do something (Beta(2, 18)). The pooled R is judged where it was told at all. ``--all``
takes 4,000 runs instead of 600 at 400 seeds, 2,000 instead of 150 at 2,000, 2,000 instead of 100 of those that look
every day, and 1,000 instead of 200 at the planned number.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sebar.spread.estimate import Estimate
from sebar.spread.experiment import Comparison, Contrast, Lift, compare, lift, seeds_needed
from sebar.spread.experiment_plan import effect_of, outcome

Counts = NDArray[np.int64]
K, GENERATIONS = 0.3, 10
PER_DAY, DAYS = 100, 83
PLANNED = 8300
"""What `sebar.steering.experiments.rules.whole_needed` plans for a fifth more."""
NORMAL = 1.959964


def main() -> None:
    whole = "--all" in sys.argv
    print("Found at 5 %, where nothing is (asked of the first two: .035 to .065), and in how many runs it was told\n")
    names = [
        "t on log joins",
        "permutation",
        "pooled R, by cluster",
        "lift, by seed",
        "R, by person",
        "rate, by person",
    ]
    print(f"{'seeds, sd of ln R':24}" + "".join(f"{name:>22}" for name in names))
    for seeds, spread in ((400, 0.0), (400, 0.5), (400, 1.0), (2000, 0.0), (2000, 0.5), (2000, 1.0)):
        runs = (4000 if whole else 600) if seeds == 400 else (2000 if whole else 150)
        found = np.array([once(seeds, spread, run) for run in range(runs)])
        cells = [share(column[~np.isnan(column)]) for column in found.T]
        print(f"{f'{seeds:,}, {spread:g}':24}" + "".join(f"{cell:>22}" for cell in cells))
    runs = 2000 if whole else 100
    print(f"\n{PER_DAY} seeds a day for {DAYS} days, a look every evening, planned for {PLANNED:,} ({runs:,} runs):")
    print("decided at some look (median seeds); without a difference at most .05 is asked of the first\n")
    names = ["anytime-valid", "t at every look", "R by person, every look", "R by person, last look"]
    print(f"{'R':24}" + "".join(f"{name:>26}" for name in names))
    for low, high in ((0.4, 0.4), (0.4, 0.48), (0.4, 0.6)):
        print(f"{f'{low:g} and {high:g}':24}" + daily(low, high, runs), flush=True)
    runs = 1000 if whole else 200
    print(f"\nTold at the planned number of seeds, of which .8 is asked ({runs:,} runs)\n")
    names = [f"{factor * 100 - 100:.0f} % more" for factor in (1.2, 1.5, 2.0)]
    print(f"{'R':24}" + "".join(f"{name:>22}" for name in names))
    for r in (0.2, 0.4, 0.8, 1.1):
        cells = [at_plan(r, factor, runs) for factor in (1.2, 1.5, 2.0)]
        print(f"{r:<24g}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


def share(found: NDArray[np.float64]) -> str:
    return f"{found.mean():.3f} ({len(found):,})" if len(found) else "too early"


def once(seeds: int, spread: float, seed: int) -> list[float]:
    """Return what each test finds in one experiment without any difference; nan when it is too early for it."""
    random = np.random.default_rng([seeds, int(10 * spread), seed])
    joins = cascades(random, np.full(seeds, 0.5), spread)
    people = joins + 1
    hits = random.binomial(people, random.beta(2.0, 18.0, seeds))
    second = np.arange(seeds) % 2 == 1
    one = contrast(joins, second, seed)
    raised = lift(hits, people, ~second)
    return [
        float(one.p < 0.05),
        float(one.p_permutation <= 0.05),
        misses(one.pooled) if isinstance(one.pooled, Estimate) else math.nan,
        misses(raised.difference) if isinstance(raised, Lift) else math.nan,
        by_person(joins, people, second, lambda rate: rate),
        by_person(hits, people, second, lambda rate: rate * (1 - rate)),
    ]


def cascades(random: np.random.Generator, r: NDArray[np.float64], spread: float) -> Counts:
    """Return what the cascade of each seed brings, when its R is log-normal about this mean."""
    mean = r * np.exp(spread * random.standard_normal(len(r)) - spread**2 / 2)
    alive, brought = np.ones(len(r)), np.zeros(len(r), np.int64)
    for _ in range(GENERATIONS):
        alive = random.poisson(random.gamma(K * alive, mean / K)).astype(np.float64)
        brought += alive.astype(np.int64)
    return brought


def contrast(
    joins: Counts, second: NDArray[np.bool_], seed: int, permutations: int = 999, planned: int = 1000
) -> Contrast:
    found = compare(
        joins,
        np.where(second, "b", "a"),
        age=np.ones(len(joins)),
        window=1.0,
        control="a",
        arms={"a": 1.0, "b": 1.0},
        permutations=permutations,
        planned=planned,
        seed=seed,
    )
    if not isinstance(found, Comparison):
        raise TypeError(f"{len(joins)} seeds are too few for this bench.")
    return found.contrasts[0]


def misses(figure: Estimate) -> float:
    return float(not figure.low <= 0.0 <= figure.high)


def by_person(events: Counts, people: Counts, second: NDArray[np.bool_], variance: Callable[[float], float]) -> float:
    """Test two rates as if everybody were independent: Poisson counts for R, binomial for shares."""
    a, b = (events[side].sum() / people[side].sum() for side in (second, ~second))
    both = variance(float(events.sum() / people.sum()))
    error = math.sqrt(both * (1 / people[second].sum() + 1 / people[~second].sum()))
    return float(abs(a - b) > NORMAL * error)


def daily(low: float, high: float, runs: int) -> str:
    stops, wrong, peeks, naive_peeks, naive = [], 0, 0, 0, 0.0
    for run in range(runs):
        random = np.random.default_rng([run, int(100 * low), int(100 * high)])
        second = np.arange(PER_DAY * DAYS) % 2 == 1
        joins = cascades(random, np.where(second, high, low), 0.5)
        evenings = range(PER_DAY, PER_DAY * DAYS + 1, PER_DAY)
        looks = [(n, contrast(joins[:n], second[:n], run, 1, PLANNED)) for n in evenings]
        first = next(((n, look) for n, look in looks if look.better or look.worse), None)
        if first is not None:
            stops.append(first[0])
            wrong += first[1].worse and high > low
        peeks += any(look.p < 0.05 for _, look in looks)
        people = [by_person(joins[:n], joins[:n] + 1, second[:n], lambda rate: rate) for n in evenings]
        naive_peeks += any(people)
        naive += people[-1]
    middle = f" ({np.median(stops):,.0f})" if stops else ""
    worse = f", {wrong / runs:.3f} the wrong way" if wrong else ""
    cells = [f"{len(stops) / runs:.3f}{middle}{worse}", *(f"{n / runs:.3f}" for n in (peeks, naive_peeks, naive))]
    return "".join(f"{cell:>26}" for cell in cells)


def at_plan(r: float, factor: float, runs: int) -> str:
    """Return how often as many seeds as are planned tell that one arm is passed on so much more, and how many."""
    effect = effect_of(factor, r=r)
    seeds = seeds_needed(effect.ratio, spread=outcome(r).spread * effect.widening)
    second, found = np.arange(seeds) % 2 == 1, 0
    for run in range(runs):
        random = np.random.default_rng([run, int(100 * r), int(100 * factor)])
        joins = cascades(random, np.where(second, factor * r, r), 0.5)
        found += contrast(joins, second, run, 1, seeds).better
    return f"{found / runs:.2f} ({seeds:,})"


if __name__ == "__main__":
    main()
