"""Alarms: what they promise, against a slow version, and what is stored between looks."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sebar.spread.alarm import (
    Alarm,
    Burst,
    Detector,
    Direction,
    State,
    find_bursts,
    learn_detector,
    likeness,
)
from sebar.spread.estimate import TooEarly

Counts = NDArray[np.int64]
Looks = list[tuple[int, int]]

streams = st.lists(st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=30)
detectors = st.builds(
    Detector,
    tolerated=st.floats(0.01, 0.9),
    direction=st.sampled_from(["up", "down"]),
    looks=st.integers(1, 1000),
    rho=st.floats(0.0, 0.3),
)


def watch(detector: Detector, looks: Looks) -> tuple[State, list[Alarm | None]]:
    state, told = State(), []
    for events, total in looks:
        state, alarm = detector.observe(state, events, total)
        told.append(alarm)
    return state, told


def evidence_slowly(detector: Detector, looks: Looks) -> float:
    """Add up the likelihood ratios of a change before each look, for each bet, by the definition."""
    p = detector.tolerated
    bets = []
    for factor in (1.25, 1.5, 2.0, 3.0, 5.0):
        q = p / factor if detector.direction == "down" else min(p * factor, 1 - (1 - p) / factor)
        for start in range(len(looks)):
            ratio = 1.0
            for x, n in looks[start:]:
                once = (q / p) ** x * ((1 - q) / (1 - p)) ** (n - x)
                ratio *= once ** (1 / (1 + max(n - 1, 0) * detector.rho))
            bets.append(ratio)
    return math.fsum(bets) / 5


def streams_of(
    rate: float, *, streams: int, looks: int = 720, each: float = 30.0, rho: float = 0.0, seed: int = 1
) -> tuple[Counts, Counts]:
    random = np.random.default_rng(seed)
    total = random.poisson(each, (streams, looks))
    alike = (1 - rho) / rho if rho else 0.0
    rates = random.beta(rate * alike, (1 - rate) * alike, total.shape) if rho else np.full(total.shape, rate)
    return random.binomial(total, rates), total


@given(detectors, streams.map(lambda looks: looks[:10]))
def test_evidence_is_that_of_a_change_before_any_look(detector: Detector, looks: Looks) -> None:
    state = State()
    for look, (events, total) in enumerate(looks, start=1):
        state, _ = detector.observe(state, events, total)
        slow = evidence_slowly(detector, looks[:look])
        if slow > 1e90:  # what is kept ends at 1e100
            break
        assert math.fsum(state.bets) / 5 == pytest.approx(slow, rel=1e-6)


@given(detectors, streams.filter(bool))
def test_known_streams_give_the_evidence_of_single_looks(detector: Detector, looks: Looks) -> None:
    events, total = np.array(looks).T
    known = detector.replay(np.stack([events, events]), np.stack([total, total]))
    state = State()
    for look, (x, n) in enumerate(looks):
        state, _ = detector.observe(state, x, n)
        if known[0, look] > 1e90:  # what is kept ends at 1e100
            break
        assert known[:, look] == pytest.approx(math.fsum(state.bets) / 5, rel=1e-9)


@given(detectors, streams, streams)
def test_a_stored_state_goes_on_as_if_never_stored(detector: Detector, before: Looks, after: Looks) -> None:
    state, _ = watch(detector, before)
    stored = State.of(json.loads(json.dumps(state.numbers())))
    assert stored == state
    assert len(state.numbers()) == 10
    for events, total in after:
        (state, one), (stored, other) = detector.observe(state, events, total), detector.observe(stored, events, total)
        assert (state, one) == (stored, other)


@given(detectors, streams.filter(bool), st.data())
def test_more_of_the_kind_never_speaks_against_a_surge(detector: Detector, looks: Looks, data: st.DataObject) -> None:
    look = data.draw(st.integers(0, len(looks) - 1))
    events, total = looks[look]
    more = [*looks[:look], (data.draw(st.integers(events, total)), total), *looks[look + 1 :]]
    one, other = watch(detector, looks)[0].bets, watch(detector, more)[0].bets
    for fewer, many in zip(one, other, strict=True):
        assert (fewer <= many * (1 + 1e-9)) if detector.direction == "up" else (many <= fewer * (1 + 1e-9))


def test_a_surge_is_told_with_its_beginning_and_its_size() -> None:
    detector = Detector(0.08, "up", rho=0.01)
    looks = [(2, 40)] * 100 + [(8, 40)] * 40
    state, told = watch(detector, looks)
    first = next(look for look, alarm in enumerate(told) if alarm and not alarm.notice)
    alarm = told[first]
    assert alarm is not None
    assert 100 < first < 115
    assert alarm.since == 100
    assert alarm.looks == first + 1
    assert (alarm.seen.value, alarm.tolerated, alarm.chance) == (0.2, 0.08, 0.05)
    assert alarm.seen.low < 0.2 < alarm.seen.high
    assert alarm.evidence >= detector.threshold == 720 / 0.05
    assert all(told[first:]), "it sounds for as long as it lasts"
    assert json.loads(json.dumps(state.numbers()))


def test_a_notice_comes_before_the_alarm_and_promises_nothing() -> None:
    _, told = watch(Detector(0.08), [(8, 40)] * 40)
    kinds = [alarm.notice for alarm in told if alarm]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {True, False}
    assert all(alarm.chance == 1.0 for alarm in told if alarm and alarm.notice)


def test_a_drop_is_told_and_a_surge_is_not_when_watching_for_drops() -> None:
    detector = Detector(0.10, "down")
    assert any(watch(detector, [(2, 60)] * 100)[1])
    assert not any(watch(detector, [(20, 60)] * 100)[1])


def test_growth_is_no_alarm() -> None:
    assert not any(watch(Detector(0.06), [(2**n, 20 * 2**n) for n in range(15)])[1])


def test_much_evidence_can_still_be_stored() -> None:
    state, told = watch(Detector(0.01), [(1000, 1000)] * 200)
    assert told[-1]
    assert all(math.isfinite(number) for number in state.numbers())


@pytest.mark.parametrize(("rate", "direction"), [(0.05, "up"), (0.3, "up"), (0.1, "down")])
def test_false_alarms_are_as_rare_as_promised_at_the_very_edge(rate: float, direction: Direction) -> None:
    events, total = streams_of(rate, streams=400)
    false = (Detector(rate, direction).replay(events, total) >= 720 / 0.05).any(axis=1)
    assert false.mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_likeness_would_break_the_promise_but_is_reckoned_with() -> None:
    events, total = streams_of(0.05, streams=200, rho=0.05)
    naive, careful = Detector(0.06), Detector(0.06, rho=0.05)
    assert (naive.replay(events, total) >= naive.threshold).any(axis=1).mean() > 0.3
    assert (careful.replay(events, total) >= careful.threshold).any(axis=1).mean() <= 0.05


@pytest.mark.parametrize("rho", [0.0, 0.02, 0.1])
def test_likeness_is_found(rho: float) -> None:
    events, total = streams_of(0.1, streams=1, looks=20_000, rho=rho)
    found, error = likeness(events[0], total[0])
    assert found == pytest.approx(rho, abs=0.003)
    assert error < 0.003


@pytest.mark.parametrize("rate", [0.01, 0.1])
def test_the_error_of_likeness_is_how_far_it_strays(rate: float) -> None:
    events, total = streams_of(rate, streams=600, looks=72, rho=0.02)
    found, error = np.array([likeness(x, n) for x, n in zip(events, total, strict=True)]).T
    assert 0.6 < error.mean() / found.std() < 1.4


def test_what_is_learned_tolerates_what_the_first_days_leave_possible() -> None:
    events, total = streams_of(0.05, streams=100, looks=72)
    up = [learn_detector(x, n) for x, n in zip(events, total, strict=True)]
    down = [learn_detector(x, n, direction="down") for x, n in zip(events, total, strict=True)]
    assert all(isinstance(found, Detector) and 0.05 < found.tolerated < 0.10 for found in up)
    assert all(isinstance(found, Detector) and 0.01 < found.tolerated < 0.05 for found in down)


def test_what_is_learned_raises_few_false_alarms_although_things_are_alike() -> None:
    events, total = streams_of(0.05, streams=150, looks=72 + 720, rho=0.05)
    false = 0
    for x, n in zip(events, total, strict=True):
        found = learn_detector(x[:72], n[:72])
        assert isinstance(found, Detector)
        assert found.rho > likeness(x[:72], n[:72])[0]
        false += bool((found.replay(x[72:], n[72:]) >= found.threshold).any())
    assert false / 150 <= 0.05


@given(
    st.lists(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=24, max_size=40),
    st.sampled_from(["up", "down"]),
)
def test_what_is_learned_is_a_detector_or_too_early(looks: Looks, direction: Direction) -> None:
    events, total = np.array(looks).T
    found = learn_detector(events, total, direction=direction, looks=100, false_alarm=0.01)
    share = events.sum() / total.sum()
    if isinstance(found, TooEarly):
        assert found.have < found.need
    else:
        assert (found.looks, found.false_alarm, found.direction) == (100, 0.01, direction)
        assert share < found.tolerated if direction == "up" else found.tolerated < share


@pytest.mark.parametrize(
    ("looks", "early"),
    [
        ([(1, 10)] * 23 + [(0, 0)] * 50, TooEarly(23, 24, "looks")),
        ([(0, 1)] * 30, TooEarly(30, 50, "things looked at")),
        ([(0, 10)] * 30, TooEarly(0, 1, "events")),
    ],
)
def test_too_little_is_said_to_be_too_early(looks: Looks, early: TooEarly) -> None:
    events, total = np.array(looks).T
    assert learn_detector(events, total, direction="down") == early


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tolerated": 0.0}, "tolerated is 0"),
        ({"tolerated": 1.0}, "tolerated is 1"),
        ({"false_alarm": 5.0}, "false_alarm is 5"),
        ({"rho": -0.1}, "rho is -0.1"),
        ({"looks": 0}, "looks is 0"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Detector(0.1), **change)  # type: ignore[arg-type]  # one number of either kind


def test_counts_that_cannot_be_are_refused() -> None:
    detector = Detector(0.1)
    with pytest.raises(ValueError, match="events is 5 and total is 4"):
        detector.observe(State(), 5, 4)
    with pytest.raises(ValueError, match="events is -1 and total is 4"):
        detector.observe(State(), -1, 4)
    for reads in (detector.replay, learn_detector, likeness):
        with pytest.raises(ValueError, match="events is 5 and total is 4"):
            reads([1] * 50 + [5], [4] * 51)
        with pytest.raises(ValueError, match="in shape"):
            reads([1] * 50, [4] * 51)


Said = tuple[float, int, bool]


def bursts_slowly(said: list[Said], people: int, tolerated: float, within: float) -> list[Burst]:
    found = []
    for last, (at, _, is_bad) in enumerate(said):
        window = [one for one in said[: last + 1] if one[0] > at - within]
        bad = [one for one in window if one[2]]
        many, of = len({person for _, person, _ in bad}), len({person for _, person, _ in window})
        if is_bad and many >= people and many > tolerated * of:
            found.append(Burst(bad[0][0], at, many, of))
    return found


@given(
    st.lists(st.tuples(st.integers(0, 200).map(float), st.integers(0, 6), st.booleans()), max_size=40).map(sorted),
    st.integers(1, 6),
    st.floats(0.0, 1.0),
    st.floats(1.0, 50.0),
)
def test_bursts_are_found_whenever_they_happen(said: list[Said], people: int, tolerated: float, within: float) -> None:
    found = find_bursts(said, people=people, tolerated=tolerated, within=within)
    assert found == bursts_slowly(said, people, tolerated, within)


def test_one_person_is_no_burst() -> None:
    assert find_bursts([(60.0 * n, 7, True) for n in range(50)]) == []
    assert find_bursts([(60.0 * n, n, True) for n in range(6)]) == [Burst(0.0, 240.0, 5, 5), Burst(0.0, 300.0, 6, 6)]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"people": 0}, "people is 0: give at least 1"),
        ({"tolerated": 20}, "tolerated is 20: give a share from 0 to 1"),
        ({"within": math.nan}, "within is nan: give a number of seconds"),
    ],
)
def test_a_burst_takes_somebody_and_some_time(question: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        find_bursts([(0.0, 1, True)], **question)
