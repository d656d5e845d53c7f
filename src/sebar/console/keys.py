"""The keys by which a brand's own programs sign in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sebar.brands import keys as brand_keys
from sebar.brands.models import Scope
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.console.access import of_brand, page
from sebar.kit.errors import UserError

_NEW = "sebar_new_key"


@require_GET
@of_brand(Verb.MANAGE)
def keys(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show the keys; one just made is shown in full, once."""
    return page(
        request,
        membership,
        "keys.html",
        keys=brand_keys.keys(membership),
        secret=request.session.pop(_NEW, ""),
        scopes=[
            (Scope.READ, _("read campaigns, people and figures")),
            (Scope.WRITE, _("make campaigns, add people, record conversions")),
            (Scope.REPLAY, _("set original times: only for replaying what happened before")),
        ],
        tab="keys",
    )


@require_POST
@of_brand(Verb.MANAGE)
def create(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    """Make a key."""
    try:
        made = brand_keys.create_key(
            membership=membership, name=request.POST.get("name", ""), scopes=request.POST.getlist("scopes")
        )
    except UserError as refused:
        messages.error(request, refused.message)
    else:
        request.session[_NEW] = made.secret
    return redirect("console:keys", membership.brand.slug)


@require_POST
@of_brand(Verb.MANAGE)
def revoke(request: HttpRequest, membership: Membership, key: int) -> HttpResponseBase:
    """End a key for good."""
    brand_keys.revoke_key(membership=membership, key_id=key)
    messages.success(request, _("The key is revoked. Programs that use it are refused from now on."))
    return redirect("console:keys", membership.brand.slug)
