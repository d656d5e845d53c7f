"""Who is reading: a cookie per campaign holds the secret of whoever joined in this browser. None is set before that."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sebar.campaigns.models import Campaign
from sebar.participants import queries
from sebar.participants.models import Participant

_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie


def reader(request: HttpRequest, campaign: Campaign) -> Participant | None:
    """Return who joined this campaign in this browser, if anybody."""
    secret = request.COOKIES.get(_name(campaign), "")
    participant = queries.by_secret(secret) if secret else None
    return participant if participant is not None and participant.campaign_id == campaign.pk else None


def waits(request: HttpRequest, campaign: Campaign) -> str:
    """Return the secret of whoever waits in this browser to be let in; empty for nobody."""
    secret = request.COOKIES.get(_name(campaign), "")
    one = queries.waiting_by_secret(secret) if secret else None
    return secret if one is not None and one.campaign_id == campaign.pk else ""


def remember(response: HttpResponse, participant: Participant) -> None:
    """Let this browser be recognised as the participant's."""
    remember_secret(response, participant.campaign, queries.personal_secret(participant))


def remember_secret(response: HttpResponse, campaign: Campaign, secret: str) -> None:
    """Let this browser be recognised as the participant's whose page the secret opens, or will open."""
    response.set_cookie(
        _name(campaign),
        secret,
        max_age=_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget(response: HttpResponse, participant: Participant) -> None:
    """Let this browser not be recognised as the participant's any more."""
    forget_secret(response, participant.campaign)


def forget_secret(response: HttpResponse, campaign: Campaign) -> None:
    """Let this browser be nobody's in a campaign."""
    response.delete_cookie(_name(campaign), samesite="Lax")


def _name(campaign: Campaign) -> str:
    return f"sebar_me_{campaign.pk}"
