"""What people did with each creative, beside a loop that counts it one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import naive
from sebar import measures
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store, open_store
from sebar.kit import config
from sebar.kit.ids import new_id
from sebar.measures.material import nothing

START = 1_764_547_200_000
NUMBERS = itertools.count(1)
STEPS = ("started", "q25", "q50", "q75", "finished")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A real store, empty at first."""
    store = open_store(config.read({"SEBAR_DATA": str(tmp_path_factory.mktemp("material"))}))
    yield store
    store.close()


@st.composite
def touches(draw: st.DrawFn) -> list[Event]:
    campaign = next(NUMBERS)
    made = []
    for _ in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from([Kind.VIEW, Kind.PLAY, Kind.PLAY, Kind.SHARE]))
        props = {"step": draw(st.sampled_from(STEPS))} if kind is Kind.PLAY else {}
        if props and draw(st.booleans()):
            props["score"] = str(draw(st.integers(0, 999_999_999)))
        ts = START + draw(st.integers(0, 10**9))
        made.append(
            Event(
                id=new_id(ts),
                ts=ts,
                campaign=campaign,
                kind=kind,
                visitor=draw(st.integers(0, 4)),
                creative=draw(st.sampled_from(["", "film", "beans"])),
                verdict=draw(st.sampled_from([Verdict.PERSON, Verdict.PERSON, Verdict.CRAWLER])),
                props=props,
            )
        )
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=touches())
def test_material_is_what_a_loop_counts(events: Store, happened: list[Event]) -> None:
    campaign = happened[0].campaign if happened else next(NUMBERS)
    if happened:
        events.insert(happened, token=str(campaign))
    found = measures.material(campaign, ask=events.ask)
    counts = {
        name: (one.views, one.viewers, one.started, one.q25, one.q50, one.q75, one.finished, one.highest)
        for name, one in found.items()
    }
    wanted = naive.material(happened, campaign)
    assert {name: numbers for name, numbers in counts.items() if any(numbers)} == {
        name: numbers for name, numbers in wanted.items() if any(numbers)
    }


def test_nobody_has_seen_it() -> None:
    assert nothing("film").views == nothing("film").finished == 0
    assert nothing("film").group is None
