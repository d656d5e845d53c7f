"""Starting, staying up and ending."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from sebar.kit import config
from sebar.kit.errors import UserError
from sebar.serve import instance
from serve.whole_platform import PATIENCE, Platform, eventually

pytestmark = pytest.mark.processes


def test_becomes_ready_says_where_and_ends_cleanly(platform: Platform) -> None:
    family = platform.family()

    assert platform.said(f"Sebar is ready: http://localhost:{platform.port}")
    assert len(family) >= 5
    assert platform.ask("GET", "/console/sign-in")[0] == 200
    assert platform.stop(signal.SIGTERM) == 0
    assert platform.said("Sebar has stopped.")
    assert not any(instance.lives(process) for process in family)


def test_keeps_everything_to_the_user_who_runs_it(platform: Platform) -> None:
    sockets = list(platform.settings.run.iterdir())
    assert {path.name for path in sockets} == {"web.sock", "engine.sock"}
    assert [path for path in sockets if path.stat().st_mode & 0o077] == []

    platform.stop()
    private = [path for path in platform.folder.iterdir() if path.name != "static"]
    inside = [path for folder in private for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    assert {"secret.key", "journal", "store"} <= {path.name for path in inside}
    assert [path for path in inside if path.stat().st_mode & 0o077] == []


def test_makes_a_data_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    settings = config.read({"SEBAR_DATA": str(tmp_path / "new")})

    assert len(settings.secret) == 32
    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert (settings.data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_trusts_no_folder_that_somebody_else_has_put_in_the_way(tmp_path: Path) -> None:
    long = config.read({"SEBAR_DATA": str(tmp_path / ("x" * 90))})
    (tmp_path / "elsewhere").mkdir()
    long.run.symlink_to(tmp_path / "elsewhere")
    try:
        with pytest.raises(UserError, match="belongs to somebody else"):
            instance.claim(long)
    finally:
        long.run.unlink()


def test_ends_by_control_c_as_a_terminal_sends_it(platform: Platform) -> None:
    assert platform.stop(signal.SIGINT) == 0


def test_offers_the_first_owner_a_link_that_works(running: Platform) -> None:
    link = running.said(f"http://localhost:{running.port}/console/welcome/").strip()

    assert running.ask("GET", link.removeprefix(f"http://localhost:{running.port}"))[0] == 200


def test_refuses_a_second_start_on_the_same_folder(running: Platform) -> None:
    second = Platform(running.folder)

    assert second.launch().wait(PATIENCE) == 1
    assert second.said(f"already runs on the data folder {running.folder} at http://localhost:{running.port}")
    assert second.said("SEBAR_DATA")
    assert running.ask("GET", "/-healthy")[0] == 200


def test_refuses_a_port_that_another_program_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        mine = Platform(tmp_path, port=other.getsockname()[1])

        assert mine.launch().wait(PATIENCE) == 1
        assert mine.said(f"Port {mine.port} is taken by another program.")


@pytest.mark.parametrize("name", ["front", "web", "engine", "worker", "sender"])
def test_starts_again_what_ends(running: Platform, name: str) -> None:
    before = running.part(name)

    os.kill(before, signal.SIGKILL)

    eventually(lambda: running.part(name) not in {0, before}, f"a new {name}")
    eventually(lambda: running.said(f"The {name} ended (by signal SIGKILL). It starts again now."), "being told")
    eventually(lambda: running.ask("GET", "/-healthy")[0] == 200, "being well again")


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_works(platform: Platform) -> None:
    family = platform.family()
    assert platform.process is not None

    platform.process.kill()
    platform.process.wait()
    platform.start()

    assert not any(instance.lives(process) for process in family)
    assert platform.ask("GET", "/-healthy")[0] == 200


@pytest.mark.parametrize("name", ["engine", "web"])
def test_the_next_start_ends_what_hangs_from_the_last_one(platform: Platform, name: str) -> None:
    assert platform.process is not None
    hanging = platform.part(name)
    os.kill(hanging, signal.SIGSTOP)

    platform.process.kill()
    platform.process.wait()
    platform.start()

    assert not instance.lives(hanging)
    assert platform.ask("GET", "/-healthy")[0] == 200


def test_ends_while_it_is_still_starting(tmp_path: Path) -> None:
    with Platform(tmp_path) as platform:
        platform.launch()
        eventually(lambda: platform.said("Sebar is starting"), "starting")
        family = platform.family()

        assert platform.stop() == 0
        assert not any(instance.lives(process) for process in family)
