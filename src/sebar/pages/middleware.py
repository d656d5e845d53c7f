"""Headers, languages and error pages that every answer of ours shares."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError

Answering = Callable[[HttpRequest], HttpResponseBase]

_YEAR = 365 * 24 * 3600
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
)
_STYLES = "sebar_inline_styles"


def allow_inline_style(response: HttpResponseBase, css: str) -> None:
    """Let the browser apply this one inline `<style>`: its hash goes into the response's policy.

    `css` is the exact text between the tags.
    """
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    allowed: list[str] = getattr(response, _STYLES, [])
    setattr(response, _STYLES, [*allowed, f"'sha256-{digest}'"])


def content_security_policy(response: HttpResponseBase) -> str:
    """Return the policy of a response: everything from here, nothing inline but the styles it named."""
    styles = " ".join(["'self'", *getattr(response, _STYLES, [])])
    return "; ".join([*_POLICY, f"style-src {styles}"])


def security_headers(get_response: Answering) -> Answering:
    """Put the headers on every answer that keep a browser from doing what our pages never need."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_security_policy(response))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        # What says nothing about caches is meant for this reader only.
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if settings.SESSION_COOKIE_SECURE:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}")
        return response

    return middleware


def language(get_response: Answering) -> Answering:
    """Speak the language of `?lang=`, else of the cookie, else of the browser; remember what was asked for."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        asked = request.GET.get("lang", "")
        known = dict(settings.LANGUAGES)
        chosen = asked if asked in known else translation.get_language_from_request(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        if asked in known:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                max_age=_YEAR,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    return middleware


def plain_errors(get_response: Answering) -> PlainErrors:
    """Turn what a person can mend, or wait for, into a calm page with the right status."""
    return PlainErrors(get_response)


class PlainErrors:
    """The middleware that `plain_errors` makes; Django calls `process_exception` where a view raised."""

    def __init__(self, get_response: Answering) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for an error of ours; anything else, and everything under ``/api/``, goes on."""
        if request.path.startswith("/api/"):
            return None
        match error:
            case NotFound():
                return error_page(request, 404, _("There is nothing here."), error.message)
            case NotAllowed():
                return error_page(request, 403, _("You may not do this."), error.message)
            case UserError():
                return error_page(request, 400, _("That did not work."), error.message)
            case Unavailable():
                response = error_page(request, 503, _("One moment, please."), error.message)
                response.headers["Retry-After"] = "5"
                return response
        return None


def malformed(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that cannot be read: with what is too much of it, if that is why.

    It is made without the request, which would fail once more.
    """
    match exception:
        case TooManyFieldsSent():
            said = _("More than %(most)s fields were sent: send fewer at once.")
            sentence = said % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}
        case TooManyFilesSent():
            said = _("More than %(most)s files were sent: send fewer at once.")
            sentence = said % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FILES}
        case RequestDataTooBig():
            said = _("More than %(most)s MB were sent: send less at once.")
            sentence = said % {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20}
        case _:
            return HttpResponse(render_to_string("400.html"), status=400)
    content = {"title": _("That was too much"), "sentence": sentence}
    return HttpResponse(render_to_string("error.html", content), status=413)


def error_page(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    """Return a page that says in one sentence what is wrong and what helps."""
    return render(request, "error.html", {"title": title, "sentence": sentence, "status": status}, status=status)
