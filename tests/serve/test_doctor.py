"""`sebar doctor` says how everything is, and the way out of what is not well."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest
from django.utils import timezone

from people import People
from sebar.channels.models import Account
from sebar.kit import config
from sebar.kit.config import Config
from sebar.serve import checks
from serve.whole_platform import Platform


def settings(folder: Path, **more: str) -> Config:
    return config.read({"SEBAR_DATA": str(folder), **more})


@pytest.mark.processes
def test_finds_a_running_instance_well(running: Platform) -> None:
    answer = running.run("doctor", "--json")

    findings = json.loads(answer.stdout)
    assert answer.returncode == 0
    assert all(finding["well"] for finding in findings)
    assert [finding["subject"] for finding in findings] == [
        "Python",
        "Data folder",
        "Free space",
        "Clock",
        "Port",
        "Database",
        "Processes",
        "Event store",
        "Journals",
        "Clips",
        "Channels",
    ]
    assert f"reach it at http://localhost:{running.port}" in answer.stdout


@pytest.mark.django_db
def test_a_channel_in_trouble_is_named(people: People, tmp_path: Path) -> None:
    assert checks.channels(settings(tmp_path)).well
    Account.objects.create(
        brand=people.alice.brand, channel="xmpp", sealed=b"", trouble="The server is away.", trouble_at=timezone.now()
    )
    found = checks.channels(settings(tmp_path))
    assert not found.well
    assert f"xmpp of {people.alice.brand.name}: The server is away." in found.words


@pytest.mark.processes
def test_ends_with_1_and_a_way_out_when_something_is_wrong(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        answer = Platform(tmp_path, port=other.getsockname()[1]).run("doctor")

    assert answer.returncode == 1
    assert "is taken by another program" in answer.stdout
    assert "SEBAR_PORT=" in answer.stdout
    assert "Something needs attention." in answer.stdout


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    finding = checks.data_folder(settings(tmp_path / "file" / "data"))

    assert not finding.well
    assert str(tmp_path / "file" / "data") in finding.words
    assert "SEBAR_DATA" in finding.way_out


def test_a_clock_that_was_set_back_is_noticed(tmp_path: Path) -> None:
    written = tmp_path / "sebar.sqlite3"
    written.touch()
    assert checks.clock(settings(tmp_path)).well

    os.utime(written, (time.time() + 3600,) * 2)

    assert "has been set back" in checks.clock(settings(tmp_path)).words


def test_waiting_journals_are_counted(tmp_path: Path) -> None:
    assert checks.journals(settings(tmp_path)).well
