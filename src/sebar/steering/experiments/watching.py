"""Looking at an experiment: what can be said by now, how sure it is, and whether anything is wrong with it.

One number a seed is compared, ``ln(1 + joins its cascade brought within the window)``, of seeds whose window is closed,
and only by intervals that hold however often one looks (`sebar.spread.experiment`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.kit.errors import Unavailable
from sebar.measures.ask import Ask
from sebar.measures.experiment import Meetings, SeedCascades, meetings, seed_cascades
from sebar.spread import experiment as science
from sebar.spread.estimate import Estimate, Figure, TooEarly
from sebar.spread.experiment import Balance, Comparison, Contrast, Lift
from sebar.steering.experiments import actions, queries, rules
from sebar.steering.experiments.models import Assignment, Experiment
from sebar.steering.experiments.rules import HOLDOUT, Known

Values = NDArray[np.float64]

LEVEL: Final = 0.95
"""How often all intervals of an experiment hold together."""
ALL: Final = "all arms"
"""Under which all arms together stand beside those held out; no arm can be called so."""
_DAY: Final = 86_400.0
_MOST_LOOKS: Final = 60
_LATELY: Final = timedelta(days=14)
_SURE: Final = 1.96
_FEWEST_KNOWN: Final = 50


class Verdict(StrEnum):
    """What can be said by now."""

    NOTHING = "nothing"  # it has not started
    MISMATCH = "mismatch"  # seeds or visitors are not spread as was meant: nothing may be read from it
    EARLY = "early"  # some arm has too few seeds with a closed window
    UNCLEAR = "unclear"  # the intervals hold no difference too
    BETTER = "better"  # an arm is clearly better than the control
    WORSE = "worse"  # every arm is clearly worse than the control


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm.

    Attributes
    ----------
    name
        Its name; `rules.HOLDOUT` for those who are shown the usual page.
    given
        How many seeds have it.
    closed
        How many of them have had their window.
    joins
        Mean number of people whom their cascades brought within it.
    shared, converted
        Mean share of a cascade's people who passed it on, and who converted; one vote a seed.
    met, joined
        Visitors who were shown it without anybody's link, and how many of them joined.
    is_dropped
        Whether it ended early.
    """

    name: str
    given: int
    closed: int
    joins: float | None
    shared: Figure
    converted: Figure
    met: int
    joined: int
    is_dropped: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What one arm's interval was at a moment: the factor beside the control, and its ends."""

    at: datetime
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Beside:
    """One arm beside the control.

    Attributes
    ----------
    arm
        Its name.
    ratio
        Factor between the geometric means of 1 + joins per seed, with the interval that holds whenever one looks;
        too early while there are too few seeds.
    pooled
        Difference of R, everybody's joins by everybody; never to decide upon.
    looks
        How the interval has narrowed from day to day.
    """

    arm: str
    ratio: Figure
    pooled: Figure
    looks: tuple[Look, ...]

    @property
    def is_better(self) -> bool:
        """Whether the arm is clearly better than the control."""
        return isinstance(self.ratio, Estimate) and self.ratio.low > 1.0

    @property
    def is_worse(self) -> bool:
        """Whether the arm is clearly worse than the control."""
        return isinstance(self.ratio, Estimate) and self.ratio.high < 1.0


@dataclass(frozen=True, slots=True)
class Wait:
    """In how many days an experiment can likely tell that one arm is passed on 20 % more, and the ends of its range.

    `latest` is None when nobody can say, because too few seeds come.
    """

    likely: float
    earliest: float
    latest: float | None


@dataclass(frozen=True, slots=True)
class Spill:
    """Visitors of one day who met more than one arm, of all visitors."""

    several: int
    visitors: int


@dataclass(frozen=True, slots=True)
class Watch:
    """One look at an experiment.

    Attributes
    ----------
    at
        The moment; of an experiment that has ended, its end.
    verdict
        What can be said.
    arms
        Every arm, those who are held out last.
    besides
        Every arm but the control beside it.
    over_usual
        All arms together beside those held out; None without any.
    balance
        Of seeds that were given an arm by their own number.
    balance_of_visitors
        Of visitors without a link, who were given one by the page.
    wait
        How long it will likely take; None when it has been decided or nothing can be said.
    spill
        Who met several arms.
    """

    at: datetime
    verdict: Verdict
    arms: tuple[ArmFigures, ...]
    besides: tuple[Beside, ...]
    over_usual: Beside | None
    balance: Balance | None
    balance_of_visitors: Balance | None
    wait: Wait | None
    spill: Spill

    @property
    def is_sound(self) -> bool:
        """Whether arms were given as was meant."""
        return all(one is None or one.sound for one in (self.balance, self.balance_of_visitors))

    @property
    def leading(self) -> str:
        """The arm that is best of those clearly better than the control; empty when none is."""
        better = [one for one in self.besides if one.is_better and isinstance(one.ratio, Estimate)]
        return max(better, key=_ratio).arm if better and self.is_sound else ""

    def to_drop(self, control: str) -> tuple[str, ...]:
        """Return the arms that are clearly worse and still given, the control among them when another is better."""
        if not self.is_sound:
            return ()
        worse = {one.arm for one in self.besides if one.is_worse} | ({control} if self.leading else set())
        return tuple(arm.name for arm in self.arms if arm.name in worse and not arm.is_dropped)


