"""A campaign in the words that a participant is shown: what experiments change reaches bots and footers through here.

Experiments stand above the channels, so Django's start-up puts in what knows them (`show_with`).
"""

from __future__ import annotations

from collections.abc import Callable

from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant

_worders: list[Callable[[Campaign, int], Campaign]] = []


def show_with(worded: Callable[[Campaign, int], Campaign]) -> None:
    """Word campaigns for channels with this from now on.

    Parameters
    ----------
    worded
        Returns a campaign, never to be stored, with the wordings of the cascade of this seed.
    """
    _worders[:] = [worded]


def shown_to(person: Participant) -> Campaign:
    """Return a participant's campaign as their cascade is shown it, and so whoever they bring; never to be stored."""
    for worded in _worders:
        return worded(person.campaign, person.root_id)
    return person.campaign
