"""Leaving for good, in two steps: a page that says what goes and what stays, and the press that does it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sebar.campaigns import queries as campaigns
from sebar.leaving import actions as leaving
from sebar.participants import queries
from sebar.portal import page
from sebar.portal.people import called
from sebar.portal.recognised import forget


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, secret: str) -> HttpResponse:
    """Say what leaving means, then take a participant out for good once the box is ticked."""
    participant = queries.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    is_missing = request.method == "POST" and not request.POST.get("sure")
    if request.method == "POST" and not is_missing:
        leaving.forget(participant=participant)
        response = page.see_other(reverse("left", args=[participant.campaign.slug]))
        forget(response, participant)
        return response
    with page.speaking(participant.campaign):
        context = {
            "secret": secret,
            "who": called(participant.name) if participant.name else "",
            "is_missing": is_missing,
        }
        status = 422 if is_missing else 200
        return page.campaign_answer(request, "portal/leave.html", participant.campaign, context, status=status)


@require_safe
def left(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that it is done, to whoever has just left: this address says nothing of anybody."""
    found = campaigns.public(slug)
    if found is None:
        return page.nothing(request, _("No campaign has this address."), _("It may be mistyped, or not public yet."))
    with page.speaking(found):
        return page.campaign_answer(request, "portal/left.html", found, {})
