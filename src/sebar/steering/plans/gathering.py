"""What a plan starts from: how people passed on in the brand's campaigns, who brought whom, and who is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.measures import ahead
from sebar.measures.intervals import ENOUGH
from sebar.participants.models import Participant
from sebar.spread import cascade, forecasting, passing_on
from sebar.spread.forecasting import Forecaster
from sebar.spread.futures import Strength
from sebar.steering import queries as forecasts
from sebar.steering.plans import queries, rules
from sebar.steering.plans.computing import Past, Task
from sebar.steering.plans.models import PlanVersion, State
from sebar.steering.plans.rules import Source

_MOST_ROWS: Final = 300_000  # the newest, of who brought whom
_NAMELESS: Final = "\x1f"


def task(version: PlanVersion) -> Task:
    """Return a version's task.

    What people did is taken as it was at midnight (UTC): plans of one day are computed in the same worlds.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    inputs, campaign = rules.from_stored(version.inputs), version.plan.campaign
    until = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    forecaster = _forecaster()
    believed = forecaster.believed
    graph = version.graph
    own = _strength(campaign, until, forecaster)
    return Task(
        inputs=inputs,
        # Once the campaign itself has shown how it goes, others tell nothing more of it than the forecaster knows.
        strengths=_strengths(campaign, until, forecaster) if own is None else {campaign.name: own},
        unlike=Strength(believed.participants, believed.seeds) if own is None else None,
        learned_from=forecaster.campaigns,
        past=_past(campaign, until) if inputs.form.source == Source.PAST else None,
        upload=(graph.brand_id, graph.pk) if graph is not None and graph.state == State.DONE else None,
        there=_there(campaign) if inputs.form.source != Source.NONE else (),
    )


def _forecaster() -> Forecaster:
    newest = forecasts.newest_learned()
    try:
        return forecasting.UNLEARNED if newest is None else Forecaster.decode(bytes(newest.content))
    except ValueError:  # another version of the program wrote it
        return forecasting.UNLEARNED


def _strengths(campaign: Campaign, until: datetime, forecaster: Forecaster) -> dict[str, Strength]:
    found = {one.name: _strength(one, until, forecaster) for one in queries.begun(campaign)}
    return {name: one for name, one in found.items() if one is not None}


def _strength(campaign: Campaign, until: datetime, forecaster: Forecaster) -> Strength | None:
    """Return how people passed a campaign on; None while too few have joined to tell."""
    people = ahead.forest(campaign.pk, until=until) if campaign.published_at is not None else None
    if people is None or len(people.joined) < ENOUGH:
        return None
    parent = cascade.parents(people.participant, people.parent)
    age = (until - people.first) / timedelta(seconds=1)
    known = passing_on.statistics(people.joined, parent, now=age)
    return Strength(*forecasting.strength_of(known, forecaster.believed))


def _past(campaign: Campaign, until: datetime) -> Past:
    """Return who brought whom; whoever has no name of the brand's own is another one in each campaign."""
    numbers = [one.pk for one in queries.begun(campaign)]
    rows = Participant.objects.filter(campaign__in=numbers, joined_at__lt=until).order_by("-joined_at", "-generation")
    columns = ("pk", "parent_id", "campaign_id", "external_id")
    newest = list(rows.values_list(*columns)[:_MOST_ROWS])[::-1]
    names = {number: name or f"{_NAMELESS}{number}" for number, _, _, name in newest}
    return Past(
        person=np.array([names[number] for number, *_ in newest], np.str_),
        # Whoever was brought by somebody older than the newest rows stands as a seed.
        parent=np.array([names.get(parent or 0, "") for _, parent, *_ in newest], np.str_),
        campaign=np.array([number for _, _, number, _ in newest], np.int64),
        nameless=_NAMELESS,
    )


def _there(campaign: Campaign) -> frozenset[str]:
    named = Participant.objects.filter(campaign=campaign, external_id__isnull=False)
    return frozenset(one for one in named.values_list("external_id", flat=True) if one)
