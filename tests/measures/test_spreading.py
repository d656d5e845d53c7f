"""How much people pass on in the end: on campaigns of which it is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import fmean
from uuid import UUID

import pytest
from growing import HOUR, START, grown

import naive
from sebar import measures
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store, open_store
from sebar.kit import config
from sebar.measures import Spreading
from sebar.spread import branching
from sebar.spread.estimate import Estimate, TooEarly

AFTER = datetime.fromtimestamp(START / 1000, UTC)
LIFE = 12 * HOUR
RUNS = range(100, 130)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(config.read({"SEBAR_DATA": str(tmp_path_factory.mktemp("growing"))}))
    yield opened
    opened.close()


def seen(store: Store, campaign: int, events: list[Event], *, after: float = LIFE) -> Spreading:
    """Put events into the store and ask what they say so many seconds after the start."""
    if events:
        store.insert(events, token=str(campaign))
    return measures.spreading(campaign, now=AFTER + timedelta(seconds=after), ask=store.ask)


def joined(campaign: int, *people: tuple[float, int], **different: object) -> list[Event]:
    """Return joins of people given by their second and their parent's place, -1 for seeds."""
    return [
        Event(
            **{
                "id": UUID(int=campaign * 1000 + place),
                "ts": START + int(at * 1000),
                "campaign": campaign,
                "kind": Kind.JOIN,
                "participant": place + 1,
                "parent": above + 1,
                "root": place + 1 if above < 0 else above + 1,
                "generation": int(above >= 0),
                **different,
            }  # type: ignore[arg-type]
        )
        for place, (at, above) in enumerate(people)
    ]


def test_r_and_cycle_time_are_right_while_a_campaign_grows(store: Store) -> None:
    """What has been seen so far is far too low; the corrected figures hold the truth as often as they say."""
    found, ratio, waits = [], [], []
    for campaign in RUNS:
        events = list(grown(campaign, r=0.8, k=0.3, median=6 * HOUR, sigma=1.0, seeds=400, until=LIFE, seed=campaign))
        found.append(seen(store, campaign, events))
        ratio.append(len([e for e in events if e.parent]) / len(events))
        waits.append(naive.quantile(naive.waits(events, campaign), 0.5) / 1000)
    rs = [one.r for one in found if isinstance(one.r, Estimate)]
    cycles = [one.cycle_time for one in found if isinstance(one.cycle_time, Estimate)]
    assert len(rs) == len(cycles) == len(RUNS)
    assert 0.3 < fmean(ratio) < 0.5
    assert fmean(waits) < 4 * HOUR
    assert fmean([r.low <= 0.8 <= r.high for r in rs]) >= 0.9
    assert fmean([one.low <= 6 * HOUR <= one.high for one in cycles]) >= 0.9
    assert math.exp(fmean(math.log(r.value) for r in rs)) == pytest.approx(0.8, rel=0.1)
    assert math.exp(fmean(math.log(one.value) for one in cycles)) == pytest.approx(6 * HOUR, rel=0.15)
    assert all(one.growth.low == 0 for one in found if isinstance(one.growth, Estimate))


def test_one_that_grows_by_itself_doubles_as_euler_and_lotka_say(store: Store) -> None:
    truth = branching.doubling_time(2.0, median=3 * HOUR, sigma=0.8)
    held = []
    for campaign in range(200, 210):
        events = list(
            grown(campaign, r=2.0, k=0.5, median=3 * HOUR, sigma=0.8, seeds=60, until=18 * HOUR, seed=campaign)
        )
        answer = seen(store, campaign, events, after=18 * HOUR)
        assert isinstance(answer.doubling_time, Estimate)
        assert isinstance(answer.growth, Estimate)
        assert answer.die_out is not None
        assert answer.die_out < 0.05
        assert answer.growth.value == pytest.approx(2 ** (86_400 / answer.doubling_time.value) - 1)
        held.append(answer.doubling_time.low <= truth <= answer.doubling_time.high)
    assert fmean(held) >= 0.8


