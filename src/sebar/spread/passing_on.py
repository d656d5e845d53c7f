"""How much people pass on, and how soon, as far as can be told while many have not had their time yet.

Somebody who joined ``a`` ago brings friends as a Poisson process of rate ``lambda * g(age)``, where ``g`` is the
density of a log-normal delay and lambda is Gamma distributed over people, with mean R and shape k. With lambda
integrated out, what was seen of everybody by now has the likelihood

    ln L = sum over friends of ln g(delay)
         + sum over people of  ln Gamma(k + n) - ln Gamma(k) + k ln(k / R) - (k + n) ln(k / R + G(a))

in which ``G(a)`` corrects at once for those who have not brought all their friends yet and for the slow friends who
have not come yet. It depends on a few sums only, so a million people cost as much as a hundred.

References
----------
Lloyd-Smith, Schreiber, Kopp, Getz: Superspreading and the effect of individual variation on disease emergence.
Nature 438, 2005 (the Gamma mixture).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread._kernels import likelihood
from sebar.spread.estimate import Estimate

Values = NDArray[np.float64]

GROUPS_PER_E: Final = 4
"""Groups of ages for each factor of e: people of one group are taken to be of its mean (geometric) age."""
SHORTEST: Final = 1.0
"""Seconds; ages and delays below, and times before the parent's, are taken for this."""

_LOW: Final = np.array([math.log(1e-4), math.log(0.005), math.log(1.0), math.log(0.1)])
_HIGH: Final = np.array([math.log(50.0), math.log(200.0), math.log(86400.0 * 365), math.log(6.0)])
_ALL: Final = np.arange(4)
_R, _K, _MU, _SIGMA = 0, 1, 2, 3
_HALF_CHI_SQUARED: Final = {0.5: 0.227468, 0.8: 0.821187, 0.9: 1.352772, 0.95: 1.920729, 0.99: 3.317448}


