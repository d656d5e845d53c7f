"""Reading the inbox in a real browser with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from builders import PASSWORD, a_campaign
from people import gather
from sebar.channels.kinds.buzz import actions
from sebar.channels.kinds.buzz.models import Mention
from sebar.channels.kinds.buzz.rules import Heard, SourceKind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHERE = "document.activeElement.closest('li')?.id + ' ' + document.activeElement.textContent"


def test_a_keyboard_is_enough_and_goes_on_where_it_was(live_server: LiveServer) -> None:
    people = gather()
    campaign = a_campaign(people.alice)
    source = actions.add_source(campaign=campaign, kind=SourceKind.WEBHOOK, name="Shop").source
    actions.take(source=source, heard=[Heard(external_id=str(n), text=f"<b>Mention</b> {n}") for n in range(3)])
    newest, middle, oldest = Mention.objects.order_by("-at", "-pk")
    assert people.alice.user is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_context(base_url=live_server.url, locale="en-GB").new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/console/sign-in?next=/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/buzz")
        page.locator("input[type=email], input[name=email]").fill(people.alice.user.email)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_text("<b>Mention</b> 2").wait_for()

        def go_to(button: str) -> str:
            for _ in range(60):
                page.keyboard.press("Tab")
                where: str = page.evaluate(WHERE)
                if where.endswith(button):
                    return where
            raise AssertionError

        assert go_to("Negative") == f"m{newest.pk} Negative"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**#m{middle.pk}")
        assert go_to("Positive") == f"m{middle.pk} Positive"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**#m{oldest.pk}")
        browser.close()
    assert all(url.startswith(live_server.url) for url in asked)
    assert list(Mention.objects.order_by("-at", "-pk").values_list("label", flat=True)) == [
        "negative",
        "positive",
        "unclassed",
    ]
