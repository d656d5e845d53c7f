"""Signing in and out, being welcomed by a one-time link, one's own account."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from sebar.brands import actions, queries
from sebar.brands.models import User
from sebar.brands.queries import Membership
from sebar.console.access import signed_in
from sebar.kit.errors import UserError, UserErrors
from sebar.pages.pace import Pace

_TRIES = 10
_PAUSE = timedelta(minutes=15)
# Whole offices share one line, and each try costs the web process half a second.
_PACE: Final = Pace(burst=20, per_second=0.1)
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@signed_in
def home(request: HttpRequest, user: User) -> HttpResponseBase:
    """Go to the brand; with several, choose one."""
    memberships = queries.memberships(user)
    if len(memberships) == 1:
        return redirect("console:campaigns", memberships[0].brand.slug)
    return render(request, "console/brands.html", {"memberships": memberships})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail address and password."""
    email = request.POST.get("email", "").strip().lower().replace("\0", "")
    onward = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "GET":
        return render(request, "console/sign_in.html", {"next": onward})
    tries = f"sign-in-{hashlib.sha256(email.encode()).hexdigest()}"
    error = _held_up(request, tries)
    if error:
        return render(request, "console/sign_in.html", {"next": onward, "email": email, "error": error}, status=429)
    user = authenticate(request, username=email, password=request.POST.get("password", ""))
    if user is None:
        cache.incr(tries)
        error = _("This e-mail address and password do not belong together.")
        return render(request, "console/sign_in.html", {"next": onward, "email": email, "error": error}, status=422)
    cache.delete(tries)
    login(request, user)
    return redirect(onward if _is_ours(request, onward) else "console:home")


def _held_up(request: HttpRequest, tries: str) -> str:
    """Return why nobody may try just now, empty when they may."""
    if (cache.get_or_set(tries, 0, _PAUSE.total_seconds()) or 0) >= _TRIES:
        return _("Too many tries with this e-mail address. Wait a quarter of an hour, then try again.")
    if not _PACE.allows(request):
        return _("Too many tries from your network just now. Wait a minute, then try again.")
    return ""


def _is_ours(request: HttpRequest, url: str) -> bool:
    return bool(url) and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("console:sign-in")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation: make an account, or join with the one signed in. Opening the link changes nothing."""
    invitation = queries.invitation(secret)
    errors: UserErrors | None = None
    if request.method == "POST":
        try:
            membership = _accept(request, secret)
        except UserErrors as refused:
            errors = refused
        else:
            if membership.user is not None and not request.user.is_authenticated:
                login(request, membership.user, backend=_BACKEND)
            messages.success(request, _("Welcome to %(brand)s.") % {"brand": membership.brand.name})
            return redirect("console:campaigns", membership.brand.slug)
    context = {"invitation": invitation, "entered": request.POST, "errors": errors and errors.by_field()}
    return render(request, "console/welcome.html", context, status=422 if errors else 200)


def _accept(request: HttpRequest, secret: str) -> Membership:
    entered = request.POST
    if isinstance(request.user, User):
        return actions.accept_invitation(secret=secret, user=request.user, brand_name=entered.get("brand_name", ""))
    return actions.accept_invitation(
        secret=secret,
        name=entered.get("name", ""),
        email=entered.get("email", ""),
        password=entered.get("password", ""),
        brand_name=entered.get("brand_name", ""),
        language=request.LANGUAGE_CODE,
    )


@signed_in
def account(request: HttpRequest, user: User) -> HttpResponseBase:
    """Change one's own password."""
    error: UserError | None = None
    if request.method == "POST":
        try:
            actions.change_password(user=user, old=request.POST.get("old", ""), new=request.POST.get("new", ""))
        except UserError as refused:
            error = refused
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed."))
            return redirect("console:account")
    context = {"memberships": queries.memberships(user), "error": error}
    return render(request, "console/account.html", context, status=422 if error else 200)
