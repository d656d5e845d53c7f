"""Experiments: plan, start, watch, end an arm early, end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.figures import FigureShown, figure_shown
from sebar.api.shapes import Given, Original
from sebar.campaigns.queries import of_slug
from sebar.kit.errors import NotAllowed
from sebar.kit.words import gettext_noop
from sebar.spread.experiment import Balance
from sebar.steering.experiments import actions, queries, watching
from sebar.steering.experiments.models import Experiment
from sebar.steering.experiments.rules import Arm, Plan
from sebar.steering.experiments.watching import ArmFigures, Beside, Watch

router = Router(tags=["Experiments"])


class NewArm(Given):
    """One variant of an experiment."""

    name: Annotated[str, Field(description="Up to 20 small letters and digits.")]
    weight: Annotated[float, Field(description="How many seeds it gets beside the others.")] = 1.0
    shows: Annotated[
        dict[str, Any],
        Field(description="`{creative: name}`, or language to wordings; what is left out stays as usual."),
    ] = {}


class NewExperiment(Given):
    """An experiment to be kept as a draft."""

    name: str
    varies: Annotated[str, Field(description="wording, offer, message or creative")]
    arms: list[NewArm]
    control: Annotated[str, Field(description="Name of the arm that the others are compared with.")]
    holdout: Annotated[float, Field(description="Share of new seeds who see the usual page, 0 to 0.5.")] = 0.0
    planned: Annotated[int, Field(description="How many seeds it takes, all arms together.")] = 2000
    window_days: Annotated[int, Field(description="For how many days each cascade is counted.")] = 7

    def plan(self) -> Plan:
        """Return it as `sebar.steering.experiments` takes it."""
        return Plan(
            name=self.name,
            varies=self.varies,
            arms=[Arm(arm.name, arm.weight, arm.shows) for arm in self.arms],
            control=self.control,
            holdout=self.holdout,
            planned=self.planned,
            window_days=self.window_days,
        )


class Beginning(Given):
    """Since when seeds are part of it; now when left out."""

    since: Original = None


class Dropping(Given):
    """Which arm ends early; a reason is needed unless the figures show that it is clearly worse."""

    arm: str
    reason: str = ""


class Ending(Given):
    """What everybody new sees from then on; empty for the usual page."""

    winner: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ArmShown:
    """One arm as it was planned."""

    name: str
    weight: float
    shows: dict[str, Any]
    dropped_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExperimentShown:
    """An experiment; `status` is draft, running or ended.

    `usual` is the creative that stood first when it began: arms that name none, and those held out, show it throughout.
    """

    number: int
    name: str
    varies: str
    status: str
    arms: list[ArmShown]
    control: str
    usual: str
    holdout: float
    planned: int
    window_days: int
    started_at: datetime | None
    ended_at: datetime | None
    winner: str


@dataclass(frozen=True, slots=True)
class Experiments:
    """All experiments of a campaign, newest first."""

    experiments: list[ExperimentShown]


@dataclass(frozen=True, slots=True)
class ArmWatched:
    """How one arm does; those held out are called `holdout`."""

    name: str
    seeds: int
    closed: int
    joins_per_seed: float | None
    shared: FigureShown
    converted: FigureShown
    visitors: int
    visitors_joined: int


@dataclass(frozen=True, slots=True)
class LookShown:
    """What the interval of the factor was at a moment."""

    at: datetime
    factor: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BesideShown:
    """One arm beside the control; the factor's interval holds however often one looks."""

    arm: str
    factor: FigureShown
    pooled_r_difference: FigureShown
    looks: list[LookShown]


@dataclass(frozen=True, slots=True)
class BalanceShown:
    """Whether arms were given as was meant, and the chance of numbers at least so unlike that."""

    given: dict[str, int]
    expected: dict[str, float]
    p: float
    is_sound: bool


@dataclass(frozen=True, slots=True)
class WaitShown:
    """In how many days it can likely be told; `latest` is null when too few seeds come to say."""

    likely_days: float
    earliest_days: float
    latest_days: float | None


@dataclass(frozen=True, slots=True)
class WatchShown:
    """What can be said: nothing, mismatch, early, unclear, better or worse, and what it rests on."""

    experiment: ExperimentShown
    at: datetime
    verdict: str
    leading: str
    to_drop: list[str]
    arms: list[ArmWatched]
    beside_control: list[BesideShown]
    over_usual: BesideShown | None
    balance_of_seeds: BalanceShown | None
    balance_of_visitors: BalanceShown | None
    wait: WaitShown | None
    visitors: int
    visitors_who_met_several_arms: int


@router.get("/{slug}/experiments", auth=READ, response=Experiments, summary="List experiments")
def list_experiments(request: HttpRequest, slug: str) -> Experiments:
    """All experiments of the campaign, newest first."""
    campaign = of_slug(asking(request).membership.brand, slug)
    return Experiments([_experiment(one) for one in queries.of_campaign(campaign)])


