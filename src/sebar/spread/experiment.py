"""Experiments on what people pass on: seeds are assigned, friends inherit, one number per seed is analysed.

People whom one seed has brought are alike and influence each other, so whatever is counted person by person looks
far surer than it is. Therefore the seed is what is assigned, its arm travels in the link to everybody it brings (the
caller's duty), and what is compared is ``y = ln(1 + joins that the seed's cascade brought within a window)``, whose
logarithm keeps a few very large cascades from deciding everything.

References
----------
Welch: The generalization of Student's problem when several different population variances are involved. Biometrika
34, 1947. Chung, Romano: Exact and asymptotically robust permutation tests. Annals of Statistics 41(2), 2013. Holm: A
simple sequentially rejective multiple test procedure. Scand. J. Statistics 6, 1979. Waudby-Smith, Arbour, Sinha,
Kennedy, Ramdas: Time-uniform central limit theory and asymptotic confidence sequences. Annals of Statistics 52(6),
2024. Thaler, Ravishankar: Using name-based mappings to increase hit rates. IEEE/ACM Transactions on Networking 6(1),
1998 (assignment). Fabijan and others: Diagnosing sample ratio mismatch in online controlled experiments. KDD 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread.estimate import Estimate, Figure, TooEarly
from sebar.spread.special import chi_squared_tail, normal_quantile, student_quantile, student_two_sided

Values = NDArray[np.float64]

FEWEST: Final = 50
"""Seeds that every arm needs before anything is said."""
FEWEST_DEALT: Final = 20
"""Seeds or visitors that must be expected in every arm before agreement with what was meant says something."""
FEWEST_POOLED: Final = 2000
"""Seeds it takes before an interval of the pooled R is worth showing."""
FEWEST_COUNTING: Final = 100
"""Equally large cascades, to which those of each arm must amount for it, squares of their sizes considered."""
PLANNED: Final = 1000
"""Seeds for which the anytime-valid interval is narrowest, when nothing else was planned."""
MISMATCH: Final = 0.001
"""Below this chance, the numbers of seeds in the arms are no accident."""

_UNIT: Final = "ln(1 + joins per seed)"


def assign(seed: str | int, experiment: str, arms: Mapping[str, float]) -> str:
    """Return the arm of a seed: always the same one, and independent between experiments.

    Friends inherit the arm of whoever brought them; never assign them.

    Parameters
    ----------
    seed
        What identifies the seed for good.
    experiment
        What identifies the experiment for good.
    arms
        Weight of each arm by its name, in any order; they need not add up to 1. When an arm's weight becomes 0, its
        seeds go elsewhere and all others stay.

    Raises
    ------
    ValueError
        When a weight is negative or no number, or all are 0.
    """
    return min(
        (arm for arm, weight in _checked(arms).items() if weight > 0),
        key=lambda arm: (_wait(f"{len(experiment)}:{experiment}:{len(arm)}:{arm}:{seed}") / arms[arm], arm),
    )


def _wait(key: str) -> float:
    """Return an exponential waiting time that is the key's own: of several, each is first as often as its rate says."""
    return -math.log((int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") + 0.5) / 2**64)


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether the seeds have been assigned as was meant.

    Attributes
    ----------
    seeds, expected
        How many seeds each arm has, and how many it should have.
    p
        Chance of numbers at least so unlike what was meant, by chi-squared.
    sound
        False when that is below .001. Then find the fault first: the comparison means nothing.
    """

    seeds: dict[str, int]
    expected: dict[str, float]
    p: float
    sound: bool

    @property
    def is_early(self) -> bool:
        """Whether so few are expected in some arm that agreement says nothing; a mismatch may show all the same."""
        return min(self.expected.values()) < FEWEST_DEALT


def check_balance(seeds: Mapping[str, int], arms: Mapping[str, float]) -> Balance:
    """Return whether the numbers of seeds agree with the weights (sample ratio mismatch).

    Parameters
    ----------
    seeds
        How many seeds each arm has been given: all that were assigned, not only those with a closed window.
    arms
        Weight of each arm by its name.

    Raises
    ------
    ValueError
        When there are seeds in an arm of no weight.
    """
    whole, everybody = math.fsum(_checked(arms).values()), sum(seeds.values())
    for arm, count in seeds.items():
        if count and not arms.get(arm):
            raise ValueError(f"Arm {arm!r} has {count} seeds but no weight; give its weight in arms.")
    expected = {arm: everybody * weight / whole for arm, weight in arms.items() if weight}
    off = math.fsum((seeds.get(arm, 0) - mean) ** 2 / mean for arm, mean in expected.items() if mean)
    p = chi_squared_tail(off, len(expected) - 1) if len(expected) > 1 else 1.0
    return Balance({arm: seeds.get(arm, 0) for arm in expected}, expected, p, p >= MISMATCH)


@dataclass(frozen=True, slots=True)
class Contrast:
    """One arm beside the control.

    Attributes
    ----------
    arm
        Its name.
    seeds, control_seeds
        How many seeds they have.
    difference
        Of the means of ``ln(1 + joins per seed)``, arm minus control, with the interval for one look that was planned
        in advance (Welch's, at Bonferroni's level when there are several arms).
    ratio
        The same as a factor: of the geometric means of ``1 + joins per seed``.
    anytime
        The difference with an interval that holds however often, and whenever, one looks (same level).
    p, p_permutation
        Chance of a difference at least so large if there were none, for that one look: Welch's, and that of seeds
        dealt out anew. With several arms both are Holm's.
    pooled
        Difference of R, everybody's joins divided by everybody; for information, never to decide upon.
    """

    arm: str
    seeds: int
    control_seeds: int
    difference: Estimate
    ratio: Estimate
    anytime: Estimate
    p: float
    p_permutation: float
    pooled: Figure

    @property
    def better(self) -> bool:
        """Whether the arm is clearly better than the control, however often one has looked."""
        return self.anytime.low > 0.0

    @property
    def worse(self) -> bool:
        """Whether the arm is clearly worse than the control, however often one has looked."""
        return self.anytime.high < 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every arm beside the control.

    Attributes
    ----------
    control
        Name of the arm that the others are compared with.
    contrasts
        The others, in the order of their names.
    balance
        Whether the seeds were assigned as was meant.
    """

    control: str
    contrasts: tuple[Contrast, ...]
    balance: Balance

    @property
    def to_drop(self) -> tuple[str, ...]:
        """The arms that are clearly worse, the control among them when another is clearly better.

        None when the seeds were not assigned as was meant.
        """
        if not self.balance.sound:
            return ()
        beaten = (self.control,) if any(one.better for one in self.contrasts) else ()
        return (*beaten, *(one.arm for one in self.contrasts if one.worse))


def compare(
    joins: ArrayLike,
    arm: Sequence[str] | NDArray[np.str_],
    *,
    age: ArrayLike,
    window: float,
    control: str,
    arms: Mapping[str, float],
    assigned: Mapping[str, int] | None = None,
    level: float = 0.95,
    planned: int = PLANNED,
    permutations: int = 1999,
    seed: int = 0,
) -> Comparison | TooEarly:
    """Compare the arms of an experiment by how much the seeds' cascades brought.

    Look as often as you like at `Contrast.anytime`, and decide by it; the p-values are for a single look at a time
    that was fixed in advance.

    Parameters
    ----------
    joins
        (n,) how many people each seed's cascade brought within the window, the seed not counted.
    arm
        (n,) names of the seeds' arms.
    age
        (n,) seconds since each seed got its link.
    window
        Seconds within which joins were counted, the same for every seed.
    control
        The arm to compare the others with.
    arms
        Weight of each arm by its name, as they were assigned.
    assigned
        How many seeds each arm has been given, those with an open window too; those compared when not given.
    level
        How often all the intervals hold together.
    planned
        How many seeds two arms together will have at about the time of a decision: there `anytime` is narrowest. To be
        fixed before the first look.
    permutations, seed
        How often seeds are dealt out anew, and the seed of the random numbers for it.

    Returns
    -------
    Comparison or TooEarly
        Too early until every arm has 50 seeds.

    Raises
    ------
    ValueError
        When some windows are not closed, the arrays differ in length, or an arm is not known.
    """
    brought, names, ages = _whole(joins), np.asarray(arm, np.str_), np.asarray(age, np.float64)
    _check(brought, names, ages, window)
    if control not in arms or len(_checked(arms)) < 2:  # noqa: PLR2004 - a comparison takes two
        raise ValueError(f"control is {control!r}; give one of at least two arms, which are {sorted(arms)}.")
    counts = {name: int((names == name).sum()) for name in arms}
    unknown = sorted(set(names.tolist()) - set(arms))
    if unknown:
        raise ValueError(f"arm has {unknown[0]!r}, which is none of {sorted(arms)}; give its weight in arms.")
    if min(counts.values()) < FEWEST:
        return TooEarly(min(counts.values()), FEWEST, "seeds")
    others = sorted(name for name in arms if name != control)
    each = 1.0 - (1.0 - level) / len(others)
    random = np.random.default_rng(seed)
    base = brought[names == control]
    found = [
        _contrast(
            name,
            brought[names == name],
            base,
            level=each,
            planned=planned,
            permutations=permutations,
            random=random,
        )
        for name in others
    ]
    return Comparison(control, _holm(found), check_balance(assigned or counts, arms))


def _whole(joins: ArrayLike) -> NDArray[np.int64]:
    numbers = np.asarray(joins)
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers % 1 == 0)))
    if len(wrong):
        raise ValueError(f"joins has {numbers[wrong[0]]:g}; give how many people joined, 0 or more, for every seed.")
    return numbers.astype(np.int64)