def test_one_that_fades_never_doubles_and_ends_by_itself(store: Store) -> None:
    events = list(grown(220, r=0.3, k=0.4, median=HOUR, sigma=0.7, seeds=500, until=4 * 24 * HOUR, seed=5))
    answer = seen(store, 220, events, after=5 * 24 * HOUR)
    assert isinstance(answer.r, Estimate)
    assert answer.r.high < 1
    assert isinstance(answer.doubling_time, Estimate)
    assert answer.doubling_time.low == math.inf
    assert answer.die_out is not None
    assert answer.die_out > 0.98
    # everybody had their time: now the corrected figure is what was seen
    assert answer.r.value == pytest.approx(len([e for e in events if e.parent]) / len(events), rel=0.02)


def test_seeds_who_bring_many_do_not_make_it_grow(store: Store) -> None:
    people = [(0.0, -1)] * 40 + [(60.0, place) for place in range(40) for _ in range(3)]
    answer = seen(store, 221, joined(221, *people), after=30 * 24 * HOUR)
    assert isinstance(answer.r_of_seeds, Estimate)
    assert isinstance(answer.r_of_friends, Estimate)
    assert answer.r_of_seeds.value == pytest.approx(3, rel=0.05)
    assert answer.r_of_friends.high < 0.2
    assert answer.decides == answer.r_of_friends
    assert answer.die_out is not None
    assert answer.die_out > 0.99


@pytest.mark.parametrize("people", [0, 1, 2, 10, 29])
def test_few_people_make_no_figure(store: Store, people: int) -> None:
    answer = seen(store, 300 + people, joined(300 + people, *[(0.0, max(n - 5, -1)) for n in range(people)]))
    early = TooEarly(people, 30)
    assert (answer.r, answer.k, answer.cycle_time, answer.growth, answer.doubling_time) == (early,) * 5
    assert answer.die_out is None
    assert answer.statistics.together.everybody == people


def test_many_who_only_just_joined_make_none_either(store: Store) -> None:
    """A hundred people of a minute's age, where friends take an hour, say nothing."""
    people = [(0.0, -1)] * 20 + [(3600.0 + place, place) for place in range(20)] + [(7 * 3600.0 - 30, -1)] * 100
    answer = seen(store, 340, joined(340, *people), after=7 * HOUR)
    assert isinstance(answer.r, Estimate) or answer.r.have < 45
    early = seen(store, 341, joined(341, *[(7 * 3600.0 - 30, -1)] * 100), after=7 * HOUR)
    assert isinstance(early.r, TooEarly)
    assert early.r.of == "participants who had their time"


def test_joins_at_one_moment_and_joins_yet_to_come(store: Store) -> None:
    """Ties and clocks that run ahead: nothing later than now is known, and no delay is shorter than a second."""
    people = [(100.0, -1)] * 30 + [(100.0, place) for place in range(15)] + [(5000.0, 0)] * 7
    answer = seen(store, 342, joined(342, *people), after=4000.0)
    assert answer.statistics.together.everybody == 45
    assert answer.statistics.together.delays == 15
    assert answer.statistics.together.log_delay == 0.0
    assert isinstance(answer.r, Estimate)
    assert answer.r.value == pytest.approx(1 / 3, rel=0.05)


def test_who_is_judged_no_person_counts_nowhere(store: Store) -> None:
    people = [(0.0, -1)] * 40 + [(60.0, place) for place in range(20)]
    real, bots = joined(343, *people), joined(343, *people, verdict=Verdict.SCANNER)
    renumbered = [
        Event(**{**_fields(e), "id": UUID(int=e.id.int + 10**6), "participant": e.participant + 500}) for e in bots
    ]
    answer = seen(store, 343, real + renumbered)
    assert answer.statistics.together.everybody == 60


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_cascades_of_a_branching_process_are_as_many_as_expected(store: Store) -> None:
    events = list(grown(350, r=0.6, k=0.4, median=HOUR, sigma=0.5, seeds=3000, until=40 * 24 * HOUR, seed=1))
    answer = seen(store, 350, events, after=60 * 24 * HOUR)
    sizes = measures.cascade_sizes(350, ask=store.ask)
    expected = measures.expected_sizes(sizes, answer)
    assert sum(number for number in expected if number is not None) == pytest.approx(sizes.cascades, rel=0.01)
    for size, number in zip(sizes.bins, expected, strict=True):
        assert number is not None
        assert abs(size.cascades - number) <= 4 * math.sqrt(number) + 3, size
    assert measures.expected_sizes(sizes, seen(store, 351, [])) == (None,) * len(sizes.bins)
