"""Each job is asked when its time has come, and what one cannot do keeps no other from its work."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from sebar.kit.errors import Unavailable
from sebar.serve.turns import Turns

LOG = logging.getLogger("sebar.tests")


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_job(done: list[str], name: str, rest: float) -> Callable[[], float]:
    def job() -> float:
        done.append(name)
        return rest

    return job


def test_each_job_is_asked_when_its_time_has_come() -> None:
    clock, done = Clock(), list[str]()
    turns = Turns({"often": a_job(done, "often", 1.0), "rarely": a_job(done, "rarely", 60.0)}, LOG, clock)
    assert turns.turn() == pytest.approx(1.0)
    clock.now += 1.0
    turns.turn()
    clock.now += 60.0
    turns.turn()
    assert done == ["often", "rarely", "often", "often", "rarely"]


@pytest.mark.django_db(transaction=True)
def test_one_job_in_trouble_keeps_no_other_from_its_work(caplog: pytest.LogCaptureFixture) -> None:
    clock, done = Clock(), list[str]()

    def cannot() -> float:
        if clock.now < 110:
            raise Unavailable("The engine does not answer.")
        return 1.0

    def wrong() -> float:
        raise ZeroDivisionError

    turns = Turns({"cannot": cannot, "wrong": wrong, "can": a_job(done, "can", 1.0)}, LOG, clock)
    with caplog.at_level(logging.WARNING):
        turns.turn()
        clock.now += 5
        turns.turn()
        clock.now += 5
        turns.turn()
    said = [record.message for record in caplog.records if record.message.startswith("cannot")]
    assert said == ["cannot: The engine does not answer.", "cannot: All goes on."]  # trouble is told once
    assert any(record.exc_info for record in caplog.records)
    assert done == ["can"] * 3
