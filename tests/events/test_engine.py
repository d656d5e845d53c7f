from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from pathlib import Path

import pytest
from happenings import NOON, happened

from sebar.events import engine
from sebar.events.answering import serve
from sebar.events.event import Kind
from sebar.events.store import Store
from sebar.kit.errors import Unavailable


async def test_an_answer_over_the_socket_is_the_answer_of_the_store(store: Store, tmp_path: Path) -> None:
    store.insert([happened(props={"a": "b"}, channel="qr") for _ in range(10)], token="a")
    sql = "SELECT *, [tuple(1, 'x')], 1.5, toDecimal64(1.5, 2), NULL FROM events WHERE campaign = {campaign:UInt64}"
    async with serve(store, tmp_path / "engine.sock"):
        answer = await asyncio.to_thread(engine.ask, sql, {"campaign": 1}, at=tmp_path / "engine.sock")
    assert answer == store.ask(sql, {"campaign": 1})
    assert len(answer.rows) == 10
    assert isinstance(answer.rows[0], tuple)


async def test_the_status_tells_that_something_new_was_loaded(store: Store, tmp_path: Path) -> None:
    async with serve(store, tmp_path / "engine.sock"):
        before = await asyncio.to_thread(engine.status, at=tmp_path / "engine.sock")
        store.insert([happened()], token="a")
        after = await asyncio.to_thread(engine.status, at=tmp_path / "engine.sock")
    assert before.version < after.version
    assert (before.newest, after.newest) == (0, NOON)


async def test_the_same_question_is_answered_once_until_something_is_loaded(store: Store, tmp_path: Path) -> None:
    at = tmp_path / "engine.sock"

    async def ask() -> list[tuple[object, ...]]:
        return (await asyncio.to_thread(engine.ask, "SELECT generateUUIDv4(), count() FROM events", at=at)).rows

    async with serve(store, at):
        first, second = await asyncio.gather(ask(), ask())
        store.insert([happened()], token="a")
        third = await ask()
        with pytest.raises(engine.Misunderstood):
            await asyncio.to_thread(engine.ask, "SELECT * FROM later", at=at)
        with pytest.raises(engine.Misunderstood):
            await asyncio.to_thread(engine.ask, "SELECT * FROM later", at=at)
    assert first == second
    assert (first[0][1], third[0][1]) == (0, 1)
    assert first[0][0] != third[0][0]


async def test_a_kept_connection_survives_a_restart_of_the_engine(store: Store, tmp_path: Path) -> None:
    def ask() -> int:
        number: int = engine.ask("SELECT 1", at=tmp_path / "engine.sock").rows[0][0]
        return number

    for _ in range(2):
        async with serve(store, tmp_path / "engine.sock"):
            assert await asyncio.get_running_loop().run_in_executor(None, ask) == 1
    with pytest.raises(Unavailable, match="sebar up"):
        ask()


async def test_a_wrong_question_is_told_apart_from_no_engine(store: Store, tmp_path: Path) -> None:
    async with serve(store, tmp_path / "engine.sock"):
        with pytest.raises(engine.Misunderstood, match="nowhere"):
            await asyncio.to_thread(engine.ask, "SELECT * FROM nowhere", at=tmp_path / "engine.sock")
    with pytest.raises(Unavailable):
        engine.ask("SELECT 1", at=tmp_path / "nobody.sock")


async def test_an_export_arrives_whole(store: Store, tmp_path: Path) -> None:
    store.insert([happened(campaign=number % 2) for number in range(30_000)], token="a")
    store.export(tmp_path / "expected", form="csv", campaigns=[1])
    arrived = io.BytesIO()
    async with serve(store, tmp_path / "engine.sock"):
        await asyncio.to_thread(
            engine.export, arrived, form="csv", campaigns=[1], kinds=[Kind.VISIT], at=tmp_path / "engine.sock"
        )
    assert arrived.getvalue() == (tmp_path / "expected").read_bytes()


def test_asking_is_light() -> None:
    program = "import sys, sebar.events.engine as _; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"clickhouse_connect", "chdb", "pyarrow", "pandas", "numpy", "aiohttp", "django"} & set(loaded)
