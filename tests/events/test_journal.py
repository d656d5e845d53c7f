from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sebar.events.event import decode
from sebar.events.journal import Damaged, Journal, Segment, segments
from sebar.kit.errors import Unavailable

EVERYTHING = sys.maxsize
modes = pytest.mark.parametrize("inline", [True, False], ids=["inline", "thread"])


def rows_in(folder: Path) -> list[bytes]:
    return [row for segment in segments(folder) for _, rows in segment.read(0, EVERYTHING) for row in rows]


@modes
async def test_rows_are_there_for_a_reader_as_soon_as_append_returns(tmp_path: Path, *, inline: bool) -> None:
    journal = Journal(tmp_path, "front", inline=inline)
    await journal.append([b"one", b"two"])
    assert rows_in(tmp_path) == [b"one", b"two"]
    await journal.append([b"three"])
    assert rows_in(tmp_path) == [b"one", b"two", b"three"]
    journal.close()


@modes
async def test_many_at_once_share_commits_and_none_is_lost_or_doubled(tmp_path: Path, *, inline: bool) -> None:
    journal = Journal(tmp_path, "front", inline=inline)
    expected = {b"%d" % number for number in range(500)}
    await asyncio.gather(*(journal.append([row]) for row in expected))
    (segment,) = segments(tmp_path)
    batches = segment.read(0, EVERYTHING)
    assert sorted(row for _, rows in batches for row in rows) == sorted(expected)
    assert len(batches) < 10
    journal.close()


@modes
async def test_a_full_segment_is_followed_by_the_next_and_says_that_it_is_finished(
    tmp_path: Path, *, inline: bool
) -> None:
    journal = Journal(tmp_path, "front", inline=inline, segment_bytes=20_000)
    for number in range(30):
        await journal.append([b"%d" % number * 1000])
    assert len(segments(tmp_path)) > 2
    assert not segments(tmp_path)[-1].is_finished()
    journal.close()
    assert all(segment.is_finished() for segment in segments(tmp_path))
    assert len(rows_in(tmp_path)) == 30


async def test_reading_goes_on_after_a_batch_and_stops_at_the_limit(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "front", inline=True)
    for number in range(6):
        await journal.append([b"%d" % number, b"x"])
    (segment,) = segments(tmp_path)
    places = [place for place, _ in segment.read(0, EVERYTHING)]
    assert len(places) == 6
    assert [place for place, _ in segment.read(0, 5)] == places[:3]
    assert segment.read(places[3], 2) == [(places[4], [b"4", b"x"])]
    assert segment.read(places[5], 5) == []
    journal.close()
    assert segment.read(places[5], 5) == []


