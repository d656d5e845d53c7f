"""The likelihood of who brought how many and how soon, given that many have not had their time yet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Values = NDArray[np.float64]

_HALF_LOG_TWO_PI = 0.9189385332046727


@compiled
def passed(age: float, mu: float, sigma: float) -> float:
    """Return the share of log-normal delays that are over at an age."""
    if age <= 0.0:
        return 0.0
    return 0.5 * math.erfc(-(math.log(age) - mu) / (sigma * math.sqrt(2.0)))


@compiled
def log_likelihood(
    theta: Values,
    age: Values,
    people: Values,
    brought: Values,
    number: Values,
    bringers: Values,
    delays: float,
    log_delay: float,
    log_delay_squared: float,
) -> float:
    """Return ln L of (ln R, ln k, mu, ln sigma); see `sebar.spread.offspring`."""
    mean, k, mu, sigma = math.exp(theta[0]), math.exp(theta[1]), theta[2], math.exp(theta[3])
    rate = k / mean
    total = 0.0
    everybody = 0.0
    for group in range(age.size):
        everybody += people[group]
        total -= (k * people[group] + brought[group]) * math.log(rate + passed(age[group], mu, sigma))
    total += everybody * k * math.log(rate)
    for place in range(number.size):
        if number[place] > 0.0:
            total += bringers[place] * (math.lgamma(k + number[place]) - math.lgamma(k))
    if delays > 0.0:
        squares = log_delay_squared - 2.0 * mu * log_delay + delays * mu * mu
        total -= delays * (math.log(sigma) + _HALF_LOG_TWO_PI) + 0.5 * squares / (sigma * sigma) + log_delay
    return total


@compiled
def log_posterior(
    theta: Values,
    power: float,
    centre: Values,
    precision: Values,
    age: Values,
    people: Values,
    brought: Values,
    number: Values,
    bringers: Values,
    delays: float,
    log_delay: float,
    log_delay_squared: float,
) -> float:
    """Return ``power * ln L - (theta - centre)' precision (theta - centre) / 2``."""
    total = power * log_likelihood(theta, age, people, brought, number, bringers, delays, log_delay, log_delay_squared)
    for row in range(theta.size):
        for column in range(theta.size):
            total -= 0.5 * (theta[row] - centre[row]) * precision[row, column] * (theta[column] - centre[column])
    return total


@compiled
def curvature(
    theta: Values,
    free: NDArray[np.int64],
    power: float,
    centre: Values,
    precision: Values,
    age: Values,
    people: Values,
    brought: Values,
    number: Values,
    bringers: Values,
    delays: float,
    log_delay: float,
    log_delay_squared: float,
) -> tuple[float, Values, Values]:
    """Return the log posterior at theta, and its gradient and Hessian in the free parameters (central differences)."""
    step = 1e-4
    rest = (power, centre, precision, age, people, brought, number, bringers, delays, log_delay, log_delay_squared)
    here = log_posterior(theta, *rest)
    size = free.size
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    moved = theta.copy()
    above, below = np.zeros(size), np.zeros(size)
    for row in range(size):
        at = free[row]
        moved[at] = theta[at] + step
        above[row] = log_posterior(moved, *rest)
        moved[at] = theta[at] - step
        below[row] = log_posterior(moved, *rest)
        moved[at] = theta[at]
        gradient[row] = (above[row] - below[row]) / (2.0 * step)
        hessian[row, row] = (above[row] - 2.0 * here + below[row]) / (step * step)
    for row in range(size):
        for column in range(row):
            one, other = free[row], free[column]
            moved[one], moved[other] = theta[one] + step, theta[other] + step
            both = log_posterior(moved, *rest)
            moved[one], moved[other] = theta[one] - step, theta[other] - step
            neither = log_posterior(moved, *rest)
            moved[one], moved[other] = theta[one], theta[other]
            mixed = (both - above[row] - above[column] + 2.0 * here - below[row] - below[column] + neither) / (
                2.0 * step * step
            )
            hessian[row, column] = mixed
            hessian[column, row] = mixed
    return here, gradient, hessian


@compiled
def solved(matrix: Values, right: Values) -> Values:
    """Return x of ``matrix x = right`` by elimination: the compiler knows no linear algebra without SciPy."""
    size = right.size
    left, found = matrix.copy(), right.copy()
    for column in range(size):
        pivot = column
        for row in range(column + 1, size):
            if abs(left[row, column]) > abs(left[pivot, column]):
                pivot = row
        for place in range(size):
            left[column, place], left[pivot, place] = left[pivot, place], left[column, place]
        found[column], found[pivot] = found[pivot], found[column]
        if left[column, column] == 0.0:
            return np.zeros(size)
        for row in range(column + 1, size):
            factor = left[row, column] / left[column, column]
            for place in range(column, size):
                left[row, place] -= factor * left[column, place]
            found[row] -= factor * found[column]
    for row in range(size - 1, -1, -1):
        for place in range(row + 1, size):
            found[row] -= left[row, place] * found[place]
        found[row] /= left[row, row]
    return found


@compiled
def climb(
    theta: Values,
    free: NDArray[np.int64],
    low: Values,
    high: Values,
    power: float,
    centre: Values,
    precision: Values,
    age: Values,
    people: Values,
    brought: Values,
    number: Values,
    bringers: Values,
    delays: float,
    log_delay: float,
    log_delay_squared: float,
) -> tuple[Values, float]:
    """Return the mode over the free parameters within bounds, by damped Newton steps, and the log posterior there."""
    rest = (power, centre, precision, age, people, brought, number, bringers, delays, log_delay, log_delay_squared)
    theta = theta.copy()
    damping = 1e-3
    for _ in range(100):
        here, gradient, hessian = curvature(theta, free, *rest)
        improved = False
        for _ in range(30):
            matrix = -hessian.copy()
            for row in range(free.size):
                matrix[row, row] += damping * (abs(hessian[row, row]) + 1e-3)
            step = solved(matrix, gradient)
            moved = theta.copy()
            for row in range(free.size):
                at = free[row]
                moved[at] = min(max(theta[at] + min(max(step[row], -1.0), 1.0), low[at]), high[at])
            there = log_posterior(moved, *rest)
            if there >= here:
                improved = True
                damping = max(damping / 5.0, 1e-6)
                break
            damping *= 5.0
        if not improved:
            break
        change = np.max(np.abs(moved - theta))
        theta = moved
        if change < 1e-7:
            break
    return theta, log_posterior(theta, *rest)


@compiled
def log_posteriors(
    thetas: Values,
    power: float,
    centre: Values,
    precision: Values,
    age: Values,
    people: Values,
    brought: Values,
    number: Values,
    bringers: Values,
    delays: float,
    log_delay: float,
    log_delay_squared: float,
) -> Values:
    """Return the log posterior at each of (d, 4) thetas."""
    found = np.empty(thetas.shape[0])
    for row in range(thetas.shape[0]):
        found[row] = log_posterior(
            thetas[row], power, centre, precision, age, people, brought, number, bringers,
            delays, log_delay, log_delay_squared,
        )  # fmt: skip
    return found


@compiled
def expected(theta: Values, age: Values, people: Values, brought: Values, ahead: float) -> float:
    """Return how many friends the people who are there will bring within a time from now, given what they brought."""
    mean, k, mu, sigma = math.exp(theta[0]), math.exp(theta[1]), theta[2], math.exp(theta[3])
    total = 0.0
    for group in range(age.size):
        before = passed(age[group], mu, sigma)
        after = passed(age[group] + ahead, mu, sigma)
        total += (k * people[group] + brought[group]) / (k / mean + before) * (after - before)
    return total
