"""Puts a running campaign and a key to it into an instance: in a process of its own, with that instance's settings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sebar.brands import actions as brands
from sebar.brands import keys
from sebar.brands.models import Scope
from sebar.campaigns import actions as campaigns
from sebar.campaigns.rules import CampaignForm

TEXTS = {"headline": "Coffee for two", "text": "Bring a friend.", "call_to_action": "Join", "share_text": "Come along!"}
PROGRAM = "from sebar.serve import django; django.setup(); from serve import plant; plant.main()"


def plant(environment: dict[str, str]) -> tuple[str, str]:
    """Return the slug of a new running campaign of the instance, and the secret of a key to it."""
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    slug, key = json.loads(answer.stdout)
    return slug, key


def main() -> None:
    """Make the campaign and the key; print both as JSON."""
    membership = keys.instance_membership(brands.open_brand(name="Kopi Kita"))
    form = CampaignForm(name="Coffee for two", slug="coffee-for-two", languages=["en"], texts={"en": TEXTS})
    campaign = campaigns.draft(membership=membership, form=form)
    campaigns.publish(membership=membership, slug=campaign.slug)
    key = keys.create_key(membership=membership, name="tests", scopes=[scope.value for scope in Scope])
    print(json.dumps([campaign.slug, key.secret]))
