"""Addresses of the participant's pages. The front answers ``/r/`` itself for every code that somebody has."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sebar.portal import join, links, media, mine, share

urlpatterns: list[URLPattern | URLResolver] = [
    path("", links.home, name="home"),
    path("code", links.typed, name="code"),
    path("c/<slug:slug>", join.campaign, name="campaign"),
    path("s/<str:code>", share.share, name="share"),
    path("s/<str:code>/qr.svg", media.qr_svg, name="qr-svg"),
    path("s/<str:code>/qr.png", media.qr_png, name="qr-png"),
    path("me/<str:secret>", mine.mine, name="mine"),
    path("media/<str:name>", media.media, name="media"),
    path("r/<path:code>", links.unknown, name="unknown"),
    path("-/link/<str:code>", links.found, name="link"),
]
