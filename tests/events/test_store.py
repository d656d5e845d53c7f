from __future__ import annotations

import csv
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pyarrow.parquet
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from happenings import NOON, correction, counted, happened

from sebar.events.answer import Status
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store, open_store
from sebar.kit.config import Config
from sebar.kit.errors import Unavailable

YEAR = 31_557_600_000


def test_an_event_comes_back_as_it_was(store: Store) -> None:
    told = happened(
        id=UUID("01a20d09-4edc-7388-aa8b-8bd34f80fe34"),
        ts=NOON + 7,
        campaign=3,
        kind=Kind.CONVERSION,
        participant=13_492_928_511,
        parent=1,
        root=2,
        generation=4_000,
        visitor=2**64 - 1,
        channel="e-mail",
        creative="b",
        value=-5,
        currency="IDR",
        country="ID",
        device="phone",
        verdict=Verdict.PREVIEW,
        reason="says so",
        props={"what": "a 'quoted' \\ thing", "emoji": "🌶"},
    )
    store.insert([told], token="one")
    answer = store.ask("SELECT * REPLACE (toUnixTimestamp64Milli(ts) AS ts) FROM events")
    assert answer.columns[:-1] == Event.__struct_fields__
    (row,) = answer.rows
    assert row[:-1] == (str(told.id), *(getattr(told, name) for name in Event.__struct_fields__[1:]))


def test_the_same_batch_again_changes_nothing(store: Store) -> None:
    batch = [happened() for _ in range(1000)]
    for _ in range(3):
        store.insert(batch, token="front 0-1000")
    store.insert([happened()], token="front 1000-1001")
    assert counted(store) == (1001, 1001)


def test_a_batch_tried_again_takes_in_what_is_missing_and_corrects_all(store: Store) -> None:
    visits = [happened(ts=NOON + number * YEAR) for number in range(3)]
    corrections = [correction(of=visit, verdict=Verdict.REPEAT, reason="repeat") for visit in visits]
    store.insert([*visits, *corrections[:1]], token="torn")
    for _ in range(2):
        store.insert([*visits, *corrections], token="torn", again=True)
    assert counted(store) == (6, 6)
    assert store.ask("SELECT DISTINCT verdict FROM events").rows == [("repeat",)]


def test_trying_a_large_batch_again(store: Store) -> None:
    batch = [happened() for _ in range(50_000)]
    store.insert(batch[:20_000], token="torn")
    store.insert(batch, token="torn", again=True)
    assert counted(store) == (50_000, 50_000)


def test_a_batch_may_span_centuries_and_still_counts_once(store: Store) -> None:
    batch = [happened(ts=NOON + (number - 60) * YEAR) for number in range(180)]
    store.insert(batch, token="long")
    store.insert(batch, token="long")
    assert counted(store) == (180, 180)
    assert store.ask("SELECT uniqExact(toYear(ts)) FROM events").rows == [(180,)]


def test_a_correction_is_kept_and_changes_the_verdict_of_what_it_names(store: Store) -> None:
    first, second = happened(), happened(ts=NOON + YEAR)
    store.insert([first, second, happened()], token="visits")
    store.insert([correction(of=first, verdict=Verdict.SCANNER, reason="a 'burst'")], token="later")
    store.insert([correction(of=second, verdict=Verdict.REPEAT, reason="repeat")], token="latest")
    assert sorted(store.ask("SELECT verdict, reason FROM events WHERE kind = 'visit'").rows) == [
        ("person", ""),
        ("repeat", "repeat"),
        ("scanner", "a 'burst'"),
    ]
    assert store.ask("SELECT count() FROM events WHERE kind = 'correction'").rows == [(2,)]


def test_a_correction_never_reaches_another_campaign(store: Store) -> None:
    other = happened(campaign=2)
    store.insert([other], token="visit")
    store.insert([correction(of=other, verdict=Verdict.SCANNER, reason="burst")], token="later")
    assert store.ask("SELECT verdict FROM events WHERE kind = 'visit'").rows == [("person",)]


def test_many_corrections_at_once(store: Store) -> None:
    visits = [happened() for _ in range(12_000)]
    store.insert(visits, token="visits")
    store.insert([correction(of=visit, verdict=Verdict.SCANNER, reason="burst") for visit in visits], token="later")
    assert store.ask("SELECT DISTINCT verdict FROM events").rows == [("scanner",)]


