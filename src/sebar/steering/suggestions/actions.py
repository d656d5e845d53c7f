"""What an editor's tap on a suggestion does, where no other part of the program does it already."""

from __future__ import annotations

from django.utils import timezone

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns.rules import Phase, phase
from sebar.channels import notices
from sebar.kit.errors import NotAllowed
from sebar.kit.words import gettext_noop
from sebar.steering.suggestions import queries

REMINDED = "campaign.reminded"
_NOBODY = gettext_noop(
    "There is nobody to be reminded: everybody who asked for news passed it on, joined lately, or was reminded before."
)


def remind(*, membership: Membership, slug: str) -> int:
    """Remind who joined, asked for news and never passed it on; return how many people that is.

    Raises
    ------
    NotAllowed
        When this member may not, nobody can join just now, or there is nobody to be reminded.
    Unavailable
        When nobody can say just now who passed it on.
    """
    membership.require(Verb.EDIT)
    campaign = campaigns.of_slug(membership.brand, slug)
    stands = phase(campaign, timezone.now())
    if stands is not Phase.RUNNING:
        raise NotAllowed(stands.reason, field="campaign")
    contacts = queries.to_be_reminded(campaign)
    if not contacts:
        raise NotAllowed(_NOBODY, field="campaign")
    audit.record(membership=membership, verb=REMINDED, subject=slug, details={"people": len(contacts)})
    notices.remind(contacts)
    return len(contacts)
