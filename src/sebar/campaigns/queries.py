"""Reads of campaigns. Whoever works for a brand starts from that brand; `public` shows only what is published."""

from __future__ import annotations

from datetime import datetime, timedelta

from sebar.brands.models import Brand
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign, ConsentText, Status
from sebar.campaigns.rules import CampaignForm, Phase
from sebar.edge.links import Target
from sebar.kit import text
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop

_OVERLAP = timedelta(minutes=1)  # a transaction may commit this much later than the time it wrote


def of_brand(brand: Brand) -> list[Campaign]:
    """Return the brand's campaigns, newest first."""
    return list(Campaign.objects.filter(brand=brand).select_related("brand").order_by("-created_at", "-id"))


def of_slug(brand: Brand, slug: str) -> Campaign:
    """Return one campaign of the brand.

    Raises
    ------
    NotFound
        When the brand has none of this slug, whoever else may.
    """
    mine = Campaign.objects.select_related("brand").filter(brand=brand)
    found = mine.filter(slug=slug).first() if text.can_be_stored(slug) else None
    if found is None:
        raise NotFound(gettext_noop("There is no campaign called “{slug}”."), field="campaign", slug=text.shown(slug))
    return found


def public(slug: str) -> Campaign | None:
    """Return the campaign that everybody may see at this slug; a draft is nobody's yet."""
    return Campaign.objects.select_related("brand").filter(slug=slug).exclude(status=Status.DRAFT).first()


def is_quiet(campaign: Campaign, now: datetime) -> bool:
    """Say whether a campaign's pages advertise nothing: it was stopped, or is held while a statement stands."""
    phase = rules.phase(campaign, now)
    return phase is Phase.STOPPED or (phase is Phase.PAUSED and any(campaign.statement.values()))


def consent(campaign: Campaign) -> ConsentText:
    """Return the newest wording that people agree to; its `texts` map a language to the wording."""
    return ConsentText.objects.filter(campaign=campaign).latest("version")


def consent_words(campaign: Campaign, language: str) -> tuple[ConsentText, str]:
    """Return the newest consent and its wording in `language`, or in the campaign's first."""
    newest = consent(campaign)
    return newest, newest.texts[rules.spoken(language, campaign.languages)]


def changed_since(moment: datetime) -> list[Campaign]:
    """Return the campaigns of all brands that changed since `moment`, for the engine, which publishes their targets.

    They overlap by a minute on purpose: publishing the same twice changes nothing, missing one would.
    """
    return list(Campaign.objects.filter(changed_at__gte=moment - _OVERLAP).order_by("changed_at", "id"))


def form_of(campaign: Campaign) -> CampaignForm:
    """Return the campaign as the form that would make it, to be shown or changed in parts."""
    return CampaignForm(
        name=campaign.name,
        slug=campaign.slug,
        languages=tuple(campaign.languages),
        texts=campaign.texts,
        target_url=campaign.target_url,
        stop_url=campaign.stop_url,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        time_zone=campaign.time_zone,
        asks_name=campaign.asks_name,
        asks_email=campaign.asks_email,
        confirmation=campaign.confirmation,
        colour=campaign.colour,
        goal=campaign.goal,
        population=campaign.population,
    )


def target_of(campaign: Campaign) -> Target:
    """Return where the links of a campaign lead, as the edge needs to know it.

    As long as the brand has something to say about an affair, that is the page on which it stands.
    """
    return Target(
        campaign=campaign.pk,
        brand=campaign.brand_id,
        slug=campaign.slug,
        status=campaign.status,
        url="" if campaign.statement else campaign.target_url,
        stop_url="" if campaign.statement else campaign.stop_url,
        ends_at=round(campaign.ends_at.timestamp() * 1000) if campaign.ends_at else 0,
    )
