"""One campaign in which one person joins by each channel there is: the tree says by which each came."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from channel_walk import Walk
from channel_ways import BRINGS_NOBODY, WAYS
from pages_beside import pages_and_front

from builders import a_campaign, a_participant
from people import gather
from portal.conftest import a_picture
from sebar import channels
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.kit import config

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def test_every_channel_has_a_way_or_is_said_to_bring_nobody() -> None:
    known = {*WAYS, *BRINGS_NOBODY}
    new, gone = sorted(channels.ALL.keys() - known), sorted(known - channels.ALL.keys())
    assert not new, f"Nobody joins by {', '.join(new)} yet: give it a way in channel_ways.py, or say there why not."
    assert not gone, f"There is no channel {', '.join(gone)} any more: take it out of channel_ways.py."
    assert not WAYS.keys() & BRINGS_NOBODY.keys()


def test_one_person_joins_by_each_channel(tmp_path: Path) -> None:
    owner = gather().alice
    with pages_and_front(tmp_path / "front") as base:
        made = a_campaign(owner)
        picture = images.store(a_picture(), config.load().media)
        campaign = campaigns.dress(membership=owner, slug=made.slug, image=picture)
        seed = a_participant(campaign, name="Seed", email="seed@example.com")
        walk = Walk(campaign, owner, seed, base, tmp_path)
        walk.go([name for name in channels.ALL if name not in BRINGS_NOBODY])
    _show(walk.report())
    assert [one.channel for one in walk.failed] == []


def _show(report: str) -> None:
    """Leave the report where `make channels` wants it, so that it stands after everything that pytest says."""
    if where := os.environ.get("SEBAR_TEST_CHANNELS"):
        Path(where).write_text(report, encoding="utf-8")
    else:
        print(report)
