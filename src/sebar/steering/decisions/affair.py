"""What is said when something turns against a brand: a statement on every page, and a correction down the same tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from sebar import measures
from sebar.brands import audit
from sebar.brands.models import AuditEntry
from sebar.brands.queries import Membership
from sebar.campaigns import actions as campaigns
from sebar.campaigns import queries
from sebar.campaigns.models import Campaign
from sebar.channels import notices
from sebar.channels.models import News
from sebar.channels.notices import Corrected
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

STATED = "campaign.stated"
WITHDRAWN = "campaign.statement_withdrawn"
CORRECTED = "campaign.corrected"


@transaction.atomic
def state(*, membership: Membership, slug: str, texts: Mapping[str, str]) -> Campaign:
    """Say something on every page that a link of the campaign leads to, on its frames too; empty texts take it away.

    Raises
    ------
    NotAllowed
        When this member may not.
    UserErrors
        When it is said in some of the campaign's languages only, or is too long.
    UserError
        When nothing is said, and nothing stood.
    """
    stood = queries.of_slug(membership.brand, slug).statement
    campaign = campaigns.state(membership=membership, slug=slug, texts=texts)
    if not campaign.statement and not stood:
        raise UserError(gettext_noop("Nothing is written: say what is the matter first."), field="statement")
    verb = STATED if campaign.statement else WITHDRAWN
    audit.record(membership=membership, verb=verb, subject=slug, details={"texts": dict(campaign.statement)})
    return campaign


@transaction.atomic
def correct(*, membership: Membership, slug: str, texts: Mapping[str, Mapping[str, str]]) -> News:
    """Send a correction to those who passed the campaign on and may be written to, whatever is held or stopped.

    Raises
    ------
    NotAllowed
        When this member may not, or nobody is there to be written to.
    UserErrors
        With one sentence for every part that is missing or too long.
    """
    news = notices.announce(membership=membership, slug=slug, texts=texts, is_correction=True)
    details = {"texts": dict(news.texts), "news": news.pk}
    audit.record(membership=membership, verb=CORRECTED, subject=slug, details=details)
    return news


@dataclass(frozen=True, slots=True)
class Told:
    """How far what was said has come.

    Attributes
    ----------
    since, until
        From when to when the newest statement stood; no end while it stands, and neither where none was made.
    reached
        Visitors who saw the campaign or opened a link, ever: each is counted once a day.
    seen
        Visitors while that statement stood, on whose way it was.
    passed_on
        People who passed it on and may be written to.
    corrected
        People by what became of their letters of correction, all corrections together.
    corrections
        The same for each correction, by the number of its news.
    """

    since: datetime | None
    until: datetime | None
    reached: int
    seen: int
    passed_on: int
    corrected: Corrected
    corrections: Mapping[int, Corrected]

    @property
    def share_seen(self) -> float | None:
        """At most this share of those reached has seen it: who came again on another day counts twice."""
        return min(self.seen / self.reached, 1.0) if self.reached and self.since else None


def told(campaign: Campaign) -> Told:
    """Return how far the statement and the corrections have come.

    Raises
    ------
    Unavailable
        When nobody can count just now.
    """
    since, until = _stood(campaign)
    numbers = [entry.details["news"] for entry in said(campaign) if entry.verb == CORRECTED]
    return Told(
        since=since,
        until=until,
        reached=measures.reach(campaign.pk).people,
        seen=measures.seen_since(campaign.pk, since, until=until) if since else 0,
        passed_on=notices.may_be_corrected(campaign),
        corrected=notices.corrected(campaign),
        corrections={number: notices.corrected(campaign, number) for number in numbers},
    )


def said(campaign: Campaign) -> list[AuditEntry]:
    """Return what was said about affairs of the campaign, oldest first: statements, made or taken away, corrections."""
    verbs = [STATED, WITHDRAWN, CORRECTED]
    found = AuditEntry.objects.filter(brand=campaign.brand_id, subject=campaign.slug, verb__in=verbs)
    return list(found.order_by("at", "pk"))


def _stood(campaign: Campaign) -> tuple[datetime | None, datetime | None]:
    since = until = None
    for entry in said(campaign):
        if entry.verb == WITHDRAWN:
            until = entry.at
        elif entry.verb == STATED and (since is None or until is not None):
            since, until = entry.at, None
    return since, until
