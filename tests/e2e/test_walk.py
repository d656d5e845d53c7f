"""The whole walk in a real browser: an owner makes a campaign, friends pass it on, the tree shows who brought whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from serve.whole_platform import Platform, eventually

pytestmark = [pytest.mark.browser, pytest.mark.processes]

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Visitors:
    """Everybody's browser, and every address that any of their pages asked for."""

    browser: Browser
    base: str
    pictures: Path
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def somebody(self, size: dict[str, int], **different: object) -> Page:
        """Return a page of a new person with nothing kept from anybody else."""
        context: BrowserContext = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a plain dictionary is what Playwright takes
            base_url=self.base,
            locale="en-GB",
            **different,  # type: ignore[arg-type]  # whatever a context may be
        )
        context.on("request", lambda request: self.asked.append(request.url))
        context.on(
            "console", lambda message: self.complaints.append(f"{message.page and message.page.url}: {message.text}")
        )
        return context.new_page()

    def show(self, page: Page, name: str) -> None:
        """Keep a picture of the page for a person's eye."""
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)


@pytest.fixture
def visitors(platform: Platform, tmp_path: Path) -> Iterator[Visitors]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield Visitors(browser, platform.settings.public_url, tmp_path)
        browser.close()


def the_first_owner(visitors: Visitors, platform: Platform) -> Page:
    owner = visitors.somebody(DESK)
    owner.goto(eventually(lambda: platform.said("/console/welcome/"), "an owner's link").strip())
    owner.get_by_label("Name of your brand").fill("Kopi Nusa")
    owner.get_by_label("Your name").fill("Alice")
    owner.get_by_label("E-mail").fill("alice@example.com")
    owner.get_by_label("Password").fill("a walk in the rain")
    owner.get_by_role("button", name="Begin").click()
    return owner


def a_published_campaign(owner: Page) -> str:
    """Make a campaign as the console proposes it, publish it, and return its slug."""
    owner.get_by_role("link", name="Make first campaign").click()
    owner.get_by_label("Name", exact=True).fill("Kopi Bareng")
    owner.get_by_label("Headline").first.fill("Coffee for two")
    owner.get_by_role("button", name="Save and preview").click()
    owner.get_by_role("button", name=re.compile("^Publish")).click()
    owner.get_by_text("Running").first.wait_for()
    return urlsplit(owner.url).path.split("/campaigns/")[1].split("/")[0]


def joins(page: Page, name: str) -> str:
    """Join on the page that is open and return the code that the share page shows."""
    page.get_by_label("Your name").fill(name)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Join in").click()
    page.wait_for_url("**/s/*")
    return urlsplit(page.url).path.rsplit("/", 1)[-1]


def test_two_friends_join_through_each_other_and_the_tree_shows_it(platform: Platform, visitors: Visitors) -> None:
    owner = the_first_owner(visitors, platform)
    slug = a_published_campaign(owner)

    dewi = visitors.somebody(PHONE, has_touch=True, is_mobile=True)
    dewi.goto(f"/c/{slug}")
    dewis_code = joins(dewi, "Dewi")
    visitors.show(dewi, "share")

    budi = visitors.somebody(PHONE, has_touch=True, is_mobile=True)
    budi.goto(f"/r/{dewis_code}?via=whatsapp")
    expect(budi.get_by_role("heading", name="Coffee for two")).to_be_visible()
    budis_code = joins(budi, "Budi")

    sari = visitors.somebody(PHONE, java_script_enabled=False)
    sari.goto(f"/c/{slug}")
    sari.get_by_text("code", exact=False).first.click()
    sari.get_by_label(re.compile("code", re.IGNORECASE)).fill(f"{budis_code[:3].upper()} {budis_code[3:]}")
    joins(sari, "Sari")

    dewi.reload()
    dewi.get_by_role("link", name="Your own page").click()
    expect(dewi.get_by_text(re.compile("1 friend joined through you, 1 through"))).to_be_visible()
    visitors.show(dewi, "personal")

    owner.get_by_role("link", name="Live").click()
    expect(owner.get_by_text(re.compile("3 people have joined"))).to_be_visible(timeout=15_000)
    visitors.show(owner, "live")
    owner.get_by_role("link", name="Cascades").first.click()
    owner.get_by_role("link", name="Dewi").first.click()
    for name in ("Budi", "Sari"):
        expect(owner.get_by_role("link", name=name).first).to_be_visible()
    visitors.show(owner, "cascade")
    owner.get_by_role("link", name="Sari").first.click()
    expect(owner.get_by_text("Budi").first).to_be_visible()

    assert visitors.asked
    assert {urlsplit(url).netloc for url in visitors.asked} == {urlsplit(visitors.base).netloc}
    assert visitors.complaints == []
