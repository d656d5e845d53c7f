from __future__ import annotations

import asyncio
import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet
import pytest
import typer
from happenings import NOON, happened
from typer.testing import CliRunner

from builders import a_campaign
from sebar.campaigns.models import Campaign
from sebar.cli import events
from sebar.events.answering import serve
from sebar.events.event import Kind, Verdict
from sebar.events.store import Store
from sebar.kit import config
from sebar.kit.codes import read, spell
from sebar.kit.errors import UserError

CODE = "k7m2fqx"
NUMBER = read(CODE)


@contextmanager
def answering(store: Store) -> Iterator[None]:
    """Let the store answer where this process's settings say, on another thread."""
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def answer() -> None:
        async with serve(store, config.load().engine_socket):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[answer()])
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture
def shown(db: None, store: Store) -> Iterator[Campaign]:
    campaign = a_campaign()
    store.insert(
        [
            happened(campaign=campaign.pk, participant=NUMBER, ts=NOON + 1, channel="qr", verdict=Verdict.CRAWLER),
            happened(campaign=campaign.pk, participant=NUMBER, ts=NOON, kind=Kind.JOIN, parent=NUMBER + 1, root=1),
            happened(campaign=campaign.pk + 1, participant=NUMBER, ts=NOON + 2),
        ],
        token="some",
    )
    with answering(store):
        yield campaign


def run(*arguments: str) -> bytes:
    app = typer.Typer()
    events.register(app)
    result = CliRunner().invoke(app, ["events", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout_bytes


def test_tail_prints_the_last_events_oldest_first(shown: Campaign) -> None:
    lines = run("tail", "--json", "--no-follow").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["join", "visit", "visit"]
    assert len(run("tail", "-n", "2", "--no-follow").splitlines()) == 2


def test_tail_speaks_in_slugs_codes_and_iso_times(shown: Campaign) -> None:
    (line,) = run("tail", "--json", "--no-follow", "--campaign", shown.slug, "--kind", "join").splitlines()
    told = json.loads(line)
    assert told.pop("id")
    assert told == {
        "ts": "2023-11-14T22:13:20.000Z",
        "campaign": shown.slug,
        "kind": "join",
        "participant": CODE,
        "parent": spell(NUMBER + 1),
        "root": spell(1),
        "generation": 0,
        "channel": "",
        "creative": "",
        "value": 0,
        "currency": "",
        "country": "",
        "device": "",
        "verdict": "person",
        "reason": "",
    }


def test_tail_is_readable(shown: Campaign) -> None:
    join, visit = run("tail", "--no-follow", "--campaign", shown.slug).decode().splitlines()
    assert f"{shown.slug}  join  {CODE}  through {spell(NUMBER + 1)}" in join
    assert f"visit  {CODE}  via qr  crawler" in visit


def test_following_yields_each_new_event_once(shown: Campaign, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_AT_ONCE", 2)
    monkeypatch.setattr(events, "_NEW", events._NEW.replace("10000", "2"))
    wanted = {"campaign": 0, "kind": ""}
    following = events.following(wanted, store.status.version)
    seen = []
    for number in range(1, 4):
        fresh = [happened(ts=NOON + 10 * number + place) for place in range(number + 1)]
        store.insert(fresh, token=str(number))
        while len(seen) < sum(range(2, number + 2)):
            seen += [row[0] for row in next(following)]
        assert seen[-len(fresh) :] == [str(event.id) for event in fresh]


def test_export_to_standard_output_and_to_a_file(shown: Campaign, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("export", "--campaign", shown.slug).decode())))
    assert [row["kind"] for row in rows] == ["join", "visit"]
    path = tmp_path / "events.parquet"
    run("export", "--kind", "visit", "--format", "parquet", "--output", str(path))
    assert pyarrow.parquet.read_table(path).num_rows == 2
    assert sorted(tmp_path.glob("events.parquet*")) == [path]


def test_an_export_that_cannot_be_written_says_where(shown: Campaign, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        run("export", "--output", str(tmp_path / "missing" / "events.csv"))
