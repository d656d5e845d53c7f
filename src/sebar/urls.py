"""Every address Django answers. The front answers ``/r/`` and ``/t`` before."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
