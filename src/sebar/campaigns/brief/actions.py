"""The only code that writes briefs."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns.brief import rules
from sebar.campaigns.brief.models import Brief
from sebar.campaigns.brief.rules import BriefForm


@transaction.atomic
def write(*, membership: Membership, slug: str, form: BriefForm) -> Brief:
    """Keep the brief of a campaign, whole or not.

    Raises
    ------
    UserErrors
        When a field cannot be used.
    """
    membership.require(Verb.EDIT)
    campaign = campaigns.of_slug(membership.brand, slug)
    checked = rules.check(form)
    columns = {**asdict(checked), "risks": [asdict(risk) for risk in checked.risks]}
    return Brief.objects.update_or_create(campaign=campaign, defaults=columns)[0]
