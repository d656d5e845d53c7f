"""What could make a running campaign do better, with what it would bring. Only what the evidence says surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from django.utils import timezone

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import notices
from sebar.channels.models import Contact
from sebar.spread.estimate import Estimate
from sebar.steering import queries as forecasts
from sebar.steering import rules as forecasting
from sebar.steering.decisions.models import Rung, State
from sebar.steering.experiments import queries as experiments
from sebar.steering.experiments.models import Experiment
from sebar.steering.experiments.models import Status as ExperimentStatus
from sebar.steering.experiments.watching import Watch as Watched
from sebar.steering.models import Quantity
from sebar.steering.report.queries import Report
from sebar.steering.report.rules import Contrast
from sebar.steering.rules import MoreSeeds
from sebar.steering.suggestions import rules
from sebar.steering.watches import Watch

SURE: Final = 0.8
"""How likely the goal is to be made by more seeds."""
MOST_REMINDED: Final = 500
"""How many people are reminded by one tap; the others by the next."""
_HAD_TIME: Final = timedelta(days=2)
_LATELY: Final = timedelta(days=3)
_AGAINST: Final = (Watch.NEGATIVE, Watch.COMPLAINTS)
_CHUNK: Final = 1000
_MOVED: Final = 100
_FEWEST_LEFT: Final = 2
_LOW, _HIGH = next((low, high) for level, low, high in forecasting.INTERVALS if level == SURE)
_MIDDLE: Final = len(forecasting.LEVELS) // 2


class Kind(StrEnum):
    """What is suggested."""

    ADD_SEEDS = "add_seeds"  # so many make the goal likely
    END_ARM = "end_arm"  # of an experiment, which is clearly worse
    REMIND = "remind"  # who joined, asked for news, and never passed it on; once
    MOVE_SEEDS = "move_seeds"  # to a channel, creative or source whose people pass on more


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that could be done now.

    Attributes
    ----------
    kind
        What.
    number
        Seeds to add, or to move, or people to remind: so many `effect` is about.
    effect
        What is expected with it: for seeds to be added, participants by `due_at` (80 %); for an arm, the factor of its
        cascades beside the control's; for seeds to be moved, how many more they bring themselves (95 %); for people to
        be reminded, how many they would bring if they were like everybody. None where nobody can say.
    without
        The same without it, where that is not nothing.
    due_at, chance, chance_without
        For seeds to be added: by when, and how likely the goal is with and without them.
    what, beside, by
        The arm and its experiment's name; or the better group, the other one, and one of `report.rules.PARTS`.
    experiment
        Number of the experiment; None for everything else.
    is_open
        Whether nobody can tell how far the upper end of `effect` reaches: “or more”.
    may_be_applied
        Whether one tap does it; otherwise there is a page to do it on.
    """

    kind: Kind
    number: int = 0
    effect: Estimate | None = None
    without: Estimate | None = None
    due_at: datetime | None = None
    chance: float | None = None
    chance_without: float | None = None
    what: str = ""
    beside: str = ""
    by: str = ""
    experiment: int | None = None
    is_open: bool = False
    may_be_applied: bool = False


def of_report(campaign: Campaign, report: Report) -> list[Suggestion]:
    """Return what could be done now, from what the report tells; nothing while nobody can join."""
    if report.phase is not Phase.RUNNING:
        return []
    ended = [one for experiment, watch in report.experiments for one in _arms(experiment, watch)]
    return [*_seeds(campaign, report), *ended, *map(_moved, report.contrasts), *_reminded(campaign, report)]