def _check(brought: NDArray[np.int64], names: NDArray[np.str_], ages: Values, window: float) -> None:
    if not len(brought) == len(names) == len(ages):
        raise ValueError(
            f"joins, arm and age have {len(brought)}, {len(names)} and {len(ages)} entries; give one each."
        )
    if (brought < 0).any():
        raise ValueError(f"joins has {brought.min()}; give how many people joined, 0 or more.")
    still_open = int((~(ages >= window)).sum())  # an age that is not a number is not beyond it
    if still_open:
        raise ValueError(
            f"age is below the window of {window:g} s for {still_open} of {len(ages)} seeds; leave those out for now."
        )


def _checked(arms: Mapping[str, float]) -> Mapping[str, float]:
    if not all(0 <= weight < math.inf for weight in arms.values()) or not any(arms.values()):
        raise ValueError(f"arms is {dict(arms)}; give every arm a weight of 0 or more, and at least one more than 0.")
    return arms


@dataclass(frozen=True, slots=True)
class _Welch:
    """Difference of two means, its standard error, and the degrees of freedom."""

    difference: float
    error: float
    freedom: float

    @staticmethod
    def of(one: Values, other: Values) -> _Welch:
        a, b = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
        freedom = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1)) if a + b > 0 else math.inf
        return _Welch(float(one.mean() - other.mean()), math.sqrt(a + b), float(freedom))

    @property
    def p(self) -> float:
        if not self.error:
            return 1.0 if self.difference == 0.0 else 0.0
        return student_two_sided(self.difference / self.error, self.freedom)

    def interval(self, level: float, unit: str = _UNIT) -> Estimate:
        reach = self.error * student_quantile(level, self.freedom) if self.error else 0.0
        return _around(self.difference, reach, level, unit)


