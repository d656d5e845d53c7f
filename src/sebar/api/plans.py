"""Plans: list, make, read, compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.figures import FigureShown, figure_shown
from sebar.api.shapes import Given
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.spread.estimate import Estimate
from sebar.steering.plans import actions, queries, rules
from sebar.steering.plans.models import CampaignPlan, PlanVersion
from sebar.steering.plans.queries import Computed
from sebar.steering.plans.rules import PlanForm
from sebar.steering.rules import LEVELS

router = Router(tags=["Plans"])


class NewPlan(Given):
    """A plan to be computed. Whatever is left out is as the page has it."""

    name: str
    source: Annotated[str, Field(description="Who passes on to whom: none, past or upload.")] = "none"
    graph: Annotated[int | None, Field(description="Number of the uploaded file of ties.")] = None
    invited: Annotated[int, Field(description="How many people are invited first.")] = 100
    comes: Annotated[float, Field(description="Of 100 invited, how many join.")] = 100.0
    cost: Annotated[int, Field(description="Of inviting one, in minor units of the brief’s currency.")] = 0
    days: Annotated[int, Field(description="How many days are looked at.")] = 30
    starts: Annotated[int, Field(description="Days until they are invited.")] = 0
    quality: Annotated[float, Field(description="Of 100 who hear of it, how many like it.")] = 100.0
    reward_times: Annotated[float, Field(description="How many times as large as in the rules rewards are.")] = 1.0
    reward_effect: Annotated[
        float, Field(description="Percent more people brought when rewards double: your guess.")
    ] = 0.0
    conversions: Annotated[
        float | None, Field(description="Of 100 participants, how many convert; left out, what was measured, or 0.")
    ] = None
    support: Annotated[float, Field(description="Of 1,000 participants, how many ask for help.")] = 0.0


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan by its newest version; `state` is waiting, running, done, refused or cancelled, `progress` percent."""

    number: int
    name: str
    version: int
    state: str
    progress: int
    problem: str
    asked_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans of a campaign, newest first."""

    plans: list[PlanShown]


@dataclass(frozen=True, slots=True)
class QuantilesShown:
    """A count at the end of a day, at 2.5, 10, 25, 50, 75, 90 and 97.5 % of the worlds."""

    at: datetime
    quantiles: list[float]


@dataclass(frozen=True, slots=True)
class CostShown:
    """What is given of one unit, at most, in 50, 90 and 99 % of the worlds; money in minor units of a currency."""

    unit: str
    is_money: bool
    half: int
    nine_tenths: int
    ninety_nine_hundredths: int


@dataclass(frozen=True, slots=True)
class UsedUpShown:
    """The chance that the budget of a rule for rewards is used up."""

    rule: str
    chance: float


@dataclass(frozen=True, slots=True)
class RunOutShown:
    """The chance that more coupons of a pool are wanted than it has."""

    pool: str
    chance: float


@dataclass(frozen=True, slots=True)
class WhatIfShown:
    """What one change would make of it, in the same worlds: quality, reward, seeds or later, set to `value`.

    The first is the plan itself. `more` counts worlds in which neither took off; it is null where those are too few.
    """

    what: str
    value: float
    quantiles: list[float]
    more: FigureShown | None
    chance_of_goal: float | None


@dataclass(frozen=True, slots=True)
class InviteeShown:
    """Somebody to invite first, in this order."""

    person: str
    adds: float
    ties: int
    took_part: bool
    may_be_written_to: bool


@dataclass(frozen=True, slots=True)
class ComputedShown:
    """What a version that is done says; chances are shares of `worlds`, those that took off count as reaching a goal.

    `took_off` is the share of worlds that were cut at `most` participants. `budget_left` is what rewards so far
    have left of the brief's budget, in minor units; `chance_over_budget` is about that.
    """

    version: int
    done_at: datetime | None
    worlds: int
    most: int
    took_off: float
    levels: list[float]
    by_day: list[QuantilesShown]
    chance_of_nothing_much: float
    chance_of_goal: float | None
    budget_left: int | None
    chance_over_budget: float | None
    costs: list[CostShown]
    budgets_used_up: list[UsedUpShown]
    coupons_run_out: list[RunOutShown]
    asking_for_help: list[int]
    asking_on_busiest_day: list[int]
    negative: list[float]
    what_ifs: list[WhatIfShown]
    learned_from: list[str]
    people: list[InviteeShown]


@dataclass(frozen=True, slots=True)
class PlanRead:
    """A plan, and what its newest version that is done says, or the one asked for; null before the first.

    `of_record` is the number of the version that is judged when its time has come: the newest one done at publishing.
    """

    plan: PlanShown
    of_record: int | None
    computed: ComputedShown | None


@dataclass(frozen=True, slots=True)
class BesideFirst:
    """One of several plans, and how much more it brings and costs than the first; null for that one itself."""

    plan: PlanShown
    participants: list[float]
    chance_of_goal: float | None
    chance_of_nothing_much: float
    chance_over_budget: float | None
    more: FigureShown | None
    more_spent: FigureShown | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Plans in the same worlds."""

    plans: list[BesideFirst]


class Chosen(Given):
    """Which plans, the first being what the others are compared with."""

    plan: Annotated[list[int], Field(description="Numbers of two to four plans.")] = []


