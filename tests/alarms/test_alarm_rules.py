"""What is tolerated, when an alarm sounds, and what a plain count says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.utils import translation

from sebar.kit.errors import UserError
from sebar.spread.alarm import State
from sebar.steering.alarms import rules, words
from sebar.steering.alarms.rules import HOUR, Counted, Said, Standard
from sebar.steering.watches import Watch

START = datetime(2026, 11, 1, tzinfo=UTC)


def counted(shares: list[float], total: int = 40, seed: int = 1) -> list[Counted]:
    draw = np.random.default_rng(seed)
    return [Counted(START + place * HOUR, int(draw.binomial(total, one)), total) for place, one in enumerate(shares)]


def test_looking_hour_by_hour_is_looking_at_all_at_once() -> None:
    found = rules.detector(Watch.NEGATIVE, Standard(0.1), looks=720, chance=0.01)
    assert found is not None
    hours = counted([0.05] * 50 + [0.3] * 30)
    at_once = rules.look(found, State(), hours)
    state, evidence = State(), None
    for hour in hours:
        state, newest = rules.look(found, State.of(state.numbers()), [hour])
        evidence = newest or evidence
    assert (state, evidence) == at_once
    assert evidence is not None
    assert abs(evidence.began - (START + 50 * HOUR)) <= 2 * HOUR


def test_the_first_days_teach_as_soon_as_they_are_enough_and_never_less_than_is_worth_a_word() -> None:
    assert rules.learn(Watch.NEGATIVE, counted([0.05] * 71)) is None
    learned = rules.learn(Watch.NEGATIVE, counted([0.05] * 72))
    assert learned is not None
    assert learned.tolerated is not None
    assert 0.05 < learned.tolerated < 0.1
    assert rules.learn(Watch.NEGATIVE, counted([0.0] * 72)) == Standard(0.03, 0.0, is_learned=True)
    sparse = [Counted(START + place * HOUR, 0, int(place % 6 == 0)) for place in range(80)]
    assert rules.learn(Watch.NEGATIVE, sparse) is None


def test_what_nobody_knows_yet_is_not_watched() -> None:
    assert rules.detector(Watch.CONVERSION_DROP, Standard(None), looks=720, chance=0.01) is None


def test_one_affair_is_one_episode_and_a_second_is_another() -> None:
    found = rules.detector(Watch.NEGATIVE, Standard(0.1), looks=720, chance=0.01)
    assert found is not None
    hours = counted([0.04] * 40 + [0.4] * 6 + [0.02] * 200 + [0.4] * 10)
    first, second = rules.episodes(found, hours)
    assert first.at - (START + 40 * HOUR) < 8 * HOUR
    assert second.at > START + 246 * HOUR


def heard(*minutes: tuple[float, int, bool]) -> list[Said]:
    return [Said(START + timedelta(minutes=minute), who, is_bad) for minute, who, is_bad in minutes]


def test_people_are_counted_not_words() -> None:
    same = heard(*((minute, 7, True) for minute in range(10)))
    assert rules.bursts(same, people=3, tolerated=0.2) == []
    several = heard((0, 1, True), (20, 2, True), (61, 3, True), (70, 4, True), (75, 5, True))
    (burst,) = rules.bursts(several, people=4, tolerated=0.2)
    assert burst.numbers["people"] == 4
    assert burst.began == START + timedelta(minutes=20)


def test_many_who_are_few_of_all_are_no_burst() -> None:
    crowd = heard(*((place / 10, place, place % 10 == 0) for place in range(400)))
    assert rules.bursts(crowd, people=5, tolerated=0.2) == []
    assert len(rules.affairs(rules.bursts(crowd, people=5, tolerated=0.05))) == 1


def test_everybody_who_spoke_within_the_hour_counts_also_before_the_first_bad_word() -> None:
    liked = heard(*((place / 2, place, False) for place in range(60)))
    turned = heard(*((40 + place / 6, 100 + place, True) for place in range(6)))
    assert rules.bursts(liked + turned, people=5, tolerated=0.2) == []
    (burst,) = rules.bursts(liked + turned, people=6, tolerated=0.05)
    assert (burst.numbers["people"], burst.numbers["of"]) == (6, 66)
    assert burst.began == START + timedelta(minutes=40)


def test_who_speaks_well_and_badly_is_one_who_spoke_badly() -> None:
    torn = heard((0, 1, False), (1, 1, True), (2, 2, True), (3, 2, False), (4, 3, True))
    (burst,) = rules.bursts(torn, people=3, tolerated=0.2)
    assert (burst.numbers["people"], burst.numbers["of"]) == (3, 3)


def test_an_hour_is_less_than_sixty_minutes_for_good_and_bad_words_alike() -> None:
    said = heard((0, 1, True), (0, 2, False), (0.5, 3, False), (59, 4, True), (60, 5, True))
    assert rules.bursts(said, people=3, tolerated=0.2) == []
    (burst,) = rules.bursts(said, people=2, tolerated=0.5)
    assert (burst.at, burst.numbers["people"], burst.numbers["of"]) == (said[-1].at, 2, 3)


def test_bursts_within_a_day_are_one_affair() -> None:
    crowd = heard(*((60 * hour + person, 100 * hour + person, True) for hour in (0, 2, 9, 40) for person in range(5)))
    found = rules.bursts(crowd, people=5, tolerated=0.2)
    assert len(found) == 4
    assert rules.affairs(found) == [found[0], found[3]]


def test_a_forecast_is_left_upwards_at_once_and_downwards_when_its_time_has_come() -> None:
    def left(outcome: int, hours: int) -> bool:
        evidence = rules.left(
            number=1,
            made_at=START,
            horizon_at=START + 24 * HOUR,
            low=100.0,
            high=200.0,
            outcome=outcome,
            now=START + hours * HOUR,
        )
        return evidence is not None

    assert left(201, 2)
    assert not left(50, 2)
    assert left(50, 25)
    assert not left(150, 25)


def test_a_budget_speaks_at_its_level_and_again_when_it_is_spent() -> None:
    def spoken(spent: int) -> str:
        found = rules.exposure("Coffee", spent=spent, budget=100, unit="IDR", level=0.8, now=START)
        return found.key if found is not None else ""

    assert [spoken(79), spoken(80), spoken(100)] == ["", "Coffee level", "Coffee all"]


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (lambda: rules.check_watch("mood"), "watch"),
        (lambda: rules.check_level(Watch.NEGATIVE, 1.5), "level"),
        (lambda: rules.check_level(Watch.FORECAST, 0.5), "level"),
        (lambda: rules.check_people(Watch.BOTS, 5), "people"),
        (lambda: rules.check_people(Watch.NEGATIVE, 1), "people"),
        (lambda: rules.check_chance(0.9), "false_alarm"),
        (lambda: rules.check_reason("  "), "reason"),
        (lambda: rules.check_snooze(START + 60 * 24 * HOUR, START), "until"),
    ],
)
def test_what_cannot_be_used_is_named(check: object, field: str) -> None:
    with pytest.raises(UserError) as refused:
        check()  # type: ignore[operator] # the table above holds nothing else
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("IDR", "“Coffee” has come to 90% of its budget: Rp13,500 of Rp15,000."),
        ("USD", "“Coffee” has come to 90% of its budget: $13,500.00 of $15,000.00."),
        ("points", "“Coffee” has come to 90% of its budget: 1,350,000 points of 1,500,000 points."),
    ],
)
def test_what_rewards_have_come_to_is_said_as_people_write_it(unit: str, said: str) -> None:
    numbers = {"kind": "exposure", "rule": "Coffee", "spent": 1_350_000, "budget": 1_500_000, "unit": unit}
    with translation.override("en"):
        assert words.evidence(Watch.REWARD_EXPOSURE, numbers, START, "UTC") == said


def test_an_alarm_is_said_as_indonesians_write_numbers_and_hours() -> None:
    numbers = {"kind": "exposure", "rule": "Kopi", "spent": 1_350_000, "budget": 1_500_000, "unit": "IDR"}
    with translation.override("id"):
        said = words.evidence(Watch.REWARD_EXPOSURE, numbers, START, "UTC")
        assert said == "“Kopi” telah mencapai 90% dari anggarannya: Rp13.500 dari Rp15.000."
        assert words.moment(START, "UTC").endswith(f", {START:%H.%M}")