def _around(value: float, reach: float, level: float, unit: str = _UNIT) -> Estimate:
    return Estimate(value, value - reach, value + reach, level, unit)


def _contrast(
    name: str,
    joins: NDArray[np.int64],
    base: NDArray[np.int64],
    *,
    level: float,
    planned: int,
    permutations: int,
    random: np.random.Generator,
) -> Contrast:
    welch = _Welch.of(np.log1p(joins), np.log1p(base))
    interval, seeds = welch.interval(level), len(joins) + len(base)
    return Contrast(
        arm=name,
        seeds=len(joins),
        control_seeds=len(base),
        difference=interval,
        ratio=Estimate(math.exp(interval.value), math.exp(interval.low), math.exp(interval.high), level, "times"),
        anytime=_around(welch.difference, welch.error * anytime_factor(seeds, planned=planned, level=level), level),
        p=welch.p,
        p_permutation=_permutation(joins, base, permutations, random),
        pooled=_pooled(joins, base, level),
    )


def anytime_factor(seeds: float, *, planned: int = PLANNED, level: float = 0.95) -> float:
    """Return how many standard errors the anytime-valid interval reaches (Robbins' mixture); 1.96 is for one look.

    Parameters
    ----------
    seeds
        How many there are, at least 1.
    planned
        For how many it is narrowest.
    level
        How often it holds at all times together.
    """
    alpha = 1.0 - level
    rho = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned
    mixed = seeds * rho + 1
    return math.sqrt(2 * mixed / (seeds * rho) * math.log(math.sqrt(mixed) / alpha))