def test_the_version_rises_with_every_load_and_survives_closing(settings: Config) -> None:
    store = open_store(settings)
    assert store.status == Status(version=0, newest=0)
    store.insert([happened(ts=NOON)], token="a")
    first = store.status
    store.insert([happened(ts=NOON + 5), happened(ts=NOON - 5)], token="b")
    second = store.status
    assert first.version < second.version
    assert (first.newest, second.newest) == (NOON, NOON + 5)
    assert store.ask("SELECT count() FROM events WHERE version > {v:UInt64}", {"v": first.version}).rows == [(2,)]
    store.close()
    again = open_store(settings)
    assert again.status == second
    again.close()


def test_the_version_rises_though_the_clock_is_put_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.insert([happened()], token="a")
    before = store.status.version
    monkeypatch.setattr("sebar.events.store.now_ms", lambda: 0)
    store.insert([happened()], token="b")
    assert store.status.version == before + 1


def test_a_correction_that_a_crash_left_unapplied_is_applied_at_the_next_start(
    settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(settings)
    visit = happened()
    store.insert([visit], token="visit")
    with monkeypatch.context() as crash:
        crash.setattr(store, "_correct", lambda _: None)
        store.insert([correction(of=visit, verdict=Verdict.SCANNER, reason="burst")], token="later")
    assert store.ask("SELECT verdict FROM events WHERE kind = 'visit'").rows == [("person",)]
    store.close()
    again = open_store(settings)
    assert again.ask("SELECT verdict FROM events WHERE kind = 'visit'").rows == [("scanner",)]
    again.close()


def test_values_go_into_a_question_by_name(store: Store) -> None:
    sql = "SELECT {text:String}, {number:UInt64}, {list:Array(UInt64)}, {nothing:Nullable(String)}"
    nasty = "it's “quoted” \\ back\tslashed; DROP TABLE events --"
    answer = store.ask(sql, {"text": nasty, "number": 2**63, "list": [1, 2], "nothing": None})
    assert answer.rows == [(nasty, 2**63, [1, 2], None)]


def test_no_question_changes_anything(store: Store) -> None:
    for change in (
        "DROP TABLE events",
        "ALTER TABLE events DELETE WHERE 1",
        "CREATE TABLE other (a Int8) ENGINE Memory",
    ):
        with pytest.raises(DatabaseError, match=r"readonly|Syntax"):
            store.ask(change)
    assert counted(store) == (0, 0)


def test_a_question_that_takes_for_ever_is_given_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(sys.modules[Store.__module__])["_ASKING"], "max_execution_time", 1)
    with pytest.raises(Unavailable, match="in time"):
        store.ask("SELECT sum(sleepEachRow(0.2)) FROM numbers(20) SETTINGS max_block_size = 1")


def test_questions_and_loads_do_not_wait_for_each_other(store: Store) -> None:
    began, ended = threading.Event(), threading.Event()

    def long_question() -> None:
        began.set()
        store.ask("SELECT sleep(3)")
        ended.set()

    asking = threading.Thread(target=long_question)
    asking.start()
    began.wait()
    store.insert([happened()], token="meanwhile")
    assert counted(store) == (1, 1)
    assert not ended.is_set()
    asking.join()


@pytest.fixture
def filled(store: Store) -> Store:
    store.insert([happened(campaign=number % 3, ts=NOON + number) for number in range(300)], token="visits")
    store.insert([happened(campaign=1, kind=Kind.JOIN, props={"a": "b"})], token="join")
    return store


def test_export_as_csv(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "it's.csv"
    filled.export(path, form="csv", campaigns=[1], kinds=[Kind.JOIN, Kind.VISIT])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 101
    assert {row["campaign"] for row in rows} == {"1"}
    assert rows[0]["kind"] == "join"
    assert rows[0]["props"] == '{"a":"b"}'
    assert rows[0]["ts"] == "2023-11-14T22:13:20.000Z"
    assert set(rows[0]) == set(Event.__struct_fields__)


def test_export_as_parquet(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    filled.export(path, form="parquet")
    table = pyarrow.parquet.read_table(path)
    assert table.num_rows == 301
    assert set(table.column_names) == set(Event.__struct_fields__)
    assert str(table.schema.field("ts").type) == "timestamp[ms, tz=UTC]"


def test_a_second_process_is_told_that_the_store_is_taken(store: Store, settings: Config) -> None:
    program = (
        "from sebar.events.store import open_store\nfrom sebar.kit import config, errors\n"
        f"try: open_store(config.read({{'SEBAR_DATA': {str(settings.data)!r}}}))\n"
        "except errors.Unavailable as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout
    assert "another process" in told
    assert str(settings.events) in told
