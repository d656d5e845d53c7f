"""How every participant's page is put together: one response with its style inside, in the campaign's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.html import escape
from django.utils.translation import gettext as _

from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules
from sebar.campaigns.colours import palette
from sebar.campaigns.models import Campaign
from sebar.pages.middleware import allow_inline_style
from sebar.participants.models import Participant
from sebar.portal.sheet import sheet

OWN_COLOUR = "#0f6b5c"
SPOKEN = ("en", "id")
"""Languages of the pages that belong to no campaign."""
_SHOWN = 300  # letters of what somebody typed


def answer(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, colour: str = OWN_COLOUR, status: int = 200
) -> HttpResponse:
    """Return a page that no cache between us and the reader may keep: it holds what is meant for this reader only."""
    css = sheet(colour)
    response = render(request, template, {"css": css, "icon": icon("", colour), **context}, status=status)
    allow_inline_style(response, css)
    patch_cache_control(response, private=True, no_store=True)
    return response


def campaign_answer(
    request: HttpRequest, template: str, campaign: Campaign, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return a page of a campaign: its colour, its wording and its languages. Call it within `speaking`."""
    language = translation.get_language()
    wording = rules.text_for(campaign.texts, language, campaign.languages)
    is_quiet = campaigns.is_quiet(campaign, timezone.now())
    own = {
        "campaign": campaign,
        "brand": campaign.brand.name,
        "initial": initial(campaign.brand.name),
        "icon": icon(initial(campaign.brand.name), campaign.colour),
        "is_quiet": is_quiet,
        "wording": {**wording, "headline": ""} if is_quiet else wording,
        "statement": campaign.statement.get(rules.spoken(language, campaign.languages), ""),
        "switches": switches(request, campaign.languages),
    }
    response = answer(request, template, {**own, **context}, colour=campaign.colour, status=status)
    response.headers["Content-Language"] = language
    return response


def nothing(request: HttpRequest, heading: str, sentence: str, **context: object) -> HttpResponse:
    """Say kindly that there is nothing at an address, and offer to type a code."""
    own = {"heading": heading, "sentence": sentence, "switches": switches(request, SPOKEN)}
    return answer(request, "portal/nothing.html", {**own, **context}, status=404)


def nobodys(request: HttpRequest) -> HttpResponse:
    """Say kindly that an address opens nobody's own page."""
    sentence = _("Check that you copied the whole of it: the last letters count.")
    return nothing(request, _("No personal page has this address."), sentence)


def unknown_code(request: HttpRequest, code: str, error: str = "") -> HttpResponse:
    """Say kindly that nobody has a code, with what was typed to be mended."""
    heading, sentence = _("We do not know this code."), _("A letter may be missing or mixed up. Compare it once more:")
    return nothing(request, heading, sentence, typed=code[:_SHOWN], error=error)


def speaking(
    campaign: Campaign, request: HttpRequest | None = None, person: Participant | None = None
) -> translation.override:
    """Return a context in which we speak the reader's language if the campaign does, else the campaign's first.

    Parameters
    ----------
    request
        What a program may have asked that names no language, as most do that look at links.
    person
        Whose link it looks at: then we speak the language in which they joined.
    """
    wanted = translation.get_language()
    if request is not None and not _names_language(request):
        wanted = person.language if person is not None else ""
    return translation.override(rules.spoken(wanted, campaign.languages))


def see_other(address: str) -> HttpResponse:
    """Lead on from a form that was sent: going back or reading again sends nothing twice."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def switches(request: HttpRequest, languages: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return, for each other language of this page, its code, its own name and where the page is in it."""
    names = dict(settings.LANGUAGES)
    others = [language for language in languages if language != translation.get_language()]
    return [(language, names[language], _in_language(request, language)) for language in others]


def initial(name: str) -> str:
    """Return what stands on the tile of a brand that has no logo."""
    return name[:1].upper()


def icon(letter: str, colour: str) -> str:
    """Return the page's icon as a ``data:`` address, so that nothing is asked for: a tile in the brand's colour."""
    tones = palette(colour).light
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{tones.brand}"/>'
        f'<text x="16" y="23" font-size="20" font-weight="700" font-family="sans-serif" text-anchor="middle" '
        f'fill="{tones.ink}">{escape(letter) or "S"}</text></svg>'
    )
    return "data:image/svg+xml," + quote(drawn, safe="/:=' ")


def _names_language(request: HttpRequest) -> bool:
    """Say whether somebody asks for a language, as `sebar.pages.middleware.language` hears it."""
    return (
        "lang" in request.GET
        or settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        or request.headers.get("Accept-Language", "").strip() not in {"", "*"}
    )


def _in_language(request: HttpRequest, language: str) -> str:
    query = request.GET.copy()
    query["lang"] = language
    return f"?{query.urlencode()}"
