"""The participant's pages in a real browser the size of a phone, with and without scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, sync_playwright
from pytest_django.live_server_helper import LiveServer

import chromium
from builders import a_campaign, a_participant
from portal.conftest import code_of
from sebar.participants.models import Participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
SHEET = "navigator.share = data => { window.shared = data; return Promise.resolve(); };"
CLIPBOARD = "navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); };"


@contextmanager
def a_phone(server: LiveServer, touches: list[dict[str, Any]], **different: Any) -> Iterator[Page]:
    """Open a browser that keeps every touch a page sends, and fails when anything is asked of another host."""

    def keep(route: Route) -> None:
        touches.extend(json.loads(route.request.post_data or "[]"))
        route.fulfill(status=204)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGS)
        context = browser.new_context(viewport=PHONE, locale="en-GB", base_url=server.url, **different)
        page = context.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.route("**/t", keep)
        yield page
        browser.close()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(server.url).netloc}
    assert [text for text in complaints if "status of 422" not in text] == []


def test_joining_and_sharing_with_scripts(live_server: LiveServer) -> None:
    campaign = a_campaign()
    dewi = a_participant(campaign, name="Dewi Anggraini")
    touches: list[dict[str, Any]] = []
    with a_phone(live_server, touches) as page:
        page.add_init_script(SHEET + CLIPBOARD)
        page.goto(f"/c/{campaign.slug}?ref={code_of(dewi)}&via=line")
        page.get_by_label("Your name").fill("Budi")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Join in").click()
        page.get_by_role("heading", name="You are in. Now bring your friends.").wait_for()
        page.get_by_role("button", name="Share now").click()
        page.get_by_role("button", name="Copy").click()
        page.get_by_text("Copied").first.wait_for()
        shared, copied = page.evaluate("[window.shared.url, window.copied]")
        width = page.evaluate("document.documentElement.scrollWidth")
        page.get_by_role("link", name="Your own page").click()
        page.get_by_role("heading", name="Nobody has joined through you yet.").wait_for()
    budi = Participant.objects.get(name="Budi")
    assert budi.parent == dewi
    assert shared.endswith(f"/r/{code_of(budi)}?via=share")
    assert copied.endswith(f"/r/{code_of(budi)}?via=copy")
    assert width == PHONE["width"]
    told = [(touch["kind"], touch["campaign"], touch["code"], touch["via"]) for touch in touches]
    assert told == [
        ("view", campaign.slug, code_of(dewi), "line"),
        ("share", campaign.slug, code_of(budi), "share"),
        ("share", campaign.slug, code_of(budi), "copy"),
    ]


def test_joining_and_sharing_without_scripts(live_server: LiveServer) -> None:
    campaign = a_campaign(asks_name="required")
    dewi = a_participant(campaign, name="Dewi")
    with a_phone(live_server, [], java_script_enabled=False) as page:
        page.goto(f"/c/{campaign.slug}")
        page.get_by_label("A friend’s code").fill(code_of(dewi).upper())
        page.get_by_role("button", name="Join in").click()
        page.get_by_text("2 things are missing or wrong").wait_for()
        page.get_by_label("Your name").fill("محمد 🎉")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Join in").click()
        page.get_by_role("heading", name="You are in. Now bring your friends.").wait_for()
        whatsapp = page.get_by_role("link", name="Share by WhatsApp").get_attribute("href")
        for needs_scripts in ("Share now", "Copy", "Share the picture"):
            assert not page.get_by_role("button", name=needs_scripts).all()
    joined = Participant.objects.get(name="محمد 🎉")
    assert joined.parent == dewi
    assert whatsapp is not None
    assert f"{code_of(joined)}%3Fvia%3Dwhatsapp" in whatsapp
