"""The whole walk in a real browser: an owner makes a campaign, friends pass it on, the tree shows who brought whom."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from e2e.visitors import PHONE, Visitors, the_first_owner
from serve.whole_platform import Platform

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def a_published_campaign(owner: Page) -> str:
    """Make a campaign as the console proposes it, publish it, and return its slug."""
    owner.get_by_role("link", name="Make first campaign").click()
    owner.get_by_label("Name", exact=True).fill("Kopi Bareng")
    owner.get_by_label("Headline").first.fill("Coffee for two")
    owner.get_by_role("button", name="Save and preview").click()
    owner.get_by_label("Why it is published all the same").fill("A walk in the rain")
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
    expect(owner.get_by_text(re.compile("3 people have joined"))).to_be_visible()
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
