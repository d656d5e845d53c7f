"""What plans may ask for, and what their worlds come to, by rules alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.planning import a_form
from sebar.kit.errors import UserErrors
from sebar.rewards import rules as rewards
from sebar.rewards.rules import Happened, Terms, Trigger
from sebar.spread import planned
from sebar.spread.planned import Outcomes, Rewarding
from sebar.steering.plans import rules
from sebar.steering.plans.rules import Inputs, WhatIf

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def an_input(**different: Any) -> Inputs:
    form = a_form(**{name: different.pop(name) for name in [*different] if hasattr(a_form(), name)})
    usual: dict[str, Any] = {"graph_name": "", "goal": None, "population": None, "budget": None, "currency": "IDR",
                             "starts_at": NOW, "joined": 0, "rules": []}  # fmt: skip
    return Inputs(form=form, **{**usual, **different})


def outcomes(totals: list[int], *, rewards_given: list[list[int]] | None = None) -> Outcomes:
    """Return worlds of one day."""
    by_day = np.array(totals, np.int64).reshape(-1, 1)
    given = np.array(rewards_given or [[]] * len(totals), np.int64).reshape(len(totals), -1)
    return Outcomes(
        by_day, np.zeros(len(totals), np.int64), given, np.zeros(len(totals), np.bool_), np.zeros(len(totals), np.bool_)
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "The name is empty"),
        ("source", "guess", "choose from none, past, upload"),
        ("source", "upload", "No file is chosen"),
        ("invited", 0, "0 is out of bounds here: write a number from 1 to 100,000."),
        ("days", 181, "from 1 to 180"),
        ("starts", 10, "10 is out of bounds here: write a number from 0 to 9."),
        ("quality", float("nan"), "nan is out of bounds"),
        ("comes", 0.0, "0 is out of bounds here: write a number from 0.1 to 100."),
        ("reward_times", -1.0, "-1 is out of bounds"),
        ("cost", -5, "-5 is out of bounds"),
    ],
)
def test_what_cannot_be_used_is_named(field: str, value: object, words: str) -> None:
    with pytest.raises(UserErrors) as refused:
        rules.check(a_form(**{field: value}))
    named = {"upload": "graph"}.get(str(value), field)
    assert words in refused.value.by_field()[named]


def test_with_a_graph_no_more_are_listed_than_can_be_read() -> None:
    with pytest.raises(UserErrors, match="from 1 to 5,000"):
        rules.check(a_form(source="past", invited=5001))
    assert rules.check(a_form(name="  Plan  A ", graph=3)).graph is None


@st.composite
def cases(draw: st.DrawFn) -> tuple[Terms, list[int], list[bool]]:
    size = draw(st.integers(1, 20))
    terms = Terms(
        name="rule",
        kind=draw(st.sampled_from(["each", "milestone"])),
        trigger=draw(st.sampled_from(["join", "conversion"])),
        who=draw(st.sampled_from(["referrer", "friend", "both"])),
        milestone=draw(st.integers(1, 3)),
        most=draw(st.none() | st.integers(1, 3)),
    )
    parents = [draw(st.integers(-1, place - 1)) for place in range(size)]
    return terms, parents, draw(st.lists(st.booleans(), min_size=size, max_size=size))


@given(cases())
def test_a_plan_gives_what_the_rule_itself_would_have_given(case: tuple[Terms, list[int], list[bool]]) -> None:
    terms, parents, converted = case
    rule = rules.rule_of(terms)
    mine = Rewarding(rule.on_conversion, rule.referrer, rule.friend, rule.milestone, rule.most)
    is_join = terms.trigger == Trigger.JOIN
    past = [
        Happened(trigger=Trigger(terms.trigger), key=f"{friend}", friend=friend, referrer=parent, at=NOW)
        for friend, parent in enumerate(parents)
        if parent >= 0 and (is_join or converted[friend])
    ]
    assert planned.rewards_of(parents, converted, [mine]).tolist() == [rewards.simulate(terms, past).rewards]


def test_costs_stop_at_a_rules_budget_and_the_chance_of_exceeding_does_not() -> None:
    rule = rules.Rule("each", "IDR", 100, 250, False, True, False, 0, 0)
    inputs = an_input(invited=2, cost=10, budget=300, rules=[rule])
    found = outcomes([4, 6], rewards_given=[[2], [4]])
    paid = rules.spending(inputs, found, invited=2, times=1.0, is_capped=True)
    asked = rules.spending(inputs, found, invited=2, times=1.0, is_capped=False)
    assert paid["IDR"].tolist() == [220, 270]
    assert rules.over(inputs, asked) == 0.5
    assert rules.used_up(inputs, found, 1.0) == [("each", 0.5)]
    assert rules.used_up(inputs, found, 2.0) == [("each", 1.0)]
    assert rules.costs(paid)[0].at == (245, 265, 270)
    assert rules.over(an_input(), {}) is None


def test_a_plan_starts_from_what_is_left_of_budgets_and_pools() -> None:
    rule = rules.Rule("each", "IDR", 100, 250, False, True, False, 0, 0, spent=150)
    cups = [rules.Rule(name, "coupon", 1, None, False, True, False, 0, 0, pool="Cups") for name in ("one", "two")]
    inputs = an_input(budget=500, spent=150, rules=[rule, *cups], pools={"Cups": 5, "Spare": 9})
    found = outcomes([4, 6], rewards_given=[[3, 3, 2], [4, 3, 3]])
    paid = rules.spending(inputs, found, invited=2, times=1.0, is_capped=True)
    asked = rules.spending(inputs, found, invited=2, times=1.0, is_capped=False)
    assert {unit: amounts.tolist() for unit, amounts in paid.items()} == {"IDR": [100, 100], "coupon": [5, 5]}
    assert {unit: amounts.tolist() for unit, amounts in asked.items()} == {"IDR": [300, 400], "coupon": [5, 6]}
    assert inputs.budget_left == 350
    assert rules.over(inputs, asked) == 0.5
    assert rules.used_up(inputs, outcomes([1, 2], rewards_given=[[1, 0, 0], [2, 0, 0]]), 1.0) == [("each", 0.5)]
    assert rules.run_out(inputs, found, 1.0) == [("Cups", 0.5)]


def test_nothing_much_is_fewer_through_friends_than_came() -> None:
    found = outcomes([19, 20, 39, 40])
    assert rules.nothing(found, an_input(invited=20), 20) == 0.75
    assert rules.nothing(found, an_input(invited=20, comes=50.0), 20) == 0.25


def test_the_goal_is_what_is_left_of_it() -> None:
    inputs = an_input(goal=100, joined=60)
    assert inputs.left == 40
    assert rules.reaching(outcomes([39, 40, 41, 0]), inputs.left) == 0.5
    assert rules.reaching(outcomes([1]), None) is None


@given(st.floats(0.01, 100), st.floats(-50, 200))
def test_rewards_that_double_have_the_effect_that_is_supposed(times: float, effect: float) -> None:
    assert rules.boost(1.0, effect) == 1.0
    assert rules.boost(2 * times, effect) == pytest.approx(rules.boost(times, effect) * (1 + effect / 100))
    assert rules.boost(0.0, effect) == 1.0


def test_each_what_if_changes_one_thing() -> None:
    inputs = an_input(invited=3, days=30, quality=80.0, rules=[rules.rule_of(Terms(name="x"))])
    plain = rules.setting_of(inputs)
    assert rules.what_ifs(inputs) == [WhatIf.QUALITY, WhatIf.REWARD, WhatIf.SEEDS, WhatIf.LATER]
    assert rules.setting_of(inputs, WhatIf.QUALITY).quality == pytest.approx(0.72)
    assert rules.setting_of(inputs, WhatIf.SEEDS) == plain
    assert rules.invited_with(inputs, WhatIf.SEEDS) == 5
    assert rules.setting_of(inputs, WhatIf.LATER).starts == 7
    assert rules.what_ifs(an_input(days=7)) == [WhatIf.QUALITY, WhatIf.SEEDS]


@given(st.integers(1, 180), st.integers(0, 400), st.none() | st.integers(0, 400))
def test_a_plan_is_judged_when_its_days_have_passed_or_it_is_over(days: int, now: int, over: int | None) -> None:
    over_at = None if over is None else NOW + timedelta(days=over)
    judged = rules.judged(days, NOW, over_at, NOW + timedelta(days=now))
    end = days if over is None else min(days, over)
    assert judged == (None if end > now or end == 0 else (end, NOW + timedelta(days=end)))


def test_a_plan_is_judged_by_its_last_whole_day() -> None:
    later = NOW + timedelta(days=9)
    assert rules.judged(7, NOW, NOW + timedelta(minutes=5), later) is None
    assert rules.judged(7, NOW, NOW + timedelta(days=2, hours=20), later) == (2, NOW + timedelta(days=2))


@given(st.integers(1, 100_000), st.none() | st.integers(1, 10**9))
def test_worlds_are_cut_beyond_those_invited_and_within_reach(invited: int, goal: int | None) -> None:
    cut = rules.cut_at(an_input(goal=goal), invited)
    assert invited < cut <= 200_000
    assert cut >= min(goal or 0, 200_000)


def test_what_is_stored_is_read_again() -> None:
    inputs = an_input(
        goal=5,
        rules=[rules.rule_of(Terms(name="x", what="money", currency="IDR", budget=9), spent=4, pool="Cups")],
        spent=4,
        pools={"Cups": 2},
    )
    assert rules.from_stored(rules.as_stored(inputs)) == inputs
