"""Looking ahead by the clock: from events to a look, to the record, to its score, to what is learned."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from builders import a_campaign
from people import People
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.participants import actions as participants
from sebar.participants.rules import Entry
from sebar.steering import actions, foreseeing, jobs, queries, rules
from sebar.steering.models import Forecast, Learned, Quantity

HOUR = timedelta(hours=1)


def joins(campaign: Campaign, *, people: int, began: datetime, hours: float, seed: int = 1) -> None:
    """Let people join a campaign over some hours, most of them through somebody before."""
    draw = random.Random(seed)
    times = sorted(draw.random() ** 1.5 * hours for _ in range(people))
    times[0] = 0.0
    entries = [
        Entry(
            external_id=f"{seed}-{number}",
            referred_by=f"{seed}-{draw.randrange(number)}" if number and draw.random() < 0.8 else "",
            joined_at=began + time * HOUR,
        )
        for number, time in enumerate(times)
    ]
    participants.add_many(campaign=campaign, entries=entries)


@pytest.fixture
def spreading(people: People) -> Campaign:
    """A campaign in which 120 people have joined within the last 30 hours."""
    campaign = a_campaign(people.alice, goal=200, ends_at=timezone.now() + 20 * 24 * HOUR)
    joins(campaign, people=120, began=timezone.now() - 30 * HOUR, hours=29)
    return campaign


def test_a_look_ahead_appears_and_a_forecast_is_put_on_record(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    assert jobs.Foreseeing().turn() > 0
    look = queries.look(spreading)
    assert look is not None
    outlook = look.outlook
    assert outlook.counted["participants"] == 120
    assert [len(outlook.ahead[quantity.value]) for quantity in Quantity] == [3, 3, 3]
    assert all(list(one.quantiles) == sorted(one.quantiles) for one in outlook.fan)
    assert all(one.quantiles[0] >= 120 for one in outlook.fan)
    assert outlook.fan[-1].at == pytest.approx(spreading.ends_at, abs=timedelta(seconds=2))
    assert outlook.r.low < outlook.r.value < outlook.r.high
    assert not outlook.is_calibrated
    assert outlook.chance_of_goal is not None
    assert len(outlook.more_seeds) == 5
    assert Forecast.objects.filter(campaign=spreading).count() == 9


def test_the_record_is_made_once_however_often_is_looked(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    jobs.Foreseeing().turn()
    before = list(Forecast.objects.filter(campaign=spreading).values())
    jobs.Foreseeing().turn()
    assert list(Forecast.objects.filter(campaign=spreading).values()) == before


def test_nothing_new_is_no_reason_to_look_again(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    job = jobs.Foreseeing()
    job.turn()
    first = queries.version(spreading)
    job.turn()
    assert queries.version(spreading) == first


def test_where_few_have_joined_nothing_is_foreseen(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice)
    joins(campaign, people=9, began=timezone.now() - 5 * HOUR, hours=4)
    count()
    jobs.Foreseeing().turn()
    assert queries.look(campaign) is None


def test_a_paused_campaign_is_left_alone(spreading: Campaign, people: People, count: Callable[[], None]) -> None:
    campaigns.pause(membership=people.alice, slug=spreading.slug)
    count()
    jobs.Foreseeing().turn()
    assert queries.look(spreading) is None


def test_what_came_is_written_once_its_time_has_come(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    now = timezone.now()
    line = actions.Foreseen("participants", now - 12 * HOUR, 30, (30, 40, 50, 60, 70, 80, 90), False, 66.0)
    actions.record(campaign=spreading, made_at=now - 26 * HOUR, foreseen=[line])
    waiting = actions.Foreseen("participants", now + 12 * HOUR, 30, (30, 40, 50, 60, 70, 80, 90), False, None)
    actions.record(campaign=spreading, made_at=now - 26 * HOUR, foreseen=[waiting])
    jobs.score()
    done, open_ = Forecast.objects.filter(campaign=spreading).order_by("horizon_at")
    came = spreading.participants.filter(joined_at__lt=now - 12 * HOUR).count()
    assert (done.outcome, done.score) == (came, foreseeing.interval_score(done.quantiles, came))
    assert open_.outcome is None
    again = done.scored_at
    jobs.score()
    done.refresh_from_db()
    assert done.scored_at == again


def test_finished_campaigns_teach_and_calibrate(people: People, count: Callable[[], None]) -> None:
    ended = timezone.now() - 10 * 24 * HOUR
    for number in range(42):
        campaign = a_campaign(people.alice)
        joins(campaign, people=60 + number, began=ended - 9 * 24 * HOUR, hours=8 * 24, seed=number + 1)
        Campaign.objects.filter(pk=campaign.pk).update(ends_at=ended)
    count()
    assert jobs.learn() > 0
    newest = queries.newest_learned()
    assert newest is not None
    assert newest.campaigns == 42
    running = a_campaign(people.alice)
    joins(running, people=80, began=timezone.now() - 48 * HOUR, hours=48, seed=999)
    count()
    jobs.Foreseeing().turn()
    look = queries.look(running)
    assert look is not None
    assert look.outlook.is_calibrated
    assert look.outlook.learned_from == 42
    assert Forecast.objects.filter(campaign=running, quantity="participants").first().naive is not None  # type: ignore[union-attr] # it is there
    jobs.learn()
    assert Learned.objects.count() == 1


def test_misses_widen_what_is_foreseen(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    jobs.Foreseeing().turn()
    before = queries.look(spreading)
    made_at = timezone.now() - 20 * 24 * HOUR
    for day in range(30):
        missed = actions.Foreseen("participants", made_at + day * HOUR, 10, (10, 11, 12, 13, 14, 15, 16), True, None)
        actions.record(campaign=spreading, made_at=made_at - HOUR + day * HOUR, foreseen=[missed])
    actions.score(
        outcomes={one.pk: (500, 2.0) for one in Forecast.objects.filter(campaign=spreading, is_calibrated=True)}
    )
    assert rules.widening(queries.held_lately()) > 2
    jobs.Foreseeing().turn()
    after = queries.look(spreading)
    assert before is not None
    assert after is not None
    narrow, wide = before.outlook.fan[1].quantiles, after.outlook.fan[1].quantiles
    assert wide[0] <= narrow[0]
    assert wide[6] > narrow[6]
