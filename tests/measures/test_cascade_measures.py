"""Measures of the cascade explorer, asked of a real store and compared with naive answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from stored_events import BUSY, CAMPAIGNS, DEEP, EMPTY, Stored

import naive
from sebar import measures
from sebar.events.event import Event, Kind
from sebar.kit.errors import UserError
from sebar.measures import Band
from sebar.spread.estimate import Estimate, TooEarly

every_campaign = pytest.mark.parametrize("campaign", CAMPAIGNS)


def _some_time(stored: Stored, campaign: int) -> datetime | None:
    times = sorted(e.ts for e in naive.joins(stored.events, campaign))
    return naive.moment(times[len(times) // 2]) if times else None


def _filters(stored: Stored, campaign: int) -> list[dict[str, object]]:
    sizes = Counter(e.root for e in naive.joins(stored.events, campaign))
    root = sizes.most_common(1)[0][0] if sizes else 7
    return [{}, {"until": _some_time(stored, campaign)}, {"root": root}, {"channel": "link"}]


def _in_band(found: list[Event], band: Band) -> list[Event]:
    return [e for e in found if band.first <= e.generation <= band.last]


@every_campaign
@pytest.mark.parametrize("which", range(4))
def test_joins_matrix(stored: Stored, campaign: int, which: int) -> None:
    chosen = _filters(stored, campaign)[which]
    answer = measures.joins_matrix(campaign, **chosen, ask=stored.ask)  # type: ignore[arg-type]
    found = naive.joins(stored.events, campaign, **chosen)  # type: ignore[arg-type]
    assert len(answer.times) <= 120
    assert len(answer.bands) <= 12
    assert len(answer.times) >= 30 or len(found) < 30 or answer.step == timedelta(seconds=1)
    assert sum(map(sum, answer.counts)) == len(found)
    for band, counts in zip(answer.bands, answer.counts, strict=True):
        times = [naive.moment(e.ts) for e in _in_band(found, band)]
        for start, number in zip(answer.times, counts, strict=True):
            assert number == len([at for at in times if start <= at < start + answer.step])


@every_campaign
@pytest.mark.parametrize("which", range(4))
def test_generations(stored: Stored, campaign: int, which: int) -> None:
    chosen = _filters(stored, campaign)[which]
    answer = measures.generations(campaign, **chosen, ask=stored.ask)  # type: ignore[arg-type]
    found = naive.joins(stored.events, campaign, **chosen)  # type: ignore[arg-type]
    sizes = sorted(((-size, root) for root, size in Counter(e.root for e in found).items() if size > 1))[:24]
    assert answer.largest == tuple(root for _, root in sizes)
    assert answer.people == len(found) == sum(row.people for row in answer.rows)
    assert len(answer.rows) <= 40
    for row in answer.rows:
        inside = Counter(e.root for e in _in_band(found, row.band))
        assert row.people == sum(inside.values())
        assert row.apart == tuple(inside[root] for root in answer.largest)
        assert row.rest == row.people - sum(row.apart)
        assert row.mean * row.band.width == pytest.approx(row.people)


@every_campaign
def test_cascade_sizes(stored: Stored, campaign: int) -> None:
    for until in (None, _some_time(stored, campaign)):
        answer = measures.cascade_sizes(campaign, until=until, ask=stored.ask)
        found = naive.joins(stored.events, campaign, until=until)
        trees = naive.cascades(found)
        sizes = [len(tree) for tree in trees.values()]
        assert (answer.cascades, answer.people) == (len(trees), len(found))
        assert answer.largest == max(sizes, default=0)
        for size_bin in answer.bins:
            inside = [size for size in sizes if size_bin.low <= size <= size_bin.high]
            assert (size_bin.cascades, size_bin.people) == (len(inside), sum(inside))
        assert sum(size_bin.cascades for size_bin in answer.bins) == len(trees)
        deep = [(len(tree), max(e.generation for e in tree)) for tree in trees.values()]
        for dot in answer.dots:
            assert dot.cascades == len(
                [1 for size, depth in deep if dot.size_low <= size <= dot.size_high and depth == dot.depth]
            )
        assert sum(dot.cascades for dot in answer.dots) == len(trees)
        beyond = len([e for e in found if e.generation > 1])
        assert answer.beyond_first == (beyond / len(found) if found else 0)
        if len(trees) < 30:
            assert answer.beyond_first_range == TooEarly(len(trees), 30, "seeds")
        else:
            assert isinstance(answer.beyond_first_range, Estimate)
            assert answer.beyond_first_range.value == answer.beyond_first
            assert answer.beyond_first_range.low < answer.beyond_first < answer.beyond_first_range.high <= 1


@every_campaign
def test_shape_and_structural_virality(stored: Stored, campaign: int) -> None:
    for until in (None, _some_time(stored, campaign)):
        answer = measures.shape(campaign, until=until, ask=stored.ask)
        found = naive.joins(stored.events, campaign, until=until)
        by_generation = Counter(e.generation for e in found)
        assert (answer.depth, answer.width) == (max(by_generation, default=0), max(by_generation.values(), default=0))
        trees = {root: tree for root, tree in naive.cascades(found).items() if len(tree) > 1}
        distances = {root: naive.mean_distance(naive.indices(tree)) for root, tree in trees.items()}
        assert measures.viralities(campaign, [*trees], until=until, ask=stored.ask) == pytest.approx(distances)
        people = sum(len(tree) for tree in trees.values())
        weighed = sum(len(trees[root]) * distance for root, distance in distances.items())
        assert answer.cascades_of_two == len(trees)
        if not trees:
            assert answer.structural_virality is None
        else:
            assert answer.structural_virality == pytest.approx(weighed / people)
        if not found:
            assert answer.time_to_half is None
        else:
            times = sorted(e.ts for e in found)
            half = naive.quantile(times, 0.5) - times[0]
            assert answer.time_to_half is not None
            assert abs(answer.time_to_half / timedelta(milliseconds=1) - half) < 1


def test_the_virality_of_some_cascades_knows_nothing_of_others(stored: Stored) -> None:
    every = measures.viralities(BUSY, measures.generations(BUSY, ask=stored.ask).largest, ask=stored.ask)
    (first, *_) = every
    assert measures.viralities(BUSY, [first], ask=stored.ask) == {first: every[first]}
    assert measures.viralities(BUSY, [], ask=stored.ask) == {}


@every_campaign
@pytest.mark.parametrize("order", ["size", "depth", "first", "last"])
def test_cascades_page_by_page(stored: Stored, campaign: int, order: str) -> None:
    rows = []
    total = measures.cascades(campaign, order=order, limit=1, ask=stored.ask).total
    for offset in range(0, total, 37):
        page = measures.cascades(campaign, order=order, offset=offset, limit=37, ask=stored.ask)
        assert page.total == total
        rows += page.rows
    trees = naive.cascades(naive.joins(stored.events, campaign))
    assert len(rows) == total == len(trees)
    for row in rows:
        tree = trees[row.root]
        assert row.size == len(tree) == 1 + row.direct + row.later
        assert row.depth == max(e.generation for e in tree)
        assert row.direct == len([e for e in tree if e.generation == 1])
        assert (row.first, row.last) == (naive.moment(min(e.ts for e in tree)), naive.moment(max(e.ts for e in tree)))
    keys = {
        "size": lambda row: (-row.size, row.root),
        "depth": lambda row: (-row.depth, -row.size, row.root),
        "first": lambda row: (row.first, row.root),
        "last": lambda row: (-row.last.timestamp(), row.root),
    }
    assert rows == sorted(rows, key=keys[order])


def test_a_page_beyond_the_last_still_knows_how_many_there_are(stored: Stored) -> None:
    page = measures.cascades(BUSY, offset=10_000, ask=stored.ask)
    assert page.rows == ()
    assert page.total == 160


def test_an_unknown_order_is_refused(stored: Stored) -> None:
    with pytest.raises(UserError, match="size, depth, first, last") as refused:
        measures.cascades(BUSY, order="name; DROP TABLE events", ask=stored.ask)
    assert refused.value.field == "order"


@every_campaign
def test_people_of_a_cascade(stored: Stored, campaign: int) -> None:
    for root, tree in list(naive.cascades(naive.joins(stored.events, campaign)).items())[:5]:
        ordered = sorted(tree, key=lambda e: (e.ts, e.generation, e.participant))
        answer = measures.people(campaign, root, ask=stored.ask)
        assert answer.participant == tuple(e.participant for e in ordered)
        assert answer.parent == tuple(e.parent for e in ordered)
        assert answer.generation == tuple(e.generation for e in ordered)
        assert answer.joined_at == tuple(naive.moment(e.ts) for e in ordered)
        assert answer.channel == tuple(e.channel for e in ordered)
        assert (answer.total, answer.is_cut) == (len(tree), False)
        cut = measures.people(campaign, root, limit=3, ask=stored.ask)
        assert cut.participant == answer.participant[:3]
        assert (cut.total, cut.is_cut) == (len(tree), len(tree) > 3)


def test_people_of_a_cascade_that_is_not_there(stored: Stored) -> None:
    answer = measures.people(BUSY, 12345, ask=stored.ask)
    assert (answer.participant, answer.joined_at, answer.total, answer.is_cut) == ((), (), 0, False)


def test_people_until_a_time_are_whole_up_to_it(stored: Stored) -> None:
    (root,) = measures.generations(DEEP, ask=stored.ask).largest[:1]
    until = _some_time(stored, DEEP)
    answer = measures.people(DEEP, root, until=until, ask=stored.ask)
    assert answer.total == len(naive.joins(stored.events, DEEP, root=root, until=until)) > 0
    assert set(answer.parent) - set(answer.participant) == {0}


@every_campaign
def test_history(stored: Stored, campaign: int) -> None:
    people = [e.participant for e in naive.joins(stored.events, campaign)][:8]
    for person in people or [1]:
        answer = measures.history(campaign, person, limit=40, ask=stored.ask)
        own = [e for e in stored.events if e.campaign == campaign and e.participant == person]
        friends = [e for e in stored.events if e.campaign == campaign and e.kind is Kind.JOIN and e.parent == person]
        expected = sorted((*own, *friends), key=lambda e: -e.ts)[:40]
        assert [entry.at for entry in answer] == [naive.moment(e.ts) for e in expected]
        assert Counter(
            (entry.at, entry.kind, entry.verdict, entry.channel, entry.value) for entry in answer
        ) == Counter((naive.moment(e.ts), e.kind, e.verdict, e.channel, e.value) for e in expected)
        assert {entry.participant for entry in answer if entry.is_friend} <= {e.participant for e in friends}


def test_nothing_of_another_campaign_is_seen(stored: Stored) -> None:
    stranger = naive.joins(stored.events, DEEP)[0].participant
    assert measures.history(BUSY, stranger, ask=stored.ask) == ()
    assert measures.people(BUSY, stranger, ask=stored.ask).total == 0
    assert measures.cascades(EMPTY, ask=stored.ask).rows == ()
    assert measures.joins_matrix(EMPTY, ask=stored.ask).step == timedelta(hours=1)
