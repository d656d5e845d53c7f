"""The outbox: an event is there if, and only if, its transaction committed, and no reader ever misses one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event as Signal
from threading import Thread

import pytest
from django.db import connection, transaction

from sebar import outbox
from sebar.events.event import Event, Kind, decode
from sebar.kit.ids import new_id
from sebar.outbox import Position

pytestmark = pytest.mark.django_db(transaction=True)
START = Position()


def happened(number: int) -> Event:
    return Event(id=new_id(), ts=number, campaign=1, kind=Kind.JOIN, participant=number, props={"how": "link"})


def settle(rows: int) -> None:
    """Wait until so many rows are shown: on PostgreSQL transactions of tests beside this one hold them back."""
    patience = time.monotonic() + 60
    while len(outbox.read(START, rows)) < rows and time.monotonic() < patience:
        pass


def seen(rows: list[tuple[Position, bytes]]) -> list[int]:
    return [decode(row).participant for _, row in rows]


def test_events_are_read_as_they_were_emitted() -> None:
    events = [happened(number) for number in range(5)]
    with transaction.atomic():
        outbox.emit(*events)
    settle(5)
    assert [decode(row) for _, row in outbox.read(START, 100)] == events


def test_what_is_rolled_back_never_happened() -> None:
    @transaction.atomic
    def fail() -> None:
        outbox.emit(happened(1))
        raise LookupError

    with pytest.raises(LookupError):
        fail()
    with transaction.atomic():
        outbox.emit(happened(2))
    settle(1)
    assert seen(outbox.read(START, 100)) == [2]


def pages(limit: int) -> Iterator[int]:
    position = START
    while rows := outbox.read(position, limit):
        assert len(rows) <= limit
        assert [place for place, _ in rows] == sorted(place for place, _ in rows)
        yield from seen(rows)
        position = rows[-1][0]


@pytest.mark.parametrize("limit", [1, 3, 10, 11])
def test_readers_go_on_where_they_were(limit: int) -> None:
    for number in range(10):
        outbox.emit(happened(number))
    settle(10)
    assert list(pages(limit)) == list(range(10))


def test_only_what_everybody_has_read_is_forgotten() -> None:
    for number in range(5):
        outbox.emit(happened(number))
    settle(5)
    second = outbox.read(START, 2)[-1][0]
    assert outbox.forget(second) == 2
    assert seen(outbox.read(START, 10)) == [2, 3, 4]
    assert outbox.forget(second) == 0


def test_positions_never_come_back_once_forgotten() -> None:
    outbox.emit(happened(1))
    settle(1)
    last = outbox.read(START, 10)[-1][0]
    outbox.forget(last)
    outbox.emit(happened(2))
    settle(1)
    assert seen(outbox.read(last, 10)) == [2]
    assert outbox.has_more(last)
    assert not outbox.has_more(outbox.read(last, 10)[-1][0])


def test_a_slow_transaction_is_never_passed_by() -> None:
    """On PostgreSQL one that began earlier may commit later; its events must not appear behind the reader."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    written, may_commit = Signal(), Signal()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                outbox.emit(happened(1))
                written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    slow = Thread(target=write_slowly)
    slow.start()
    assert written.wait(10)
    outbox.emit(happened(2))
    assert outbox.read(START, 10) == [], "nothing is shown that the slow one might yet precede"
    may_commit.set()
    slow.join()
    settle(2)
    assert seen(outbox.read(START, 10)) == [1, 2]
