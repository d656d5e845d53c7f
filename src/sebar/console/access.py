"""The doors of the console: nobody reaches a brand or a campaign except through these."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from sebar.brands import queries as brands
from sebar.brands.models import User
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns

View = Callable[..., HttpResponseBase]


def of_brand(verb: Verb) -> Callable[[View], View]:
    """Let a view be reached only by members of the brand in its address who may do `verb`; give it the membership."""

    def door(view: View) -> View:
        @wraps(view)
        def reached(request: HttpRequest, brand: str, **rest: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            membership = brands.membership(request.user, brand)
            membership.require(verb)
            response = view(request, membership, **rest)
            add_never_cache_headers(response)
            return response

        return reached

    return door


def of_campaign(verb: Verb) -> Callable[[View], View]:
    """Let a view be reached like `of_brand`, and give it the brand's campaign of the slug in its address."""

    def door(view: View) -> View:
        @of_brand(verb)
        @wraps(view)
        def reached(request: HttpRequest, membership: Membership, slug: str, **rest: Any) -> HttpResponseBase:
            return view(request, membership, campaigns.of_slug(membership.brand, slug), **rest)

        return reached

    return door


def signed_in(view: Callable[[HttpRequest, User], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let a view be reached only by whoever has signed in."""

    @wraps(view)
    def reached(request: HttpRequest) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        return view(request, request.user)

    return reached


def page(
    request: HttpRequest, membership: Membership, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Return a page of the brand: the frame around it knows what this member may do."""
    return render(request, f"console/{template}", brand_context(membership) | context, status=status)


def brand_context(membership: Membership) -> dict[str, Any]:
    """Return what the frame of every page of a brand shows."""
    return {
        "membership": membership,
        "brand": membership.brand,
        "may_edit": membership.may(Verb.EDIT),
        "may_manage": membership.may(Verb.MANAGE),
    }
