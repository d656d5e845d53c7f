"""Everything the report of a campaign tells, gathered from where it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from sebar import measures
from sebar.brands.models import AuditEntry
from sebar.campaigns.brief import queries as brief
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase, phase
from sebar.kit import money
from sebar.measures.figures import PassingOn, Reach, Spreading, Summary
from sebar.rewards import queries as rewards
from sebar.rewards.queries import Balance
from sebar.steering.alarms import queries as alarms
from sebar.steering.alarms.models import Alarm
from sebar.steering.decisions import affair
from sebar.steering.decisions import queries as decisions
from sebar.steering.decisions.affair import Told
from sebar.steering.decisions.models import CampaignDecision
from sebar.steering.experiments import queries as experiments
from sebar.steering.experiments import watching
from sebar.steering.experiments.models import Experiment
from sebar.steering.experiments.watching import Verdict, Watch
from sebar.steering.models import Forecast, Quantity
from sebar.steering.plans import queries as plans
from sebar.steering.plans import rules as planning
from sebar.steering.report import rules
from sebar.steering.report.rules import Advice, Contrast, Cost, Foretold, Tried


@dataclass(frozen=True, slots=True)
class Report:
    """A campaign told on one page.

    Attributes
    ----------
    at
        When it was gathered.
    phase
        Where the campaign was in its life then.
    summary, reach, spreading, passing_on
        The measures.
    costs
        By currency; those in the brief's first.
    foretold
        The first forecasts of record about participants, the nearest moment first, then plans of record.
    contrasts
        Groups that differ surely.
    experiments
        Those that began, with what they say.
    alarms, decisions
        What went wrong and what was done about it, oldest first.
    said, told
        What was said about an affair, oldest first, and how far that has come; None where nothing was.
    advice
        What to do next time.
    """

    at: datetime
    phase: Phase
    goal: int | None
    summary: Summary
    reach: Reach
    spreading: Spreading
    passing_on: PassingOn
    costs: list[Cost]
    foretold: list[Foretold]
    contrasts: list[Contrast]
    experiments: list[tuple[Experiment, Watch]]
    alarms: list[Alarm]
    decisions: list[CampaignDecision]
    said: list[AuditEntry]
    told: Told | None
    advice: list[Advice]


def gather(campaign: Campaign) -> Report:
    """Return all that the report of a campaign tells.

    Raises
    ------
    Unavailable
        When nobody can count just now.
    """
    now = timezone.now()
    stands = phase(campaign, now)
    summary = measures.summary(campaign.pk)
    found, tried, foretold = contrasts(campaign), watched(campaign), _foretold(campaign)
    spreading = measures.spreading(campaign.pk, zone=campaign.time_zone)
    sounded = sorted([*alarms.of_campaign(campaign), *alarms.closed(campaign)], key=lambda alarm: alarm.opened_at)
    said = affair.said(campaign)
    return Report(
        at=now,
        phase=stands,
        goal=campaign.goal,
        summary=summary,
        reach=measures.reach(campaign.pk),
        spreading=spreading,
        passing_on=measures.passing_on(campaign.pk, zone=campaign.time_zone, by_day=False),
        costs=_costs(campaign, summary),
        foretold=foretold,
        contrasts=found,
        experiments=tried,
        alarms=sounded,
        decisions=decisions.of_campaign(campaign)[::-1],
        said=said,
        told=affair.told(campaign) if said else None,
        advice=rules.advice(
            found=found,
            tried=[Tried(one.pk, one.name, best(one, watch)) for one, watch in tried],
            foretold=foretold,
            alarmed=[alarm.watch for alarm in sounded],
            decided=[policy.watch for policy in decisions.policies(campaign)],
            goal=campaign.goal,
            amplification=summary.amplification,
            r=spreading.decides,
            is_missed=stands.is_over and campaign.goal is not None and summary.participants < campaign.goal,
        ),
    )


def contrasts(campaign: Campaign) -> list[Contrast]:
    """Return which channels, creatives and sources of seeds surely differ in how much people pass on."""
    parts = {
        str(part): [
            (group.label, group.r)
            for group in measures.breakdown(campaign.pk, part, zone=campaign.time_zone).groups
            if not group.is_rest
        ]
        for part in measures.PARTS
        if part in rules.PARTS
    }
    return rules.contrasts(parts)


def watched(campaign: Campaign) -> list[tuple[Experiment, Watch]]:
    """Return the experiments that began, the oldest first, with what they say by now."""
    begun = [one for one in experiments.of_campaign(campaign) if one.started_at is not None]
    return [(one, watching.watch(one)) for one in reversed(begun)]


def best(experiment: Experiment, watch: Watch) -> str:
    """Return the arm that is clearly best; the control where every other one is clearly worse."""
    return watch.leading or (experiment.control if watch.verdict == Verdict.WORSE else "")


def _costs(campaign: Campaign, summary: Summary) -> list[Cost]:
    planned = brief.form_of(campaign)
    given = {one.unit: one for one in rewards.balances(campaign) if money.is_currency(one.unit)}
    budget = {planned.currency: planned.budget} if planned.budget is not None else {}
    return [_cost(one, given.get(one), budget.get(one), summary) for one in dict.fromkeys([*budget, *given])]


def _cost(currency: str, given: Balance | None, budget: int | None, summary: Summary) -> Cost:
    return Cost(
        currency=currency,
        given=given.earned + given.fulfilled if given else 0,
        pending=given.pending if given else 0,
        budget=budget,
        joins=summary.participants,
        conversions=summary.conversions,
    )


def _foretold(campaign: Campaign) -> list[Foretold]:
    about = Forecast.objects.filter(campaign=campaign, quantity=Quantity.PARTICIPANTS)
    first = about.order_by("made_at").first()
    forecasts = (
        [
            Foretold("", one.made_at, one.horizon_at, tuple(one.quantiles), one.outcome, one.score)
            for one in about.filter(made_at=first.made_at).order_by("horizon_at")
        ]
        if first
        else []
    )
    return forecasts + _planned(campaign)


def _planned(campaign: Campaign) -> list[Foretold]:
    """Return the plans of record, oldest first."""
    found = []
    for plan in reversed(plans.of_campaign(campaign)):
        version = plans.of_record(plan)
        computed = None if version is None else plans.computed(plan, version.number)
        if version is None or computed is None or campaign.published_at is None or version.done_at is None:
            continue
        begun = max(campaign.published_at, campaign.starts_at or campaign.published_at)
        days = computed.inputs.form.days
        over_at, now = plans.over_at(campaign), timezone.now()
        judged = planning.judged(days, begun, over_at, now)
        if judged is None and over_at is not None and over_at <= now:
            continue  # over within its first day: nothing can be judged
        line, due_at = judged or (days, begun + timedelta(days=days))
        fan = computed.result.fan[line]
        over_on = (line, days) if line < days else None
        found.append(Foretold(plan.name, version.done_at, due_at, fan, version.outcome, version.score, over_on))
    return found
