"""The way back to one's own page: asking for a letter, and the link in it, which a press of a button uses up."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.email import actions
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.pages.pace import Pace
from sebar.participants import queries
from sebar.portal import page
from sebar.portal.recognised import remember

_PACE: Final = Pace(burst=20, per_second=0.02)


@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: HttpRequest, slug: str) -> HttpResponse:
    """Take an address, and answer the same whether anybody has it or not."""
    found = campaigns.public(slug)
    if found is None:
        return page.nothing(request, _("No campaign has this address."), _("It may be mistyped, or not public yet."))
    with page.speaking(found):
        if not actions.are_ready(found):
            sentence = _("Ask where you joined: they can tell you the address of your page.")
            return page.nothing(request, _("We send no letters here just now."), sentence)
        typed, error, status = request.POST.get("email", ""), "", 200
        if request.method == "POST":
            if not _PACE.allows(request):
                error, status = _("Very many letters are asked for from your network: wait a few minutes."), 429
            else:
                error, status = _asked(found, typed)
        if request.method == "POST" and not error:
            return page.see_other(f"{reverse('lost', args=[slug])}?sent")
        context = {"typed": typed, "error": error, "is_sent": "sent" in request.GET and not error}
        return page.campaign_answer(request, "portal/lost.html", found, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def back(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that opens the page: programs that look at links in letters must not use it up."""
    letter = actions.usable(token)
    if letter is None:
        return _used_up(request, token)
    if request.method == "POST":
        whose = actions.use(mark=token)
        if whose is None:
            return _used_up(request, token)
        response = page.see_other(reverse("mine", args=[queries.personal_secret(whose)]))
        remember(response, whose)
        return response
    with page.speaking(letter.campaign):
        return page.campaign_answer(request, "portal/back.html", letter.campaign, {})


def _asked(joined: Campaign, typed: str) -> tuple[str, int]:
    """Take the address; return what is wrong with it and the status, or nothing and 200."""
    try:
        address = text.email(typed, field="email")
    except UserError as refused:
        return refused.message, 422
    if not address:
        return _("The address is empty: write the one you joined with."), 422
    actions.ask(campaign=joined, address=address, language=translation.get_language())
    return "", 200


def _used_up(request: HttpRequest, token: str) -> HttpResponse:
    joined = actions.campaign_of(token)
    if joined is None:
        sentence = _("Each can be used once, within two days. Ask for another where you joined: “Lost your page?”")
        return page.nothing(request, _("This link opens nothing any more."), sentence)
    with page.speaking(joined):
        return page.campaign_answer(request, "portal/back.html", joined, {"is_used_up": True}, status=404)
