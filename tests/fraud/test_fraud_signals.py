"""Each sign on small cases made by hand, what all of them promise, and how they add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crowds import a_crowd, an_honest_crowd, beside
from hypothesis import given, settings
from hypothesis import strategies as st

from sebar.fraud import rules, signals
from sebar.fraud.rules import Level
from sebar.fraud.signals import UNKNOWN, Crowd

STAR = [UNKNOWN, *[0] * 9]
"""One who brings nine."""
TEN = range(10)


def strengths(name: str, crowd: Crowd) -> list[float]:
    """Return what a sign says of the last people of a crowd that stands beside an honest one."""
    whole = beside(an_honest_crowd(), crowd)
    found = signals.ALL[name](whole)
    assert not found.strength[: len(whole) - len(crowd)].any(), "honest people show no sign"
    return found.strength[-len(crowd) :].tolist()


def test_honest_people_show_no_sign_and_get_no_level() -> None:
    judged = rules.judge(an_honest_crowd())
    assert not judged.level.any()
    assert not any(sign.strength.any() for sign in judged.signs.values())


@pytest.mark.parametrize(
    ("name", "different"),
    [
        ("own_friends", {"network": [1] * 10, "device": [1] * 10}),
        ("own_friends", {"mailbox": [1] * 10}),
        ("own_friends", {"payment": [1] * 10}),
        ("aliases", {"mailbox": [1] * 10}),
        ("thrown_away", {"is_thrown_away": [False, *[True] * 9]}),
        ("machine", {"network": [1] * 10, "device": [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]}),
        ("network", {"network": [1] * 10}),
        ("payment", {"payment": [1] * 10}),
        ("velocity", {"joined": [0, *[5000 + 31 * place + place**2 for place in range(9)]]}),
        ("star", {"joined": [0, *[5000 + 310 * place + place**2 for place in range(9)]]}),
        ("even_gaps", {"joined": [0, *[5000 + 60 * place for place in range(9)]]}),
        ("too_fast", {"joined": [0, *[2 + place for place in range(9)]]}),
        ("ring", {"payment": [1] * 10}),
        ("unopened", {"opened": [0] * 10}),
        ("unseen", {"seen": [1, *[0] * 9]}),
    ],
)
def test_each_sign_tells_of_the_head_and_of_the_people(name: str, different: dict[str, list[float]]) -> None:
    crowd = a_crowd(STAR, **{"joined": [*TEN], "opened": [20] * 10} | different)
    if "joined" not in different:
        crowd = replace(crowd, joined=np.cumsum([0, *[4000 + 1000 * (place % 5) for place in range(9)]]) * 1.0)
    found = strengths(name, crowd)
    assert found[0] > 1
    assert min(found[1:]) > 0
    reason = rules.Reason(name, 9, 3)
    assert "9" in reason.words


def test_every_signal_has_a_weight_and_words() -> None:
    assert rules.WEIGHTS.keys() == signals.ALL.keys()
    assert all(weight > 0 for weight in rules.WEIGHTS.values())
    assert all(rules.read([rules.Reason(name, 4).stored()])[0].words for name in signals.ALL)


def test_what_a_household_does_is_no_sign() -> None:
    family = a_crowd(
        [UNKNOWN, 0, 0], network=[1] * 3, device=[1] * 3, payment=[1] * 3, joined=[0, 90, 200], opened=[2, 0, 0]
    )
    judged = rules.judge(beside(an_honest_crowd(), family))
    assert not judged.level[-3:].any()


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_honest_household_of_three_is_ever_held(data: st.DataObject) -> None:
    """Whatever they share: line, device, account; however soon they join after one another, as people can."""
    one_or_own = st.sampled_from([[1, 1, 1], [1, 1, 2], [1, 2, 2], [1, 2, 3], [UNKNOWN] * 3])
    shared = {name: data.draw(one_or_own, name) for name in ("network", "device", "payment")}
    gaps = data.draw(st.lists(st.floats(40, 90_000), min_size=2, max_size=2), "gaps")
    parents = data.draw(st.sampled_from([[UNKNOWN, 0, 0], [UNKNOWN, 0, 1], [UNKNOWN, UNKNOWN, 1]]), "parents")
    family = a_crowd(parents, joined=[0, *np.cumsum(gaps)], **shared)
    judged = rules.judge(beside(an_honest_crowd(), family))
    assert judged.level.max() < Level.MEDIUM


def test_many_behind_one_carrier_are_no_sign() -> None:
    """Three hundred of six hundred have one line, and two kinds of browser."""
    honest = an_honest_crowd()
    half = np.arange(len(honest)) % 2 == 0
    crowd = replace(
        honest,
        network=np.where(half, 10_000, honest.network),
        device=np.where(half, 10_000 + honest.device % 4, honest.device),
    )
    assert rules.judge(crowd).level.max() < Level.MEDIUM


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    people = draw(st.integers(1, 25))
    parents = [draw(st.integers(-1, place - 1)) for place in range(people)]

    def column(least: int, most: int) -> list[int]:
        return draw(st.lists(st.integers(least, most), min_size=people, max_size=people))

    return a_crowd(
        parents,
        joined=np.sort(column(0, 5000)),
        network=column(-1, 4),
        device=column(-1, 3),
        payment=column(-1, 5),
        mailbox=column(-1, 8),
        is_thrown_away=column(0, 1),
        is_linked=column(0, 1),
        seen=column(-1, 1),
        opened=column(0, 3),
    )


@given(crowds())
@settings(max_examples=150, deadline=None)
def test_any_crowd_is_judged(crowd: Crowd) -> None:
    judged = rules.judge(crowd)
    for sign in judged.signs.values():
        assert sign.strength.shape == sign.number.shape == (len(crowd),)
        assert ((sign.strength >= 0) & (sign.strength <= 4)).all()
        assert (sign.number[sign.strength > 0] > 0).all(), "what is told has a number"
    assert (judged.group <= np.arange(len(crowd))).all()
    assert (judged.group[judged.group] == judged.group).all()
    kinds = sum((sign.strength >= 0.5).astype(int) for sign in judged.signs.values())
    assert (kinds[judged.level == Level.HIGH] >= 2).all(), "no sign alone holds rewards back"


@pytest.mark.parametrize("name", ["payment", "mailbox"])
@given(number=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_more_of_the_same_evidence_never_lowers_a_score(name: str, number: int) -> None:
    def with_some(count: int) -> float:
        keys = [1 if place <= count else 10 + place for place in TEN]
        crowd = a_crowd(STAR, **{name: keys})
        return float(rules.judge(beside(an_honest_crowd(), crowd)).score[-10])

    assert with_some(number) >= with_some(number - 1)


def test_a_ring_is_found_through_whatever_links_it_and_grouped() -> None:
    """A chain of eight: each shares an account with one and a device with the next."""
    chain = a_crowd(
        [UNKNOWN, 0, 1, 2, 3, 4, 5, 6],
        payment=[0, 0, 1, 1, 2, 2, 3, 3],
        network=[9, 5, 5, 6, 6, 7, 7, 8],
        device=[9, 5, 5, 6, 6, 7, 7, 8],
    )
    judged = rules.judge(beside(an_honest_crowd(), chain))
    assert judged.signs["ring"].number[-8:].tolist() == [8] * 8
    assert len(set(signals.rings(chain).tolist())) == 1


def test_groups_hold_a_farm_together_with_its_head_and_nobody_else() -> None:
    farm = a_crowd(STAR, mailbox=[1] * 10)
    judged = rules.judge(beside(an_honest_crowd(), farm))
    assert set(judged.group[-10:].tolist()) == {len(judged.group) - 10}
    assert (judged.group[:-10] < len(judged.group) - 10).all()


def a_launch(gaps: list[float], others: int = 1, **different: list[int]) -> Crowd:
    """Return a campaign that has just begun: everybody is brought by one person (or one of so many), so soon."""
    people = others * (len(gaps) + 1)
    heads = [UNKNOWN] * others
    parents = [*heads, *[head for head in range(others) for _ in gaps]]
    joined = [0.0] * others + list(np.cumsum(gaps) + 4000) * others
    return a_crowd(parents, joined=joined, opened=[people] * people, **different)


def seconds_apart(friends: int, mean: float) -> list[float]:
    """Return gaps of that mean, as unlike one another as people's are."""
    return (np.random.default_rng(friends).exponential(mean, friends) + 1).tolist()


