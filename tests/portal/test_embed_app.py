"""The way into a brand's own app: the button on the page, and what Android and iOS read about the app."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from builders import a_brand, a_campaign, a_draft, a_membership, a_participant
from portal.conftest import code_of
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.kinds.app import rules
from sebar.kit import config
from sebar.kit.errors import UserError, UserErrors

HOST = config.load().public_url.partition("://")[2]
PRINT = ":".join(["AB"] * 32)
APP = {
    "scheme": "kopisenja",
    "android_package": "com.kopisenja.app",
    "android_fingerprints": PRINT,
    "ios_app": "A1B2C3D4E5.com.kopisenja.app",
    "app_store": "https://apps.apple.com/app/id1234567890",
}
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"


@pytest.fixture
def brand(db: None) -> Membership:
    member = a_membership(a_brand("Kopi Senja"))
    channels.set_up(membership=member, channel="app", entered=APP)
    return member


def page(client: Client, campaign: Campaign, agent: str, query: str = "") -> str:
    return client.get(f"/c/{campaign.slug}{query}", headers={"User-Agent": agent}).content.decode()


def test_an_android_phone_opens_the_app_or_its_place_in_the_store(client: Client, brand: Membership) -> None:
    campaign = a_campaign(brand)
    code = code_of(a_participant(campaign))
    shown = page(client, campaign, ANDROID, f"?ref={code}&via=line")
    store = "https://play.google.com/store/apps/details?id=com.kopisenja.app"
    address = shown.partition('href="intent:')[2].partition('"')[0].replace("&amp;", "&")
    assert address.startswith(f"//{HOST}/c/{campaign.slug}?ref={code}&via=app#Intent;")
    parts = dict(part.partition("=")[::2] for part in address.partition("#Intent;")[2].split(";"))
    assert (parts["scheme"], parts["package"]) == ("kopisenja", "com.kopisenja.app")
    assert unquote(parts["S.browser_fallback_url"]) == store
    assert f'href="{store}"' in shown
    assert '<form method="post"' in shown  # the page works without the app


def test_an_iphone_opens_the_app_by_its_scheme(client: Client, brand: Membership) -> None:
    campaign = a_campaign(brand)
    shown = page(client, campaign, IPHONE)
    assert f'href="kopisenja://{HOST}/c/{campaign.slug}?via=app"' in shown
    assert f'href="{APP["app_store"]}"' in shown
    assert '<form method="post"' in shown


def test_who_has_no_app_sees_no_button(client: Client, brand: Membership, campaign: Campaign) -> None:
    mine, off = a_campaign(brand), a_campaign(brand)
    channels.switch(campaign=off, channel="app", is_on=False)
    for shown in (page(client, mine, DESKTOP), page(client, off, ANDROID), page(client, campaign, ANDROID)):
        assert "Open in the app" not in shown
    channels.set_up(membership=brand, channel="app", entered=APP | {"ios_app": ""})
    assert "Open in the app" not in page(client, mine, IPHONE)


def files(client: Client) -> tuple[Any, Any]:
    answers = [client.get(f"/.well-known/{name}") for name in ("assetlinks.json", "apple-app-site-association")]
    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    return answers[0].json(), answers[1].json()


def test_android_and_ios_read_which_app_may_open_which_pages(client: Client, brand: Membership) -> None:
    campaign, off = a_campaign(brand), a_campaign(brand)
    channels.switch(campaign=off, channel="app", is_on=False)
    a_draft(brand)
    android, ios = files(client)
    (statement,) = android
    assert statement["relation"] == ["delegate_permission/common.handle_all_urls"]
    assert statement["target"] == {
        "namespace": "android_app",
        "package_name": "com.kopisenja.app",
        "sha256_cert_fingerprints": [PRINT],
    }
    (extension,) = statement["relation_extensions"].values()
    assert extension == {
        "dynamic_app_link_components": [{"/": f"/c/{campaign.slug}"}, {"/": "*", "exclude": True}],
    }
    assert ios == {
        "applinks": {
            "details": [{"appIDs": [APP["ios_app"]], "components": [{"/": f"/c/{campaign.slug}"}]}],
        }
    }


def test_where_several_brands_live_no_android_app_may_take_the_others_links(client: Client, brand: Membership) -> None:
    """An old Android reads no paths: one brand's app could open the other's personal pages."""
    a_campaign(brand)
    other = a_membership(a_brand("Toko Lain"))
    theirs = a_campaign(other)
    android, ios = files(client)
    assert android == []
    assert theirs.slug not in str(ios)


def test_without_apps_the_files_are_empty(client: Client, db: None) -> None:
    assert files(client) == ([], {"applinks": {"details": []}})


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (rules.scheme, "javascript"),
        (rules.scheme, "HTTPS://"),
        (rules.scheme, "intent"),
        (rules.scheme, "itms-apps"),
        (rules.scheme, "kopi senja"),
        (rules.scheme, "1kopi"),
        (rules.scheme, "a;b"),
        (rules.android_package, "kopisenja"),
        (rules.android_package, "com.kopi;end"),
        (rules.android_package, "com.kopi/evil"),
        (rules.android_package, "com.кофе"),
        (rules.android_fingerprints, "AB:CD"),
        (rules.android_fingerprints, f"{PRINT}, nonsense"),
        (rules.ios_app, "com.kopisenja.app"),
        (rules.ios_app, "a1b2c3d4e5.com.kopi"),
        (rules.app_store, "http://apps.apple.com/app/id1"),
        (rules.app_store, "https://apps.apple.com.evil.example/app"),
        (rules.app_store, 'https://apps.apple.com/"onload=x'),
        (rules.app_store, "https://evil.example/"),
    ],
)
def test_what_names_no_app_is_refused_in_one_sentence(check: Any, wrong: str) -> None:
    with pytest.raises(UserError) as refused:
        check(wrong)
    assert refused.value.message.startswith("“")


def test_what_people_paste_is_tidied() -> None:
    assert rules.scheme(" KopiSenja:// ") == "kopisenja"
    assert rules.android_fingerprints(f" {PRINT.lower()} ;\n{PRINT}") == f"{PRINT},{PRINT}"
    assert [check("  ") for check in (rules.scheme, rules.android_package, rules.ios_app, rules.app_store)] == [""] * 4


def test_a_brand_reads_everything_that_is_wrong_at_once(db: None) -> None:
    with pytest.raises(UserErrors) as refused:
        channels.set_up(membership=a_membership(), channel="app", entered=dict.fromkeys(APP, "?!"))
    assert set(refused.value.by_field()) == set(APP)