async def test_segments_go_away_without_a_trace_and_their_names_never_return(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        journal = Journal(tmp_path, "front", inline=True)
        await journal.append([b"row"])
        journal.close()
        (segment,) = segments(tmp_path)
        names.append(segment.name)
        segment.remove()
        assert not any(True for _ in os.scandir(tmp_path))
    assert len(set(names)) == 3


async def test_two_writers_of_one_name_keep_apart(tmp_path: Path) -> None:
    first, second = Journal(tmp_path, "front", inline=True), Journal(tmp_path, "front", inline=True)
    await asyncio.gather(first.append([b"a"]), second.append([b"b"]))
    first.close()
    assert sorted(segment.is_finished() for segment in segments(tmp_path)) == [False, True]
    second.close()
    assert sorted(rows_in(tmp_path)) == [b"a", b"b"]


@modes
async def test_closing_keeps_what_still_waits_and_refuses_what_comes_later(tmp_path: Path, *, inline: bool) -> None:
    journal = Journal(tmp_path, "front", inline=inline)
    waiting = [asyncio.ensure_future(journal.append([b"%d" % number])) for number in range(5)]
    await asyncio.sleep(0)
    journal.close()
    await asyncio.gather(*waiting)
    assert len(rows_in(tmp_path)) == 5
    with pytest.raises(Unavailable, match="ending"):
        await journal.append([b"late"])


@modes
async def test_an_impatient_visitor_takes_nobody_elses_row_along(tmp_path: Path, *, inline: bool) -> None:
    journal = Journal(tmp_path, "front", inline=inline)
    impatient, patient = (asyncio.ensure_future(journal.append([row])) for row in (b"impatient", b"patient"))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert b"patient" in rows_in(tmp_path)
    journal.close()


BATCHES = [[b"%d " % number * (number * 37 % 400)] for number in range(1, 41)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Segment, list[bytes]]:
    """A segment that its writer closed, and how its file began at each acknowledgement."""
    folder = tmp_path_factory.mktemp("journal")
    moments = []

    async def write() -> None:
        journal = Journal(folder, "front", inline=True)
        for batch in BATCHES:
            await journal.append(batch)
            (segment,) = segments(folder)
            moments.append(segment.path.read_bytes()[: segment.read(0, EVERYTHING)[-1][0]])
        journal.close()

    asyncio.run(write())
    return segments(folder)[0], moments


def all_of(segment: Segment) -> Iterator[list[bytes]]:
    """Read as the loader does: again and again from where it came to, until nothing is left."""
    after = 0
    while batches := segment.read(after, 7):
        yield from (rows for _, rows in batches)
        after = batches[-1][0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_crash_at_any_byte_loses_nothing_acknowledged(
    written: tuple[Segment, list[bytes]], data: st.DataObject
) -> None:
    """What was synced is there, of the next batch any part or rubbish, and the mark may lag one batch behind."""
    segment, moments = written
    last = data.draw(st.integers(1, len(moments) - 2))
    marked = moments[last - data.draw(st.integers(0, 1))]
    following = moments[last + 1][len(moments[last]) :]
    torn = following[: data.draw(st.integers(0, len(following)))] + data.draw(st.binary(max_size=9000))
    segment.path.write_bytes(marked[:24] + moments[last][24:] + torn)
    found = list(all_of(segment))
    assert found == BATCHES[: len(found)]
    assert len(found) in {last + 1, last + 2}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_at_any_byte_is_noticed(written: tuple[Segment, list[bytes]], data: st.DataObject) -> None:
    segment, moments = written
    content = bytearray(moments[-1])
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= data.draw(st.integers(1, 255))
    else:
        del content[place : place + data.draw(st.integers(1, len(content)))]
    segment.path.write_bytes(content)
    found: list[list[bytes]] = []
    noticed = False
    try:
        found.extend(all_of(segment))
    except Damaged:
        noticed = True
    assert found == BATCHES[: len(found)]
    assert noticed or len(found) == len(BATCHES)


async def test_what_stands_before_damage_is_read_and_nothing_is_deleted_behind_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "front", inline=True)
    for batch in BATCHES:
        await journal.append(batch)
    (segment,) = segments(tmp_path)
    place = segment.read(0, 20)[-1][0]
    with segment.path.open("r+b") as file:
        file.seek(place + 10)
        file.write(b"?!")
    assert [rows for _, rows in segment.read(0, EVERYTHING)] == BATCHES[:20]
    with pytest.raises(Damaged, match=f"byte {place}"):
        segment.read(place, EVERYTHING)
    journal.close()


async def test_nothing_is_read_before_it_is_durable(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "front", inline=True)
    await journal.append([b"first"])
    (segment,) = segments(tmp_path)
    before = segment.path.read_bytes()[:24]
    await journal.append([b"second"])
    with segment.path.open("r+b") as file:
        file.write(before)  # as it stands between the write and the end of the sync
    assert rows_in(tmp_path) == [b"first"]
    journal.close()


def test_kill_in_the_middle_of_writing_loses_nothing_acknowledged(tmp_path: Path) -> None:
    for rounds in range(6):
        folder = tmp_path / str(rounds)
        writer = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("writing.py"), folder], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout
        told = [writer.stdout.readline() for _ in range(50 + 400 * rounds)]
        assert not segments(folder)[-1].is_finished()
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.read().splitlines(keepends=True)
        writer.stdout.close()
        writer.wait()
        numbers = [int(line) for line in told if line.endswith("\n")]
        found = [decode(row).id.int for row in rows_in(folder)]
        assert set(numbers) <= set(found)
        assert len(found) == len(set(found))
        assert len(found) - len(numbers) <= 16
        assert all(segment.is_finished() for segment in segments(folder))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@modes
async def test_a_full_disk_refuses_keeps_and_recovers_by_itself(small_disk: Path, *, inline: bool) -> None:
    journal = Journal(small_disk / "journal", "front", inline=inline, segment_bytes=200_000)
    kept = []

    async def until_full() -> None:
        for number in itertools.count():
            row = b"%06d" % number * 500
            await journal.append([row])
            kept.append(row)

    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    with pytest.raises(Unavailable, match="disk full"):
        await until_full()
    for _ in range(3):
        with pytest.raises(Unavailable, match="disk full"):
            await journal.append([b"refused" * 5000])
    ballast.unlink()
    for number in range(5):
        kept.append(b"room again %d" % number)
        await journal.append([kept[-1]])
    journal.close()
    assert len(kept) > 50
    assert rows_in(small_disk / "journal") == kept


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


async def test_a_journal_starts_on_a_full_disk(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    fill(ballast)
    journal = Journal(small_disk, "front")
    with pytest.raises(Unavailable, match="disk full"):
        await journal.append([b"row"])
    ballast.unlink()
    await journal.append([b"row"])
    assert rows_in(small_disk) == [b"row"]
    journal.close()
