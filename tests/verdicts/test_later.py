"""Verdicts that take the minute around a touch."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.events.event import Event, Kind, Verdict
from sebar.kit import ids
from sebar.verdicts.later import BURST_MS, LINKS, REPEAT_MS, Watch

NOW = 1_764_000_000_000


def visit(at: int = 0, link: int = 1, visitor: int = 1, network: str = "a", **more: object) -> Event:
    fields = {"id": ids.new_id(), "campaign": 7, "kind": Kind.VISIT, "reason": "browser", "props": {"network": network}}
    return Event(**{**fields, "ts": NOW + at, "participant": link, "visitor": visitor, **more})  # type: ignore[arg-type]


def burst(size: int, at: int = 0, over: int = BURST_MS - 1, network: str = "a", first_link: int = 1) -> list[Event]:
    """Return visits of one visitor to as many links, spread evenly from `at` to `at + over`."""
    return [
        visit(at + over * number // (size - 1), link=first_link + number, visitor=99, network=network)
        for number in range(size)
    ]


def verdicts(events: Iterable[Event]) -> list[Verdict]:
    return [event.verdict for event in events]


def test_a_mail_scanner_is_known_by_its_burst() -> None:
    reviewed = Watch().review(burst(LINKS))
    assert verdicts(reviewed.events) == [Verdict.SCANNER] * LINKS
    assert {event.reason for event in reviewed.events} == {"burst"}
    assert reviewed.corrections == []


def test_what_was_stored_before_the_burst_was_whole_is_corrected() -> None:
    watch = Watch()
    events = burst(LINKS + 1)
    first, second, third = watch.review(events[:3]), watch.review(events[3:5]), watch.review(events[5:])
    assert verdicts(first.events) == [Verdict.PERSON] * 3
    assert verdicts(second.events) == [Verdict.SCANNER] * 2
    assert verdicts(third.events) == [Verdict.SCANNER]
    assert [correction.props["event"] for correction in second.corrections] == [str(event.id) for event in events[:3]]
    assert {(c.kind, c.verdict, c.reason, c.campaign) for c in second.corrections} == {
        (Kind.CORRECTION, Verdict.SCANNER, "burst", 7)
    }
    assert third.corrections == []


def test_fewer_links_are_no_burst() -> None:
    assert set(verdicts(Watch().review(burst(LINKS - 1)).events)) == {Verdict.PERSON}


def test_slower_is_no_burst() -> None:
    assert set(verdicts(Watch().review(burst(LINKS, over=BURST_MS + 100)).events)) == {Verdict.PERSON}


def test_many_people_opening_one_link_are_no_burst() -> None:
    crowd = [visit(number, link=1, visitor=number + 1) for number in range(50)]
    assert set(verdicts(Watch().review(crowd).events)) == {Verdict.PERSON}


def test_networks_are_apart() -> None:
    events = [visit(number, link=number, visitor=number, network=str(number)) for number in range(1, 30)]
    assert set(verdicts(Watch().review(events).events)) == {Verdict.PERSON}


def test_a_busy_network_must_show_more() -> None:
    watch = Watch()
    # One visit every quarter of a second for a minute, as from a mobile carrier, each by somebody else.
    for second in range(60):
        carrier = [
            visit(second * 1000 + part * 250, link=second * 4 + part, visitor=second * 4 + part + 1)
            for part in range(4)
        ]
        assert set(verdicts(watch.review(carrier).events)) == {Verdict.PERSON}
    assert set(verdicts(watch.review(burst(LINKS + 1, at=60_000, first_link=5000)).events)) == {Verdict.PERSON}
    scanner = watch.review(burst(60, at=62_000, first_link=6000)).events
    assert verdicts(scanner)[-1] is Verdict.SCANNER
    assert verdicts(scanner).count(Verdict.SCANNER) > 55


def test_a_crowd_that_stays_is_let_in_soon() -> None:
    watch = Watch()
    judged = [
        verdict
        for second in range(20)
        for verdict in verdicts(
            watch.review(
                [
                    visit(second * 1000 + part * 50, link=second * 20 + part, visitor=second * 20 + part + 1)
                    for part in range(20)
                ]
            ).events
        )
    ]
    assert set(judged[3 * 20 :]) == {Verdict.PERSON}


def test_the_same_again_counts_once() -> None:
    again = [visit(0), visit(400), visit(REPEAT_MS - 1), visit(REPEAT_MS + 1)]
    assert verdicts(Watch().review(again).events) == [Verdict.PERSON, Verdict.REPEAT, Verdict.REPEAT, Verdict.PERSON]


def test_repeats_are_seen_across_reviews() -> None:
    watch = Watch()
    assert verdicts(watch.review([visit(0)]).events) == [Verdict.PERSON]
    again = watch.review([visit(900)])
    assert (verdicts(again.events), again.corrections) == ([Verdict.REPEAT], [])


@pytest.mark.parametrize(
    "other",
    [{"link": 2}, {"visitor": 2}, {"kind": Kind.SHARE}, {"channel": "x"}, {"creative": "b"}, {"campaign": 8}],
)
def test_another_touch_is_no_repeat(other: dict[str, int]) -> None:
    assert set(verdicts(Watch().review([visit(0), visit(1, **other)]).events)) == {Verdict.PERSON}  # type: ignore[arg-type]


def test_only_what_counts_is_watched() -> None:
    events = [
        visit(0, visitor=0),
        visit(1, visitor=0),
        visit(2, reason="replayed"),
        visit(3, reason="replayed"),
        visit(4, kind=Kind.JOIN),
        visit(5, kind=Kind.JOIN),
        visit(6, verdict=Verdict.PREVIEW),
    ]
    assert Watch().review(events).events == events


def test_disorder_and_a_clock_put_back_break_nothing() -> None:
    watch = Watch()
    events = burst(LINKS)
    assert verdicts(watch.review(events[::-1]).events) == [Verdict.SCANNER] * LINKS
    assert set(verdicts(watch.review(burst(LINKS, at=-3_600_000, first_link=50)).events)) == {Verdict.SCANNER}
    assert set(verdicts(watch.review(burst(LINKS, at=86_400_000, first_link=90)).events)) == {Verdict.SCANNER}


touches = st.builds(
    visit,
    at=st.integers(-5_000, 120_000),
    link=st.integers(1, 12),
    visitor=st.integers(0, 4),
    network=st.sampled_from(["", "a", "b"]),
    kind=st.sampled_from([Kind.VISIT, Kind.VIEW, Kind.JOIN]),
)


@given(st.lists(st.lists(touches, max_size=12), max_size=8))
def test_events_keep_their_number_their_order_and_all_but_their_verdict(batches: list[list[Event]]) -> None:
    watch = Watch()
    stored: set[str] = set()
    corrected: list[str] = []
    for batch in batches:
        reviewed = watch.review(batch)
        plain = [msgspec.structs.replace(event, verdict=Verdict.PERSON, reason="") for event in reviewed.events]
        assert plain == [msgspec.structs.replace(event, reason="") for event in batch]
        corrected += [correction.props["event"] for correction in reviewed.corrections]
        assert set(corrected) <= stored
        stored |= {str(event.id) for event in reviewed.events if event.verdict is Verdict.PERSON}
    assert len(corrected) == len(set(corrected))


def test_it_forgets() -> None:
    watch = Watch()
    for second in range(0, 600, 30):
        watch.review([visit(second * 1000 + n, link=n, visitor=n + 1, network=f"{second}-{n}") for n in range(500)])
    assert len(watch._repeats._recent) + len(watch._repeats._older) <= 1500
