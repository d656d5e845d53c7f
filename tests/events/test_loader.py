from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import hypothesis
import pytest
from clickhouse_connect.driver.exceptions import OperationalError
from happenings import counted, decoded, happened
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from sebar.events.event import Event, encode
from sebar.events.journal import Journal, segments
from sebar.events.loader import Loader, Position, Source
from sebar.events.store import Store, open_store
from sebar.kit.config import Config
from sebar.kit.errors import Unavailable


@pytest.fixture
def loader(store: Store, settings: Config) -> Iterator[Loader]:
    made = Loader(store, settings.positions)
    yield made
    made.close()


class Line:
    """Rows that stay where they are, each with a position of two numbers, as in the outbox."""

    def __init__(self, name: str = "outbox") -> None:
        self.rows: list[tuple[Position, bytes]] = []
        self.judged: list[Event] = []
        self.source = Source(name, self.read, self.judge)

    def grow(self, number: int) -> None:
        for _ in range(number):
            self.rows.append(((len(self.rows) // 3, len(self.rows)), encode(happened())))

    def read(self, after: Position, limit: int) -> list[tuple[Position, bytes]]:
        return [row for row in self.rows if row[0] > after][:limit]

    def judge(self, rows: Sequence[bytes]) -> list[Event]:
        self.judged += (fresh := decoded(rows))
        return fresh


async def journaled(folder: Path, events: Sequence[Event]) -> Journal:
    journal = Journal(folder, "front", inline=True, segment_bytes=100_000)
    for first in range(0, len(events), 20):
        await journal.append([encode(event) for event in events[first : first + 20]])
    return journal


async def test_what_is_journaled_is_loaded_once_and_its_finished_segments_go(
    loader: Loader, store: Store, settings: Config
) -> None:
    journal = await journaled(settings.journal, [happened() for _ in range(2000)])
    while loader.load_journals(settings.journal, decoded):
        pass
    assert counted(store) == (2000, 2000)
    (alive,) = segments(settings.journal)
    await journal.append([encode(happened())])
    assert loader.load_journals(settings.journal, decoded) == 1
    assert [segment.name for segment in segments(settings.journal)] == [alive.name]
    journal.close()
    assert loader.load_journals(settings.journal, decoded) == 0
    assert segments(settings.journal) == []
    assert counted(store) == (2001, 2001)


def test_a_source_is_loaded_in_batches_and_says_how_far_it_came(store: Store, settings: Config) -> None:
    loader, line = Loader(store, settings.positions, batch=4), Line()
    line.grow(10)
    assert [loader.load(line.source) for _ in range(4)] == [4, 4, 2, 0]
    assert loader.position("outbox") == (3, 9)
    assert loader.position("another") == ()
    assert counted(store) == (10, 10)
    loader.close()


def test_a_store_that_fails_for_a_while_gets_the_same_events_later(
    loader: Loader, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line()
    line.grow(5)

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("no room")

    with monkeypatch.context() as outage:
        outage.setattr(store._writer, "insert", fail)
        for _ in range(3):
            with pytest.raises(Unavailable, match="no room"):
                loader.load(line.source)
    line.grow(2)
    assert [loader.load(line.source) for _ in range(3)] == [5, 2, 0]
    assert len(line.judged) == 7
    assert counted(store) == (7, 7)


def dies_with_intent(store: Store, settings: Config, line: Line) -> str:
    """Let a loader write down what it means to insert, and no more; return the name of that batch."""
    loader = Loader(store, settings.positions)
    batch = loader._prepare(line.source)
    loader.close()
    assert batch
    return batch.token


def test_a_store_that_remembers_a_batch_but_lost_it_gets_it(store: Store, settings: Config) -> None:
    line = Line()
    line.grow(5)
    store.insert([happened()], token=dies_with_intent(store, settings, line))
    loader = Loader(store, settings.positions)
    assert loader.load(line.source) == 5
    assert counted(store) == (6, 6)
    loader.close()


def test_a_store_that_has_part_of_a_batch_but_forgot_its_name_gets_the_rest(store: Store, settings: Config) -> None:
    line = Line()
    line.grow(5)
    dies_with_intent(store, settings, line)
    store.insert(line.judged[1:4], token="forgotten")
    loader = Loader(store, settings.positions)
    assert loader.load(line.source) == 5
    assert counted(store) == (5, 5)
    loader.close()


async def test_a_segment_that_cannot_be_read_does_not_stop_the_others(
    loader: Loader, store: Store, settings: Config, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await journaled(settings.journal, [happened()])
    broken.close()
    segments(settings.journal)[0].path.write_bytes(b"this is no segment" * 1000)
    sound = await journaled(settings.journal, [happened()])
    assert loader.load_journals(settings.journal, decoded) == 1
    assert counted(store) == (1, 1)
    assert len(segments(settings.journal)) == 2
    assert "cannot be read" in caplog.text
    sound.close()


@hypothesis.settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["grow", "load", "die before insert", "die after insert"]), max_size=12))
def test_no_order_of_deaths_loses_or_doubles_anything(
    store: Store, tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    positions = tmp_path_factory.mktemp("positions") / "positions"
    line = Line(name=str(uuid4()))
    before = counted(store)[0]
    line.grow(3)
    for step in [*steps, *["load"] * 15]:
        loader = Loader(store, positions, batch=4)
        if step == "grow":
            line.grow(5)
        elif step == "load":
            loader.load(line.source)
        else:
            batch = loader._prepare(line.source)
            if batch and step == "die after insert":
                store.insert(batch.events, token=batch.token, again=batch.tried)
        loader.close()
    assert counted(store) == (before + len(line.rows),) * 2


def run_loader(data: Path, *arguments: str) -> subprocess.Popen[str]:
    program = Path(__file__).with_name("loading.py")
    return subprocess.Popen([sys.executable, program, data, *arguments], stdout=subprocess.PIPE, text=True)


def test_death_between_insert_and_acknowledgement_doubles_nothing(settings: Config) -> None:
    events = [happened(ts=1_700_000_000_000 + number % 3 * 31_557_600_000) for number in range(4000)]
    asyncio.run(journaled(settings.journal, events)).close()
    for moment in ("after", "before", "after"):
        loading = run_loader(settings.data, moment, "2")
        loading.communicate()
        assert loading.returncode == -signal.SIGKILL
    loading = run_loader(settings.data, "before", "1000000")
    loading.communicate()
    assert loading.returncode == 0
    assert segments(settings.journal) == []
    store = open_store(settings)
    assert counted(store) == (4000, 4000)
    store.close()


def test_killing_writer_and_loader_at_any_moment_stores_all_that_was_acknowledged_once(settings: Config) -> None:
    writer = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("writing.py"), settings.journal],
        stdout=subprocess.PIPE,
        text=True,
    )
    chance = random.Random(7)
    assert writer.stdout
    told: list[str] = []
    for _ in range(4):
        loading = run_loader(settings.data, "never", "0")
        assert loading.stdout
        loading.stdout.readline()
        told += [writer.stdout.readline() for _ in range(chance.randrange(200, 4000))]
        loading.kill()
        loading.communicate()
    writer.kill()
    told += writer.stdout.read().splitlines(keepends=True)
    writer.stdout.close()
    writer.wait()
    acknowledged = {UUID(int=int(line)) for line in told if line.endswith("\n")}
    store = open_store(settings)
    loader = Loader(store, settings.positions)
    while loader.load_journals(settings.journal, decoded):
        pass
    loader.load_journals(settings.journal, decoded)
    stored = [UUID(row[0]) for row in store.ask("SELECT id FROM events").rows]
    assert len(stored) == len(set(stored))
    assert acknowledged <= set(stored)
    assert len(stored) - len(acknowledged) <= 16
    assert segments(settings.journal) == []
    loader.close()
    store.close()
