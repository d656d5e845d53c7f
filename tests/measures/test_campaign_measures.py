"""Measures of a whole campaign, asked of a real store and compared with naive answers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from stored_events import BUSY, CAMPAIGNS, DEEP, EMPTY, LONELY, OLD, SILENT, Stored

import naive
from sebar import measures
from sebar.events.event import Kind
from sebar.kit.errors import UserError
from sebar.measures import Day, Step, ahead, experiment
from sebar.spread import branching
from sebar.spread.estimate import Estimate, TooEarly

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)
ZONES = ("UTC", "Asia/Jakarta", "Asia/Kolkata", "America/New_York")
every_campaign = pytest.mark.parametrize("campaign", CAMPAIGNS)


@every_campaign
def test_version_counts_every_event_of_the_campaign(stored: Stored, campaign: int) -> None:
    answer = measures.version(campaign, ask=stored.ask)
    assert answer.number == len([e for e in stored.events if e.campaign == campaign])
    assert abs(answer.counted_at - datetime.now(UTC)) < timedelta(minutes=5)


@every_campaign
def test_funnel(stored: Stored, campaign: int) -> None:
    answer = measures.funnel(campaign, ask=stored.ask)
    assert [stage.name for stage in answer.stages] == ["view", "visit", "person", "join", "confirm", "conversion"]
    assert {stage.name: (stage.counted, stage.raw) for stage in answer.stages} == naive.funnel(stored.events, campaign)
    assert answer.refunded == len(naive.counted(stored.events, campaign, Kind.REFUND))
    assert dict(answer.not_persons) == naive.not_persons(stored.events, campaign)
    assert [number for _, number in answer.not_persons] == sorted((n for _, n in answer.not_persons), reverse=True)
    for above, stage in zip(answer.stages, answer.stages[1:], strict=False):
        is_part = above.counted and stage.counted <= above.counted
        assert stage.of_above == (stage.counted / above.counted if is_part else None)


@every_campaign
def test_summary(stored: Stored, campaign: int) -> None:
    answer = measures.summary(campaign, now=NOW, ask=stored.ask)
    joined = naive.joins(stored.events, campaign)
    sizes = Counter(e.root for e in joined)
    assert answer.participants == len(joined)
    assert answer.seeds == answer.cascades == len([e for e in joined if not e.parent])
    assert answer.referred == len([e for e in joined if e.parent])
    assert answer.joined_last_day == len([e for e in joined if naive.moment(e.ts) >= NOW - timedelta(days=1)])
    for name, kinds in {
        "confirmed": [Kind.CONFIRM],
        "refunded": [Kind.REFUND],
        "shares": [Kind.SHARE, Kind.INVITE],
        "visits": [Kind.VISIT],
        "views": [Kind.VIEW],
    }.items():
        assert getattr(answer, name) == len(naive.counted(stored.events, campaign, *kinds)), name
    assert answer.visits_raw == len([e for e in stored.events if e.campaign == campaign and e.kind is Kind.VISIT])
    assert answer.largest == max(sizes.values(), default=0)
    assert answer.depth == max((e.generation for e in joined), default=0)
    assert answer.first == min((naive.moment(e.ts) for e in joined), default=None)
    assert answer.last == max((naive.moment(e.ts) for e in joined), default=None)
    stands = naive.standing(stored.events, campaign)
    assert answer.conversions == len(stands) == sum(money.conversions for money in answer.money)
    worth, undone = Counter[str](), Counter[str]()
    for e in stands:
        worth[e.currency] += e.value
    for e in naive.counted(stored.events, campaign, Kind.REFUND):
        undone[e.currency] += e.value
    assert {money.currency: money.value for money in answer.money} == worth
    assert {money.currency: money.refunded for money in answer.money} == undone


@pytest.mark.parametrize("kind", [Kind.JOIN, Kind.VISIT])
@pytest.mark.parametrize("zone", ZONES[1:])
@pytest.mark.parametrize("step", [(Step.QUARTER, 15), (Step.HOUR, 60), (Step.DAY, 1440), (Step.WEEK, 10080)])
@pytest.mark.parametrize("by", ["", "channel", "generation"])
def test_series(stored: Stored, kind: Kind, zone: str, step: tuple[Step, int], by: measures.By) -> None:
    for campaign in (EMPTY, LONELY, BUSY, DEEP):
        answer = measures.series(campaign, kind, by=by, zone=zone, step=step[0], top=400, ask=stored.ask)
        found = {
            (at.astimezone(ZoneInfo(zone)).replace(tzinfo=None), line.label): value
            for line in answer.lines
            for at, value in zip(answer.times, line.values, strict=True)
            if value
        }
        happened = naive.counted(stored.events, campaign, kind)
        assert found == naive.by_clock(happened, zone=zone, minutes=step[1], label=by)
        assert all(sum(line.values) == line.total for line in answer.lines)
        assert list(answer.times) == sorted(set(answer.times))


def test_series_sums_what_gets_no_line_of_its_own(stored: Stored) -> None:
    every = measures.series(BUSY, Kind.VISIT, by="channel", top=100, ask=stored.ask)
    few = measures.series(BUSY, Kind.VISIT, by="channel", top=3, ask=stored.ask)
    assert few.lines[:3] == every.lines[:3]
    assert [line.is_rest for line in few.lines] == [False, False, False, True]
    assert few.lines[3].total == sum(line.total for line in every.lines[3:])
    deep = measures.series(DEEP, Kind.JOIN, by="generation", top=6, ask=stored.ask)
    assert len(deep.lines) <= 7
    assert sum(line.total for line in deep.lines) == 300


def test_series_chooses_a_step_that_fits_and_keeps_within_its_ends(stored: Stored) -> None:
    assert measures.series(BUSY, Kind.JOIN, ask=stored.ask).step is Step.DAY
    assert measures.series(OLD, Kind.JOIN, ask=stored.ask).step is Step.WEEK
    since, until = NOW - timedelta(days=29), NOW - timedelta(days=28)
    short = measures.series(BUSY, Kind.JOIN, since=since, until=until, ask=stored.ask)
    inside = [e for e in naive.joins(stored.events, BUSY) if since <= naive.moment(e.ts) < until]
    assert sum(line.total for line in short.lines) == len(inside) > 0
    assert short.step is Step.QUARTER


def test_series_refuses_a_step_that_makes_too_many(stored: Stored) -> None:
    with pytest.raises(UserError, match="minute") as refused:
        measures.series(OLD, Kind.JOIN, step=Step.MINUTE, ask=stored.ask)
    assert refused.value.field == "step"


@every_campaign
@pytest.mark.parametrize("zone", ZONES)
def test_passing_on(stored: Stored, campaign: int, zone: str) -> None:
    answer = measures.passing_on(campaign, zone=zone, now=NOW, ask=stored.ask)
    known = naive.before(stored.events, NOW)
    cohorts = naive.cohorts(known, campaign, zone)
    waits = naive.waits(known, campaign)
    assert [day.day for day in answer.days] == sorted(cohorts)
    if not waits:
        assert answer.cycle_time is answer.patience is None
    else:
        assert answer.cycle_time is not None
        assert answer.patience is not None
        assert abs(answer.cycle_time / timedelta(milliseconds=1) - naive.quantile(waits, 0.5)) < 1
        assert abs(answer.patience / timedelta(milliseconds=1) - naive.quantile(waits, 0.9)) < 1
    for day in answer.days:
        people = cohorts[day.day]
        assert day.participants == len(people)
        assert day.joins == sum(brought for brought, _ in people)
        assert day.shares == sum(shared for _, shared in people)
        traced = sum(brought for brought, shared in people if shared)
        assert day.joins_per_share == (traced / day.shares if day.shares else None)
        midnight = datetime.combine(day.day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
        assert day.is_open == (midnight.astimezone(UTC) + (answer.patience or timedelta()) > NOW)
    everybody = [person for people in cohorts.values() for person in people]
    k = _dispersion([brought for brought, _ in everybody])
    k_traced = _dispersion([brought if shared else 0 for brought, shared in everybody])
    for day in answer.days:
        _is_r_of(day, cohorts[day.day], k, k_traced)
    closed = [person for day in answer.days if not day.is_open for person in cohorts[day.day]]
    judged = closed if len(closed) >= 30 else everybody
    _passes_on_as(answer, judged)
    assert answer.settled == len(judged)
    assert answer.is_open == (len(closed) < 30)
    if len(judged) >= 30:
        assert answer.r == branching.offspring(len(judged), sum(brought for brought, _ in judged), k=k)


def _passes_on_as(answer: measures.PassingOn, people: list[tuple[int, int]]) -> None:
    shares, traced = sum(shared for _, shared in people), sum(brought for brought, shared in people if shared)
    if isinstance(answer.share_rate, Estimate):
        assert answer.share_rate.value == len([1 for _, shared in people if shared]) / len(people)
    else:
        assert answer.share_rate == TooEarly(len(people), 30)
    if isinstance(answer.shares_each, Estimate):
        assert answer.shares_each.value == shares / len(people)
    if not isinstance(answer.joins_each_share, Estimate):
        assert answer.joins_each_share == TooEarly(shares, 30, "shares")
        return
    assert answer.joins_each_share.value == traced / shares
    assert isinstance(answer.k_factor, Estimate)
    assert isinstance(answer.shares_each, Estimate)
    assert answer.k_factor.value == pytest.approx(answer.shares_each.value * answer.joins_each_share.value)


@every_campaign
def test_reach_and_awareness(stored: Stored, campaign: int) -> None:
    answer = measures.reach(campaign, ask=stored.ask)
    visitors, returned = naive.reached(stored.events, campaign)
    assert answer.returned == returned
    assert answer.joined == len(naive.joins(stored.events, campaign))
    assert answer.aware == max(answer.joined, answer.returned)
    assert answer.people == max(visitors, answer.aware), "whoever joined was reached"
    if isinstance(answer.aware_share, Estimate):
        assert answer.aware_share.value == answer.aware / answer.people
        assert 0 <= answer.aware_share.low <= answer.aware_share.value <= answer.aware_share.high <= 1
    else:
        assert answer.people < 30


def _is_r_of(day: Day, people: list[tuple[int, int]], k: float, k_traced: float) -> None:
    if len(people) < 30:
        assert day.r == day.k_factor == TooEarly(len(people), 30)
        return
    assert day.r == branching.offspring(len(people), day.joins, k=k)
    if day.shares < 30:
        assert day.k_factor == TooEarly(day.shares, 30, "shares")
        return
    traced = sum(brought for brought, shared in people if shared)
    assert day.k_factor == branching.offspring(len(people), traced, k=k_traced)
    assert isinstance(day.k_factor, Estimate)
    assert day.shares_per_participant is not None
    assert day.joins_per_share is not None
    assert day.k_factor.value == pytest.approx(day.shares_per_participant * day.joins_per_share)


def _dispersion(brought: list[int]) -> float:
    return branching.dispersion(len(brought), sum(brought), sum(number * number for number in brought))


def test_without_shares_the_k_factor_waits(stored: Stored) -> None:
    answer = measures.passing_on(SILENT, now=NOW, ask=stored.ask)
    assert answer.k_factor == TooEarly(0, 30, "shares")
    assert isinstance(answer.r, Estimate)


@every_campaign
def test_top_sharers(stored: Stored, campaign: int) -> None:
    answer = measures.top_sharers(campaign, limit=15, ask=stored.ask)
    friends = naive.brought(stored.events, campaign)
    expected = sorted(friends.items(), key=lambda entry: (-entry[1], entry[0]))[:15]
    assert [(sharer.participant, sharer.joins) for sharer in answer] == expected
    shares = naive.shared(stored.events, campaign)
    for sharer in answer:
        visits = [e for e in naive.counted(stored.events, campaign, Kind.VISIT) if e.participant == sharer.participant]
        bought = [e for e in naive.standing(stored.events, campaign) if e.parent == sharer.participant]
        assert sharer.shares == shares[sharer.participant]
        assert sharer.visits == len(visits)
        assert sharer.persons == len({e.visitor for e in visits} - {0})
        assert sharer.conversions == len(bought)


@every_campaign
def test_totals_are_what_stands_by_a_moment(stored: Stored, campaign: int) -> None:
    for until in (NOW - timedelta(days=20), NOW):
        known = naive.before(stored.events, until)
        assert ahead.totals(campaign, until=until, ask=stored.ask).conversions == len(naive.standing(known, campaign))


@every_campaign
def test_who_had_everything_refunded_in_an_experiment_did_not_convert(stored: Stored, campaign: int) -> None:
    since, window = NOW - timedelta(days=60), timedelta(days=9)
    answer = experiment.seed_cascades(campaign, since=since, until=NOW, window=window, ask=stored.ask)
    seeds = {e.participant: e.ts for e in naive.joins(stored.events, campaign) if not e.parent}
    for seed, converted in zip(answer.seed.tolist(), answer.converted.tolist(), strict=True):
        end = min(naive.moment(seeds[seed]) + window, NOW)
        inside = [e for e in naive.before(stored.events, end) if e.root == seed]
        assert converted == len({e.participant for e in naive.standing(inside, campaign)})


@every_campaign
def test_cascades_answer_to_passing_on_more_as_their_generations_say(stored: Stored, campaign: int) -> None:
    since, window = NOW - timedelta(days=60), timedelta(days=9)
    answer = experiment.seed_cascades(campaign, since=since, until=NOW, window=window, ask=stored.ask)
    seeds = {e.participant: e.ts for e in naive.joins(stored.events, campaign) if not e.parent}
    deepest = 0
    for seed, joins, found in zip(answer.seed.tolist(), answer.joins.tolist(), answer.answer.tolist(), strict=True):
        end = min(naive.moment(seeds[seed]) + window, NOW)
        brought = [e.generation for e in naive.joins(naive.before(stored.events, end), campaign) if e.root == seed]
        generations = Counter(generation for generation in brought if generation)
        assert joins == generations.total()
        assert found == pytest.approx(naive.answer(list(generations.elements())))
        deepest = max(deepest, len(generations))
    assert deepest > 1 or campaign not in {BUSY, DEEP}
