"""Addresses of the console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from sebar.console import campaigns, cascades, entry, forecast, keys, live, measures, members

app_name = "console"
_BRAND = "brands/<str:brand>"
_CAMPAIGN = f"{_BRAND}/campaigns/<str:slug>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entry.home, name="home"),
    path("sign-in", entry.sign_in, name="sign-in"),
    path("sign-out", entry.sign_out, name="sign-out"),
    path("welcome/<str:secret>", entry.welcome, name="welcome"),
    path("account", entry.account, name="account"),
    path("forecasts", forecast.record, name="record"),
    path(f"{_BRAND}/campaigns", campaigns.campaigns, name="campaigns"),
    path(f"{_BRAND}/demo", campaigns.make_demo, name="demo"),
    path(f"{_BRAND}/new-campaign", campaigns.new, name="new"),
    path(f"{_BRAND}/members", members.members, name="members"),
    path(f"{_BRAND}/members/invite", members.invite, name="invite"),
    path(f"{_BRAND}/members/<int:user>/role", members.change, name="change-role"),
    path(f"{_BRAND}/members/<int:user>/remove", members.remove, name="remove-member"),
    path(f"{_BRAND}/invitations/<int:invitation>/withdraw", members.withdraw, name="withdraw"),
    path(f"{_BRAND}/keys", keys.keys, name="keys"),
    path(f"{_BRAND}/keys/create", keys.create, name="create-key"),
    path(f"{_BRAND}/keys/<int:key>/revoke", keys.revoke, name="revoke-key"),
    path(_CAMPAIGN, live.live, name="live"),
    path(f"{_CAMPAIGN}/panels", live.panels, name="panels"),
    path(f"{_CAMPAIGN}/version", live.version, name="version"),
    path(f"{_CAMPAIGN}/figures/<str:name>.csv", live.export, name="export"),
    path(f"{_CAMPAIGN}/measures", measures.page, name="measures"),
    path(f"{_CAMPAIGN}/cascades", cascades.cascades, name="cascades"),
    path(f"{_CAMPAIGN}/cascades/<str:code>", cascades.branch, name="branch"),
    path(f"{_CAMPAIGN}/people/<str:code>", cascades.person, name="person"),
    path(f"{_CAMPAIGN}/forecast", forecast.forecast, name="forecast"),
    path(f"{_CAMPAIGN}/forecast/panels", forecast.panels, name="forecast-panels"),
    path(f"{_CAMPAIGN}/forecast/version", forecast.version, name="forecast-version"),
    path(f"{_CAMPAIGN}/settings", campaigns.edit, name="edit"),
    path(f"{_CAMPAIGN}/preview", campaigns.preview, name="preview"),
    path(f"{_CAMPAIGN}/preview/page", campaigns.shown, name="shown"),
    path(f"{_CAMPAIGN}/stop", campaigns.stop, name="stop"),
    re_path(
        r"^brands/(?P<brand>[^/]+)/campaigns/(?P<slug>[^/]+)/(?P<name>publish|pause|resume)$",
        campaigns.step,
        name="step",
    ),
]
