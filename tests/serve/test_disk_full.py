"""With a full disk the platform says so, loses nothing that it acknowledged, and goes on by itself after that."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.load import BROWSER, Load, all_kept, differences
from serve.plant import plant
from serve.whole_platform import Platform, eventually

pytestmark = pytest.mark.processes


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 160 MB in memory; needs root, as tests in CI have it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def fill(ballast: Path) -> None:
    """Write until nothing more fits."""
    with ballast.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def test_a_full_disk_is_told_survived_and_recovered_from(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with Platform(small_disk / "data") as platform:
        platform.start()
        slug, key = plant(platform.environment)
        with Load(platform, slug, key) as load:
            eventually(lambda: len(load.visits.acknowledged) > 100 and len(load.joins) > 10, "load")
            code = next(iter(load.joins.values()))[0]

            fill(ballast)
            refusal = eventually(lambda: refused(platform, f"/r/{code}", ballast), "a refusal of the edge")
            assert "cannot be shown just now" in refusal
            if not platform.settings.database:  # a database server has a disk of its own
                told = eventually(lambda: refused_join(platform, slug, key, ballast), "a refusal of the API")
                assert told["status"] == 503
                assert told["detail"]

            ballast.unlink()
            before = len(load.joins), len(load.visits.acknowledged)
            eventually(
                lambda: len(load.joins) > before[0] + 5 and len(load.visits.acknowledged) > before[1] + 50,
                "working again",
            )
        found = all_kept(load)

        assert differences(load, found) == []
        assert not platform.said("ended")


def refused(platform: Platform, path: str, ballast: Path) -> str:
    """Return the page that refuses a visit, empty as long as there was room for it."""
    fill(ballast)
    status, body, _ = platform.ask("GET", path, headers={"User-Agent": BROWSER})
    return body.decode() if status == 503 else ""


def refused_join(platform: Platform, slug: str, key: str, ballast: Path) -> dict[str, object]:
    """Return the problem that refuses a join, empty as long as there was room for it."""
    fill(ballast)
    status, body, _ = platform.ask(
        "POST",
        f"/api/v1/campaigns/{slug}/participants",
        json.dumps({"name": "Nobody"}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    return json.loads(body) if status >= 500 else {}
