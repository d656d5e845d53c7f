"""What the edge has to know of a link, told from the relational database; codes that nobody has or somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sebar import channels
from sebar.brands.queries import has_owner
from sebar.campaigns.queries import target_of
from sebar.channels.kinds.spoken.code import is_spoken
from sebar.edge.links import Found, Link, encode
from sebar.kit import addresses, codes
from sebar.kit.errors import UserError
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page, spoken
from sebar.portal.people import called_within


def link_of(participant: Participant) -> Link:
    """Return a participant's link with its place in the cascade."""
    return Link(
        participant=participant.pk,
        campaign=participant.campaign_id,
        parent=participant.parent_id or 0,
        root=participant.root_id,
        generation=participant.generation,
    )


@require_safe
@never_cache
def found(_request: HttpRequest, code: str) -> HttpResponse:
    """Tell the edge about a link that is not published yet. The front never forwards this address."""
    participant = queries.of_code(code)
    if participant is None:
        return JsonResponse({"found": False}, status=404)
    answer = encode(Found(link_of(participant), target_of(participant.campaign)))
    return HttpResponse(answer, content_type="application/json")


@require_safe
def unknown(request: HttpRequest, code: str) -> HttpResponse:
    """Say kindly that a link leads nowhere. Whoever's code is known never comes here: the edge has sent them on."""
    return page.unknown_code(request, code)


@require_safe
def typed(request: HttpRequest) -> HttpResponse:
    """Send somebody who typed a code on to the link it spells, or say what is wrong with it."""
    text = request.GET.get("code", "")
    if not text.strip():
        sentence = _("It is three words, or letters like {example}; a link does as well.")
        return page.nothing(request, _("Type a code first."), sentence.format(example=codes.EXAMPLE))
    is_link = addresses.is_link(text)
    if not is_link and is_spoken(text):
        return spoken.typed(request, text)
    try:
        number, address = addresses.followed(text) if is_link else _by_code(text)
    except UserError as error:
        return page.unknown_code(request, text, error.message)
    participant = queries.of_code(codes.spell(number))
    if participant is None:
        return page.unknown_code(request, text)
    # No redirect: a browser that keeps our form-action rule would stop where the link leads to the brand's own page.
    context = {"who": called_within(participant.name), "address": address}
    return page.answer(request, "portal/found.html", context)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this place is: to those who were told a code, and to those who run campaigns."""
    context = {"has_owner": has_owner(), "switches": page.switches(request, page.SPOKEN)}
    return page.answer(request, "portal/home.html", context)


def _by_code(typed: str) -> tuple[int, str]:
    number = spoken.number_of(typed)
    return number, channels.ALL["code"].link(f"/r/{codes.spell(number)}")
