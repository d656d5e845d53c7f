"""Prize draws of a campaign: planning one, its steps, and how its winners are reached."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console import draw_forms
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit import config
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.launch import actions as launch
from sebar.launch import queries as checklist
from sebar.portal import draws as portal
from sebar.rewards.draws import actions, drand, queries, randomness, rules
from sebar.rewards.draws.models import Draw, DrawState
from sebar.rewards.draws.randomness import Drand
from sebar.rewards.draws.rules import Step

_PARTS: Final = re.compile(r"[^\s,;]+")  # of a result, however they are set apart
_CHIPS: Final = {
    "planned": "draft",
    "open": "running",
    "frozen": "paused",
    "drawn": "running",
    "settled": "stopped",
    "cancelled": "stopped",
}
_NO_ERRORS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Shown:
    """A draw as the list shows it."""

    draw: Draw
    title: str
    state: str
    chip: str
    people: int


@require_GET
@of_campaign(Verb.LOOK)
def draws(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show all draws; where there are none, what one is."""
    entered = queries.counted(campaign)
    shown = [
        Shown(one, title(one), state_name(one.state), _CHIPS[one.state], one.people or entered.get(one.pk, 0))
        for one in queries.of_campaign(campaign)
    ]
    return page(request, membership, "draws.html", tab="rewards", draws=shown, **frame(campaign))


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def plan(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Plan a draw."""
    if request.method != "POST":
        return _form(request, membership, campaign, None, entered=draw_forms.fresh(campaign))
    return _keep(request, membership, campaign, None)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def edit(request: HttpRequest, membership: Membership, campaign: Campaign, draw: int) -> HttpResponseBase:
    """Change a planned draw."""
    found = queries.of_number(campaign, draw)
    if request.method != "POST":
        rules.after(found.state, Step.CHANGE)
        return _form(request, membership, campaign, found, entered=draw_forms.entered_of(found))
    return _keep(request, membership, campaign, found)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def one_draw(request: HttpRequest, membership: Membership, campaign: Campaign, draw: int) -> HttpResponseBase:
    """Show a draw and take its next step."""
    found = queries.of_number(campaign, draw)
    if request.method != "POST":
        return _show(request, membership, found, {})
    membership.require(Verb.EDIT)
    act = _ACTS.get(request.POST.get("do", ""))
    try:
        done = act(request, membership, found) if act else ""
    except UserErrors as refused:
        return _show(request, membership, queries.of_number(campaign, draw), refused.by_field())
    except UserError as refused:
        return _show(request, membership, queries.of_number(campaign, draw), {refused.field: refused.message})
    if done:
        messages.success(request, done)
    return redirect("console:draw", membership.brand.slug, campaign.slug, draw)


def title(draw: Draw) -> str:
    """Return what a draw is called among members, who may not have named it yet."""
    return portal.title(draw) or _("Draw %(number)s") % {"number": draw.number}


def state_name(state: str) -> str:
    """Return the state of a draw for people."""
    return {
        "planned": _("planned"),
        "open": _("taking entries"),
        "frozen": _("list fixed"),
        "drawn": _("drawn"),
        "settled": _("settled"),
        "cancelled": _("cancelled"),
    }[state]


def _keep(request: HttpRequest, membership: Membership, campaign: Campaign, draw: Draw | None) -> HttpResponseBase:
    try:
        form = draw_forms.read(request.POST, campaign)
        if draw is None:
            draw = actions.plan(membership=membership, slug=campaign.slug, form=form)
        else:
            actions.change(membership=membership, slug=campaign.slug, number=draw.number, form=form)
    except UserErrors as refused:
        return _form(request, membership, campaign, draw, entered=request.POST.dict(), errors=refused.by_field())
    messages.success(request, _("Saved. Nobody sees it before you open it."))
    return redirect("console:draw", membership.brand.slug, campaign.slug, draw.number)


def _form(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    draw: Draw | None,
    *,
    entered: Mapping[str, str],
    errors: Mapping[str, str] = _NO_ERRORS,
) -> HttpResponse:
    return page(
        request,
        membership,
        "draw_form.html",
        status=422 if errors else 200,
        tab="rewards",
        draw=draw,
        parts=draw_forms.parts(entered, errors, campaign),
        entered=entered,
        errors=errors,
        **frame(campaign),
    )


def _show(request: HttpRequest, membership: Membership, draw: Draw, errors: Mapping[str, str]) -> HttpResponse:
    campaign, now = draw.campaign, timezone.now()
    source = draw.from_source
    context: dict[str, Any] = {
        "draw": draw,
        "title": title(draw),
        "state": state_name(draw.state),
        "state_chip": _CHIPS[draw.state],
        "draw_steps": {step.value for step in Step if rules.may_follow(draw.state, step)},
        "source": source,
        "is_drand": isinstance(source, Drand),
        "source_address": randomness.address(source) if isinstance(source, Drand) else "",
        "has_spoken": now >= draw.draws_at,
        "is_silent": now >= draw.draws_at + rules.SILENCE,
        "has_ended": now >= draw.entries_until,
        "public": f"{config.load().public_url}{reverse('draw', args=[campaign.slug, draw.number])}",
        "entries": queries.entries(draw),
        "lacks": _lacks(draw) if draw.state == DrawState.PLANNED else None,
        "legal_gaps": checklist.legal_gaps(campaign, "prize_draw") if draw.state == DrawState.PLANNED else [],
        "holders": queries.holders(draw),
        "follower": queries.follower(draw),
        "waiting": queries.waiting(draw),
        "outcome": draw.drawn,
        "errors": errors,
        "entered": request.POST,
        "postponed": (draw_forms.entered_of(draw) | request.POST.dict()),
    }
    status = 422 if errors else 200
    own = frame(campaign)
    return page(request, membership, "draw.html", status=status, tab="rewards", **{**own, **context})


@dataclass(frozen=True)
class Lacks:
    """Why a planned draw cannot open: the labels of empty fields, and whatever else is wrong in a sentence."""

    empty: tuple[str, ...]
    wrong: tuple[str, ...]


def _lacks(draw: Draw) -> Lacks | None:
    """Return why a planned draw cannot open; None if it can."""
    try:
        rules.check_openable(queries.form_of(draw), draw.campaign.languages, timezone.now())
    except UserErrors as refused:
        parts = draw_forms.parts({}, {}, draw.campaign).values()
        labels = {line.name: line.label for part in parts for line in part.lines}
        return Lacks(
            tuple(labels[error.field] for error in refused.errors if error.template == rules.EMPTY),
            tuple(error.message for error in refused.errors if error.template != rules.EMPTY),
        )
    return None


def _open(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    launch.open_draw(
        membership=membership, slug=draw.campaign.slug, number=draw.number, reason=request.POST.get("reason", "")
    )
    return _("The draw is open. Everybody can read its page.")


def _postpone(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    try:
        until = draw_forms.moment(request.POST, "entries_until", draw.campaign)
        draws_at = draw_forms.moment(request.POST, "draws_at", draw.campaign)
    except UserError as wrong:
        raise UserErrors([wrong]) from None
    actions.postpone(
        membership=membership,
        slug=draw.campaign.slug,
        number=draw.number,
        entries_until=until,
        draws_at=draws_at,
        reason=request.POST.get("reason", ""),
    )
    return _("The draw is postponed.")


def _freeze(_request: HttpRequest, membership: Membership, draw: Draw) -> str:
    actions.freeze(membership=membership, slug=draw.campaign.slug, number=draw.number)
    return _("The list is fixed, and its hash is public.")


def _draw(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    value, again = request.POST.get("value", ""), request.POST.get("again", "")
    if not isinstance(draw.from_source, Drand) and _PARTS.findall(value) != _PARTS.findall(again):
        message = gettext_noop("You typed the result in two ways: compare both with what the lottery published.")
        raise UserErrors([UserError(message, field="again")])
    randomness.check_round(draw.from_source, request.POST.get("round", ""))
    actions.draw_winners(
        membership=membership,
        slug=draw.campaign.slug,
        number=draw.number,
        value=value,
        signature=request.POST.get("signature", ""),
    )
    return _("The winners are drawn, and stand on the page of the draw.")


def _fetch(_request: HttpRequest, membership: Membership, draw: Draw) -> str:
    source = draw.from_source
    if not isinstance(source, Drand):
        raise UserError(gettext_noop("Only drand can be asked: type what the lottery published."), field="value")
    rules.check_spoken(source, timezone.now())
    value, signature = drand.ask(source)
    actions.draw_winners(
        membership=membership, slug=draw.campaign.slug, number=draw.number, value=value, signature=signature
    )
    return _("The winners are drawn, and stand on the page of the draw.")


def _reach(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    actions.reach(membership=membership, slug=draw.campaign.slug, number=draw.number, place=_place(request))
    return _("Noted.")


def _pass_on(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    actions.pass_on(
        membership=membership,
        slug=draw.campaign.slug,
        number=draw.number,
        place=_place(request),
        reason=request.POST.get("reason", ""),
    )
    return _("The prize goes to the next reserve.")


def _settle(_request: HttpRequest, membership: Membership, draw: Draw) -> str:
    actions.settle(membership=membership, slug=draw.campaign.slug, number=draw.number)
    return _("Settled. The addresses of those who entered freely are deleted.")


def _cancel(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    actions.cancel(
        membership=membership, slug=draw.campaign.slug, number=draw.number, reason=request.POST.get("reason", "")
    )
    return _("The draw is cancelled.")


def _give_up(request: HttpRequest, membership: Membership, draw: Draw) -> str:
    actions.give_up(
        membership=membership, slug=draw.campaign.slug, number=draw.number, reason=request.POST.get("reason", "")
    )
    return _("The draw is cancelled.")


def _place(request: HttpRequest) -> int:
    typed = request.POST.get("place", "")
    return int(typed) if typed.isdecimal() and len(typed) < 6 else 0  # noqa: PLR2004 - no draw has more places


_ACTS: Final[dict[str, Callable[[HttpRequest, Membership, Draw], str]]] = {
    "open": _open,
    "postpone": _postpone,
    "freeze": _freeze,
    "draw": _draw,
    "fetch": _fetch,
    "reach": _reach,
    "pass_on": _pass_on,
    "settle": _settle,
    "cancel": _cancel,
    "give_up": _give_up,
}
