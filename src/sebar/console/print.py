"""Printing for the campaign itself, for one participant, and for everybody at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.channels import gate
from sebar.channels.kinds.paper import forms, orders, printing
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form
from sebar.channels.kinds.paper.orders import State
from sebar.channels.kinds.paper.printing import What
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.console.channels import back_to_code, typed_person
from sebar.kit.errors import NotFound, UserError, UserErrors
from sebar.kit.words import gettext_noop, say

_WIDTH: Final = 320  # pixels of a form to look at
_SECONDS_BETWEEN_LOOKS: Final = "2"
_FRESH: Final[Mapping[str, str]] = {"what": What.QR_SVG.value, "language": "", "source": "", "first": ""}


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def for_many(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Show what is ordered for many people and how far it is; take orders; hand out a file that is ready."""
    if "file" in request.GET:
        return _bundle(campaign, request.GET["file"])
    entered, errors = _FRESH, {}
    if request.method == "POST":
        membership.require(Verb.EDIT)
        entered = {name: request.POST.get(name, "") for name in _FRESH}
        errors = _ordered(request, campaign, entered)
        if not errors:
            return redirect("console:print", membership.brand.slug, campaign.slug)
    context = frame(campaign) | _ordered_context(campaign) | {"entered": entered, "errors": errors}
    context["is_on"] = gate.is_on(campaign, "paper")
    status = 422 if errors else 200
    response = page(request, membership, "print.html", status=status, tab="channels", choices=list(What), **context)
    if context.get("is_under_way") and not errors:
        response.headers["Refresh"] = _SECONDS_BETWEEN_LOOKS
    return response


@require_GET
@of_campaign(Verb.LOOK)
def sheet(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Return a form of a participant, or of the campaign itself, as PDF; with ``look`` a picture of it."""
    wanted = request.GET.get("form", What.POSTER)
    if wanted not in {*What}:
        raise NotFound(gettext_noop("There is no form of this name."), field="form")
    try:
        number = typed_person(request, campaign).pk if "code" in request.GET else None
    except UserError as refused:
        return back_to_code(request, membership, campaign, "paper", refused)
    what = What(wanted)
    language = request.GET.get("language", "")
    if "look" in request.GET and wanted in {*Form}:
        drawn, person = design(campaign, language), forms.person(campaign, number)
        return HttpResponse(forms.png(Form(wanted), drawn, person, width=_WIDTH), content_type="image/png")
    file = printing.one(what, campaign, language, number)
    return _attached(file.content, file.name, what.content_type)


def _ordered(request: HttpRequest, campaign: Campaign, entered: Mapping[str, str]) -> dict[str, str]:
    """Do what the form says; return what is wrong with it by field."""
    if "withdraw" in request.POST:
        orders.withdraw(campaign)
        messages.success(request, _("The order is withdrawn and its files are deleted."))
        return {}
    if not gate.is_on(campaign, "paper"):
        return {"what": _("Paper is off in this campaign: switch it on on its page, and print then.")}
    try:
        orders.place(campaign, **entered)
    except UserErrors as refused:
        return refused.by_field()
    except UserError as refused:
        return {refused.field: refused.message}
    return {}


def _ordered_context(campaign: Campaign) -> dict[str, Any]:
    names = dict(settings.LANGUAGES)
    context: dict[str, Any] = {"languages": [(code, names[code]) for code in campaign.languages]}
    found = orders.look(campaign)
    if found is None:
        return context
    order, state = found
    return context | {
        "order": order,
        "state": state,
        "is_under_way": not state.is_over,
        "trouble": say(state.trouble) if state.trouble else "",
        "files": _files(campaign, state),
        "until": order.ordered_at + orders.KEPT,
    }


def _files(campaign: Campaign, state: State) -> list[tuple[str, int]]:
    """Return the ZIP files that are ready with their sizes in bytes."""
    paths = [(name, orders.bundle(campaign, name)) for name in state.files]
    return [(name, path.stat().st_size) for name, path in paths if path is not None and path.is_file()]


def _bundle(campaign: Campaign, name: str) -> HttpResponse:
    path = orders.bundle(campaign, name)
    if path is None or not path.is_file():
        raise NotFound(gettext_noop("This file is no longer there: order it again."), field="file")
    # No longer than what the front reads ahead, so it is sent at once, however slowly it is read.
    return _attached(path.read_bytes(), name, "application/zip")


def _attached(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
