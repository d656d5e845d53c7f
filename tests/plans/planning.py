"""Plans for tests: asked for, and worked out as the worker does."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from people import People
from sebar.campaigns.models import Campaign
from sebar.participants import actions as participants
from sebar.participants.rules import Entry
from sebar.steering.plans import actions, queries
from sebar.steering.plans.jobs import Computing, Reading
from sebar.steering.plans.models import PlanGraph, PlanVersion
from sebar.steering.plans.rules import PlanForm

_PATIENCE = 300


def a_form(**different: Any) -> PlanForm:
    """Return a small plan that is right in every way."""
    return PlanForm(**{"name": "Plan A", "invited": 20, "days": 10, **different})


def asked(people: People, campaign: Campaign, *, number: int | None = None, **different: Any) -> PlanVersion:
    """Ask for a plan."""
    form = a_form(**different)
    return actions.ask(membership=people.alice, slug=campaign.slug, form=form, number=number)


def worked_out() -> None:
    """Let the worker do all that waits."""
    reading, computing, until = Reading(), Computing(), time.monotonic() + _PATIENCE
    while queries.next_graph() or queries.next_version() or reading.is_busy or computing.is_busy:
        reading.turn()
        computing.turn()
        assert time.monotonic() < until
        time.sleep(0.01)


def computed(people: People, campaign: Campaign, **different: Any) -> queries.Computed:
    """Ask for a plan and work it out."""
    version = asked(people, campaign, **different)
    worked_out()
    found = queries.computed(version.plan)
    version.refresh_from_db()
    assert found is not None, version.problem
    return found


def uploaded(people: People, text: str, *, name: str = "ties.csv", is_mutual: bool = True) -> PlanGraph:
    """Upload ties, and let them be read."""
    graph = actions.upload(membership=people.alice, file_name=name, is_mutual=is_mutual, pieces=[text.encode()])
    worked_out()
    graph.refresh_from_db()
    return graph


def a_star(leaves: int = 30) -> str:
    """Return ties between Hub and many, and a few between others."""
    ties = [f"Hub,leaf{number}" for number in range(leaves)]
    return "\n".join(["source,target", *ties, "Ana,Budi", "Budi,Citra"]) + "\n"


def joins(campaign: Campaign, *, began: datetime, seeds: int, friends: int, name: str = "p") -> None:
    """Let seeds join, and friends whom the first few of them brought within hours."""
    entries = [
        Entry(external_id=f"{name}{number}", joined_at=began + timedelta(minutes=number)) for number in range(seeds)
    ]
    entries += [
        Entry(
            external_id=f"{name}f{number}",
            referred_by=f"{name}{number % max(seeds // 4, 1)}",
            joined_at=began + timedelta(hours=3, minutes=7 * number),
        )
        for number in range(friends)
    ]
    participants.add_many(campaign=campaign, entries=entries)
