"""The report of a campaign in figures, with what could be done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from ninja import Router

from sebar.api.access import READ, asking
from sebar.api.figures import FigureShown, figure_shown
from sebar.campaigns.queries import of_slug
from sebar.spread.estimate import Figure
from sebar.steering.alarms import words as alarm_words
from sebar.steering.decisions.affair import Told
from sebar.steering.decisions.queries import spared
from sebar.steering.report import queries, rules
from sebar.steering.report.rules import Advice, Contrast, Cost, Foretold
from sebar.steering.suggestions import queries as suggestions
from sebar.steering.suggestions.queries import Suggestion

router = Router(tags=["Report"])


@dataclass(frozen=True, slots=True)
class CostShown:
    """What is known to have been spent, in minor units; null where there is nothing to part it among.

    The budget may hold the rewards, so they are not added up.
    """

    currency: str
    rewards_given: int
    rewards_pending: int
    rewards_per_join: int | None
    rewards_per_conversion: int | None
    budget: int | None
    budget_per_join: int | None
    budget_per_conversion: int | None


@dataclass(frozen=True, slots=True)
class ForetoldShown:
    """Participants as they were foreseen, 80 %, by a forecast of record or the `plan` of record, and what came."""

    plan: str
    made_at: datetime
    due_at: datetime
    low: float
    high: float
    outcome: int | None
    held: bool | None
    score: float | None


@dataclass(frozen=True, slots=True)
class ContrastShown:
    """Two groups by channel, creative or source of the seed, of which one surely passes on more: R of both."""

    by: str
    better: str
    worse: str
    r: FigureShown
    r_of_worse: FigureShown
    more: FigureShown


@dataclass(frozen=True, slots=True)
class TriedShown:
    """What an experiment says, as when it is watched; `best` is empty while it cannot tell."""

    number: int
    name: str
    verdict: str
    best: str


@dataclass(frozen=True, slots=True)
class AlarmedShown:
    """An alarm, in words."""

    watch: str
    opened_at: datetime
    status: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DecidedShown:
    """A decision, with what it cut short and spared, as decisions are read."""

    rung: str
    state: str
    watch: str
    who: str
    reason: str
    made_at: datetime
    cut: dict[str, int]
    spared: dict[str, list[float | None]] | None


@dataclass(frozen=True, slots=True)
class ToldShown:
    """How far what was said about an affair has come.

    The newest statement stood from `statement_since` to `statement_until`, seen by as many visitors, each once a day,
    of those ever reached. `corrections_…` are people, by what became of their letters of correction; doubtful ones
    broke off while being sent and may have arrived.
    """

    statement_since: datetime | None
    statement_until: datetime | None
    seen: int
    reached: int
    corrections_sent: int
    corrections_waiting: int
    corrections_doubtful: int
    corrections_failed: int


@dataclass(frozen=True, slots=True)
class AdviceShown:
    """What to do next time: begin_with, keep_arm, seeds, policy or plan; `what` rather than `beside`."""

    lesson: str
    what: str
    beside: str
    by: str
    number: FigureShown | None


@dataclass(frozen=True, slots=True)
class SuggestionShown:
    """What could be done now: add_seeds, end_arm, move_seeds or remind, with what is expected; an editor decides.

    For seeds to be added, `effect` is participants by `due_at` with `number` more, `without` the same with none.
    """

    kind: str
    number: int
    what: str
    beside: str
    by: str
    experiment: int | None
    due_at: datetime | None
    effect: FigureShown | None
    without: FigureShown | None
    chance_of_goal: float | None
    chance_of_goal_without: float | None
    may_be_applied: bool


@dataclass(frozen=True, slots=True)
class ReportShown:
    """The report as of `at`."""

    campaign: str
    at: datetime
    phase: str
    goal: int | None
    participants: int
    seeds: int
    reach: int
    conversions: int
    r: FigureShown
    is_r_of_friends: bool
    k_factor: FigureShown
    participants_per_seed: FigureShown
    costs: list[CostShown]
    largest_cascade: int
    depth: int
    foretold: list[ForetoldShown]
    contrasts: list[ContrastShown]
    experiments: list[TriedShown]
    alarms: list[AlarmedShown]
    decisions: list[DecidedShown]
    told: ToldShown | None
    advice: list[AdviceShown]
    suggestions: list[SuggestionShown]


@router.get("/{slug}/report", auth=READ, response=ReportShown, summary="Read the report")
def read_report(request: HttpRequest, slug: str) -> ReportShown:
    """Tell outcome and goal, cost, what was foreseen, what worked and went wrong, and what to do now and next time."""
    campaign = of_slug(asking(request).membership.brand, slug)
    found = queries.gather(campaign)
    decides = found.spreading.decides
    return ReportShown(
        campaign=campaign.slug,
        at=found.at,
        phase=found.phase.value,
        goal=found.goal,
        participants=found.summary.participants,
        seeds=found.summary.seeds,
        reach=found.reach.people,
        conversions=found.summary.conversions,
        r=figure_shown(decides),
        is_r_of_friends=decides is found.spreading.r_of_friends,
        k_factor=figure_shown(found.passing_on.k_factor),
        participants_per_seed=figure_shown(found.summary.amplification),
        costs=[_cost(one) for one in found.costs],
        largest_cascade=found.summary.largest,
        depth=found.summary.depth,
        foretold=[_foretold(one) for one in found.foretold],
        contrasts=[_contrast(one) for one in found.contrasts],
        experiments=[
            TriedShown(one.pk, one.name, watch.verdict.value, queries.best(one, watch))
            for one, watch in found.experiments
        ],
        alarms=[AlarmedShown(one.watch, one.opened_at, one.status, alarm_words.of_alarm(one)) for one in found.alarms],
        decisions=[
            DecidedShown(one.rung, one.state, one.watch, one.who, one.reason, one.made_at, one.cut, spared(one))
            for one in found.decisions
        ],
        told=_told(found.told) if found.told is not None else None,
        advice=[_advice(one) for one in found.advice],
        suggestions=[_suggestion(one) for one in suggestions.of_report(campaign, found)],
    )


def _cost(one: Cost) -> CostShown:
    return CostShown(
        currency=one.currency,
        rewards_given=one.given,
        rewards_pending=one.pending,
        rewards_per_join=rules.each(one.given, one.joins),
        rewards_per_conversion=rules.each(one.given, one.conversions),
        budget=one.budget,
        budget_per_join=rules.each(one.budget, one.joins),
        budget_per_conversion=rules.each(one.budget, one.conversions),
    )


def _foretold(one: Foretold) -> ForetoldShown:
    low, high = one.likely
    return ForetoldShown(one.plan, one.made_at, one.due_at, low, high, one.outcome, one.held, one.score)


def _contrast(one: Contrast) -> ContrastShown:
    r, r_of_worse, more = map(figure_shown, (one.r, one.r_of_worse, one.more))
    return ContrastShown(one.by, one.better, one.worse, r, r_of_worse, more)


def _told(told: Told) -> ToldShown:
    return ToldShown(
        statement_since=told.since,
        statement_until=told.until,
        seen=told.seen,
        reached=told.reached,
        corrections_sent=told.corrected.sent,
        corrections_waiting=told.corrected.waiting,
        corrections_doubtful=told.corrected.doubtful,
        corrections_failed=told.corrected.failed,
    )


def _advice(one: Advice) -> AdviceShown:
    return AdviceShown(one.lesson.value, one.what, one.beside, one.by, _shown(one.number))


def _suggestion(one: Suggestion) -> SuggestionShown:
    return SuggestionShown(
        kind=one.kind.value,
        number=one.number,
        what=one.what,
        beside=one.beside,
        by=one.by,
        experiment=one.experiment,
        due_at=one.due_at,
        effect=_shown(one.effect),
        without=_shown(one.without),
        chance_of_goal=one.chance,
        chance_of_goal_without=one.chance_without,
        may_be_applied=one.may_be_applied,
    )


def _shown(figure: Figure | None) -> FigureShown | None:
    return None if figure is None else figure_shown(figure)
