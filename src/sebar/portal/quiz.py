"""A quiz on the participant's pages: its answers lead to a result, which has a page to pass on; no scripts needed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.material import queries
from sebar.material.kinds import quiz as rules
from sebar.material.models import Creative
from sebar.portal import material, page
from sebar.portal.card import image
from sebar.portal.form import carried
from sebar.portal.recognised import reader


@require_safe
def answered(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Lead on from the answers of a quiz to what they come to. The address of that says nothing about who answered."""
    _found, creative = _quiz(slug, name)
    chosen = _chosen(creative, request)
    kept = _carried(request)
    if chosen is None:
        back = urlencode({**kept, "c": name, "missing": "1"})
        return page.see_other(f"{reverse('campaign', args=[slug])}?{back}#quiz")
    number = rules.result_of(creative.content, chosen) + 1
    query = f"?{urlencode(kept)}" if kept else ""
    return page.see_other(reverse("result", args=[slug, name, number]) + query)


@require_safe
def result(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponse:
    """Show a result of a quiz, with the ways to join and to pass it on."""
    found, creative = _quiz(slug, name)
    results = creative.content["results"]
    if not 0 < number <= len(results):
        raise Http404
    with page.speaking(found):
        kept = _carried(request)
        query = urlencode({**kept, "c": name, "score": str(number)})
        context = {
            "piece": material.piece(creative),
            "picture": image(found, None, creative).address,
            "title": material.spoken(results[number - 1]["title"]),
            "text": material.spoken(results[number - 1]["text"]),
            "number": number,
            "known": reader(request, found),
            "carried": kept,
            "joining": f"{reverse('campaign', args=[slug])}?{query}#join",
            "again": f"{reverse('campaign', args=[slug])}?{urlencode({**kept, 'c': name})}#quiz",
        }
        return page.campaign_answer(request, "portal/result.html", found, context)


def _quiz(slug: str, name: str) -> tuple[Campaign, Creative]:
    campaign = campaigns.public(slug)
    shown = queries.shown(campaign) if campaign is not None else []
    found = next((one for one in shown if one.name == name and one.kind == "quiz"), None)
    if campaign is None or found is None:
        raise Http404
    return campaign, found


def _chosen(creative: Creative, request: HttpRequest) -> list[int] | None:
    """Return the place of each answer; None when one is missing or cannot be."""
    chosen = []
    for number, question in enumerate(creative.content["questions"]):
        written = request.GET.get(f"q{number}", "")
        if not material.is_number(written) or int(written) >= len(question["answers"]):
            return None
        chosen.append(int(written))
    return chosen


def _carried(request: HttpRequest) -> dict[str, str]:
    form = carried(request.GET)
    return {name: value for name, value in (("ref", form.ref), ("via", form.via)) if value}
