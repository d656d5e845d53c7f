"""What others put on their blogs and websites: a frame, an element of their own, and the page that hands both out.

Whoever puts it there is a participant, and who joins there was brought by them. Nothing here needs a cookie, a form or
storage, since the programs of blogs take all of these away (`sandbox="allow-scripts"`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sebar import channels
from sebar.campaigns import images, rules
from sebar.campaigns import queries as campaigns
from sebar.campaigns.colours import Tones, palette
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import queries as switches
from sebar.channels.kinds.embed import frame as room
from sebar.kit import codes
from sebar.material import queries as material
from sebar.pages.middleware import content_security_policy
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page, variants
from sebar.portal.badge import SIZE as BADGE_SIZE
from sebar.portal.card import card, feed_of, headline, may_be_named, page_of, whole
from sebar.portal.people import called

_FIVE_MINUTES: Final = "public, max-age=300"
_FRESH: Final = "public, max-age=5"  # what a brand holds or stops must be so within seconds, on other websites too
_ELEMENT: Final = Path(__file__).parents[1] / "static" / "js" / "sebar-share.js"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a frame or an element offers its readers, in the language being spoken.

    Attributes
    ----------
    who
        Who invites, empty for somebody who does not want to be named and for nobody.
    headline, text, call
        What it is about, and the words on the button.
    link
        Where the button leads.
    closed
        Why nobody can join; empty while people can.
    """

    who: str
    headline: str
    text: str
    call: str
    link: str
    closed: str


def offer(campaign: Campaign, person: Participant | None, via: str = "embed") -> Offer:
    """Return what is offered in somebody's name, or in nobody's."""
    wording = rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    now = timezone.now()
    phase, is_quiet = rules.phase(campaign, now), campaigns.is_quiet(campaign, now)
    return Offer(
        who=called(person.name) if person is not None and may_be_named(person) and not is_quiet else "",
        headline=campaign.name if is_quiet else headline(campaign),
        text="" if is_quiet else wording["text"].partition("\n\n")[0],
        call=wording["call_to_action"] or _("Join"),
        link=_link(person, via) if person is not None else page_of(campaign, None, via),
        closed="" if phase in {Phase.RUNNING, Phase.SCHEDULED} else phase.reason,
    )


def frame_of(campaign: Campaign, person: Participant | None) -> str:
    """Return the whole address of the page that stands in a frame."""
    if person is None:
        return whole(reverse("campaign-frame", args=[campaign.slug]))
    return whole(reverse("frame", args=[codes.spell(person.pk)]))


def height(campaign: Campaign, person: Participant | None, *, width: int = room.NARROWEST) -> int:
    """Return how many pixels high a frame must be where it is at least so wide."""
    return room.height(campaign, width=width, is_named=person is not None and may_be_named(person))


@require_safe
def frame(request: HttpRequest, code: str) -> HttpResponse:
    """Show in a frame what a participant offers."""
    person = variants.dressed(queries.of_code(code))
    return page.unknown_code(request, code) if person is None else _frame(request, person.campaign, person)


@require_safe
def campaign_frame(request: HttpRequest, slug: str) -> HttpResponse:
    """Show in a frame what a campaign offers; who joins there has no parent."""
    found = campaigns.public(slug)
    if found is None:
        return page.nothing(request, _("No campaign has this address."), _("It may be mistyped, or not public yet."))
    return _frame(request, found, None)


@require_safe
def element(_request: HttpRequest) -> HttpResponse:
    """Return the script that makes ``<sebar-share>`` work on any website."""
    return _script(_element(), _FIVE_MINUTES)


@require_safe
def words(request: HttpRequest, code: str) -> HttpResponse:
    """Return what one ``<sebar-share>`` shows, as a script: pages that allow our scripts need allow nothing else.

    ``?in=`` names the language of the page around it. It is no ``lang``, which would be remembered by a cookie.
    """
    person = variants.dressed(queries.of_code(code))
    if person is None:
        return _script("export default null;\n", _FRESH, status=404)
    wanted = request.GET.get("in", "").partition("-")[0].lower()
    chosen = translation.override(rules.spoken(wanted, person.campaign.languages)) if wanted else None
    with chosen or page.speaking(person.campaign, request, person):
        return _script(f"export default {json.dumps(_words(person))};\n", _FRESH)


