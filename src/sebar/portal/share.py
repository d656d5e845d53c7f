"""The page of one participant's link: to pass it on in every way there is. Public: it opens nothing private."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sebar import channels
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.pages import qr
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page
from sebar.portal.people import called
from sebar.portal.recognised import reader

_OPEN = 4  # buttons that stand open; the others are behind “more”


@require_safe
def share(request: HttpRequest, code: str) -> HttpResponse:
    """Show a participant's link with every way to pass it on; to themselves also the way to their own page."""
    participant = queries.of_code(code)
    if participant is None:
        return page.unknown_code(request, code)
    with page.speaking(participant.campaign):
        return page.campaign_answer(
            request, "portal/share.html", participant.campaign, _context(request, participant, code)
        )


def _context(request: HttpRequest, participant: Participant, code: str) -> dict[str, object]:
    campaign = participant.campaign
    link = page.link(code)
    words, subject = _words(campaign)
    doors = [(channel, channel.door(link, words=words, subject=subject)) for channel in channels.DOORS]
    owner = reader(request, campaign)
    is_own = owner is not None and owner.pk == participant.pk
    phase = rules.phase(campaign, timezone.now())
    return {
        "participant": participant,
        "code": code,
        "who": called(participant.name),
        "is_own": is_own,
        "is_new": "new" in request.GET,
        "is_again": "again" in request.GET,
        "counts": queries.counts(participant) if is_own else None,
        "own_page": reverse("mine", args=[queries.personal_secret(participant)]) if is_own else "",
        "phase": phase,
        "is_open": phase in {Phase.RUNNING, Phase.SCHEDULED},
        "link": link,
        "sheet": channels.ALL["share"],
        "sheet_link": channels.ALL["share"].link(link),
        "copied_link": channels.ALL["copy"].link(link),
        "words": words,
        "subject": subject,
        "doors": doors[:_OPEN],
        "more_doors": doors[_OPEN:],
        "qr": qr.drawing(channels.ALL["qr"].link(link)),
    }


def _words(campaign: Campaign) -> tuple[str, str]:
    """Return what a friend reads before the link, and over a letter."""
    wording = rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    return wording["share_text"] or wording["headline"], wording["headline"] or _("Something for you")
