"""What an experiment must be, and who is given which arm."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import a_plan

from sebar.kit.errors import UserErrors
from sebar.steering.experiments import rules
from sebar.steering.experiments.rules import HOLDOUT, Arm, Known

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_plan_is_kept_as_it_was_meant() -> None:
    kept = rules.check(a_plan(name="  Two   headlines "), ["en", "id"])
    assert kept.name == "Two headlines"
    assert kept.arms[1].shows["id"] == {"headline": "Terangi kota"}
    assert rules.read_arms(rules.as_stored(kept.arms)) == list(kept.arms)


def test_only_the_campaigns_own_languages_are_kept() -> None:
    assert set(rules.check(a_plan(), ["en"]).arms[1].shows) == {"en"}


@pytest.mark.parametrize(
    ("different", "field", "sentence"),
    [
        ({"name": " "}, "name", "name is empty"),
        ({"varies": "mood"}, "varies", "cannot be varied"),
        ({"arms": [Arm("a", 1.0, {})]}, "arms", "give 2 to 6"),
        ({"arms": [Arm("a", 1.0, {}), Arm("b", 1.0, {})]}, "arms.1", "show the same"),
        ({"arms": [Arm("A b", 1.0, {}), a_plan().arms[1]], "control": "b"}, "arms.0.name", "cannot name an arm"),
        ({"arms": [Arm(HOLDOUT, 1.0, {}), a_plan().arms[1]], "control": "b"}, "arms.0.name", "cannot name an arm"),
        ({"arms": [Arm("a", 1.0, {}), replace(a_plan().arms[1], name="a")]}, "arms.1.name", "Two arms are called"),
        ({"arms": [Arm("a", 0.0, {}), a_plan().arms[1]]}, "arms.0.weight", "out of bounds"),
        ({"arms": [Arm("a", float("nan"), {}), a_plan().arms[1]]}, "arms.0.weight", "out of bounds"),
        ({"arms": [Arm("a", 1.0, {"en": {"headline": "x" * 81}}), a_plan().arms[1]]}, "arms.0.en.headline", "at most"),
        (
            {"arms": [Arm("a", 1.0, {}), Arm("b", 1.0, {"en": {"headline": "Light up the town"}})]},
            "arms.1.id.headline",
            "readers of Bahasa Indonesia would see the usual words",
        ),
        (
            {
                "varies": "message",
                "arms": [Arm("a", 1.0, {}), Arm("b", 1.0, {"en": {"share_text": "{name} says yes"}})],
            },
            "arms.1.en.share_text",
            "“Message people pass on” has “{name}”, and nothing is filled in for that: take it out.",
        ),
        ({"control": "c"}, "control", "none of the arms"),
        ({"holdout": 0.6}, "holdout", "0 to 0.5"),
        ({"planned": 10}, "planned", "100 to"),
        ({"window_days": 0}, "window_days", "1 to 60"),
    ],
)
def test_what_cannot_be_used_is_named(different: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(UserErrors) as refused:
        rules.check(a_plan(**different), ["en", "id"])
    assert sentence in refused.value.by_field()[field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = a_plan(name=" ", arms=[Arm("A b", 0.0, {}), a_plan().arms[1]], control="b", planned=10)
    with pytest.raises(UserErrors) as refused:
        rules.check(wrong, ["en", "id"])
    assert {*refused.value.by_field()} == {"name", "arms.0.name", "arms.0.weight", "planned"}


def test_a_creative_is_a_name() -> None:
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {"creative": "Film "})]
    assert rules.check(a_plan(varies="creative", arms=arms), ["en"]).arms[1].shows == {"creative": "film"}
    wrong = [Arm("a", 1.0, {}), Arm("b", 1.0, {"creative": "../film"})]
    with pytest.raises(UserErrors, match="no name of a creative"):
        rules.check(a_plan(varies="creative", arms=wrong), ["en"])


def test_the_holdout_is_the_share_that_was_asked_for() -> None:
    weighed = rules.weights(a_plan().arms, holdout=0.2, dropped={})
    found = Counter(rules.arm_for(who, 7, weighed) for who in range(20_000))
    assert found[HOLDOUT] / 20_000 == pytest.approx(0.2, abs=0.01)
    assert found["a"] / found["b"] == pytest.approx(1.0, abs=0.05)


@given(st.integers(1, 2**63), st.integers(1, 10**6))
def test_only_the_seeds_of_a_dropped_arm_go_elsewhere(who: int, number: int) -> None:
    arms = [Arm(name, 1.0, {"creative": name}) for name in "abc"]
    before = rules.weights(arms, holdout=0.0, dropped={})
    after = rules.weights(arms, holdout=0.0, dropped={"b": START.isoformat()})
    first, second = (rules.arm_for(who, number, weighed) for weighed in (before, after))
    assert second != "b"
    assert first in {second, "b"}


def test_an_arm_has_its_weight_until_it_is_dropped() -> None:
    dropped = {"b": START.isoformat()}
    assert rules.weights(a_plan().arms, holdout=0.0, dropped=dropped, at=START - DAY)["b"] == 1.0
    assert rules.weights(a_plan().arms, holdout=0.0, dropped=dropped, at=START)["b"] == 0.0


def test_dropping_an_arm_is_no_mismatch() -> None:
    weighed = {"a": 1.0, "b": 1.0}
    times = [(START + k * timedelta(minutes=1), "ab"[k % 2]) for k in range(1000)]
    times += [(START + 2 * DAY + k * timedelta(minutes=1), "a") for k in range(1000)]
    epochs = [(START, weighed), (START + DAY, {"a": 1.0, "b": 0.0})]
    found = rules.balance(times, epochs)
    assert found.sound
    assert found.seeds == {"a": 1500, "b": 500}
    assert not rules.balance(times, [(START, weighed)]).sound


def test_who_passes_on_more_is_found_sooner() -> None:
    known = rules.usual()
    twenty, fifty, hundred = (
        rules.whole_needed(known, a_plan().arms, "a", factor=factor) for factor in (1.2, 1.5, 2.0)
    )
    assert 7500 < twenty < 9500
    assert twenty > 5 * fifty > 5 * hundred
    held_out = rules.whole_needed(known, a_plan().arms, "a", holdout=0.5)
    assert held_out == pytest.approx(2 * twenty, abs=2)
    wider = Known(known.answer, 2 * known.spread, 0, 0.0)
    assert rules.whole_needed(wider, a_plan().arms, "a") == pytest.approx(4 * twenty, rel=0.01)


def test_what_spreads_well_takes_few_seeds_and_no_number_is_the_most_there_is() -> None:
    """Seeds bring 3.7 each here, through 2.5 steps on average: about as the demo has it."""
    known = Known(answer=1.1, spread=1.2, seeds=1559, per_day=130.0)
    twenty, fifty, hundred = (
        rules.whole_needed(known, a_plan().arms, "a", factor=factor) for factor in (1.2, 1.5, 2.0)
    )
    assert 1000 < twenty < 3000
    assert twenty > 3 * fifty > 3 * hundred
    assert hundred >= rules.FEWEST_PLANNED


def test_wordings_left_out_stay_as_usual() -> None:
    usual = {"en": {"headline": "Old", "text": "Text"}, "id": {"headline": "Lama"}}
    assert rules.worded(usual, {"en": {"headline": "New"}}) == {
        "en": {"headline": "New", "text": "Text"},
        "id": {"headline": "Lama"},
    }


def test_only_seeds_who_have_their_days_before_the_end_tell() -> None:
    known, now = replace(rules.usual(), per_day=10.0), datetime(2026, 1, 1, tzinfo=UTC)
    wanted = partial(rules.seeds_in_time, known, window_days=7, now=now)
    assert wanted(ends_at=None) is None
    assert wanted(ends_at=now + timedelta(days=18)) == 110
    assert wanted(ends_at=now + timedelta(days=3)) == 0