@require_safe
def embed_codes(request: HttpRequest, code: str) -> HttpResponse:
    """Show what to paste into a blog or website, each with a participant's code in it."""
    person = variants.dressed(queries.of_code(code))
    if person is None:
        return page.unknown_code(request, code)
    campaign = person.campaign
    with page.speaking(campaign, request, person):
        in_language = f"?in={translation.get_language()}"
        context = {
            "code": code,
            "has": switches.switches(campaign),
            "offer": offer(campaign, person),
            "page": whole(reverse("share", args=[code])),
            "frame": frame_of(campaign, person),
            "width": room.WIDTH,
            "height": height(campaign, person),
            "element": whole(reverse("element")),
            "badge": reverse("badge-svg", args=[code]) + in_language,
            "badge_address": whole(reverse("badge-svg", args=[code]) + in_language),
            "badge_png": whole(reverse("badge-png", args=[code]) + in_language),
            "badge_link": _link(person, "badge"),
            "badge_size": BADGE_SIZE,
            "feed": feed_of(campaign, person),
        }
        return page.campaign_answer(request, "portal/embed_codes.html", campaign, context)


def _frame(request: HttpRequest, campaign: Campaign, person: Participant | None) -> HttpResponse:
    with page.speaking(campaign, request, person):
        context = {
            "offer": offer(campaign, person),
            "card": card(campaign, person),
            "code": codes.spell(person.pk) if person else "",
            "picture": None if campaigns.is_quiet(campaign, timezone.now()) else images.picture(campaign.image),
            "most": room.MOST_TEXT,
        }
        response = page.campaign_answer(request, "portal/embed.html", campaign, context)
    # Everybody may frame this page and no other. Some browsers take 'self' for nothing where a sandbox is.
    policy = content_security_policy(response).replace("'self'", f"'self' {whole('')}")
    response.headers["Content-Security-Policy"] = policy.replace(
        f"frame-ancestors 'self' {whole('')}", "frame-ancestors *"
    )
    response.headers["Cache-Control"] = _FRESH
    return response


def _words(person: Participant) -> dict[str, Any]:
    campaign = person.campaign
    shown, colours = offer(campaign, person), palette(campaign.colour)
    language = translation.get_language() or ""
    creative = material.creative_for(campaign, person.creative)
    return {
        "language": language,
        "brand": campaign.brand.name,
        "initial": page.initial(campaign.brand.name),
        "who": _("%(who)s invites you") % {"who": shown.who} if shown.who else "",
        "headline": shown.headline,
        "text": shown.text,
        "call": shown.call,
        "link": shown.link,
        "closed": shown.closed,
        "statement": campaign.statement.get(language, ""),
        "share": {
            "title": shown.headline,
            "text": material.message(campaign, creative, person.pk, language) or shown.headline,
            "url": _link(person, "share"),
        },
        "copy": _link(person, "copy"),
        "pass": _("Pass it on"),
        "copied": _("Link copied"),
        "light": _tones(colours.light),
        "dark": _tones(colours.dark),
    }


def _tones(tones: Tones) -> dict[str, str]:
    return {"brand": tones.brand, "ink": tones.ink, "rim": tones.edge if tones.outlined else tones.brand}


def _link(person: Participant, via: str) -> str:
    return channels.ALL[via].link(material.link(person.campaign, codes.spell(person.pk), person.creative))


@lru_cache(maxsize=1)
def _element() -> str:
    return _ELEMENT.read_text(encoding="utf-8")


def _script(text: str, caching: str, status: int = 200) -> HttpResponse:
    """Return a script that pages of every origin may use."""
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8", status=status)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = caching
    return response