def _ratio(one: Beside) -> float:
    return one.ratio.value if isinstance(one.ratio, Estimate) else 0.0


@dataclass(frozen=True, slots=True)
class _Seeds:
    """Seeds of an experiment in the order in which their windows close."""

    arm: NDArray[np.str_]
    began: Values
    cascades: SeedCascades


def watch(experiment: Experiment, *, now: datetime | None = None, ask: Ask | None = None) -> Watch:
    """Look at an experiment.

    Parameters
    ----------
    experiment
        Which one.
    now
        The moment of looking; an experiment that has ended is always looked at as of its end.
    ask
        Whom to ask for events; the engine when absent.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    at = experiment.ended_at or now or timezone.now()
    if experiment.started_at is None:
        return Watch(at, Verdict.NOTHING, (), (), None, None, None, None, Spill(0, 0))
    return _Look(experiment, at, ask).watch(experiment.started_at)


def known(campaign: Campaign, *, now: datetime | None = None, ask: Ask | None = None) -> Known:
    """Return how seeds of a campaign do, from those who joined at least a week ago, or else how they usually do.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    at = now or timezone.now()
    week = timedelta(days=7)
    found = seed_cascades(campaign.pk, since=_LONG_AGO, until=at, window=week, ask=ask)
    lately = found.began >= (at - _LATELY).timestamp()
    first = float(found.began[lately].min()) if lately.any() else at.timestamp()
    per_day = float(lately.sum()) / max((at.timestamp() - first) / _DAY, 1.0)
    closed = found.began + week.total_seconds() <= at.timestamp()
    return _known(found.joins[closed], found.answer[closed], per_day) or rules.usual(per_day)


def _known(joins: NDArray[np.int64], answer: Values, per_day: float = 0.0) -> Known | None:
    """Return how seeds do whose windows are closed; None when they are too few or too alike to tell."""
    y = np.log1p(joins)
    if len(y) < _FEWEST_KNOWN or not y.std():
        return None
    return Known(float(answer.mean()), float(y.std(ddof=1)), len(y), per_day)


