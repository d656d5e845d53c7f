"""Words from one phone to another, in a real browser: read aloud, half misheard, offered, joined."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

import chromium
from builders import a_campaign, a_participant
from channels.spoken.spoken_people import mistyped, words_of
from portal.conftest import code_of
from sebar.channels.kinds.spoken import queries
from sebar.channels.kinds.spoken.models import Claim
from sebar.participants.models import Participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@contextmanager
def a_phone(server: LiveServer, **different: Any) -> Iterator[Page]:
    """Open somebody's own phone; nothing may be asked of another host. Nothing may be asked of the database within."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGS)
        context = browser.new_context(viewport=PHONE, base_url=server.url, **{"locale": "en-GB", **different})
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/t", lambda route: route.fulfill(status=204))
        yield page
        browser.close()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(server.url).netloc}


def fits(page: Page) -> bool:
    """Say whether a page is no wider than the phone."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width == PHONE["width"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_words_are_read_aloud_misheard_offered_and_joined_by(live_server: LiveServer, scripts: bool) -> None:
    campaign = a_campaign()
    dewi = a_participant(campaign, name="Dewi Anggraini")
    with a_phone(live_server, java_script_enabled=scripts) as page:
        page.goto(f"/s/{code_of(dewi)}")
        page.get_by_role("button", name="Say it in three words").click()
        page.get_by_role("heading", name="Say it aloud").wait_for()
        said = [item.inner_text().split()[0] for item in page.get_by_role("listitem").all()]
        if scripts:
            assert fits(page)
    words = words_of(dewi)
    assert " ".join(said) == words
    with a_phone(live_server, java_script_enabled=scripts, color_scheme="dark") as page:
        page.goto(f"/c/{campaign.slug}")
        page.get_by_label("Your name").fill("Budi")
        page.get_by_role("checkbox").check()
        page.get_by_label("A friend’s code").fill(mistyped(words))
        page.get_by_label("A friend’s code").press("Enter")
        page.get_by_text("One thing is missing or wrong").wait_for()
        if scripts:
            assert fits(page)
        # To press Enter once more sends what was typed once more, and never an offer.
        page.get_by_label("A friend’s code").press("Enter")
        page.get_by_text("One thing is missing or wrong").wait_for()
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name=words).click()
        page.get_by_role("heading", name="You are in. Now bring your friends.").wait_for()
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.how, budi.channel) == (dewi, "code", "spoken")


def test_words_typed_at_the_short_address_lead_to_whoever_said_them(live_server: LiveServer) -> None:
    campaign = a_campaign()
    dewi = a_participant(campaign, name="Dewi Anggraini")
    words = words_of(dewi, "id")
    with a_phone(live_server, locale="id-ID") as page:
        page.goto("/w")
        assert fits(page)
        page.get_by_role("textbox").fill(mistyped(words))
        page.keyboard.press("Enter")
        # Where it leads is the edge's to answer, which no test of pages runs.
        page.route("**/r/**", lambda route: route.fulfill(body="there"))
        page.get_by_role("button", name=words).click()
        page.wait_for_url(f"**/r/{code_of(dewi)}?via=spoken")


def test_whoever_joined_says_how_they_heard_of_it(live_server: LiveServer) -> None:
    campaign = a_campaign()
    sari = a_participant(campaign, name="Sari")
    words = words_of(sari)
    with a_phone(live_server) as page:
        page.goto(f"/c/{campaign.slug}")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Join in").click()
        page.get_by_label("A person told me").check()
        page.get_by_label("If a person told you").fill(mistyped(words))
        page.get_by_role("button", name="Send").click()
        page.get_by_role("button", name=words).click()
        page.get_by_text("Thank you for your answer.").wait_for()
    claim = Claim.objects.get()
    assert (claim.answer, claim.told_by) == ("person", sari)
    assert claim.participant.parent is None
    assert queries.heard(campaign).untracked_by_person == 1
