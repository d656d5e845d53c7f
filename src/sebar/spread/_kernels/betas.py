"""The Beta distribution and its mixtures with counts, for many rows at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

Values = NDArray[np.float64]


@compiled
def quantiles(alpha: Values, beta: Values, weight: Values, below: float) -> Values:
    """Return a quantile of each row's mixture of Betas, (n, parts) with (parts,) weights that add up to 1.

    The logarithm of x by Newton's steps, halving the bracket where one leaves it.
    """
    rows, parts = alpha.shape
    found = np.empty(rows)
    scale = np.empty(parts)
    for row in range(rows):
        mean = 0.0
        for part in range(parts):
            a, b = alpha[row, part], beta[row, part]
            scale[part] = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
            mean += weight[part] * a / (a + b)
        low, high = -700.0, 0.0
        at = min(max(math.log(mean), low), -1e-12)
        for _ in range(80):
            x = math.exp(at)
            reached, slope = 0.0, 0.0
            for part in range(parts):
                a, b = alpha[row, part], beta[row, part]
                reached += weight[part] * incomplete(a, b, x, scale[part])
                if x < 1.0:
                    slope += weight[part] * math.exp(scale[part] + a * at + (b - 1.0) * math.log1p(-x))
            if reached > below:
                high = at
            else:
                low = at
            step = (reached - below) / slope if slope > 1e-300 else 0.0
            after = at - step
            if step == 0.0 or not low < after < high:
                after = 0.5 * (low + high)
            if abs(after - at) < 1e-6:
                at = after
                break
            at = after
        found[row] = math.exp(at)
    return found


@compiled
def incomplete(a: float, b: float, x: float, scale: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b); `scale` is -ln B(a, b)."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x))
    if x * (a + b + 2.0) < a + 1.0:
        return front * fraction(a, b, x) / a
    return 1.0 - front * fraction(b, a, 1.0 - x) / b


@compiled
def fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    c = 1.0
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0) + 1e-300)
    value = d
    for m in range(1, 20_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        value *= c * d
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        value *= c * d
        if abs(c * d - 1.0) < 1e-13:
            break
    return value


@compiled
def marginal(joins: Values, open_: Values, share: Values, usual: Values, weight: Values, strength: float) -> float:
    """Return the log likelihood of all rows under one Beta each, but for what depends on neither mean nor strength.

    Of a row's `open_` tries, those whose time is over have failed; each one's time is over with chance `share`. So the
    number of failures is binomial, and the beta-binomial likelihood is averaged over it.
    """
    total = 0.0
    for row in range(joins.size):
        a, b = usual[row] * strength, (1.0 - usual[row]) * strength
        come, over = joins[row], share[row]
        total += weight[row] * (math.lgamma(come + a) - math.lgamma(a) + math.lgamma(strength))
        count = open_[row]
        if over >= 1.0 or count != math.floor(count) or count > 500.0:
            total += weight[row] * refused(come, count * over, b, strength)
            continue
        sum_, term = 0.0, 1.0
        if over > 0.5:  # from all failed downwards, else from none upwards: the first term is then never too small
            first = count * math.log(over) + refused(come, count, b, strength)
            for j in range(int(count), -1, -1):
                sum_ += term
                if j > 0:  # below there is nothing, and b + j - 1 may be 0
                    term *= j / (count - j + 1.0) * (1.0 - over) / over * (come + strength + j - 1.0) / (b + j - 1.0)
        else:
            first = count * math.log1p(-over) + refused(come, 0.0, b, strength)
            for j in range(int(count) + 1):
                sum_ += term
                term *= (count - j) / (j + 1.0) * over / (1.0 - over) * (b + j) / (come + strength + j)
        total += weight[row] * (first + math.log(sum_))
    return total


@compiled
def refused(joins: float, failures: float, beta: float, strength: float) -> float:
    """Return the part of the beta-binomial log likelihood that knows the failures."""
    return math.lgamma(failures + beta) - math.lgamma(beta) - math.lgamma(joins + failures + strength)


@compiled
def gamma_poisson(count: Values, expected: Values, shape: float) -> float:
    """Return the log likelihood of counts whose means are `expected` times a gamma of mean 1, but for constants."""
    total = 0.0
    for row in range(count.size):
        if expected[row] > 0.0:
            total += (
                math.lgamma(count[row] + shape)
                - math.lgamma(shape)
                + shape * math.log(shape)
                - (count[row] + shape) * math.log(expected[row] + shape)
            )
    return total
