from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sebar.events.event import decode
from sebar.events.journal import Journal, Segment, segments
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
    journal = Journal(tmp_path, "front", inline=inline, segment_bytes=30_000)
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
    assert [seq for seq, _ in segment.read(0, 5)] == [1, 2, 3]
    assert segment.read(4, 2) == [(5, [b"4", b"x"])]
    assert segment.read(6, 5) == []
    journal.close()


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


@pytest.fixture(scope="module")
def acknowledged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, int]]]:
    """A segment as it lies on the disk while its writer lives, and its log's size at each acknowledgement."""
    folder, copy = tmp_path_factory.mktemp("journal"), tmp_path_factory.mktemp("crashed")
    sizes = []

    async def write() -> None:
        journal = Journal(folder, "front", inline=True)
        for number in range(1, 41):
            await journal.append([b"%d " % number * (number * 37 % 400)])
            sizes.append((number, segments(folder)[0].log.stat().st_size))
        for path in folder.iterdir():
            shutil.copy(path, copy)
        journal.close()

    asyncio.run(write())
    return copy, sizes


def crashed(original: Path, into: Path) -> Segment:
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(original, into, ignore=shutil.ignore_patterns("*-shm"))  # shared memory does not outlive a crash
    return segments(into)[0]


def assert_all_there(segment: Segment, acknowledged_rows: int) -> None:
    found = segment.read(0, EVERYTHING)
    assert len(found) >= acknowledged_rows
    assert found == [(seq, [b"%d " % seq * (seq * 37 % 400)]) for seq in range(1, len(found) + 1)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_crash_at_any_byte_loses_nothing_acknowledged(
    acknowledged: tuple[Path, list[tuple[int, int]]], tmp_path: Path, data: st.DataObject
) -> None:
    original, sizes = acknowledged
    segment = crashed(original, tmp_path / "after")
    torn_at = data.draw(st.integers(sizes[0][1], sizes[-1][1]))
    with segment.log.open("r+b") as log:
        log.truncate(torn_at)
        log.seek(torn_at)
        log.write(data.draw(st.binary(max_size=9000)))
    assert_all_there(segment, sum(size <= torn_at for _, size in sizes))


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
