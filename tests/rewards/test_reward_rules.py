"""The terms of rules, and the pure functions that decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.kit.errors import UserError, UserErrors
from sebar.rewards import rules
from sebar.rewards.rules import Account, Happened, State, Tally, Terms, Trigger

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MONEY: dict[str, Any] = {"name": "A", "what": "money", "amount": 100, "currency": "idr", "budget": 1000}


@pytest.mark.parametrize(
    ("terms", "field", "words"),
    [
        ({"name": " "}, "name", "The name is empty"),
        ({"kind": "pyramid"}, "kind", "“pyramid” cannot be chosen here: choose from each, milestone, leaderboard."),
        ({"what": "nothing"}, "what", "cannot be chosen here"),
        ({"who": "nobody"}, "who", "cannot be chosen here"),
        ({"amount": 0}, "amount", "0 is out of bounds here: write a whole number from 1"),
        ({"hold_days": 91}, "hold_days", "91 is out of bounds here: write a whole number from 0 to 90."),
        ({**MONEY, "currency": "rupiah"}, "currency", "“rupiah” is not a currency"),
        ({**MONEY, "budget": None}, "budget", "The budget is empty"),
        ({**MONEY, "budget": 150, "who": "both"}, "budget", "does not cover a single reward"),
        ({"kind": "milestone"}, "milestone", "0 is out of bounds here"),
        ({"most": 0}, "most", "0 is out of bounds here"),
        ({"what": "unlock"}, "address", "The address is empty"),
        ({"what": "unlock", "address": "javascript:alert(1)"}, "address", "is not an address of a web page"),
        ({"what": "coupon"}, "pool", "No pool is chosen"),
        ({"valid_from": NOW, "valid_to": NOW}, "valid_to", "It ends before it begins"),
        ({"valid_to": NOW.replace(tzinfo=None)}, "valid_to", "has no time zone"),
    ],
)
def test_what_cannot_be_used_is_named(terms: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(UserErrors) as refused:
        rules.check(Terms(**{"name": "A", **terms}))
    assert words in refused.value.by_field()[field]


def test_what_does_not_concern_a_kind_is_left_out() -> None:
    board = rules.check(Terms(name="Top", kind="leaderboard", what="money", budget=3, most=2, by_month=True))
    assert (board.what, board.budget, board.most, board.by_month, board.unit) == (
        "nothing",
        None,
        None,
        True,
        "nothing",
    )
    mile = rules.check(Terms(**{**MONEY, "kind": "milestone", "milestone": 5, "who": "both", "by_month": True}))
    assert (mile.who, mile.currency, mile.unit, mile.by_month, mile.most) == ("referrer", "IDR", "IDR", False, None)
    coupon = rules.check(Terms(name="C", what="coupon", pool=1, amount=7, currency="IDR"))
    assert (coupon.amount, coupon.currency, coupon.unit) == (1, "", "coupon")


def test_every_move_has_a_way_and_ends_are_ends() -> None:
    for state, to in rules.MOVES:
        assert rules.move(state, to)[0] != rules.move(state, to)[1]
    ended = {State.REVERSED, State.EXPIRED}
    assert not [state for state, _ in rules.MOVES if state in ended]
    assert rules.move(State.FULFILLED, State.REVERSED) == (Account.FULFILLED, Account.OWED_BACK)
    with pytest.raises(UserError, match="A reward that is fulfilled cannot become approved"):
        rules.move(State.FULFILLED, State.APPROVED)


def happened(friend: int, referrer: int, at: int = 0) -> Happened:
    moment = NOW + timedelta(seconds=at)
    return Happened(trigger=Trigger.JOIN, key="join", friend=friend, referrer=referrer, at=moment)


def test_a_rule_holds_from_its_first_moment_and_not_at_its_last() -> None:
    terms = Terms(name="A", valid_from=NOW, valid_to=NOW + timedelta(1))
    assert rules.holds(terms, NOW, on_at=NOW, off_at=None)
    assert not rules.holds(terms, NOW + timedelta(1), on_at=NOW, off_at=None)
    assert not rules.holds(terms, NOW, on_at=None, off_at=None)
    assert not rules.holds(terms, NOW, on_at=NOW, off_at=NOW)


def test_the_other_trigger_gives_nothing() -> None:
    tally = Tally(friends=1, is_counted=False, given={1: 0, 2: 0}, spent=0)
    assert rules.beneficiaries(Terms(trigger="conversion"), happened(2, 1), tally) == ()
    assert rules.beneficiaries(Terms(who="both"), happened(2, 1), tally) == (1, 2)


PAIRS = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8)).filter(lambda pair: pair[0] != pair[1]), max_size=60)


@given(
    pairs=PAIRS,
    who=st.sampled_from(["referrer", "friend", "both"]),
    budget=st.none() | st.integers(6, 60),
    most=st.none() | st.integers(1, 3),
    stock=st.none() | st.integers(0, 9),
)
def test_a_simulation_never_gives_more_than_it_may(
    pairs: list[tuple[int, int]], who: str, budget: int | None, most: int | None, stock: int | None
) -> None:
    terms = rules.check(Terms(name="A", who=who, amount=3, budget=budget, most=most))
    past = [happened(friend, referrer, at) for at, (friend, referrer) in enumerate(pairs)]
    would = rules.simulate(terms, past, stock=stock)
    assert would.cost == would.rewards * 3
    assert budget is None or would.cost <= budget
    assert stock is None or would.rewards <= stock
    assert most is None or would.largest <= most * 3
    assert would.people <= would.rewards <= 2 * len({friend for friend, _ in pairs})
    free = rules.simulate(rules.check(Terms(name="A", who=who, amount=3, most=most)), past)
    assert (free.refused, free.cost >= would.cost) == (0, True)
    assert would.wanted == free.wanted == free.cost


def test_names_of_strangers_are_initials() -> None:
    assert [rules.masked(name) for name in ("Dewi Anggraini Putri", "budi", "", " ", "李 小龙")] == [
        *("D. A.", "b.", "", "", "李. 小.")
    ]