def _permutation(
    joins: NDArray[np.int64], base: NDArray[np.int64], permutations: int, random: np.random.Generator
) -> float:
    """Return the permutation p-value of Welch's t.

    Dealing out seeds anew only moves counts of equal numbers between the arms, so it is the multivariate
    hypergeometric distribution, whose cost does not grow with the seeds.
    """
    value, place, counts = np.unique(np.concatenate([joins, base]), return_inverse=True, return_counts=True)
    y = np.log1p(value)
    seen = np.bincount(place[: len(joins)], minlength=len(value))[None]
    dealt = random.multivariate_hypergeometric(counts, len(joins), size=permutations, method="marginals")
    t = np.abs(_t(np.concatenate([seen, dealt]), counts, y))
    return float((1 + (t[1:] >= t[0] * (1 - 1e-9)).sum()) / (permutations + 1))


def _t(mine: NDArray[np.int64], all_counts: NDArray[np.int64], y: Values) -> Values:
    """Return Welch's t of each row of counts against what it leaves."""
    means, errors = [], []
    for counts in (mine, all_counts - mine):
        n = counts.sum(axis=1)
        mean = counts @ y / n
        means.append(mean)
        errors.append(np.maximum(counts @ y**2 / n - mean**2, 0.0) / (n - 1))
    error = np.sqrt(errors[0] + errors[1])
    found: Values = (means[0] - means[1]) / np.maximum(error, 1e-12)
    return found


def _pooled(joins: NDArray[np.int64], base: NDArray[np.int64], level: float) -> Figure:
    """Return the difference of R, joins over people, with an interval that knows seeds as clusters."""
    if len(joins) + len(base) < FEWEST_POOLED:
        return TooEarly(len(joins) + len(base), FEWEST_POOLED, "seeds")
    # A few very large cascades outweigh all others, and then nothing is known of how far R strays.
    counting = min(int((1.0 + brought).sum() ** 2 / ((1.0 + brought) ** 2).sum()) for brought in (joins, base))
    if counting < FEWEST_COUNTING:
        return TooEarly(counting, FEWEST_COUNTING, "seeds that carry weight")
    one, other = (_rate(brought, 1 + brought) for brought in (joins, base))
    reach = normal_quantile((1 + level) / 2) * math.hypot(one[1], other[1])
    return _around(one[0] - other[0], reach, level, "joins per participant")


def _rate(events: Values | NDArray[np.int64], people: Values | NDArray[np.int64]) -> tuple[float, float]:
    """Return events per person, and its standard error from residuals of whole clusters."""
    rate = float(events.sum() / people.sum())
    residual = (events - rate * people) / people.mean()
    return rate, math.sqrt(float(residual.var(ddof=1)) / len(events))


