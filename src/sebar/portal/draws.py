"""The page of a prize draw: its rules, the free way in, and afterwards winners and proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotFound, UserError, UserErrors
from sebar.pages import words
from sebar.pages.pace import Pace
from sebar.pages.same_site import same_site
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import page
from sebar.portal.form import TRAP
from sebar.portal.people import called
from sebar.portal.recognised import reader
from sebar.rewards.draws import actions, file, queries, randomness
from sebar.rewards.draws.models import Draw, DrawState, DrawWinner, WinnerState
from sebar.rewards.draws.queries import Standing
from sebar.rewards.draws.randomness import Drand

_PACE: Final = Pace(burst=30, per_second=0.2)
_FIELDS: Final[tuple[str, ...]] = ("name", "email", "age", "named", TRAP)


@dataclass(frozen=True)
class Place:
    """A place as everybody may see it. `name` is empty for who did not agree, or was not reached yet."""

    winner: DrawWinner
    name: str
    is_passed_on: bool


@same_site
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, slug: str, draw: int) -> HttpResponse:
    """Show a draw, and let people enter who pass nothing on."""
    found = _public(slug, draw)
    if found is None:
        return _nothing(request)
    with page.speaking(found.campaign):
        if request.method == "POST":
            return _enter(request, found)
        return _show(request, found)


@require_safe
def draw_file(request: HttpRequest, slug: str, draw: int) -> HttpResponse:
    """Return the file of a draw whose list is fixed."""
    found = _public(slug, draw)
    if found is None or found.frozen_at is None:
        return _nothing(request)
    response = HttpResponse(file.write(queries.file_of(found)), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="draw-{draw}.json"'
    return response


@require_POST
def mine(request: HttpRequest, secret: str, draw: int) -> HttpResponse:
    """Let a participant be named if they win, or no longer."""
    person = participants.by_secret(secret)
    found = _public(person.campaign.slug, draw) if person is not None else None
    if person is None or found is None:
        return _nothing(request)
    actions.let_name(draw=found, participant=person, is_allowed=request.POST.get("named") == "yes")
    return page.see_other(reverse("mine", args=[secret]) + "#draws")


@dataclass(frozen=True)
class Mine:
    """A draw on a participant's own page, with the tickets they have so far."""

    standing: Standing
    title: str
    tickets: int


def of_participant(person: Participant) -> list[Mine]:
    """Return the draws of a participant's campaign as their own page shows them."""
    return [
        Mine(one, title(one.draw), one.entrant.tickets if one.entrant else _earned(one.draw, person))
        for one in queries.standings(person)
    ]


def offered(campaign: Campaign) -> list[tuple[Draw, str]]:
    """Return the draws that a campaign's page points to, each with its title."""
    return [(one, title(one)) for one in queries.public(campaign) if one.state != DrawState.CANCELLED]


def title(found: Draw) -> str:
    """Return what a draw is called in the reader's language."""
    return _words(found)["title"]


def _words(found: Draw) -> dict[str, str]:
    texts: dict[str, dict[str, str]] = found.texts
    return texts[campaign_rules.spoken(translation.get_language(), list(texts))]


def _earned(found: Draw, person: Participant) -> int:
    """Return how many tickets somebody has so far; from the fixing of the list on, who is not in it has none."""
    if found.state != DrawState.OPEN:
        return 0
    return queries.tickets(found.campaign, found.entries_until).get(person.pk, 0)


def _public(slug: str, number: int) -> Draw | None:
    """Return the draw that everybody may see at this address."""
    campaign = campaigns.public(slug)
    try:
        found = queries.of_number(campaign, number) if campaign is not None else None
    except NotFound:
        return None
    if found is None or campaign is None or found.opened_at is None:
        return None
    found.campaign = campaign
    return found


def _nothing(request: HttpRequest) -> HttpResponse:
    return page.nothing(request, _("No draw has this address."), _("It may be mistyped, or not public yet."))


def _enter(request: HttpRequest, found: Draw) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in _FIELDS}
    if typed[TRAP]:
        sentence = _("One field is there for machines only: leave it empty.")
        return _show(request, found, typed=typed, errors={"": sentence}, status=422)
    if not _PACE.allows(request):
        sentence = _("Very many enter from your network just now: wait a minute, then press the button again.")
        return _show(request, found, typed=typed, errors={"": sentence}, status=429)
    try:
        mark = actions.enter(
            draw=found,
            name=typed["name"],
            email=typed["email"],
            is_old_enough=bool(typed["age"]),
            is_named=bool(typed["named"]),
        )
    except UserErrors as refused:
        errors = refused.by_field()
        in_order = {name: errors[name] for name in sorted(errors, key=_FIELDS.index)}
        return _show(request, found, typed=typed, errors=in_order, status=422)
    except UserError as refused:
        return _show(request, found, errors={"": refused.message}, status=409)
    address = reverse("draw", args=[found.campaign.slug, found.number])
    return page.see_other(f"{address}?number={mark}&entered#number")


def _show(
    request: HttpRequest,
    found: Draw,
    *,
    typed: dict[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    source = found.from_source
    asked = request.GET.get("number", "").strip()
    person = reader(request, found.campaign)
    context: dict[str, Any] = {
        "draw": found,
        "title": title(found),
        "rules": _words(found)["rules"],
        "may_enter": found.state == DrawState.OPEN and now < found.entries_until,
        "is_late": found.state == DrawState.OPEN and now > found.draws_at - randomness.MARGIN,
        "is_overdue": now > found.draws_at,
        "permit_day": words.full_day(date.fromisoformat(found.law["permit_date"])) if found.law["permit_date"] else "",
        "source": source,
        "is_drand": isinstance(source, Drand),
        "source_address": randomness.address(source) if isinstance(source, Drand) else "",
        "person": person,
        "earned": _earned(found, person) if person else 0,
        "asked": asked[:64],
        "looked": queries.look_up(found, asked) if asked else None,
        "has_entered": "entered" in request.GET,
        "places": _places(found),
        "outcome": found.drawn,
        "command": f"sebar draw verify draw-{found.number}.json",
        "trap": TRAP,
        "typed": typed or {},
        "errors": errors or {},
    }
    return page.campaign_answer(request, "portal/draw.html", found.campaign, context, status=status)


def _places(found: Draw) -> list[Place]:
    return [
        Place(
            one.winner,
            called(one.name) if one.name and one.is_named and one.winner.state == WinnerState.REACHED else "",
            one.winner.state == WinnerState.PASSED_ON,
        )
        for one in (queries.holders(found) if found.drawn_at else ())
    ]
