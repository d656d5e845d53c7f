"""A campaign as an RSS feed: what it is about when it begins, and that it is over when it is."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.feedgenerator import Enclosure, Rss201rev2Feed
from django.utils.html import linebreaks
from django.views.decorators.http import require_safe

from sebar.campaigns import images, rules
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.kit import config
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page, variants
from sebar.portal.card import feed_of, page_of, picture
from sebar.portal.embed import Offer, offer


@require_safe
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a campaign's feed; with ``?ref=`` its links carry that participant's code."""
    campaign = campaigns.public(slug)
    if campaign is None or not gate.is_on(campaign, "feed"):
        raise Http404
    person = variants.dressed(queries.of_code(request.GET.get("ref", "").lower()))
    if person is not None and person.campaign_id == campaign.pk:
        campaign = person.campaign
    else:
        person = None
    with page.speaking(campaign, request, person):
        written = _written(campaign, person, offer(campaign, person, "feed"))
        response = HttpResponse(written.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")
        response.headers["Content-Language"] = translation.get_language()
    response.headers["Cache-Control"] = "public, max-age=900"
    return response


def _written(campaign: Campaign, person: Participant | None, shown: Offer) -> Rss201rev2Feed:
    brand = campaign.brand.name
    made = Rss201rev2Feed(
        title=f"{shown.headline} · {brand}",
        link=shown.link,
        description=shown.text or shown.headline,
        language=translation.get_language(),
        author_name=brand,
        feed_url=feed_of(campaign, person),
        ttl=60,
    )
    phase = rules.phase(campaign, timezone.now())
    if phase.is_over:
        over = campaign.ends_at if phase is Phase.ENDED else campaign.changed_at
        made.add_item(phase.reason, shown.link, phase.reason, unique_id=_name(campaign, "over"), pubdate=over)
    wording = rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    made.add_item(
        shown.headline,
        shown.link,
        linebreaks(wording["text"], autoescape=True),
        unique_id=_name(campaign, "begins"),
        pubdate=campaign.starts_at or campaign.published_at,
        enclosures=_pictures(campaign),
    )
    return made


def _name(campaign: Campaign, what: str) -> str:
    """Return by what a reader knows an item again, whoever's feed it is."""
    return f"{page_of(campaign, None)}#{what}"


def _pictures(campaign: Campaign) -> list[Enclosure]:
    found = images.picture(campaign.image)
    if found is None:
        return []
    try:
        size = (config.load().media / found.og).stat().st_size
    except FileNotFoundError:
        return []
    return [Enclosure(picture(campaign), str(size), "image/jpeg")]
