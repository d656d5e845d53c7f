"""What a campaign still lacks before people should see it: the checklist of the gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.brief import queries as briefs
from sebar.campaigns.brief import rules as brief_rules
from sebar.campaigns.brief.rules import BriefForm
from sebar.campaigns.models import Campaign, Status
from sebar.kit.errors import UserErrors
from sebar.kit.words import gettext_noop
from sebar.material import queries as material
from sebar.rewards import queries as rewards
from sebar.rewards.draws import queries as draws

PARTS: Final = ("brief", "texts", "material", "rewards", "legal")
"""The parts of the checklist, in the order in which they are worked through."""

_LACKS: Final = {
    "brief.objective": gettext_noop("The brief does not say what the campaign is for."),
    "brief.audience": gettext_noop("The brief does not say whom it is meant to reach."),
    "brief.positioning": gettext_noop("The brief does not say how it fits the brand, and in which tone it speaks."),
    "brief.success": gettext_noop("The brief does not say what would count as success."),
    "brief.harm": gettext_noop("The brief does not say what would count as harm."),
    "brief.decides": gettext_noop("The brief does not say who may pause or stop it."),
    "brief.budget": gettext_noop("The brief names no budget."),
    "brief.risks": gettext_noop("The brief names no risk, or one without an answer: what if it turns against us?"),
    "legal.consent_basis": gettext_noop("The brief does not say on what ground people’s data are kept."),
    "legal.ages": gettext_noop("The brief does not say how old people must be."),
    "legal.sharing_rewards": gettext_noop(
        "There are rewards, but the brief does not say what the law wants where they are given."
    ),
    "legal.prize_draw": gettext_noop(
        "There is a prize draw, but the brief names neither its permit nor its free way in."
    ),
    "material": gettext_noop("There is nothing to pass on but words: no picture, film, game or card."),
    "rewards": gettext_noop("A rule for rewards is written but not switched on."),
}
"""What is said of a gap, by its key; of gaps in texts the campaign's own rules speak."""
_LEGAL: Final = ("consent_basis", "ages")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing.

    Attributes
    ----------
    part
        One of `PARTS`.
    field
        Which field of it; empty for the part as a whole.
    words
        One sentence, in English; it is translated where it is shown.
    is_needed
        Whether nothing can be published without it, whatever the reason.
    """

    part: str
    field: str
    words: str
    is_needed: bool = False

    @property
    def key(self) -> str:
        """What the audit log keeps of it."""
        return f"{self.part}.{self.field}".strip(".")


def said(key: str) -> str:
    """Return the sentence, in English, about a gap that the audit log has kept."""
    return _LACKS.get(key, key)


def gaps(campaign: Campaign) -> list[Gap]:
    """Return everything that is missing, in the order of `PARTS`."""
    brief = briefs.form_of(campaign)
    found = [*_of_brief(brief), *_of_texts(campaign), *_of_material(campaign), *_of_rewards(campaign, brief)]
    return sorted(found, key=lambda gap: PARTS.index(gap.part))


def legal_gaps(campaign: Campaign, note: str) -> list[Gap]:
    """Return what the brief lacks before rewards or a draw begin in public; a draft is asked when it is published.

    Parameters
    ----------
    note
        The field of the brief: ``sharing_rewards`` or ``prize_draw``.
    """
    if campaign.status == Status.DRAFT or getattr(briefs.form_of(campaign), note):
        return []
    return [_gap("legal", note)]


def _of_brief(brief: BriefForm) -> Iterator[Gap]:
    for name in brief_rules.missing(brief):
        yield _gap("legal" if name in _LEGAL else "brief", name)


def _of_texts(campaign: Campaign) -> Iterator[Gap]:
    try:
        campaign_rules.check_publishable(campaigns.form_of(campaign), timezone.now())
    except UserErrors as missing:
        for error in missing.errors:
            yield Gap("texts", error.field, error.message, is_needed=True)


def _of_material(campaign: Campaign) -> Iterator[Gap]:
    if not campaign.image and not material.shows_more_than_words(campaign):
        yield _gap("material")


def _of_rewards(campaign: Campaign, brief: BriefForm) -> Iterator[Gap]:
    rules = rewards.current(campaign)
    if any(rule.status == "draft" for rule in rules):
        yield _gap("rewards")
    if rules and not brief.sharing_rewards:
        yield _gap("legal", "sharing_rewards")
    if draws.of_campaign(campaign) and not brief.prize_draw:
        yield _gap("legal", "prize_draw")


def _gap(part: str, field: str = "") -> Gap:
    return Gap(part, field, said(f"{part}.{field}".strip(".")))
