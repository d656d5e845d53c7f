"""A campaign whose brand has switched the footer on, since it is off for whoever does not."""

from __future__ import annotations

import pytest

from builders import a_campaign
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels.actions import switch


@pytest.fixture
def campaign(people: People) -> Campaign:
    """A running campaign of Alice's brand."""
    made = a_campaign(people.alice)
    switch(campaign=made, channel="footer", is_on=True)
    return made