@pytest.mark.parametrize("others", [1, 2, 5])
def test_who_brings_everybody_does_not_set_what_is_usual(others: int) -> None:
    crowd = a_launch([*seconds_apart(50, 8.0), *seconds_apart(14, 3000.0)], others)
    judged = rules.judge(crowd)
    assert judged.signs["velocity"].strength[0] == 4
    assert judged.signs["star"].strength[0] == 4
    assert judged.level[0] == Level.MEDIUM, "a person should look, and nothing is held yet"
    assert "50" in rules.reasons(judged, 0)[0].words


@pytest.mark.parametrize(
    ("name", "traces"),
    [
        ("machine", {"network": [1] * 51, "device": [1] * 51}),
        ("thrown_away", {"is_thrown_away": [0, *[1] * 50]}),
        ("unseen", {"seen": [1, *[0] * 50]}),
    ],
)
def test_what_holds_rewards_in_a_launch_is_what_programs_leave(name: str, traces: dict[str, list[int]]) -> None:
    judged = rules.judge(a_launch(seconds_apart(50, 8.0), **traces))
    assert judged.signs[name].strength[0] > 3
    assert judged.level[0] == Level.HIGH


def test_links_that_only_programs_opened_tell_in_a_launch() -> None:
    crowd = replace(a_launch(seconds_apart(50, 8.0)), opened=np.array([1, *[0] * 50]))
    assert rules.judge(crowd).level[0] == Level.HIGH


