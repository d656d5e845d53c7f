"""Forms of pages that set no cookie: a foreign page cannot send them, since browsers say from where they send."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def same_site(view: View[P]) -> View[P]:
    """Refuse what another site's page sends, in place of a token that would need a cookie.

    Browsers say so by ``Sec-Fetch-Site`` (Fetch Metadata) or at least by ``Origin`` (RFC 6454). Who says neither is no
    browser that a foreign page could use.
    """

    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and not is_from_here(request):
            return render(request, "403_csrf.html", status=403)
        return view(request, *args, **kwargs)

    update_wrapper(checked, view)
    return csrf_exempt(checked)


def is_from_here(request: HttpRequest) -> bool:
    """Say whether a request comes from a page of ours, or from no page at all."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()
