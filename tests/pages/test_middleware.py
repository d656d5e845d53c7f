"""Headers, languages and calm error pages."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError
from sebar.pages import middleware


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


def test_nothing_inline_and_nothing_foreign_is_allowed() -> None:
    response = middleware.security_headers(answer)(RequestFactory().get("/"))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_what_says_nothing_about_caches_is_for_this_reader_only() -> None:
    assert (
        middleware.security_headers(answer)(RequestFactory().get("/")).headers["Cache-Control"] == "private, no-store"
    )


def test_a_response_may_name_its_own_inline_style() -> None:
    def styled(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("<style>a{}</style>")
        middleware.allow_inline_style(response, "a{}")
        middleware.allow_inline_style(response, "b{}")
        return response

    policy = middleware.security_headers(styled)(RequestFactory().get("/")).headers["Content-Security-Policy"]
    for css in (b"a{}", b"b{}"):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(css).digest()).decode()}'" in policy


@pytest.mark.parametrize(
    ("url", "headers", "cookie", "spoken"),
    [
        ("/", {}, "", "en"),
        ("/", {"Accept-Language": "id-ID,id;q=0.9"}, "", "id"),
        ("/", {"Accept-Language": "id"}, "en", "en"),
        ("/?lang=id", {"Accept-Language": "en"}, "en", "id"),
        ("/?lang=xx", {"Accept-Language": "fr"}, "", "en"),
    ],
)
def test_the_language_asked_for_comes_first_then_the_cookie_then_the_browser(
    url: str, headers: dict[str, str], cookie: str, spoken: str
) -> None:
    request = RequestFactory(headers=headers).get(url)
    if cookie:
        request.COOKIES["sebar_language"] = cookie
    response = middleware.language(answer)(request)
    assert response.headers["Content-Language"] == spoken
    assert ("sebar_language" in response.cookies) == (url == "/?lang=id")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("There is no campaign called “x”."), 404),
        (NotAllowed("Ask an owner."), 403),
        (UserError("“x” is not a code."), 400),
        (Unavailable("The engine is starting."), 503),
    ],
)
def test_errors_of_ours_become_calm_pages(error: Exception, status: int) -> None:
    page = middleware.plain_errors(answer).process_exception(RequestFactory().get("/console/"), error)
    assert page is not None
    assert page.status_code == status
    assert str(error) in page.content.decode()


def test_the_api_answers_its_own_way_and_mistakes_of_ours_are_not_hidden() -> None:
    calm = middleware.plain_errors(answer)
    assert calm.process_exception(RequestFactory().get("/api/v1/campaigns"), NotFound("x")) is None
    assert calm.process_exception(RequestFactory().get("/console/"), ZeroDivisionError()) is None


def test_an_address_that_is_nowhere_gets_a_calm_page(client: Client) -> None:
    response = client.get("/console/brands/x/nowhere/at/all")
    assert response.status_code == 404
    assert "There is nothing here." in response.content.decode()
    assert "Content-Security-Policy" in response.headers
