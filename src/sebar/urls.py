"""Every address Django answers. The front answers ``/r/`` and ``/t`` before it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sebar.pages.health import healthy

handler400 = "sebar.pages.middleware.malformed"
urlpatterns: list[URLPattern | URLResolver] = [
    path("-healthy", healthy),
    path("api/v1/", include("sebar.api.urls")),
    path("console/", include("sebar.console.urls")),
    path("", include("sebar.portal.urls")),
]
