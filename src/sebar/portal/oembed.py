"""The oEmbed provider: a program that finds a link of ours asks here what to put into its page (https://oembed.com)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import gate
from sebar.channels.kinds.embed import frame
from sebar.kit import config
from sebar.kit.errors import NotFound, UserError
from sebar.kit.text import shown
from sebar.kit.words import gettext_noop
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import embed, page, variants
from sebar.portal.card import frame_title

_AN_HOUR: Final = 3600
_OF_CODE: Final = re.compile(r"/[rse]/(?P<code>[0-9A-Za-z]{1,20})/?")
_OF_CAMPAIGN: Final = re.compile(r"/c/(?P<slug>[a-z0-9-]{1,80})/?")
_MOST: Final = 100_000
_NOT_FOUND: Final = gettext_noop(
    "“{shown}” is no page of a campaign here, or its campaign is not shown on other sites."
)


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """Say how a page of ours is embedded; 404 for one that is not there, 400 for others', 501 for XML."""
    if request.GET.get("format", "json") != "json":
        return _answer({"error": _("Only JSON is spoken here: ask with format=json.")}, 501)
    try:
        campaign, person = _found(request.GET.get("url", ""))
        width = _at_most(request, "maxwidth", frame.WIDTH)
        height = _at_most(request, "maxheight", embed.height(campaign, person, width=width))
    except NotFound as error:
        return _answer({"error": error.message}, 404)
    except UserError as error:
        return _answer({"error": error.message}, 400)
    with page.speaking(campaign, request, person):
        return _answer(_described(campaign, person, width, height))


def _described(campaign: Campaign, person: Participant | None, width: int, height: int) -> dict[str, object]:
    title = frame_title(campaign, person)
    # WordPress keeps a bare blockquote and one bare frame, and hides the frame until it tells its height.
    html = format_html(
        '<blockquote><a href="{}">{}</a></blockquote>'
        '<iframe src="{}" width="{}" height="{}" frameborder="0" title="{}"></iframe>',
        embed.offer(campaign, person).link,
        title,
        embed.frame_of(campaign, person),
        width,
        height,
        title,
    )
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": campaign.brand.name,
        "provider_url": config.load().public_url,
        "cache_age": _AN_HOUR,
        "html": html,
        "width": width,
        "height": height,
    }


def _found(url: str) -> tuple[Campaign, Participant | None]:
    """Return which campaign an address shows, and in whose name.

    Raises
    ------
    NotFound
        When nothing of ours is there, or the campaign is not shown on other sites.
    UserError
        When it is no address of this host.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != urlsplit(config.load().public_url).netloc:
        raise UserError(
            gettext_noop("“{shown}” is not an address of this place: send one that begins with {ours}/ as url."),
            field="url",
            shown=shown(url),
            ours=config.load().public_url,
        )
    campaign, person = _behind(parts.path, parts.query)
    if campaign is None or not gate.is_on(campaign, "embed"):
        raise NotFound(_NOT_FOUND, field="url", shown=shown(url))
    return campaign, person


def _behind(path: str, query: str) -> tuple[Campaign | None, Participant | None]:
    by_code, by_slug = _OF_CODE.fullmatch(path), _OF_CAMPAIGN.fullmatch(path)
    if by_code is not None:
        person = variants.dressed(queries.of_code(by_code["code"].lower()))
        return (person.campaign, person) if person is not None else (None, None)
    campaign = campaigns.public(by_slug["slug"]) if by_slug is not None else None
    ref = parse_qs(query).get("ref", [""])[0].lower()
    person = variants.dressed(queries.of_code(ref)) if campaign is not None and ref else None
    return (person.campaign, person) if person is not None and campaign == person.campaign else (campaign, None)


def _at_most(request: HttpRequest, name: str, usual: int) -> int:
    """Return the usual size or, where the asking program has less room, that.

    Raises
    ------
    UserError
        When the room is not a whole number above 0.
    """
    given = request.GET.get(name, "")
    if not given:
        return usual
    if not (given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= _MOST):
        raise UserError(
            gettext_noop("“{shown}” is not a size in pixels: send {name} as a whole number from 1 to {most}."),
            field=name,
            shown=shown(given),
            name=name,
            most=_MOST,
        )
    return min(usual, int(given[:9]))


def _answer(content: dict[str, object], status: int = 200) -> JsonResponse:
    response = JsonResponse(content, status=status)
    response.headers["Access-Control-Allow-Origin"] = "*"
    if status == 200:  # noqa: PLR2004 - HTTP's OK
        response.headers["Cache-Control"] = f"public, max-age={_AN_HOUR}"
    return response
