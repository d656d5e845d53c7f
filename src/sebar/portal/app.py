"""The brand's own app: the way from a page into it, and the two files by which Android and iOS trust it with links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from sebar.brands.models import Brand
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign, Status
from sebar.channels import gate
from sebar.channels import queries as channels
from sebar.channels.kinds.app import rules
from sebar.channels.kinds.app.rules import Way
from sebar.participants.models import Participant
from sebar.portal.card import page_of


def way(request: HttpRequest, campaign: Campaign, person: Participant | None) -> Way | None:
    """Return how this reader's phone opens the campaign in the brand's app; None where there is none for it.

    The app gets the address of the page, with the code of whoever's link was followed.
    """
    if not gate.is_on(campaign, "app"):
        return None
    settings = gate.account(campaign.brand, "app")
    agent = request.headers.get("User-Agent", "")
    return rules.way(settings, agent, page_of(campaign, person, "app")) if settings else None


@require_safe
def for_android(_request: HttpRequest) -> HttpResponse:
    """Return ``/.well-known/assetlinks.json``.

    Before Android 15 an app that stands here could claim every address of the host, other brands' links and people's
    own pages too. So where several brands live, none does; the button on the page opens their apps all the same.
    """
    is_alone = Brand.objects.count() == 1
    return _file(rules.for_android(_apps() if is_alone else []))


@require_safe
def for_ios(_request: HttpRequest) -> HttpResponse:
    """Return ``/.well-known/apple-app-site-association``. iOS lets an app open the named paths only."""
    return _file(rules.for_ios(_apps()))


def _apps() -> list[tuple[Mapping[str, str], Sequence[str]]]:
    """Return what each brand says of its app, and the paths of its public campaigns that have it."""
    return [
        (account.settings, [f"/c/{one.slug}" for one in campaigns.of_brand(account.brand) if _has_app(one)])
        for account in channels.set_up("app")
    ]


def _has_app(campaign: Campaign) -> bool:
    return campaign.status != Status.DRAFT and gate.is_on(campaign, "app")


def _file(content: object) -> HttpResponse:
    response = JsonResponse(content, safe=False)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
