"""What may still come, drawn in aggregate: people of one age are one cohort, so a million cost as much as a hundred.

Given what each has brought so far, the rates of the people in one group of ages add up to a Gamma distribution exactly,
and Poisson streams add. So a future is a walk over steps of time with one number for each group, not for each person.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled
from sebar.spread._kernels.likelihood import passed

Values = NDArray[np.float64]
Counts = NDArray[np.int64]


@compiled
def passed_on(
    random: np.random.Generator,
    drawn: Values,
    age: Values,
    people: Values,
    brought: Values,
    edges: Values,
    futures: int,
) -> Values:
    """Return (draws, futures, steps) friends expected in each step from people who are there already.

    `drawn` is (draws, 4), ln R, ln k, mu and ln sigma of these people; `edges` begin at 0.
    """
    steps = edges.size - 1
    found = np.zeros((drawn.shape[0], futures, steps))
    share = np.empty(steps)
    for draw in range(drawn.shape[0]):
        mean, k = np.exp(drawn[draw, 0]), np.exp(drawn[draw, 1])
        mu, sigma = drawn[draw, 2], np.exp(drawn[draw, 3])
        for group in range(age.size):
            before = passed(age[group], mu, sigma)
            rate = k / mean + before
            for step in range(steps):
                until = passed(age[group] + edges[step + 1], mu, sigma)
                share[step] = until - before
                before = until
            shape = k * people[group] + brought[group]
            for future in range(futures):
                strength = random.standard_gamma(shape) / rate
                for step in range(steps):
                    found[draw, future, step] += strength * share[step]
    return found


@compiled
def unfold(
    random: np.random.Generator,
    coming: Values,
    participants: Values,
    seeds: Values,
    edges: Values,
    arrival_shape: float,
    arrival_scale: float,
    known: float,
    population: float,
    most: float,
) -> tuple[Counts, int]:
    """Return (draws * futures, steps) how many have joined by the end of each step, and how many futures ran away.

    `coming` is what `passed_on` expects; it is used up. Newcomers pass on like `participants`, new seeds like `seeds`
    (both (draws, 4)); seeds arrive at a Gamma distributed rate. Of those told only who is not there yet can join:
    near the `population` most are. A future that passes `most` is cut.
    """
    draws, futures, steps = coming.shape
    joined = np.zeros((draws * futures, steps), np.int64)
    away = 0
    own, theirs = np.empty((steps, steps)), np.empty((steps, steps))
    within, within_seeds = np.empty(steps), np.empty(steps)
    for draw in range(draws):
        _shares(participants[draw], edges, own, within)
        _shares(seeds[draw], edges, theirs, within_seeds)
        k, mean = np.exp(participants[draw, 1]), np.exp(participants[draw, 0])
        k_seeds, mean_seeds = np.exp(seeds[draw, 1]), np.exp(seeds[draw, 0])
        for future in range(futures):
            rate = coming[draw, future]
            arriving = random.standard_gamma(arrival_shape) * arrival_scale if arrival_shape > 0.0 else 0.0
            total = 0.0
            for step in range(steps):
                new_seeds = float(random.poisson(arriving * (edges[step + 1] - edges[step]))) if arriving > 0.0 else 0.0
                from_seeds = 0.0
                if new_seeds > 0.0:
                    new_seeds = max(min(new_seeds, population - known - total), 0.0)
                    total += new_seeds
                    if new_seeds > 0.0:
                        from_seeds = random.standard_gamma(k_seeds * new_seeds) * mean_seeds / k_seeds
                told = float(random.poisson(rate[step] + from_seeds * within_seeds[step]))
                strength = 0.0
                while told > 0.0 and total < most:
                    free = max(1.0 - (known + total) / population, 0.0)
                    told = float(random.binomial(np.int64(told), free)) if free < 1.0 else told
                    told = min(told, population - known - total)
                    if told <= 0.0:
                        break
                    total += told
                    new = random.standard_gamma(k * told) * mean / k
                    strength += new
                    told = float(random.poisson(new * within[step]))
                for later in range(step + 1, steps):
                    rate[later] += strength * own[step, later] + from_seeds * theirs[step, later]
                joined[draw * futures + future, step] = np.int64(min(total, most))
                if total >= most:
                    away += 1
                    joined[draw * futures + future, step:] = np.int64(most)
                    break
    return joined, away


@compiled
def _shares(theta: Values, edges: Values, later: Values, within: Values) -> None:
    """Write which share of their friends people who join in the middle of a step bring in each later one, and in it."""
    mu, sigma = theta[2], np.exp(theta[3])
    steps = edges.size - 1
    for step in range(steps):
        middle = (edges[step] + edges[step + 1]) / 2.0
        before = passed(edges[step + 1] - middle, mu, sigma)
        within[step] = before
        for after in range(step + 1, steps):
            until = passed(edges[after + 1] - middle, mu, sigma)
            later[step, after] = until - before
            before = until