def _seeds(campaign: Campaign, report: Report) -> list[Suggestion]:
    """Return how many seeds make the goal likely, where some number does and it takes any.

    None while people turn against it, or where it was held or stopped lately: more of them would not help it.
    """
    if is_in_an_affair(report):
        return []
    look = forecasts.look(campaign)
    if look is None or not look.outlook.seeds_to_goal or campaign.goal is None:
        return []
    outlook, number = look.outlook, rules.told(look.outlook.seeds_to_goal)
    ahead = outlook.ahead[Quantity.PARTICIPANTS][-1]
    known = [MoreSeeds(0, ahead.quantiles, outlook.chance_of_goal), *outlook.more_seeds]
    # The goal may take no more seeds than were tried, so there is one above; the one below may be none at all.
    below, above = next(pair for pair in pairwise(known) if pair[1].seeds >= number)
    with_them = rules.between(below, above, number)
    return [
        Suggestion(
            Kind.ADD_SEEDS,
            number=number,
            effect=_range(with_them.quantiles),
            without=_range(ahead.quantiles),
            due_at=ahead.at,
            chance=with_them.chance_of_goal,
            chance_without=outlook.chance_of_goal,
            is_open=forecasting.is_open_with(outlook, above, _HIGH),
        )
    ]


def is_in_an_affair(report: Report) -> bool:
    """Say whether people turn against it, or it was held or stopped lately: then no more seeds are suggested."""
    is_against = any(alarm.closed_at is None and alarm.watch in _AGAINST for alarm in report.alarms)
    since = timezone.now() - _LATELY
    return is_against or any(
        one.rung in {Rung.HOLD, Rung.STOP}
        and one.state == State.IN_FORCE
        and (one.ended_at is None or one.ended_at > since)
        for one in report.decisions
    )


def _range(quantiles: Sequence[float]) -> Estimate:
    return Estimate(quantiles[_MIDDLE], quantiles[_LOW], quantiles[_HIGH], SURE, "participants")


def _arms(experiment: Experiment, watch: Watched) -> list[Suggestion]:
    """Return the arms to be ended; where no more than one would be left, the experiment itself is to be ended."""
    if experiment.status != ExperimentStatus.RUNNING:
        return []
    dropped = watch.to_drop(experiment.control)
    still = [arm.name for arm in experiments.arms(experiment) if arm.name not in experiment.dropped]
    beside = {one.arm: one.ratio for one in watch.besides}
    return [
        Suggestion(
            Kind.END_ARM,
            effect=ratio if isinstance(ratio := beside.get(arm), Estimate) else _inverse(beside.get(watch.leading)),
            what=arm,
            beside=experiment.name,
            experiment=experiment.pk,
            may_be_applied=len(dropped) < len(still) and len(still) > _FEWEST_LEFT,
        )
        for arm in dropped
    ]


def _inverse(ratio: object) -> Estimate | None:
    """Return the control beside the arm that leads, from that arm beside the control."""
    if not isinstance(ratio, Estimate):
        return None
    return Estimate(1 / ratio.value, 1 / ratio.high, 1 / ratio.low, ratio.level, ratio.unit)


def to_be_reminded(campaign: Campaign) -> list[Contact]:
    """Return whom to remind next: at most `MOST_REMINDED` at once, of whom no passing-on was seen.

    Raises
    ------
    Unavailable
        When nobody can say just now who passed it on.
    """
    found: list[Contact] = []
    asked = notices.may_be_reminded(campaign, joined_before=timezone.now() - _HAD_TIME)
    for place in range(0, asked.count(), _CHUNK):
        some = list(asked[place : place + _CHUNK])
        shared = measures.who_shared(campaign.pk, [contact.participant_id for contact in some])
        found += [contact for contact in some if contact.participant_id not in shared]
        if len(found) >= MOST_REMINDED:
            break
    return found[:MOST_REMINDED]


def _reminded(campaign: Campaign, report: Report) -> list[Suggestion]:
    people = len(to_be_reminded(campaign))
    if not people:
        return []
    r = report.spreading.r
    effect = None
    if isinstance(r, Estimate):
        effect = Estimate(r.value * people, r.low * people, r.high * people, r.level, "joins")
    return [Suggestion(Kind.REMIND, number=people, effect=effect, may_be_applied=True)]


def _moved(found: Contrast) -> Suggestion:
    more = found.more
    effect = Estimate(more.value * _MOVED, more.low * _MOVED, more.high * _MOVED, more.level, "joins")
    return Suggestion(Kind.MOVE_SEEDS, number=_MOVED, effect=effect, what=found.better, beside=found.worse, by=found.by)
