"""Sharing and embedding in a real browser: the share sheet's stub, WordPress' sandbox, a site with a strict policy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright
from pytest_django.live_server_helper import LiveServer

import chromium
from builders import a_campaign, a_participant
from people import People, gather
from portal.conftest import a_picture, code_of, own_cookie
from portal.foreign_sites import a_website, as_wordpress_keeps_it
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.link.actions import name_on_card
from sebar.kit import config
from sebar.participants.models import Participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
SHEET = """
window.shared = [];
navigator.canShare = (what) => what.files.every((file) => file.type === "image/jpeg" && file.size > 0);
navigator.share = (what) => {
  window.shared.push({ ...what, files: (what.files || []).map((file) => file.name) });
  return window.answer ? Promise.reject(new DOMException("", window.answer)) : Promise.resolve();
};
"""


@dataclass
class Visit:
    """A browser on somebody's device, and what its pages did."""

    page: Page
    context: BrowserContext
    touches: list[dict[str, Any]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def belongs_to(self, participant: Participant, server: LiveServer) -> None:
        """Make this the browser in which somebody joined."""
        self.context.add_cookies([{**own_cookie(participant), "url": server.url}])

    def told(self) -> list[tuple[str, str, str]]:
        """Return the touches that pages sent: what, whose link, which channel."""
        return [(touch["kind"], touch["code"], touch["via"]) for touch in self.touches]


@contextmanager
def a_browser(server: LiveServer, *, script: str = "", others: bool = False, **different: Any) -> Iterator[Visit]:
    """Open a browser; fail when a page complains or asks anything of a host that is not local."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGS)
        context = browser.new_context(**{"viewport": PHONE, "locale": "en-GB", "base_url": server.url, **different})
        context.grant_permissions(["clipboard-read"])
        if script:
            context.add_init_script(script)
        page = context.new_page()
        visit = Visit(page, context)

        def keep(route: Route) -> None:
            visit.touches.extend(json.loads(route.request.post_data or "[]"))
            route.fulfill(status=204)

        context.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
        context.on("console", lambda message: visit.complaints.append(message.text))
        context.on("weberror", lambda error: visit.complaints.append(str(error.error)))
        context.route("**/t", keep)
        # The front, which answers links, is not here.
        context.route("**/r/*", lambda route: route.fulfill(status=200, content_type="text/html", body="joining"))
        yield visit
        browser.close()
    assert visit.complaints == []
    assert others or visit.hosts == {urlsplit(server.url).netloc}


@pytest.fixture
def people(db: None) -> People:
    return gather()


@pytest.fixture
def campaign(people: People, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign with a picture, on an instance whose public address is the test server's."""
    here = dataclasses.replace(config.load(), public_url=live_server.url)
    monkeypatch.setattr(config, "load", lambda: here)
    made = a_campaign(people.alice)
    picture = images.store(a_picture(), here.media)
    return campaigns.dress(membership=people.alice, slug=made.slug, image=picture)


@pytest.fixture
def dewi(campaign: Campaign) -> Participant:
    return a_participant(campaign, name="Dewi Anggraini")


def test_where_there_is_no_sheet_there_are_buttons_and_copying(live_server: LiveServer, dewi: Participant) -> None:
    """Chromium on Linux has no `navigator.share`: this is the fallback for real."""
    code = code_of(dewi)
    with a_browser(live_server) as visit:
        page = visit.page
        visit.belongs_to(dewi, live_server)
        page.goto(f"/s/{code}")
        assert page.evaluate("navigator.share") is None
        assert not page.get_by_role("button", name="Share now").is_visible()
        page.get_by_role("link", name="Share by WhatsApp").wait_for()
        page.get_by_text("More ways").click()
        assert not page.get_by_role("button", name="Share the picture").is_visible()
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/r/{code}?via=copy"
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert visit.told() == [("share", code, "copy")]


def test_a_sheet_that_is_closed_again_is_no_share_and_no_error(live_server: LiveServer, dewi: Participant) -> None:
    with a_browser(live_server, script=SHEET) as visit:
        page = visit.page
        visit.belongs_to(dewi, live_server)
        page.goto(f"/s/{code_of(dewi)}")
        page.evaluate("window.answer = 'AbortError'")
        page.get_by_role("button", name="Share now").click()
        page.wait_for_function("window.shared.length === 1")
        assert page.get_by_role("button", name="Share now").is_visible()
        assert page.locator("[data-status]").text_content() == ""
        assert visit.touches == []
        page.evaluate("window.answer = ''")
        page.get_by_role("button", name="Share now").click()
        page.wait_for_function("window.shared.length === 2")
    assert visit.told() == [("share", code_of(dewi), "share")]


def test_a_sheet_that_fails_gives_way_to_the_buttons(live_server: LiveServer, dewi: Participant) -> None:
    with a_browser(live_server, script=SHEET) as visit:
        page = visit.page
        visit.belongs_to(dewi, live_server)
        page.goto(f"/s/{code_of(dewi)}")
        page.evaluate("window.answer = 'NotAllowedError'")
        page.get_by_role("button", name="Share now").click()
        page.get_by_role("link", name="Share by WhatsApp").wait_for()
        page.get_by_text("Your browser could not open its share sheet.").wait_for()
    assert visit.touches == []


def test_the_picture_is_shared_as_a_file_where_the_browser_can(live_server: LiveServer, dewi: Participant) -> None:
    link = f"{live_server.url}/r/{code_of(dewi)}?via=share"
    with a_browser(live_server, script=SHEET) as visit:
        page = visit.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        visit.belongs_to(dewi, live_server)
        page.goto(f"/s/{code_of(dewi)}")
        assert not any("-og.jpg" in url for url in asked)
        page.get_by_text("More ways").click()
        page.get_by_role("button", name="Share the picture").click()
        page.wait_for_function("window.shared.length === 1")
        shared = page.evaluate("window.shared[0]")
        page.wait_for_function("link => navigator.clipboard.readText().then(text => text === link)", arg=link)
    assert shared["files"] == ["picture.jpg"]
    assert shared["text"] == f"I am in. You too? {link}"
    assert visit.told() == [("share", code_of(dewi), "share")]


def test_the_server_is_remembered_in_this_browser_only(live_server: LiveServer, dewi: Participant) -> None:
    code = code_of(dewi)
    with a_browser(live_server) as visit:
        page = visit.page
        page.goto(f"/s/{code}")
        page.get_by_text("More ways").click()
        page.get_by_role("link", name="Mastodon").click()
        page.get_by_label("Name of the server").fill("bücher.example")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("link", name="Share on xn--bcher-kva.example").wait_for()
        page.wait_for_function("localStorage.getItem('sebar.mastodon')")
        page.goto(f"/s/{code}")
        page.get_by_text("More ways").click()
        page.get_by_role("link", name="Mastodon").click()
        page.get_by_role("link", name="Share on xn--bcher-kva.example").wait_for()
        assert "xn--bcher-kva" not in str(visit.context.cookies())
        with a_browser_on(visit) as other:
            other.goto(f"/s/{code}/on/mastodon")
            assert other.get_by_label("Name of the server").input_value() == ""


@contextmanager
def a_browser_on(visit: Visit) -> Iterator[Page]:
    """Open another person's browser beside."""
    browser = visit.context.browser
    assert browser is not None
    context = browser.new_context(base_url=str(urlsplit(visit.page.url)._replace(path="", query="").geturl()))
    yield context.new_page()
    context.close()


def test_a_frame_works_in_wordpress_sandbox(live_server: LiveServer, dewi: Participant) -> None:
    code = code_of(dewi)
    answer = Client().get("/oembed", {"url": f"{live_server.url}/s/{code}"}).json()
    link = f"{live_server.url}/r/{code}?via=embed"
    with a_website(as_wordpress_keeps_it(answer["html"])) as blog, a_browser(live_server, others=True) as visit:
        page = visit.page
        page.goto(blog)
        frame = page.frame_locator("iframe")
        frame.get_by_role("heading", name="Share the spark").wait_for()
        page.wait_for_function("!document.querySelector('iframe').style.visibility")
        page.wait_for_function("document.querySelector('blockquote').style.display === 'none'")
        needed = frame.locator("body").evaluate("body => Math.ceil(body.getBoundingClientRect().height)")
        page.wait_for_function(f"document.querySelector('iframe').height == {needed}")
        assert frame.locator("body").evaluate("() => window.origin") == "null"
        assert frame.get_by_label("Address of the campaign").input_value() == link
        frame.get_by_role("button", name="Copy").click()
        frame.get_by_role("button", name="Copied").wait_for()
        page.locator("html").click(position={"x": 1, "y": 1})
        assert page.evaluate("navigator.clipboard.readText()") == link
        assert visit.context.cookies() == []
        assert visit.hosts == {urlsplit(blog).netloc, urlsplit(live_server.url).netloc}
        assert visit.told() == [("view", code, "embed")]
        with page.expect_navigation(url=link, wait_until="commit"):
            frame.get_by_role("link", name="Join in").click()


LONG = {
    "en": {
        "headline": "Bring your own bottle to work every day",
        "text": "Every day we throw away thousands of bottles that were used once. Bring yours, and bring two friends.",
        "call_to_action": "Join in",
    },
    "id": {
        "headline": "Bawa botolmu sendiri ke kantor setiap hari",
        "text": "Setiap hari kita membuang ribuan botol yang hanya dipakai sekali. Bawa botolmu dan ajak dua teman.",
        "call_to_action": "Ikut sekarang",
    },
}


@pytest.mark.parametrize("has_picture", [True, False])
def test_a_pasted_frame_is_whole_on_a_phone_and_on_a_screen(
    live_server: LiveServer, dewi: Participant, *, has_picture: bool
) -> None:
    """In each language, since whoever pastes it does not know which one its readers speak."""
    name_on_card(dewi, is_allowed=True)
    kept = {"texts": LONG} if has_picture else {"texts": LONG, "image": ""}
    Campaign.objects.filter(pk=dewi.campaign_id).update(**kept)
    with a_browser(live_server) as visit:
        visit.page.goto(f"/s/{code_of(dewi)}/embed")
        pasted = visit.page.get_by_label("HTML of the frame").input_value()
    for language in ("en-GB", "id-ID"):
        with a_website(pasted) as blog, a_browser(live_server, others=True, locale=language) as visit:
            for size in (PHONE, {"width": 1280, "height": 900}):
                visit.page.set_viewport_size(size)
                visit.page.goto(blog)
                inside = visit.page.frame_locator("iframe")
                inside.get_by_role("heading", name=LONG[language[:2]]["headline"]).wait_for()
                assert inside.locator("html").evaluate("html => html.scrollHeight <= html.clientHeight")
                assert inside.locator(".picture").count() == int(has_picture)
                assert visit.page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_a_frame_that_may_only_run_scripts_shows_the_address(live_server: LiveServer, dewi: Participant) -> None:
    frame = (
        f'<iframe sandbox="allow-scripts" src="{live_server.url}/e/{code_of(dewi)}" width="300" height="600"></iframe>'
    )
    with a_website(frame) as blog, a_browser(live_server, others=True) as visit:
        visit.page.goto(blog)
        inside = visit.page.frame_locator("iframe")
        inside.get_by_role("button", name="Copy").click()
        inside.get_by_role("button", name="Copied").wait_for()
        assert not inside.get_by_role("link", name="Join in").is_visible()
        assert inside.locator("html").evaluate("html => html.scrollWidth") == 300


def test_a_frame_without_a_sandbox_opens_the_campaign_beside(live_server: LiveServer, dewi: Participant) -> None:
    frame = f'<iframe src="{live_server.url}/e/{code_of(dewi)}" width="500" height="600"></iframe>'
    with a_website(frame) as blog, a_browser(live_server, others=True) as visit:
        visit.page.goto(blog)
        with visit.context.expect_page() as opened:
            visit.page.frame_locator("iframe").get_by_role("link", name="Join in").click()
        assert opened.value.url == f"{live_server.url}/r/{code_of(dewi)}?via=embed"
        assert opened.value.evaluate("window.opener") is None


def test_a_preview_on_our_own_pages_is_not_counted(live_server: LiveServer, people: People, campaign: Campaign) -> None:
    page = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels/embed"
    owner = Client()
    assert people.alice.user is not None
    owner.force_login(people.alice.user)
    session = {"name": "sebar_session", "value": owner.cookies["sebar_session"].value, "url": live_server.url}
    with a_browser(live_server) as visit:
        visit.context.add_cookies([session])
        visit.page.goto(page)
        visit.page.frame_locator("iframe").get_by_role("heading", name="Share the spark").wait_for()
        visit.page.wait_for_load_state("networkidle")
    assert visit.touches == []


def element(server: LiveServer, code: str) -> str:
    return (
        f'<script async src="{server.url}/e/sebar-share.js"></script>'
        f'<sebar-share code="{code}"><a href="{server.url}/r/{code}?via=embed">Plain link</a></sebar-share>'
    )


def test_the_element_needs_nothing_but_our_scripts(live_server: LiveServer, dewi: Participant) -> None:
    code = code_of(dewi)
    policy = f"default-src 'none'; script-src {live_server.url}; require-trusted-types-for 'script'; base-uri 'none'"
    site = a_website(element(live_server, code), policy=policy, language="id")
    with site as address, a_browser(live_server, others=True) as visit:
        page = visit.page
        page.goto(address)
        join = page.get_by_role("link", name="Join in")
        join.wait_for()
        assert join.get_attribute("href") == f"{live_server.url}/r/{code}?via=embed"
        assert join.get_attribute("rel") == "noopener"
        assert not page.get_by_text("Plain link").is_visible()
        assert join.evaluate("link => getComputedStyle(link).backgroundColor") == "rgb(15, 107, 92)"
        assert page.evaluate("document.querySelector('sebar-share').shadowRoot.querySelector('section').lang") == "id"
        page.evaluate("document.querySelector('sebar-share').lang = 'en'")
        page.get_by_role("button", name="Pass it on").click()
        page.get_by_role("button", name="Link copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/r/{code}?via=copy"
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert visit.context.cookies() == []
    assert visit.hosts == {urlsplit(address).netloc, urlsplit(live_server.url).netloc}
    assert visit.touches == []


def test_the_element_passes_on_by_the_sheet_where_there_is_one(live_server: LiveServer, dewi: Participant) -> None:
    code = code_of(dewi)
    site = a_website(element(live_server, code))
    with site as address, a_browser(live_server, script=SHEET, others=True) as visit:
        visit.page.goto(address)
        visit.page.evaluate("window.answer = 'AbortError'")
        visit.page.get_by_role("button", name="Pass it on").click()
        visit.page.wait_for_function("window.shared.length === 1")
        assert visit.page.evaluate("window.shared[0].url") == f"{live_server.url}/r/{code}?via=share"


def test_what_stands_between_the_tags_stays_where_nobody_has_the_code(
    live_server: LiveServer, dewi: Participant
) -> None:
    with a_website(element(live_server, "zzzzzzz")) as address, a_browser(live_server, others=True) as visit:
        visit.page.goto(address, wait_until="networkidle")
        assert visit.page.get_by_text("Plain link").is_visible()
        assert any("404" in complaint for complaint in visit.complaints)  # whoever made the page can find out
        visit.complaints.clear()
