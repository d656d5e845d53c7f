"""What differs surely between groups, what one join cost, and what follows for the next campaign. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import NormalDist
from typing import Final

from sebar.spread.estimate import Estimate, Figure
from sebar.steering.rules import INTERVALS

PARTS: Final = ("channel", "creative", "source")
"""By what groups are compared: what brought people, and where their cascade's seed came from."""
_LEVEL: Final = 0.95
_LOW, _HIGH = next((low, high) for level, low, high in INTERVALS if level == 0.8)  # noqa: PLR2004 - the one we tell


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two groups of which one surely passes on more.

    Attributes
    ----------
    by
        One of `PARTS`.
    better, worse
        Their labels.
    r, r_of_worse
        What each person in them brings, 95 % each.
    more
        By how much the better group's R is larger; all contrasts of a campaign hold together 95 of 100 times.
    """

    by: str
    better: str
    worse: str
    r: Estimate
    r_of_worse: Estimate
    more: Estimate


def contrasts(parts: Mapping[str, Sequence[tuple[str, Figure]]]) -> list[Contrast]:
    """Return which groups surely pass on more or less than the largest one of the same part.

    Every group is compared with the largest alone, which is known best and was not chosen by its R. Intervals of the
    difference are put together from those of both (Zou and Donner: Construction of confidence limits about effect
    measures, Statistics in Medicine 2008), and widened for how many comparisons there are (Bonferroni).

    Parameters
    ----------
    parts
        By part the groups with their R, the largest first; what has no label or is too early is left out.
    """
    known = {
        by: [(label, r) for label, r in groups if label and isinstance(r, Estimate)] for by, groups in parts.items()
    }
    comparisons = sum(max(len(groups) - 1, 0) for groups in known.values())
    found = []
    for by, groups in known.items():
        for label, r in groups[1:]:
            (first, r_of_first) = groups[0]
            up = r.value >= r_of_first.value
            better, worse = ((label, r), (first, r_of_first)) if up else ((first, r_of_first), (label, r))
            more = difference(better[1], worse[1], comparisons)
            if more.low > 0:
                found.append(Contrast(by, better[0], worse[0], better[1], worse[1], more))
    return sorted(found, key=lambda one: -one.more.value)


def difference(above: Estimate, below: Estimate, comparisons: int = 1) -> Estimate:
    """Return above − below with its interval, so wide that `comparisons` such intervals hold together."""
    normal = NormalDist()
    wider = normal.inv_cdf(1 - (1 - _LEVEL) / 2 / comparisons) / normal.inv_cdf((1 + _LEVEL) / 2)
    value = above.value - below.value
    low = value - wider * math.hypot(above.value - above.low, below.high - below.value)
    high = value + wider * math.hypot(above.high - above.value, below.value - below.low)
    return Estimate(value, low, high, _LEVEL, above.unit)


@dataclass(frozen=True, slots=True)
class Cost:
    """What is known to have been spent, in minor units of one currency.

    Attributes
    ----------
    given, pending
        Rewards earned or paid; rewards that are not sure yet.
    budget
        The brief's; None where nobody has written one in this currency. It may hold the rewards, so both are never
        added.
    joins, conversions
        Among how many it is parted.
    """

    currency: str
    given: int
    pending: int
    budget: int | None
    joins: int
    conversions: int


def each(amount: int | None, count: int) -> int | None:
    """Return an amount parted among so many, in whole minor units; None where there is nothing to be parted."""
    return None if amount is None or not count else round(amount / count)


@dataclass(frozen=True, slots=True)
class Foretold:
    """What was foreseen before, beside what came.

    Attributes
    ----------
    plan
        Name of the plan of record; empty for a forecast.
    made_at, due_at
        When it was made, and which moment it is about.
    quantiles
        At `steering.rules.LEVELS`.
    outcome, score
        What came, and the weighted interval score; None while it is open.
    over_on
        The day of the plan on which the campaign was over, and how many days it had; None where they passed.
    """

    plan: str
    made_at: datetime
    due_at: datetime
    quantiles: tuple[float, ...]
    outcome: int | None
    score: float | None
    over_on: tuple[int, int] | None = None

    @property
    def likely(self) -> tuple[float, float]:
        """The ends of the 80 % interval."""
        return self.quantiles[_LOW], self.quantiles[_HIGH]

    @property
    def held(self) -> bool | None:
        """Whether what came lies within them; None while it is open."""
        low, high = self.likely
        return None if self.outcome is None else low <= self.outcome <= high


@dataclass(frozen=True, slots=True)
class Tried:
    """What an experiment showed: the arm to be kept, empty where it cannot tell."""

    number: int
    name: str
    best: str


class Lesson(StrEnum):
    """What is to be done next time."""

    BEGIN_WITH = "begin_with"  # the group that surely passes on more
    KEEP_ARM = "keep_arm"  # what an experiment showed to be best
    SEEDS = "seeds"  # as many as the goal takes
    POLICY = "policy"  # decide beforehand about an alarm that nobody had decided about
    PLAN = "plan"  # its range did not hold: compute the next from this campaign


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do next time.

    Attributes
    ----------
    lesson
        What it is.
    what
        The group, arm, watch or plan it is about.
    beside
        The other group, or the experiment's name.
    by
        For groups, one of `PARTS`.
    number
        How many it takes, or makes a difference.
    """

    lesson: Lesson
    what: str = ""
    beside: str = ""
    by: str = ""
    number: Estimate | None = None


def advice(
    *,
    found: Iterable[Contrast],
    tried: Iterable[Tried],
    foretold: Iterable[Foretold],
    alarmed: Iterable[str],
    decided: Iterable[str],
    goal: int | None,
    amplification: Figure,
    r: Figure,
    is_missed: bool,
) -> list[Advice]:
    """Return what is to be done next time; nothing where nothing can be said.

    Parameters
    ----------
    found, tried, foretold
        The evidence.
    alarmed, decided
        Watches that sounded an alarm, and those about which something was decided beforehand.
    goal, amplification, is_missed
        How many participants were wanted, how many a seed came to, and whether they are fewer in the end.
    r
        How many people each brings. While it is too early to tell, nothing is said of seeds either: what a seed came
        to by then is no measure of what it comes to.
    """
    given = [Advice(Lesson.BEGIN_WITH, one.better, one.worse, one.by, one.more) for one in found]
    given += [Advice(Lesson.KEEP_ARM, one.best, one.name) for one in tried if one.best]
    if is_missed and goal and isinstance(amplification, Estimate) and isinstance(r, Estimate):
        given.append(Advice(Lesson.SEEDS, number=seeds_for(goal, amplification)))
    known = set(decided)
    given += [Advice(Lesson.POLICY, watch) for watch in dict.fromkeys(alarmed) if watch not in known]
    given += [Advice(Lesson.PLAN, one.plan) for one in foretold if one.plan and one.held is False]
    return given


def seeds_for(goal: int, amplification: Estimate) -> Estimate:
    """Return how many seeds a goal takes, where each comes to so many participants."""
    return Estimate(
        goal / amplification.value, goal / amplification.high, goal / amplification.low, amplification.level, "seeds"
    )