def _holm(found: Sequence[Contrast]) -> tuple[Contrast, ...]:
    welch = holm([one.p for one in found])
    dealt = holm([one.p_permutation for one in found])
    return tuple(replace(one, p=p, p_permutation=again) for one, p, again in zip(found, welch, dealt, strict=True))


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values that may each be compared with the level of all tests together."""
    adjusted = [0.0] * len(p)
    least = 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda index: p[index])):
        least = max(least, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = least
    return adjusted


def seeds_needed(
    ratio: float,
    *,
    spread: float,
    power: float = 0.8,
    level: float = 0.95,
    weights: tuple[float, float] = (1.0, 1.0),
    arms: int = 2,
    anytime: bool = True,
) -> int:
    """Return how many seeds two arms together need to tell a difference.

    Parameters
    ----------
    ratio
        The factor worth telling, of the geometric means of ``1 + joins per seed``; not 1.
    spread
        Standard deviation of ``ln(1 + joins per seed)`` in campaigns before; above 0.
    power
        How often it is to be told.
    level, arms
        How often all intervals hold together, and how many arms there are, the control among them.
    weights
        Weights of the two arms.
    anytime
        Whether it is told by `Contrast.anytime` (planned for just so many seeds), or by a single look at the end.

    Raises
    ------
    ValueError
        When there is no such number.
    """
    if not (0.0 < ratio < math.inf and ratio != 1.0 and 0.0 < spread < math.inf):
        raise ValueError(f"ratio is {ratio:g} and spread is {spread:g}; give both above 0, and a ratio other than 1.")
    whole = sum(weights)
    if not (0 < power < 1 and 0 < level < 1 and min(weights) > 0 and whole < math.inf and arms >= 2):  # noqa: PLR2004 - two arms
        raise ValueError("power and level lie between 0 and 1, weights above 0, and arms are at least 2.")
    each = 1.0 - (1.0 - level) / (arms - 1)
    # At its planned number, the factor of the anytime-valid interval does not depend on that number.
    reach = anytime_factor(PLANNED, level=each) if anytime else normal_quantile((1 + each) / 2)
    unit = spread**2 * (whole / weights[0] + whole / weights[1])
    found = math.ceil(unit * ((reach + normal_quantile(power)) / math.log(ratio)) ** 2)
    return max(found, math.ceil(FEWEST * whole / min(weights)))


def days_needed(seeds: int, *, per_day: float, window: float) -> int:
    """Return after how many days so many seeds will have closed windows.

    Parameters
    ----------
    seeds
        How many it takes.
    per_day
        How many get their link each day, above 0.
    window
        Seconds until a window closes.
    """
    if per_day <= 0.0:
        raise ValueError(f"per_day is {per_day:g}; give more than 0 seeds per day.")
    return math.ceil(seeds / per_day + window / 86400.0)


@dataclass(frozen=True, slots=True)
class Lift:
    """What exposure adds, for instance to how many people know a brand.

    Every seed has one vote, whose weight does not grow with its cascade: a few very large cascades would decide
    everything, and no interval for a rate per person holds then.

    Attributes
    ----------
    exposed, held_out
        Mean share of a seed's people who are of the kind: of seeds that were shown it, and that were held out.
    difference
        Exposed minus held out.
    relative
        The difference as a share of the held-out's; too early while nobody on one side is of the kind.
    """

    exposed: Estimate
    held_out: Estimate
    difference: Estimate
    relative: Figure


def lift(events: ArrayLike, people: ArrayLike, held_out: ArrayLike, *, level: float = 0.95) -> Lift | TooEarly:
    """Return the lift over seeds that were held out at random, with intervals that know seeds as clusters.

    Parameters
    ----------
    events, people
        (n,) of each seed: how many of its people are of the kind (know the brand), and how many were asked; the seed
        and whoever it brought. Seeds of whom nobody was asked count for nothing.
    held_out
        (n,) whether the seed was held out.
    level
        How often each interval holds.

    Returns
    -------
    Lift or TooEarly
        Too early until 50 seeds were asked on either side.

    Raises
    ------
    ValueError
        When more are of the kind than were asked, or the arrays differ in length.
    """
    hits, asked, out = np.asarray(events, np.float64), np.asarray(people, np.float64), np.asarray(held_out, np.bool_)
    if not len(hits) == len(asked) == len(out):
        raise ValueError(
            f"events, people and held_out have {len(hits)}, {len(asked)} and {len(out)} entries; give one each."
        )
    if (hits < 0).any() or (hits > asked).any():
        raise ValueError("events exceeds people for some seed, or is below 0; give 0 <= events <= people.")
    used = asked > 0
    shares, out = hits[used] / asked[used], out[used]
    fewest = int(min(out.sum(), (~out).sum()))
    if fewest < FEWEST:
        return TooEarly(fewest, FEWEST, "seeds")
    one, other = _mean(shares[~out], level), _mean(shares[out], level)
    difference = _Welch.of(shares[~out], shares[out]).interval(level, "share of people")
    return Lift(one, other, difference, _relative(one, other))


def _mean(shares: Values, level: float) -> Estimate:
    reach = math.sqrt(float(shares.var(ddof=1)) / len(shares)) * student_quantile(level, len(shares) - 1)
    return _around(float(shares.mean()), reach, level, "share of people")


def _relative(one: Estimate, other: Estimate) -> Figure:
    """Return one mean over another, less 1, with the interval of the ratio's logarithm."""
    if one.value <= 0.0 or other.value <= 0.0:
        return TooEarly(0, 1, "events")
    ratio = one.value / other.value
    reach = math.hypot(one.high / one.value - 1, other.high / other.value - 1)
    return Estimate(
        ratio - 1, ratio * math.exp(-reach) - 1, ratio * math.exp(reach) - 1, one.level, "of the held-out's"
    )
