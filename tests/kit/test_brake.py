"""The brake: one small file that tells every process which campaigns are held or stopped."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.kit.brake import Brake, Level, Pull
from sebar.kit.errors import Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "brake"


def test_what_one_pulls_all_know(path: Path) -> None:
    ours, theirs = Brake(path), Brake(path)
    assert theirs.level(7) is None
    ours.pull(7, Level.HOLD, user=3)
    assert theirs.level(7) is Level.HOLD
    assert theirs.pulled()[7].user == 3
    ours.pull(7, Level.STOP)
    assert theirs.level(7) is Level.STOP


def _pull(path: Path, campaign: int) -> None:
    Brake(path).pull(campaign, Level.STOP)


def test_processes_that_pull_at_once_all_count(path: Path) -> None:
    here = Brake(path)
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.starmap(_pull, [(path, campaign) for campaign in range(1, 31)])
    assert here.pulled().keys() == set(range(1, 31))


def test_it_outlives_whoever_pulled(path: Path) -> None:
    first = Brake(path)
    first.pull(7, Level.STOP)
    first.close()
    assert Brake(path).level(7) is Level.STOP


def test_holding_does_not_loosen_a_stop(path: Path) -> None:
    brake = Brake(path)
    stopped = brake.pull(7, Level.STOP)
    assert brake.pull(7, Level.HOLD) == stopped
    assert brake.level(7) is Level.STOP


def test_only_that_pull_is_released(path: Path) -> None:
    brake = Brake(path)
    held = brake.pull(7, Level.HOLD)
    stopped = brake.pull(7, Level.STOP)
    brake.release(held)
    assert brake.level(7) is Level.STOP
    brake.release(stopped)
    assert brake.level(7) is None


def test_its_room_on_the_disk_is_taken_when_it_is_made(path: Path) -> None:
    brake = Brake(path)
    before = path.stat()
    for campaign in range(1, 100):
        brake.pull(campaign, Level.STOP)
    assert (path.stat().st_size, path.stat().st_blocks) == (before.st_size, before.st_blocks)
    assert before.st_blocks * 512 >= before.st_size


def test_nobody_is_let_go_when_there_is_no_room_left(path: Path) -> None:
    brake = Brake(path)
    for campaign in range(1, 2048):
        brake.pull(campaign, Level.STOP)
    with pytest.raises(Unavailable):
        brake.pull(5000, Level.STOP)
    assert len(brake.pulled()) == 2047


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["pull", "release"]), st.integers(1, 4), st.sampled_from(list(Level))), max_size=30
    )
)
def test_it_says_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, Level]]
) -> None:
    path = tmp_path_factory.mktemp("brake") / "brake"
    writer, reader = Brake(path), Brake(path)
    expected: dict[int, Pull] = {}
    for what, campaign, level in steps:
        if what == "pull":
            pulled = writer.pull(campaign, level)
            if campaign not in expected or expected[campaign].level <= level:
                expected[campaign] = pulled
        elif campaign in expected:
            writer.release(expected.pop(campaign))
        assert reader.pulled() == expected
    writer.close()
    reader.close()
