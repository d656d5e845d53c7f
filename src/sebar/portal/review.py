"""What the check for fraud means for a participant: noting from where they join, and asking for a person to look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sebar.fraud import actions, queries
from sebar.fraud.queries import State
from sebar.fraud.traces import Traces
from sebar.participants import queries as participants
from sebar.participants.actions import Joined
from sebar.participants.models import Participant
from sebar.portal import page


@dataclass(frozen=True, slots=True)
class Review:
    """What a participant's page says: whether their rewards wait or were refused, and when they asked about it."""

    is_refused: bool
    asked_at: datetime | None


def note(joined: Joined, came: Traces) -> None:
    """Note from where somebody new has joined by our form."""
    if joined.is_new:
        actions.note_traces(participant=joined.participant, came=came)


def of_participant(participant: Participant) -> Review | None:
    """Return what to say on somebody's page; None when there is nothing to say."""
    state = queries.state(participant)
    if state not in {State.WAITS, State.REFUSED}:
        return None
    return Review(state is State.REFUSED, queries.asked_at(participant))


@require_POST
def ask(request: HttpRequest, secret: str) -> HttpResponse:
    """Take it that somebody asks for a person to look."""
    participant = participants.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    actions.object_to(participant=participant)
    return page.see_other(reverse("mine", args=[secret]) + "#review")
