"""Looking ahead by the clock: from events to a look, to the record, to its score, to what is learned."""

from __future__ import annotations

import math
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
from steering.test_forecast_rules import an_outlook

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
    """A campaign in which 120 people have joined within the last day, the first 24 and a half hours ago."""
    campaign = a_campaign(people.alice, goal=200, ends_at=timezone.now() + 20 * 24 * HOUR)
    joins(campaign, people=120, began=timezone.now() - 24.5 * HOUR, hours=23.5)
    return campaign


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def turn(self, job: jobs.Foreseeing, minutes: float = 6) -> None:
        """Let so many minutes pass, and look."""
        self.now += timedelta(minutes=minutes)
        job.turn()


def looked() -> tuple[Clock, jobs.Foreseeing]:
    """Look, and again when nobody seems to load joins of before, so that what is foreseen is shown."""
    clock = Clock()
    job = jobs.Foreseeing(clock)
    job.turn()
    clock.turn(job, minutes=0.1)
    return clock, job


def put_on_record() -> None:
    """Look until it is sure that nobody loads joins of before."""
    clock, job = looked()
    clock.turn(job)


def test_a_look_ahead_appears_and_a_forecast_is_put_on_record(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    put_on_record()
    look = queries.look(spreading)
    assert look is not None
    outlook = look.outlook
    assert outlook.counted["participants"] == 120
    assert [len(outlook.ahead[quantity.value]) for quantity in Quantity] == [3, 3, 3]
    assert all(list(one.quantiles) == sorted(one.quantiles) for one in outlook.fan)
    assert all(one.quantiles[0] >= 120 for one in outlook.fan)
    assert outlook.fan[-1].at == pytest.approx(spreading.ends_at, abs=timedelta(seconds=2))
    assert outlook.seeds_a_day == pytest.approx(spreading.participants.filter(parent=None).count() - 1, abs=3)
    assert outlook.r.low < outlook.r.value < outlook.r.high
    assert not outlook.is_calibrated
    assert outlook.chance_of_goal is not None
    assert len(outlook.more_seeds) == 5
    assert Forecast.objects.filter(campaign=spreading).count() == 9


def test_the_record_is_made_once_however_often_is_looked(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    put_on_record()
    before = list(Forecast.objects.filter(campaign=spreading).values())
    assert before
    put_on_record()
    assert list(Forecast.objects.filter(campaign=spreading).values()) == before


def test_nothing_new_is_no_reason_to_look_again(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    clock, job = looked()
    first = queries.version(spreading)
    assert first
    clock.turn(job, minutes=0.1)
    assert queries.version(spreading) == first


def test_where_few_have_joined_nothing_is_foreseen(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice)
    joins(campaign, people=9, began=timezone.now() - 5 * HOUR, hours=4)
    minutes = a_campaign(people.alice)
    joins(minutes, people=12, began=timezone.now() - 0.1 * HOUR, hours=0.1)
    count()
    looked()
    assert queries.look(campaign) is None
    assert queries.look(minutes) is None


def seeds_and_friends(campaign: Campaign, *, seeds: list[datetime], delay: timedelta) -> None:
    """Let seeds join, and of each a friend and of that one another friend, each after a while."""
    entries = []
    for number, at in enumerate(seeds):
        entries.append(Entry(external_id=f"{number}", joined_at=at))
        for step in (1, 2):
            parent = f"{number}" + "'" * (step - 1)
            entries.append(Entry(external_id=f"{parent}'", referred_by=parent, joined_at=at + step * delay))
    participants.add_many(campaign=campaign, entries=entries)


def test_the_first_minutes_are_no_pace_for_a_week(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice)
    began = timezone.now() - timedelta(minutes=20)
    moments = [began + timedelta(seconds=10 * number) for number in range(31)]
    seeds_and_friends(campaign, seeds=moments, delay=timedelta(seconds=20))
    count()
    looked()
    look = queries.look(campaign)
    assert look is not None
    outlook = look.outlook
    assert outlook.seeds_a_day == pytest.approx(30)
    likely = outlook.ahead["participants"][-1].quantiles
    assert likely[1] < 300, "a week like the first minutes would bring twenty times as many"
    assert likely[5] < 5000


def test_seeds_added_in_one_go_are_no_pace(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice)
    began = timezone.now() - 20 * HOUR
    moments = [began, *[began + HOUR] * 200, began + 2 * HOUR]
    seeds_and_friends(campaign, seeds=moments, delay=HOUR)
    count()
    looked()
    look = queries.look(campaign)
    assert look is not None
    assert look.outlook.seeds_a_day == pytest.approx(2)


def test_while_nobody_has_had_their_time_nothing_is_foreseen(
    spreading: Campaign, people: People, count: Callable[[], None]
) -> None:
    fresh = a_campaign(people.alice)
    joins(fresh, people=29, began=timezone.now() - 48 * HOUR, hours=48)
    participants.add_many(campaign=fresh, entries=[Entry(external_id=f"new-{one}") for one in range(5)])
    actions.show(campaign=fresh, made_at=timezone.now() - HOUR, version=1, outlook=an_outlook())
    count()
    looked()
    assert queries.look(fresh) is None
    assert queries.look(spreading) is not None


def test_what_runs_away_is_told_as_a_share_and_not_as_a_number(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice, ends_at=timezone.now() + 300 * 24 * HOUR)
    began = timezone.now() - 60 * HOUR
    entries = [
        Entry(
            external_id=str(number),
            referred_by=str((number - 2) // 2) if number > 1 else "",
            joined_at=began + math.log2(1 + number) * 9 * HOUR,
        )
        for number in range(90)
    ]
    participants.add_many(campaign=campaign, entries=entries)
    count()
    looked()
    look = queries.look(campaign)
    assert look is not None
    assert look.outlook.takes_off > 0.3
    assert look.outlook.fan[-1].quantiles[6] == (1 + rules.MOST_GROWTH) * 90
    for more in look.outlook.more_seeds:
        assert more.quantiles[6] <= 90 + rules.MOST_GROWTH * (90 + more.seeds)


def test_nobody_beyond_the_population_is_foreseen(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice, goal=190, population=200)
    joins(campaign, people=120, began=timezone.now() - 24.5 * HOUR, hours=23.5)
    count()
    looked()
    look = queries.look(campaign)
    assert look is not None
    outlook = look.outlook
    assert outlook.takes_off == 0.0
    assert [one.seeds for one in outlook.more_seeds] == [10, 30]
    assert max(one.quantiles[6] for one in [*outlook.more_seeds, *outlook.fan]) <= 200
    assert (outlook.seeds_to_goal or 0) <= 80


def test_changed_settings_are_news_and_what_was_foreseen_for_others_is_not_shown(
    spreading: Campaign, people: People, count: Callable[[], None]
) -> None:
    count()
    clock, job = looked()
    for different in ({"goal": 300}, {"population": 5000}, {"goal": None}):
        spreading.refresh_from_db()
        for name, value in different.items():
            setattr(spreading, name, value)
        spreading.save()
        assert queries.look(spreading) is None
        clock.turn(job, minutes=0.1)
        look = queries.look(spreading)
        assert look is not None
        assert (look.outlook.chance_of_goal is None) == (spreading.goal is None)


def test_visits_and_conversions_are_news(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    clock, job = looked()
    before = queries.look(spreading)
    assert before is not None
    nothing = before.outlook.ahead["conversions"][-1].quantiles
    assert nothing[0] == 0
    assert 0 < nothing[6] < before.outlook.ahead["participants"][-1].quantiles[6]
    somebody = spreading.participants.first()
    assert somebody is not None
    participants.convert(campaign=spreading, number=somebody.pk, external_id="1", happened_at=clock.now)
    count()
    clock.turn(job, minutes=0.1)
    after = queries.look(spreading)
    assert after is not None
    assert after.outlook.counted["conversions"] == 1


def test_nothing_is_put_on_record_in_the_middle_of_an_import(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    clock, job = looked()
    shown = queries.version(spreading)
    for batch in range(3):
        joins(spreading, people=40, began=timezone.now() - 20 * HOUR, hours=15, seed=batch + 2)
        count()
        clock.turn(job)
        assert queries.version(spreading) == shown, "what was foreseen before stands until all are there"
        assert not Forecast.objects.filter(campaign=spreading).exists()
    clock.turn(job, minutes=1)
    assert not Forecast.objects.filter(campaign=spreading).exists()
    clock.turn(job)
    assert {one.known for one in Forecast.objects.filter(campaign=spreading, quantity="participants")} == {240}


def test_moments_before_the_import_are_not_on_record(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice)
    joins(campaign, people=120, began=timezone.now() - 30 * HOUR, hours=29)
    count()
    put_on_record()
    assert queries.look(campaign) is not None
    assert not Forecast.objects.filter(campaign=campaign).exists()


@pytest.mark.parametrize("verb", [campaigns.pause, campaigns.stop])
def test_nothing_is_foreseen_once_nobody_can_join(
    spreading: Campaign, people: People, count: Callable[[], None], verb: Callable[..., Campaign]
) -> None:
    count()
    looked()
    assert queries.look(spreading) is not None
    before = queries.version(spreading)
    halted = verb(membership=people.alice, slug=spreading.slug)
    assert queries.look(halted) is None
    assert queries.version(halted) != before


def test_in_the_middle_of_a_first_import_nothing_is_foreseen(people: People, count: Callable[[], None]) -> None:
    campaign = a_campaign(people.alice)
    clock = Clock()
    job = jobs.Foreseeing(clock)
    for batch in range(4):
        joins(campaign, people=60, began=timezone.now() - 24.5 * HOUR, hours=20, seed=batch + 1)
        count()
        clock.turn(job, minutes=0.1)
        assert queries.look(campaign) is None
    clock.turn(job, minutes=0.1)
    look = queries.look(campaign)
    assert look is not None
    assert look.outlook.counted["participants"] == 240


def test_a_paused_campaign_is_left_alone(spreading: Campaign, people: People, count: Callable[[], None]) -> None:
    campaigns.pause(membership=people.alice, slug=spreading.slug)
    count()
    looked()
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
    joins(running, people=80, began=timezone.now() - 48.2 * HOUR, hours=48, seed=999)
    count()
    put_on_record()
    look = queries.look(running)
    assert look is not None
    assert look.outlook.is_calibrated
    assert look.outlook.learned_from == 42
    assert Forecast.objects.filter(campaign=running, quantity="participants").first().naive is not None  # type: ignore[union-attr] # it is there
    jobs.learn()
    assert Learned.objects.count() == 1


def test_misses_widen_what_is_foreseen(spreading: Campaign, count: Callable[[], None]) -> None:
    count()
    looked()
    before = queries.look(spreading)
    made_at = timezone.now() - 20 * 24 * HOUR
    for day in range(30):
        missed = actions.Foreseen("participants", made_at + day * HOUR, 10, (10, 11, 12, 13, 14, 15, 16), True, None)
        actions.record(campaign=spreading, made_at=made_at - HOUR + day * HOUR, foreseen=[missed])
    actions.score(
        outcomes={one.pk: (500, 2.0) for one in Forecast.objects.filter(campaign=spreading, is_calibrated=True)}
    )
    assert rules.widening(queries.held_lately()) > 2
    looked()
    after = queries.look(spreading)
    assert before is not None
    assert after is not None
    narrow, wide = before.outlook.fan[1].quantiles, after.outlook.fan[1].quantiles
    assert wide[0] <= narrow[0]
    assert wide[6] > narrow[6]


@pytest.mark.parametrize("population", [None, 400])
def test_more_seeds_do_not_lead_beyond_what_can_be(
    people: People, count: Callable[[], None], population: int | None
) -> None:
    campaign = a_campaign(people.alice, population=population, ends_at=timezone.now() + 300 * 24 * HOUR)
    joins(campaign, people=120, began=timezone.now() - 24.5 * HOUR, hours=23.5)
    count()
    looked()
    look = queries.look(campaign)
    assert look is not None
    for more in look.outlook.more_seeds:
        assert more.quantiles[6] <= (population or 120 + rules.MOST_GROWTH * (120 + more.seeds))
