"""A stop is in force everywhere, whatever has died or is full, and is written down as soon as that can be done."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from sebar.kit.brake import Brake, Level
from serve.load import BROWSER
from serve.plant import plant
from serve.test_disk_full import fill, small_disk
from serve.whole_platform import Platform, eventually

__all__ = ["small_disk"]

pytestmark = pytest.mark.processes
BRANDS = "https://kopi.example/two"


class Campaign:
    """A running campaign whose links lead to the brand's own page, with one participant."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.slug, key = plant(platform.environment)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        assert self.ask("PATCH", "", {"target_url": BRANDS})[0] == 200
        self.code = self.ask("POST", "/participants", {"external_id": "dewi"})[1]["code"]
        eventually(lambda: self.leads().startswith(BRANDS), "a link that leads to the brand's page")

    def ask(self, method: str, path: str, body: object) -> tuple[int, dict[str, object]]:
        address = f"/api/v1/campaigns/{self.slug}{path}"
        status, answer, _ = self.platform.ask(method, address, json.dumps(body).encode(), self.headers)
        return status, json.loads(answer or b"{}")

    def leads(self) -> str:
        """Return where the participant's link leads, empty while nothing answers."""
        status, _, headers = self.platform.ask("GET", f"/r/{self.code}", headers={"User-Agent": BROWSER})
        return headers.get("location", "") if status == 302 else ""

    def is_stopped(self) -> bool:
        """Say whether the stop stands in the database."""
        return self.platform.rows("SELECT status FROM sebar_campaign") == [("stopped",)]

    def decisions(self) -> list[tuple[object, ...]]:
        return self.platform.rows("SELECT rung, state FROM sebar_campaigndecision ORDER BY id")


def test_links_follow_a_stop_though_the_engine_is_dead(platform: Platform) -> None:
    campaign = Campaign(platform)
    engine = platform.part("engine")
    os.kill(engine, signal.SIGSTOP)  # as good as dead, and nobody starts another
    try:
        status, answer = campaign.ask("POST", "/steering", {"rung": "stop", "reason": "It turned."})
        assert (status, answer["rung"]) == (200, "stop")
        eventually(lambda: campaign.leads().startswith(f"/c/{campaign.slug}"), "a link that follows the stop")
        assert campaign.ask("POST", "/participants", {"external_id": "budi"})[0] in {403, 409}
    finally:
        os.kill(engine, signal.SIGCONT)
    brake = Brake(platform.settings.brake)
    eventually(lambda: not brake.pulled(), "the engine letting the brake go")
    assert campaign.leads().startswith(f"/c/{campaign.slug}")
    assert campaign.is_stopped()


def test_whoever_dies_in_the_middle_of_stopping_has_stopped_it(platform: Platform) -> None:
    """The brake is pulled first; what comes after it is done by whoever lives."""
    campaign = Campaign(platform)
    (number,) = platform.rows("SELECT id FROM sebar_campaign")[0]
    Brake(platform.settings.brake).pull(number, Level.STOP)
    os.kill(platform.part("web"), signal.SIGKILL)
    eventually(lambda: campaign.leads().startswith(f"/c/{campaign.slug}"), "a link that follows the stop")
    eventually(campaign.is_stopped, "the stop being written down")
    assert campaign.decisions() == [("stop", "in_force")]


def test_a_full_disk_does_not_keep_anybody_from_stopping(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with Platform(small_disk / "data") as platform:
        platform.start()
        campaign = Campaign(platform)
        fill(ballast)
        status, answer = campaign.ask("POST", "/steering", {"rung": "stop"})
        assert (status, answer.get("rung")) == (200, "stop"), answer
        fill(ballast)
        assert campaign.ask("POST", "/participants", {"external_id": "budi"})[0] in {403, 409, 503}
        ballast.unlink()
        eventually(lambda: campaign.leads().startswith(f"/c/{campaign.slug}"), "a link that follows the stop")
        eventually(campaign.is_stopped, "the stop being written down")
        assert campaign.decisions() == [("stop", "in_force")]
