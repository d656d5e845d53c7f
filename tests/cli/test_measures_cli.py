"""`sebar measures`: each count beside what it counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builders import a_cascade
from engine_beside import _campaigns_of_its_own, count, store  # noqa: F401 - fixtures found by their names
from sebar.campaigns.models import Campaign
from sebar.cli.measures import measures


@pytest.mark.django_db(transaction=True)
def test_cascades_are_counted_in_cascades(
    campaign: Campaign,
    count: Callable[[], None],  # noqa: F811 - the fixture
    capsys: pytest.CaptureFixture[str],
) -> None:
    a_cascade(campaign, [-1, 0, -1])
    count()
    measures(campaign.slug)
    lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["cascades", "2", "cascades"] in lines
    assert ["participants", "3", "people"] in lines
