"""`sebar rewards`: amounts as people write them, and minor units for programs."""

from __future__ import annotations

import json

import pytest

from builders import a_cascade
from rewards.giving import a_rule, work
from sebar.campaigns.models import Campaign
from sebar.cli.rewards import rewards


@pytest.mark.django_db(transaction=True)
def test_amounts_are_whole_units_for_people_and_minor_ones_for_programs(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    a_rule(campaign, what="money", currency="IDR", amount=500_000, budget=10_000_000)
    a_rule(campaign, name="Dollars", what="money", currency="USD", amount=150, budget=1000)
    a_rule(campaign, name="Points", amount=1500)
    a_cascade(campaign, [-1, 0])
    work()
    rewards(campaign.slug)
    lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["IDR", "0", "5,000", "0", "0", "95,000"] in lines
    assert ["USD", "0.00", "1.50", "0.00", "0.00", "8.50"] in lines
    assert ["points", "0", "1,500", "0", "0", "-"] in lines
    rewards(campaign.slug, as_json=True)
    balances = json.loads(capsys.readouterr().out)["balances"]
    assert [one["earned"] for one in balances] == [500_000, 150, 1500]