def test_the_friends_of_somebody_popular_come_within_an_hour_and_nothing_is_held() -> None:
    for number in range(100):
        random = np.random.default_rng(number)
        friends = int(random.integers(5, 200))
        judged = rules.judge(a_launch((random.exponential(3600 / friends, friends) + 1).tolist()))
        assert judged.level.max() < Level.HIGH
        assert friends > 20 or judged.level.max() < Level.MEDIUM, "so few are nothing to look at"


def test_in_a_lively_campaign_bursts_are_usual() -> None:
    """Of three hundred heads, each eighth has a group of thirty."""
    groups = [a_launch(seconds_apart(30, 20.0)) if place % 8 == 0 else a_launch([5000.0]) for place in range(300)]
    crowd = groups[0]
    for group in groups[1:]:
        crowd = beside(crowd, group)
    assert not signals.velocity(crowd).strength.any()


def test_joins_of_an_import_at_one_moment_are_no_program() -> None:
    crowd = a_crowd([UNKNOWN, *[0] * 30], joined=[0, *[500] * 30])
    found = signals.even_gaps(crowd)
    assert not found.strength.any()


def test_unknown_visits_are_no_sign() -> None:
    crowd = a_crowd(STAR, opened=[0] * 10)
    assert not signals.unopened(crowd).strength.any()


def test_the_order_of_the_queue() -> None:
    waiting = [
        rules.Waiting(1, 1, 0.9, at_risk=10),
        rules.Waiting(2, 2, 0.5, at_risk=1000),
        rules.Waiting(3, 1, 0.99, at_risk=10),
        rules.Waiting(4, 4, 0.0, has_asked=True),
        rules.Waiting(5, 5, 0.97),
        rules.Waiting(6, 6, 0.8),
    ]
    assert [[one.number for one in group] for group in rules.in_order(waiting)] == [[4], [2], [3, 1], [5], [6]]


def test_what_holds_rewards_ends_by_a_person_only() -> None:
    assert rules.stands(Level.HIGH, Level.NONE)
    assert not rules.stands(Level.HIGH, Level.HIGH)
    assert not rules.stands(Level.MEDIUM, Level.NONE)
