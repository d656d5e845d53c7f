"""What experiments show: the page in the arm of whoever reads it, as a campaign whose wordings are that arm's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core import signing
from django.http import HttpRequest
from django.utils import translation

from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.edge.visitor import Visitors
from sebar.kit import config
from sebar.kit.errors import Unavailable
from sebar.participants.models import Participant
from sebar.steering.experiments import queries
from sebar.steering.experiments.queries import Showing

FIELD: Final = "arms"
"""The field of the join form that carries the arms a visitor was given."""
_SALT: Final = "sebar.arms"
_LASTS: Final = 7 * 86_400  # that a page may stand open and still be sent
_AGENT_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class Variant:
    """A campaign as somebody is shown it.

    Attributes
    ----------
    campaign
        The campaign with the wordings that are shown; never to be stored.
    creative
        Name of the creative; empty for the usual one.
    given
        The arm by experiment that a visitor was given who came by no link.
    settles_offer
        Whether an experiment says what joining brings, also by saying nothing, so that the page adds nothing to it.
    """

    campaign: Campaign
    creative: str = ""
    given: Mapping[int, str] | None = None
    settles_offer: bool = False

    @property
    def mark(self) -> str:
        """What the form carries, so that whoever joins keeps what they saw; empty when nothing was given."""
        return signing.dumps(self.given, salt=_SALT, compress=True) if self.given else ""

    @property
    def offer(self) -> str:
        """The line that says what joining brings, in the language being spoken; empty without one."""
        spoken = rules.spoken(translation.get_language(), self.campaign.languages)
        words: str = self.campaign.texts.get(spoken, {}).get("offer", "")
        return words


def for_visitor(request: HttpRequest, campaign: Campaign, inviter: Participant | None) -> Variant:
    """Return the campaign as a visitor is shown it: as the cascade of their link was, or by today's hash of them.

    Whoever sends the form is shown what the form says that they saw.

    Parameters
    ----------
    inviter
        Whose link was followed; None without a link.
    """
    root = inviter.root_id if inviter else None
    return _variant(campaign, queries.for_visitor(campaign, root, lambda: _visitor(request), given_by(request)))


def for_participant(person: Participant) -> Variant:
    """Return the campaign as a participant is shown it: as their cascade was."""
    return _variant(person.campaign, queries.for_participant(person.campaign, person.root_id))


def for_seed(campaign: Campaign, given: Mapping[int, str]) -> Variant:
    """Return the campaign as somebody is shown it who came by no link and was given these arms, one an experiment."""
    return _variant(campaign, queries.for_visitor(campaign, None, lambda: 0, given))


def given_by(request: HttpRequest) -> dict[int, str]:
    """Return the arms that our page gave to whoever sends its form; none where they were not given by us."""
    try:
        found = signing.loads(request.POST.get(FIELD, ""), salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return {}
    return {int(number): str(arm) for number, arm in found.items()}


def dressed(person: Participant | None) -> Participant | None:
    """Return a participant whose campaign has the wordings that their cascade is shown; never to be stored."""
    if person is not None:
        person.campaign = for_participant(person).campaign
    return person


def _variant(campaign: Campaign, showing: Showing) -> Variant:
    return Variant(showing.worded(campaign), showing.creative, showing.given, showing.settles_offer)


def _visitor(request: HttpRequest) -> int:
    """Return the visitor as the edge counts them; a new one each time while today's salt cannot be read."""
    address = request.headers.get("X-Forwarded-For", "") or request.META.get("REMOTE_ADDR", "")
    agent = request.headers.get("User-Agent", "")[:_AGENT_LENGTH]
    try:
        return _VISITORS.hashes(address, agent, time.time_ns() // 1_000_000).visitor
    except Unavailable:
        return secrets.randbits(64)


_VISITORS: Final = Visitors(config.load().salts)
