"""The few probabilities and quantiles of textbooks that intervals and tests need, without a library for them.

References
----------
Clopper, Pearson: The use of confidence or fiducial limits illustrated in the case of the binomial. Biometrika 26, 1934.
Abramowitz, Stegun: Handbook of mathematical functions, 26.4 (chi-squared), 26.5 (incomplete beta), 26.7 (Student's t).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Final

_HALVINGS: Final = 1000  # enough to reach the smallest doubles
_NEAR: Final = 1e-12


def normal_quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(probability)


def share_bounds(count: float, total: float, *, below: float = 0.025, above: float = 0.025) -> tuple[float, float]:
    """Return Clopper and Pearson's exact bounds of a share; counts may be fractions, as effective counts are.

    Parameters
    ----------
    count, total
        How many of how many, ``0 <= count <= total``, total above 0.
    below, above
        How often the share may lie below the lower bound, and how often above the upper.
    """
    rest = total - count
    low = _root(lambda x: incomplete_beta(count, rest + 1, x, 1 - x), below) if count > 0 else 0.0
    high = _root(lambda x: incomplete_beta(count + 1, rest, x, 1 - x), 1 - above) if rest > 0 else 1.0
    return low, high


def student_two_sided(t: float, freedom: float) -> float:
    """Return the chance that Student's t is at least as far from 0 as this."""
    whole = freedom + t * t
    return incomplete_beta(freedom / 2, 0.5, freedom / whole, t * t / whole)


def student_quantile(level: float, freedom: float) -> float:
    """Return how far from 0 Student's t lies with this probability at most; level above 0 and below 1."""
    # The tail is convex and the normal quantile lies below: Newton's steps never pass the root.
    t, step = normal_quantile((1 + level) / 2), math.inf
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    while step > _NEAR * t:
        density = math.exp(scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = (student_two_sided(t, freedom) - (1 - level)) / (2 * density)
        t += step
    return t


def chi_squared_tail(value: float, freedom: int) -> float:
    """Return the chance that chi-squared with so many degrees of freedom (at least 1) is at least this."""
    half = value / 2
    odd = freedom % 2
    tail = math.erfc(math.sqrt(half)) if odd else math.exp(-half)
    for k in range(1 if odd else 2, freedom, 2):
        tail += math.exp(k / 2 * math.log(half) - half - math.lgamma(k / 2 + 1)) if half else 0.0
    return min(tail, 1.0)


def _root(rising: Callable[[float], float], target: float) -> float:
    """Return where, between 0 and 1, a function that rises reaches the target."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
        if high - low <= _NEAR * high:
            break
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), where y = 1 - x is given to full precision."""
    if x <= 0.0:
        return 0.0
    if y <= 0.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y))
    if x * (a + b + 2) < a + 1:
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, y) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c = 1.0
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0) or tiny)
    value = d
    for m in range(1, 20_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / (1.0 + step * d or tiny)
            c = 1.0 + step / c or tiny
            value *= c * d
        if abs(c * d - 1.0) < 1e-13:  # noqa: PLR2004 - as near as doubles come
            break
    return value
