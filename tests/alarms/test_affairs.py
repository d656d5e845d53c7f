"""One campaign of each kind, from events in the store to the alarm, as the job looks at it hour by hour."""

from __future__ import annotations

import pytest

from alarms.affairs import HOUR, a_past_campaign, reactions, store_all, visits, watch_through
from people import People
from sebar.events.store import Store
from sebar.steering.alarms import queries
from sebar.steering.alarms.models import Alarm, Watched
from sebar.steering.watches import Watch

HOURS = 120
TURN = 96  # the hour in which something happens


@pytest.mark.parametrize("good", [26])
def test_a_calm_campaign_sounds_no_alarm_and_teaches_what_is_usual(people: People, store: Store, good: int) -> None:
    campaign, began = a_past_campaign(people, hours=HOURS)
    happened = [
        one
        for hour in range(HOURS)
        for one in reactions(campaign, began + hour * HOUR, 1 + hour % 3, good)
        + visits(campaign, began + hour * HOUR, 30, joins=8 + hour % 5, bots=hour % 4)
    ]
    store_all(store, happened)
    watch_through(began, HOURS, first=70)
    assert not Alarm.objects.filter(campaign=campaign).exists()
    learned = dict(Watched.objects.filter(campaign=campaign).values_list("watch", "learned"))
    assert 2 / 28 < learned[Watch.NEGATIVE] < 0.2
    assert 0.1 < learned[Watch.CONVERSION_DROP] < 1 / 3
    assert learned[Watch.BOUNCES] is None


def test_a_slow_decay_is_no_alarm(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=HOURS)
    happened = []
    for hour in range(HOURS):
        many = max(60 - hour // 2, 4)
        happened += visits(campaign, began + hour * HOUR, many, joins=many // 3)
        happened += reactions(campaign, began + hour * HOUR, many // 20, many // 2)
    store_all(store, happened)
    watch_through(began, HOURS, first=70)
    assert not Alarm.objects.filter(campaign=campaign).exists()


def test_a_backlash_is_told_with_when_it_began(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=HOURS)
    happened = []
    for hour in range(HOURS):
        bad = 12 if hour >= TURN else 1 + hour % 3
        happened += reactions(campaign, began + hour * HOUR, bad, 26)
    store_all(store, happened)
    watch_through(began, HOURS, first=70)
    (alarm,) = Alarm.objects.filter(campaign=campaign)
    assert alarm.watch == Watch.NEGATIVE
    assert abs(alarm.began_at - (began + TURN * HOUR)) <= 3 * HOUR
    assert alarm.opened_at - (began + TURN * HOUR) < 14 * HOUR
    assert alarm.numbers["seen"] == pytest.approx(12 / 38, abs=0.08)
    assert alarm.spoke_at > alarm.opened_at


def test_a_burst_of_bots_is_told(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=HOURS)
    happened = []
    for hour in range(HOURS):
        happened += visits(campaign, began + hour * HOUR, 30, joins=8, bots=90 if hour >= TURN else hour % 4)
    store_all(store, happened)
    watch_through(began, HOURS, first=70)
    assert [one.watch for one in queries.of_campaign(campaign)] == [Watch.BOTS]


def test_an_outage_is_told_by_visitors_who_do_not_join(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=HOURS)
    happened = []
    for hour in range(HOURS):
        happened += visits(campaign, began + hour * HOUR, 40, joins=0 if hour >= TURN else 12 + hour % 3)
    store_all(store, happened)
    watch_through(began, HOURS, first=70)
    (alarm,) = queries.of_campaign(campaign)
    assert alarm.watch == Watch.CONVERSION_DROP
    assert abs(alarm.began_at - (began + TURN * HOUR)) <= HOUR
