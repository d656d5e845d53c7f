"""Addresses of the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from sebar.api.application import api
from sebar.api.buzz import mentions
from sebar.api.pages import docs
from sebar.api.problems import in_problem_form, unknown


def _in_problem_form(found: URLPattern | URLResolver) -> URLPattern | URLResolver:
    if isinstance(found, URLPattern):
        found.callback = in_problem_form(found.callback)
    return found


_urls, _app, _name = api.urls
urlpatterns: list[URLPattern | URLResolver] = [
    path("", docs),
    path("docs", docs, name="api-docs"),
    path("mentions/<str:code>", mentions, name="mentions"),
    path("", include(([_in_problem_form(found) for found in _urls], _app), namespace=_name)),
    re_path("", csrf_exempt(unknown)),
]