@router.post("/{slug}/experiments", auth=WRITE, response={201: ExperimentShown}, summary="Plan an experiment")
def plan_experiment(request: HttpRequest, slug: str, given: NewExperiment) -> Status[ExperimentShown]:
    """Keep a draft; nobody is part of it before it is started."""
    made = actions.plan(membership=asking(request).membership, slug=slug, plan=given.plan())
    return Status(201, _experiment(made))


@router.get("/{slug}/experiments/{number}", auth=READ, response=WatchShown, summary="Watch an experiment")
def watch_experiment(request: HttpRequest, slug: str, number: int) -> WatchShown:
    """Tell what can be said by now, how sure it is, and whether anything is wrong."""
    experiment = queries.of_number(of_slug(asking(request).membership.brand, slug), number)
    return _watched(experiment, watching.watch(experiment))


@router.put("/{slug}/experiments/{number}", auth=WRITE, response=ExperimentShown, summary="Plan a draft anew")
def change_experiment(request: HttpRequest, slug: str, number: int, given: NewExperiment) -> ExperimentShown:
    """Change all of an experiment that has not started; what it varies stays."""
    membership = asking(request).membership
    return _experiment(actions.change(membership=membership, slug=slug, number=number, plan=given.plan()))


@router.post("/{slug}/experiments/{number}/begin", auth=WRITE, response=ExperimentShown, summary="Begin an experiment")
def begin_experiment(request: HttpRequest, slug: str, number: int, given: Beginning | None = None) -> ExperimentShown:
    """Give every new seed an arm from now on."""
    since = given.since if given else None
    if since is not None and not asking(request).may_replay:
        message = gettext_noop(
            "Only a key of scope replay may set original times: leave the time out, or use such a key."
        )
        raise NotAllowed(message, field="since")
    return _experiment(actions.start(membership=asking(request).membership, slug=slug, number=number, at=since))


@router.post("/{slug}/experiments/{number}/drop", auth=WRITE, response=ExperimentShown, summary="End one arm early")
def drop_arm(request: HttpRequest, slug: str, number: int, given: Dropping) -> ExperimentShown:
    """Let new seeds go to the other arms; everybody keeps what they were shown."""
    membership = asking(request).membership
    campaign = of_slug(membership.brand, slug)
    dropped = watching.drop(membership=membership, campaign=campaign, number=number, arm=given.arm, reason=given.reason)
    return _experiment(dropped)


@router.post("/{slug}/experiments/{number}/end", auth=WRITE, response=ExperimentShown, summary="End an experiment")
def end_experiment(request: HttpRequest, slug: str, number: int, given: Ending | None = None) -> ExperimentShown:
    """Show everybody new the winner from now on, or the usual page without one."""
    how = given or Ending()
    ended = actions.end(
        membership=asking(request).membership, slug=slug, number=number, winner=how.winner, reason=how.reason
    )
    return _experiment(ended)


def _experiment(one: Experiment) -> ExperimentShown:
    return ExperimentShown(
        number=one.pk,
        name=one.name,
        varies=one.varies,
        status=one.status,
        arms=[
            ArmShown(arm.name, arm.weight, dict(arm.shows), _moment(one.dropped.get(arm.name)))
            for arm in queries.arms(one)
        ],
        control=one.control,
        usual=one.usual,
        holdout=one.holdout,
        planned=one.planned,
        window_days=one.window_days,
        started_at=one.started_at,
        ended_at=one.ended_at,
        winner=one.winner,
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _watched(experiment: Experiment, watch: Watch) -> WatchShown:
    wait = watch.wait
    return WatchShown(
        experiment=_experiment(experiment),
        at=watch.at,
        verdict=watch.verdict.value,
        leading=watch.leading,
        to_drop=list(watch.to_drop(experiment.control)),
        arms=[_arm(one) for one in watch.arms],
        beside_control=[_beside(one) for one in watch.besides],
        over_usual=_beside(watch.over_usual) if watch.over_usual is not None else None,
        balance_of_seeds=_balance(watch.balance),
        balance_of_visitors=_balance(watch.balance_of_visitors),
        wait=WaitShown(wait.likely, wait.earliest, wait.latest) if wait is not None else None,
        visitors=watch.spill.visitors,
        visitors_who_met_several_arms=watch.spill.several,
    )


def _arm(one: ArmFigures) -> ArmWatched:
    return ArmWatched(
        one.name,
        one.given,
        one.closed,
        one.joins,
        figure_shown(one.shared),
        figure_shown(one.converted),
        one.met,
        one.joined,
    )


def _beside(one: Beside) -> BesideShown:
    looks = [LookShown(look.at, look.ratio, look.low, look.high) for look in one.looks]
    return BesideShown(one.arm, figure_shown(one.ratio), figure_shown(one.pooled), looks)


def _balance(one: Balance | None) -> BalanceShown | None:
    return BalanceShown(one.seeds, one.expected, one.p, one.sound) if one is not None else None
