"""Builders for experiments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.steering.experiments import actions
from sebar.steering.experiments.models import Experiment
from sebar.steering.experiments.rules import Arm, Plan


def a_plan(**different: Any) -> Plan:
    """Return a plan of two headlines; `different` changes it."""
    arms = [
        Arm("a", 1.0, {}),
        Arm("b", 1.0, {"en": {"headline": "Light up the town"}, "id": {"headline": "Terangi kota"}}),
    ]
    return Plan(**{"name": "Two headlines", "varies": "wording", "arms": arms, "control": "a", **different})


def a_running(membership: Membership, campaign: Campaign, *, days_ago: float = 0, **different: Any) -> Experiment:
    """Return an experiment that runs, since so many days."""
    made = actions.plan(membership=membership, slug=campaign.slug, plan=a_plan(**different))
    started = actions.start(membership=membership, slug=campaign.slug, number=made.pk)
    if days_ago:
        started.started_at = timezone.now() - timedelta(days=days_ago)
        started.save(update_fields=["started_at"])
    return started