class _Look:
    """One look at one experiment."""

    def __init__(self, experiment: Experiment, at: datetime, ask: Ask | None) -> None:
        self._experiment = experiment
        self._at = at
        self._ask = ask
        self._arms = queries.arms(experiment)
        self._window = timedelta(days=experiment.window_days)
        self._weights = rules.weights(self._arms, holdout=experiment.holdout, dropped={})
        self._dropped = {name: datetime.fromisoformat(when) for name, when in experiment.dropped.items()}
        self._others = [arm.name for arm in self._arms if arm.name != experiment.control]
        self._level = 1.0 - (1.0 - LEVEL) / len(self._others)
        self._given: dict[int, tuple[str, datetime, bool]] = {
            seed: (arm, when, by_page)
            for seed, arm, when, by_page in Assignment.objects.filter(experiment=experiment, at__lt=at)
            .order_by("at", "seed_id")
            .values_list("seed_id", "arm", "at", "by_page")
        }

    def watch(self, since: datetime) -> Watch:
        seeds = self._seeds(since)
        met = meetings(self._experiment.campaign_id, since=since, until=self._at, ask=self._ask)
        visitors = self._visitors(met)
        besides = tuple(self._beside(seeds, arm, self._experiment.control) for arm in self._others)
        balance = self._balance([(at, arm) for arm, at, by_page in self._given.values() if not by_page], since)
        balance_of_visitors = self._balance(visitors, since)
        is_sound = all(one is None or one.sound for one in (balance, balance_of_visitors))
        verdict = _verdict(besides) if is_sound else Verdict.MISMATCH
        may_wait = verdict in {Verdict.EARLY, Verdict.UNCLEAR} and queries.is_comparing(self._experiment)
        return Watch(
            at=self._at,
            verdict=verdict,
            arms=tuple(self._figures(name, seeds, visitors, met.every) for name in self._weights),
            besides=besides,
            over_usual=self._over_usual(seeds) if self._experiment.holdout else None,
            balance=balance,
            balance_of_visitors=balance_of_visitors,
            wait=self._wait(seeds, since) if may_wait else None,
            spill=self._spill(met),
        )

    def _seeds(self, since: datetime) -> _Seeds:
        """Return the seeds whose window is closed."""
        found = seed_cascades(
            self._experiment.campaign_id, since=since, until=self._at, window=self._window, ask=self._ask
        )
        closed = found.began + self._window.total_seconds() <= self._at.timestamp()
        mine = np.array([seed in self._given for seed in found.seed.tolist()], np.bool_)
        kept = closed & mine if len(closed) else closed
        cascades = SeedCascades(
            seed=found.seed[kept],
            began=found.began[kept],
            joins=found.joins[kept],
            converted=found.converted[kept],
            shared=found.shared[kept],
            answer=found.answer[kept],
        )
        arms = np.array([self._given[seed][0] for seed in cascades.seed.tolist()], np.str_)
        return _Seeds(arms, cascades.began, cascades)

    def _beside(self, seeds: _Seeds, arm: str, control: str) -> Beside:
        """Compare two arms, by the seeds of the time in which both were given."""
        until = min((self._dropped[name] for name in (arm, control) if name in self._dropped), default=self._at)
        both = np.isin(seeds.arm, [arm, control]) & (seeds.began < until.timestamp())
        return self._compared(arm, seeds.arm[both], seeds.began[both], seeds.cascades.joins[both], control)

    def _over_usual(self, seeds: _Seeds) -> Beside:
        """Compare all arms together with those held out."""
        names = np.where(seeds.arm == HOLDOUT, HOLDOUT, ALL) if len(seeds.arm) else seeds.arm
        return self._compared(ALL, names, seeds.began, seeds.cascades.joins, HOLDOUT)

    def _compared(
        self, arm: str, names: NDArray[np.str_], began: Values, joins: NDArray[np.int64], control: str
    ) -> Beside:
        def at(count: int) -> Contrast | TooEarly:
            found = science.compare(
                joins[:count],
                names[:count],
                age=np.full(count, self._window.total_seconds()),
                window=self._window.total_seconds(),
                control=control,
                arms={arm: 1.0, control: 1.0},
                level=LEVEL if control == HOLDOUT else self._level,
                planned=self._planned(arm, control),
                permutations=1,
            )
            return found.contrasts[0] if isinstance(found, Comparison) else found

        looks = []
        for moment, count in self._moments(began):
            seen = at(count)
            if isinstance(seen, Contrast):
                ratio = _factor(seen.anytime)
                looks.append(Look(moment, ratio.value, ratio.low, ratio.high))
        last = at(len(joins))
        if isinstance(last, TooEarly):
            return Beside(arm, last, last, ())
        return Beside(arm, _factor(last.anytime), last.pooled, tuple(looks))

    def _moments(self, began: Values) -> list[tuple[datetime, int]]:
        """Return the ends of days, at most sixty of them, and how many windows were closed by then."""
        if not len(began):
            return []
        closing = began + self._window.total_seconds()
        first, last = float(closing[0]), self._at.timestamp()
        days = max(math.ceil((last - first) / _DAY), 1)
        step = math.ceil(days / _MOST_LOOKS)
        ends = [last - _DAY * step * back for back in range(days // step + 1)][::-1]
        return [(self._at - timedelta(seconds=last - end), int(np.searchsorted(closing, end, "right"))) for end in ends]

    def _planned(self, arm: str, control: str) -> int:
        """Return how many of the seeds planned the two have together."""
        share = (
            1.0
            if control == HOLDOUT
            else (self._weights[arm] + self._weights[control]) / math.fsum(self._weights.values())
        )
        return max(round(self._experiment.planned * share), 1)

    def _balance(self, given: Sequence[tuple[datetime, str]], since: datetime) -> Balance | None:
        """Return whether arms were given as was meant; None while nobody was given any."""
        if not given:
            return None
        moments = sorted({since, *self._dropped.values()})
        epochs = [
            (
                moment,
                rules.weights(
                    self._arms,
                    holdout=self._experiment.holdout,
                    dropped=self._experiment.dropped,
                    at=moment,
                ),
            )
            for moment in moments
        ]
        return rules.balance(given, epochs)

    def _visitors(self, met: Meetings) -> list[tuple[datetime, str]]:
        """Return when each visitor first opened the page without a link, and the arm it showed them."""
        return [(one.first, self._of_visitor(one.visitor, one.first)) for one in met.meetings if 0 in one.roots]

    def _of_visitor(self, visitor: int, at: datetime) -> str:
        weighed = rules.weights(self._arms, holdout=self._experiment.holdout, dropped=self._experiment.dropped, at=at)
        return rules.arm_for(visitor, self._experiment.pk, weighed)

    def _spill(self, met: Meetings) -> Spill:
        several = 0
        for one in met.meetings:
            arms = {self._given[root][0] for root in one.roots if root in self._given}
            if 0 in one.roots:
                arms.add(self._of_visitor(one.visitor, one.first))
            several += len(arms) > 1
        return Spill(several * met.every, met.visitors)

    def _figures(self, name: str, seeds: _Seeds, visitors: Sequence[tuple[datetime, str]], every: int) -> ArmFigures:
        mine = seeds.arm == name if len(seeds.arm) else np.zeros(0, np.bool_)
        joins = seeds.cascades.joins[mine]
        return ArmFigures(
            name=name,
            given=sum(arm == name for arm, _, _ in self._given.values()),
            closed=len(joins),
            joins=float(joins.mean()) if len(joins) else None,
            shared=_share(seeds.cascades.shared[mine], joins),
            converted=_share(seeds.cascades.converted[mine], joins),
            met=every * sum(arm == name for _, arm in visitors),
            joined=sum(arm == name and by_page for arm, _, by_page in self._given.values()),
            is_dropped=name in self._dropped,
        )

    def _wait(self, seeds: _Seeds, since: datetime) -> Wait | None:
        """Return how long it will take, from how seeds came lately and how far their numbers are spread."""
        lately = max(since, self._at - _LATELY)
        days = max((self._at - lately).total_seconds() / _DAY, 1 / 24)
        came = sum(at >= lately for _, at, _ in self._given.values())
        if not came:
            return None
        own = _known(seeds.cascades.joins, seeds.cascades.answer)
        base = own or rules.usual()
        # Of a standard deviation from heavy tails (fourth moment), and of a Poisson count.
        off = _relative_error_of_spread(np.log1p(seeds.cascades.joins)) if own else _UNKNOWN_SPREAD
        reach = _SURE * math.sqrt(came)
        per_day, most = came / days, (came + reach) / days
        fewest = (came - reach) / days
        low, middle, high = (
            self._still_needed(replace(base, spread=base.spread * factor))
            for factor in (max(1 - _SURE * off, 0.5), 1.0, 1 + _SURE * off)
        )
        window = self._window.total_seconds() / _DAY
        return Wait(
            likely=middle / per_day + window,
            earliest=low / most + window,
            latest=high / fewest + window if fewest > 0 else None,
        )

    def _still_needed(self, base: Known) -> int:
        needed = rules.whole_needed(base, self._arms, self._experiment.control, holdout=self._experiment.holdout)
        return max(needed - len(self._given), 0)


_LONG_AGO: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
_UNKNOWN_SPREAD: Final = 0.25


def _relative_error_of_spread(y: Values) -> float:
    off = y - y.mean()
    variance = float((off**2).mean())
    return math.sqrt(max(float((off**4).mean()) - variance**2, 0.0) / len(y)) / (2 * variance)


def _factor(difference: Estimate) -> Estimate:
    return Estimate(
        math.exp(difference.value), math.exp(difference.low), math.exp(difference.high), difference.level, "times"
    )


def _share(events: NDArray[np.int64], joins: NDArray[np.int64]) -> Figure:
    """Return the mean share of cascades' people, with an interval that knows seeds as clusters."""
    if len(joins) < science.FEWEST:
        return TooEarly(len(joins), science.FEWEST, "seeds")
    people = joins + 1
    # Beside itself: only the mean is wanted, which `lift` tells for either side.
    twice = np.repeat([False, True], len(joins))
    found = science.lift(np.tile(np.minimum(events, people), 2), np.tile(people, 2), twice)
    return found.exposed if isinstance(found, Lift) else found


def _verdict(besides: Sequence[Beside]) -> Verdict:
    if any(isinstance(one.ratio, TooEarly) for one in besides):
        return Verdict.EARLY
    if any(one.is_better for one in besides):
        return Verdict.BETTER
    return Verdict.WORSE if all(one.is_worse for one in besides) else Verdict.UNCLEAR


def drop(*, membership: Membership, campaign: Campaign, number: int, arm: str, reason: str = "") -> Experiment:
    """End one arm early, as `actions.drop` does, having looked whether it is clearly worse.

    While the event store cannot answer, nothing is clear, and a reason is needed.

    Raises
    ------
    NotAllowed, UserError
        As `actions.drop` does.
    """
    experiment = queries.of_number(campaign, number)
    try:
        is_worse = arm in watch(experiment).to_drop(experiment.control)
    except Unavailable:
        is_worse = False
    return actions.drop(
        membership=membership, slug=campaign.slug, number=number, arm=arm, is_worse=is_worse, reason=reason
    )