@router.get("/{slug}/plans", auth=READ, response=Plans, summary="List plans")
def list_plans(request: HttpRequest, slug: str) -> Plans:
    """All plans of the campaign, newest first."""
    campaign = of_slug(asking(request).membership.brand, slug)
    return Plans([_shown(one) for one in queries.of_campaign(campaign)])


@router.post("/{slug}/plans", auth=WRITE, response={201: PlanShown}, summary="Make a plan")
def make_plan(request: HttpRequest, slug: str, given: NewPlan) -> Status[PlanShown]:
    """Ask for a plan; it is computed within a minute or so, read it then."""
    membership = asking(request).membership
    version = actions.ask(membership=membership, slug=slug, form=_form(given, of_slug(membership.brand, slug)))
    return Status(201, _shown(version.plan, version))


@router.get("/{slug}/plans/{plan}", auth=READ, response=PlanRead, summary="Read a plan")
def read_plan(request: HttpRequest, slug: str, plan: int, version: int | None = None) -> PlanRead:
    """Tell what a plan comes to, and whom to invite first; by its newest version that is done, unless one is named."""
    campaign = of_slug(asking(request).membership.brand, slug)
    found = queries.of_number(campaign, plan)
    computed = queries.computed(found) if version is None else queries.of_version(found, version)
    record = queries.of_record(found)
    return PlanRead(
        _shown(found),
        None if record is None else record.number,
        None if computed is None else _computed(computed),
    )


@router.post("/{slug}/plans/{plan}", auth=WRITE, response={201: PlanShown}, summary="Compute a plan anew")
def change_plan(request: HttpRequest, slug: str, plan: int, given: NewPlan) -> Status[PlanShown]:
    """Ask for a new version of a plan; those before stay as they are."""
    membership = asking(request).membership
    form = _form(given, of_slug(membership.brand, slug))
    version = actions.ask(membership=membership, slug=slug, form=form, number=plan)
    return Status(201, _shown(version.plan, version))


@router.get("/{slug}/plan-comparison", auth=READ, response=Comparison, summary="Compare plans")
def compare_plans(request: HttpRequest, slug: str, chosen: Query[Chosen]) -> Comparison:
    """Tell how much more each brings and costs than the first; of the newest four when none is named."""
    campaign = of_slug(asking(request).membership.brand, slug)
    plans = chosen.plan or queries.comparable(campaign)
    return Comparison(
        [
            BesideFirst(
                plan=_shown(one.computed.plan),
                participants=list(one.computed.result.fan[-1]),
                chance_of_goal=one.computed.result.goal,
                chance_of_nothing_much=one.computed.result.nothing,
                chance_over_budget=one.computed.result.over_budget,
                more=None if one.more is None else figure_shown(one.more),
                more_spent=None if one.more_spent is None else figure_shown(one.more_spent),
            )
            for one in (queries.compare(campaign, plans) if plans else [])
        ]
    )


def _form(given: NewPlan, campaign: Campaign) -> PlanForm:
    form = given.model_dump()
    if given.conversions is None:
        measured = queries.conversions(campaign)
        form["conversions"] = 0.0 if measured is None else measured.percent
    return PlanForm(**form)


def _shown(plan: CampaignPlan, version: PlanVersion | None = None) -> PlanShown:
    last = version or queries.newest(plan)
    assert last is not None, "A plan is made with its first version."  # noqa: S101 - `actions.ask` does both at once
    return PlanShown(
        number=plan.pk,
        name=plan.name,
        version=last.number,
        state=last.state,
        progress=last.progress,
        problem=last.problem,
        asked_at=last.asked_at,
        done_at=last.done_at,
    )


def _computed(found: Computed) -> ComputedShown:
    result, start = found.result, found.inputs.starts_at
    people = queries.invitees(found.plan.campaign.brand, found.version)
    return ComputedShown(
        version=found.version.number,
        done_at=found.version.done_at,
        worlds=result.worlds,
        most=result.most,
        took_off=result.away,
        levels=list(LEVELS),
        by_day=[
            QuantilesShown(start + timedelta(days=day), list(quantiles)) for day, quantiles in enumerate(result.fan)
        ],
        chance_of_nothing_much=result.nothing,
        chance_of_goal=result.goal,
        budget_left=found.inputs.budget_left,
        chance_over_budget=result.over_budget,
        costs=[CostShown(one.unit, one.is_money, *one.at) for one in result.costs],
        budgets_used_up=[UsedUpShown(name, chance) for name, chance in result.ends],
        coupons_run_out=[RunOutShown(pool, chance) for pool, chance in result.run_out],
        asking_for_help=list(result.support),
        asking_on_busiest_day=list(result.busiest),
        negative=list(result.negative),
        what_ifs=[_what_if(one) for one in result.tried],
        learned_from=result.known.campaigns,
        people=[InviteeShown(one.name, one.adds, one.ties, one.took_part, one.agreed) for one in people],
    )


def _what_if(one: rules.Tried) -> WhatIfShown:
    more = None if one.more is None else figure_shown(Estimate(*one.more, unit="people"))
    return WhatIfShown(one.what, one.value, list(one.quantiles), more, one.goal)
