"""The console on a phone: no page is wider than its screen, in either language, and nothing is out of sight."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from builders import PASSWORD, a_campaign, a_cascade, a_participant
from material.making import a_clip, a_creative
from people import People, gather
from sebar.campaigns.brief import actions as briefs
from sebar.campaigns.brief.rules import BriefForm, Risk
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz import actions as buzz
from sebar.channels.kinds.buzz.rules import Heard, SourceKind
from sebar.material import kinds
from sebar.steering.decisions import affair
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments.rules import Arm, Plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTH = 390
BESIDE = "stopped-beside"
LONG = "Kopi Bareng Keluarga Besar Nusantara Berkemajuan"
ALIKE = re.compile(r"/(people|cascades)/\w{7}$")  # one stands for all
FILES = re.compile(r"\.csv$|/print/sheet$|/preview/page$|/page$")
STICKS_OUT = """width => [...document.querySelectorAll("main *")].filter(one => {
  for (let around = one.parentElement; around; around = around.parentElement)
    if (getComputedStyle(around).overflowX !== "visible") return false;
  return one.getBoundingClientRect().right > width + 0.5;
}).slice(0, 3).map(one => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`)"""


def busy(people: People, folder: Path) -> Campaign:
    """Return a campaign of Alice's with people, material, a foreign channel and a mention, beside one that stopped."""
    campaign = a_campaign(people.alice, name=LONG, goal=1_000_000)
    a_cascade(campaign, [-1] * 20 + list(range(20)))
    a_participant(campaign, name=LONG, channel="instagram")
    source = buzz.add_source(campaign=campaign, kind=SourceKind.WEBHOOK, name=LONG).source
    buzz.take(source=source, heard=[Heard(external_id="1", text=LONG * 3, url="https://social.example/" + "x" * 90)])
    a_creative(people.alice, campaign, "video", upload=a_clip(folder))
    address = "https://kopi.example/" + "x" * 300
    briefs.write(
        membership=people.alice, slug=campaign.slug, form=BriefForm(objective=address, risks=[Risk(address, "")])
    )
    affair.state(membership=people.alice, slug=campaign.slug, texts=dict.fromkeys(campaign.languages, LONG))
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {one: {"share_text": LONG} for one in campaign.languages})]
    tried = Plan(name=LONG, varies="message", arms=arms, control="a", holdout=0.1)
    number = experiments.plan(membership=people.alice, slug=campaign.slug, plan=tried).pk
    experiments.start(membership=people.alice, slug=campaign.slug, number=number)
    stopped = a_campaign(people.alice, name="Dihentikan " + LONG, slug=BESIDE)
    Campaign.objects.filter(pk=stopped.pk).update(status="stopped")
    return campaign


@pytest.fixture
def phone(live_server: LiveServer, count: Callable[[], None], tmp_path: Path) -> Iterator[tuple[Page, Campaign]]:
    """A phone in which the owner of a busy campaign has signed in."""
    people = gather()
    campaign = busy(people, tmp_path)
    count()
    assert people.alice.user is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        size = {"width": WIDTH, "height": 844}
        page = browser.new_context(viewport=size, locale="en-GB", base_url=live_server.url).new_page()  # type: ignore[arg-type]  # a plain dictionary is what Playwright takes
        page.goto("/console/sign-in")
        page.locator("input[name=email]").fill(people.alice.user.email)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/campaigns")
        yield page, campaign
        browser.close()


def linked(page: Page) -> list[str]:
    """Return the addresses of the console that a page links to."""
    address = "link => new URL(link.getAttribute('href'), location).href"
    found = page.eval_on_selector_all("a[href]:not([download])", f"links => links.map({address})")
    paths = [urlsplit(address).path for address in found if urlsplit(address).netloc == urlsplit(page.url).netloc]
    return [path for path in paths if path.startswith("/console/") and not FILES.search(path) and BESIDE not in path]


def test_no_page_is_wider_than_a_phone(phone: tuple[Page, Campaign]) -> None:
    page, campaign = phone
    waiting, seen, wide = [urlsplit(page.url).path], set[str](), dict[str, object]()
    while waiting:
        path = waiting.pop()
        if ALIKE.sub(r"/\1", path) in seen:
            continue
        seen.add(ALIKE.sub(r"/\1", path))
        for language in ("id", "en"):
            page.goto(f"{path}?lang={language}")
            if page.evaluate("document.documentElement.scrollWidth") > WIDTH or page.evaluate(STICKS_OUT, WIDTH):
                wide[f"{path} {language}"] = page.evaluate(STICKS_OUT, WIDTH)
        waiting += linked(page)
    home = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}"
    assert {f"{home}/channels/nfc", f"{home}/material/video", f"{home}/brief"} <= seen
    assert wide == {}


@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_tab_of_a_page_is_in_sight(phone: tuple[Page, Campaign], has_scripts: bool) -> None:
    page, campaign = phone
    if not has_scripts:
        page.route("**/console.js", lambda route: route.abort())
    for name in ("channels", "settings", "measures"):
        page.goto(f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/{name}?lang=id")
        box = page.locator(".tabs [aria-current]").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= WIDTH


def test_a_screen_shows_every_tab_whole(phone: tuple[Page, Campaign]) -> None:
    page, campaign = phone
    page.set_viewport_size({"width": 1280, "height": 900})
    for language in ("id", "en"):
        page.goto(f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/settings?lang={language}")
        for tab in page.locator(".tabs a").all():
            box = tab.bounding_box()
            assert box is not None
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 1280
        assert page.evaluate("(tabs => tabs.scrollWidth <= tabs.clientWidth)(document.querySelector('.tabs'))")


def test_the_arms_of_an_experiment_are_whole_on_a_phone(phone: tuple[Page, Campaign]) -> None:
    page, campaign = phone
    page.goto(f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/experiments?lang=id")
    page.locator("main").get_by_role("link", name=LONG).click()
    page.get_by_role("heading", name="Varian demi varian").wait_for()
    cut = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(cut) == 0


def test_a_phone_shows_what_was_sent_and_left_alone_too(phone: tuple[Page, Campaign]) -> None:
    page, campaign = phone
    page.goto(f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/channels")
    line = page.get_by_role("row").filter(has_text="Web push")
    assert "Sent 0 · Left alone 0" in line.inner_text()
    opened, joined = (line.get_by_role("cell").nth(place).bounding_box() for place in (-2, -1))
    assert opened is not None
    assert joined is not None
    assert opened["x"] < joined["x"] < joined["x"] + joined["width"] <= WIDTH


def test_a_file_that_is_too_large_is_refused_at_its_field(phone: tuple[Page, Campaign]) -> None:
    page, campaign = phone
    page.goto(f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/material/new/image")
    large = {"name": "large.png", "mimeType": "image/png", "buffer": bytes(kinds.ALL["image"].most_bytes + 1)}
    page.locator("#file").set_input_files(large)  # type: ignore[arg-type]  # a plain dictionary is what Playwright takes
    page.get_by_role("button", name="Save", exact=True).click()
    said = page.get_by_role("alert").filter(has_text="MB")
    said.wait_for()
    assert said.get_attribute("class") == "error"
    assert page.locator("#file").get_attribute("aria-invalid") == "true"
    assert "file-error" in (page.locator("#file").get_attribute("aria-describedby") or "")
    assert page.locator("[data-says]").inner_text() == ""