@dataclass(frozen=True, slots=True)
class Statistics:
    """All that the likelihood needs to know of some people.

    Attributes
    ----------
    age, people, brought
        (a,) mean age of each group in seconds, how many people it holds, and how many friends they have brought.
    number, bringers
        (b,) numbers of friends, and how many people have brought just so many; nobody needs be counted for 0.
    delays
        How many friends came.
    log_delay, log_delay_squared
        Sums of ln(delay in seconds) and of its square over them.
    """

    age: Values
    people: Values
    brought: Values
    number: Values
    bringers: Values
    delays: float
    log_delay: float
    log_delay_squared: float

    @property
    def everybody(self) -> int:
        """How many people."""
        return round(float(self.people.sum()))

    @property
    def arrays(self) -> tuple[Values, Values, Values, Values, Values, float, float, float]:
        """The statistics in the order in which the kernels take them."""
        return (
            self.age, self.people, self.brought, self.number, self.bringers,
            self.delays, self.log_delay, self.log_delay_squared,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Both:
    """What is known of participants whom somebody brought, and of seeds, who pass on differently."""

    participants: Statistics
    seeds: Statistics

    @property
    def together(self) -> Statistics:
        """Of everybody, whoever brought them."""
        one, other = self.participants, self.seeds
        return Statistics(
            age=np.concatenate([one.age, other.age]),
            people=np.concatenate([one.people, other.people]),
            brought=np.concatenate([one.brought, other.brought]),
            number=np.concatenate([one.number, other.number]),
            bringers=np.concatenate([one.bringers, other.bringers]),
            delays=one.delays + other.delays,
            log_delay=one.log_delay + other.log_delay,
            log_delay_squared=one.log_delay_squared + other.log_delay_squared,
        )


def statistics(joined: ArrayLike, parent: ArrayLike, *, now: float) -> Both:
    """Return the statistics of a forest as it is known at one moment.

    Parameters
    ----------
    joined
        (n,) when everybody joined, seconds from any origin; times before the parent's count as the parent's.
    parent
        (n,) index of everybody's parent, -1 for seeds.
    now
        The moment, on the same clock. Who joined later is not known yet, and left out.
    """
    times, above = np.asarray(joined, np.float64), np.asarray(parent, np.int64)
    known = times <= now
    child = known & (above >= 0)
    delay = np.maximum(times[child] - times[above[child]], SHORTEST)
    mother = above[child]
    brought = np.bincount(mother, minlength=len(times))
    from_seed = above[mother] < 0
    found = []
    for some, theirs in ((known & (above >= 0), ~from_seed), (known & (above < 0), from_seed)):
        logs = np.log(delay[theirs])
        found.append(
            _grouped(np.maximum(now - times[some], SHORTEST), brought[some], float(logs.sum()), float((logs**2).sum()))
        )
    return Both(found[0], found[1])


def _grouped(age: Values, brought: NDArray[np.int64], log_delay: float, log_delay_squared: float) -> Statistics:
    logs = np.log(age)
    group = np.floor(logs * GROUPS_PER_E).astype(np.int64)
    used, place, people = np.unique(group, return_inverse=True, return_counts=True)
    number, bringers = np.unique(brought, return_counts=True)
    return Statistics(
        age=np.exp(np.bincount(place, logs, minlength=len(used)) / people),
        people=people.astype(np.float64),
        brought=np.bincount(place, brought, minlength=len(used)).astype(np.float64),
        number=number.astype(np.float64),
        bringers=bringers.astype(np.float64),
        delays=float(brought.sum()),
        log_delay=log_delay,
        log_delay_squared=log_delay_squared,
    )


def from_groups(rows: Iterable[Sequence[float]]) -> Both:
    """Return the statistics that a store has gathered.

    Parameters
    ----------
    rows
        ``(is_seed, group, brought, people, log_age, log_delay, log_delay_squared)``: of the people of one kind and
        group of ages (``floor(4 ln(age in seconds))``) who have brought just so many, how many there are, and the
        sums of ln(age), and over their friends of ln(delay) and its square. Any order.
    """
    table = np.array([[float(value) for value in row] for row in rows]).reshape(-1, 7)
    found = []
    for kind in (0.0, 1.0):
        mine = table[table[:, 0] == kind]
        used, place = np.unique(mine[:, 1], return_inverse=True)
        people = np.bincount(place, mine[:, 3], minlength=len(used)).astype(np.float64)
        number, which = np.unique(mine[:, 2], return_inverse=True)
        found.append(
            Statistics(
                age=np.exp(np.bincount(place, mine[:, 4], minlength=len(used)) / people),
                people=people,
                brought=np.bincount(place, mine[:, 2] * mine[:, 3], minlength=len(used)).astype(np.float64),
                number=number,
                bringers=np.bincount(which, mine[:, 3], minlength=len(number)).astype(np.float64),
                delays=float((mine[:, 2] * mine[:, 3]).sum()),
                log_delay=float(mine[:, 5].sum()),
                log_delay_squared=float(mine[:, 6].sum()),
            )
        )
    return Both(found[0], found[1])


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of (ln R, ln k, mu, ln sigma) before anything is seen: a normal distribution."""

    centre: Values
    precision: Values

    @staticmethod
    def of(centre: Sequence[float], deviation: Sequence[float]) -> Prior:
        """Return the prior with these centres and standard deviations, each by itself."""
        return Prior(np.array(centre, np.float64), np.diag(1.0 / np.array(deviation, np.float64) ** 2))


VAGUE: Final = Prior.of((math.log(0.3), math.log(0.2), math.log(6 * 3600.0), math.log(1.5)), (2.0, 1.5, 2.0, 0.5))
"""Before the first campaign: each brings about 0.3, most nobody, within hours; all of it by a wide margin."""


@dataclass(frozen=True)
class Fit:
    """What is most likely, with how surely.

    Attributes
    ----------
    theta
        (4,) ln R, ln k, mu and ln sigma of the delay's logarithm in seconds, at the mode.
    """

    statistics: Statistics
    prior: Prior
    power: float
    theta: Values

    @property
    def free(self) -> NDArray[np.bool_]:
        """(4,) which of theta are inside their range; at an end, as sigma is where delays hardly differ, they stay."""
        return (self.theta > _LOW) & (self.theta < _HIGH)

    @cached_property
    def covariance(self) -> Values:
        """(4, 4) inverse of the curvature at the mode, 0 for what is not `free`."""
        free = np.flatnonzero(self.free)
        _, _, hessian = likelihood.curvature(self.theta, free, *self._rest)
        values, vectors = np.linalg.eigh(-hessian)
        found = np.zeros((4, 4))
        found[np.ix_(free, free)] = (vectors / np.maximum(values, 1e-3)) @ vectors.T
        return found

    def r(self, level: float = 0.95) -> Estimate:
        """Return how many people each one brings in the end, with its profile-likelihood interval."""
        return self._profile(_R, level, "joins per participant")

    def k(self, level: float = 0.95) -> Estimate:
        """Return how evenly people pass on: small when few people bring most."""
        return self._profile(_K, level, "dispersion")

    def cycle_time(self, level: float = 0.95) -> Estimate:
        """Return the median time from somebody's join to a friend's, in seconds, slow friends to come included."""
        return self._profile(_MU, level, "seconds")

    @property
    def _rest(self) -> tuple[float, Values, Values, Values, Values, Values, Values, Values, float, float, float]:
        return (self.power, self.prior.centre, self.prior.precision, *self.statistics.arrays)

    def _profile(self, place: int, level: float, unit: str) -> Estimate:
        """Walk out from the mode on both sides to where the best that is left has fallen by half a chi-squared."""
        free = np.delete(_ALL, place)
        _, top = likelihood.climb(self.theta, _ALL, _LOW, _HIGH, *self._rest)
        ends = []
        for side in (-1.0, 1.0):
            theta, inside, outside = self.theta, 0.0, 0.25
            edge = abs((_LOW if side < 0 else _HIGH)[place] - self.theta[place])
            while True:
                moved = theta.copy()
                moved[place] = self.theta[place] + side * min(outside, edge)
                theta, there = likelihood.climb(moved, free, _LOW, _HIGH, *self._rest)
                if top - there >= _HALF_CHI_SQUARED[level] or outside >= edge:
                    break
                inside, outside = outside, outside * 2.0
            outside = min(outside, edge)
            for _ in range(20):
                middle = (inside + outside) / 2.0
                moved = theta.copy()
                moved[place] = self.theta[place] + side * middle
                found, there = likelihood.climb(moved, free, _LOW, _HIGH, *self._rest)
                if top - there < _HALF_CHI_SQUARED[level]:
                    inside, theta = middle, found
                else:
                    outside = middle
            ends.append(math.exp(self.theta[place] + side * (inside + outside) / 2.0))
        return Estimate(math.exp(self.theta[place]), ends[0], ends[1], level, unit)


def fit(known: Statistics, *, prior: Prior = VAGUE, power: float = 1.0) -> Fit:
    """Find what is most likely.

    Parameters
    ----------
    known
        Of which people.
    prior
        What was believed before.
    power
        Power of the likelihood, 0 to 1: below 1 where the data are known to say less than they seem to, because people
        do not pass on independently of each other.

    Raises
    ------
    ValueError
        When nobody is known.
    """
    if not known.everybody:
        raise ValueError("Nobody has joined yet, so nothing can be said about passing on.")
    rest = (power, prior.centre, prior.precision, *known.arrays)
    best, top = prior.centre, -math.inf
    for start in _starts(known, prior):
        theta, there = likelihood.climb(start, _ALL, _LOW, _HIGH, *rest)
        if there > top:
            best, top = theta, there
    return Fit(known, prior, power, best)


def _starts(known: Statistics, prior: Prior) -> list[Values]:
    """Return where to climb from: the prior, and what the friends seen so far say by themselves."""
    if known.delays < 2:  # noqa: PLR2004 - a spread takes two
        return [prior.centre]
    mu = known.log_delay / known.delays
    sigma = math.sqrt(max(known.log_delay_squared / known.delays - mu * mu, 0.04))
    seen = np.array([math.log(known.delays / known.everybody), prior.centre[_K], mu, math.log(sigma)])
    return [np.clip(seen, _LOW, _HIGH), prior.centre]
