"""What is printed to be handed on: the report on one page, plans beside each other with their costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

import chromium
import sebar
from builders import a_campaign, a_draft, a_participant
from people import People
from plans.planning import computed
from sebar.campaigns.brief import actions as brief
from sebar.campaigns.brief.rules import BriefForm
from sebar.campaigns.models import Campaign
from sebar.events.store import Store
from sebar.steering import actions as forecasts
from sebar.steering.actions import Foreseen
from sebar.steering.alarms.models import Alarm
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions import affair

pytestmark = pytest.mark.browser

STYLE = (Path(sebar.__file__).parent / "static/css/sebar.css").read_text()
A4_BETWEEN_MARGINS = 700  # CSS pixels


@contextmanager
def on_paper(html: str) -> Iterator[Page]:
    """Show a page as it is printed; the browser starts only now, since the database is not asked beside it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGS)
        page = browser.new_page(viewport={"width": A4_BETWEEN_MARGINS, "height": 1000})
        page.emulate_media(media="print")
        page.set_content(html.replace("</head>", f"<style>{STYLE}</style></head>"), wait_until="domcontentloaded")
        yield page
        browser.close()


def test_the_report_is_printed_on_one_page_without_what_only_a_screen_needs(
    alice: Client, people: People, count: Callable[[], None]
) -> None:
    campaign = a_campaign(people.alice, goal=400)
    form = BriefForm(budget=1_000_000_00, currency="IDR")
    brief.write(membership=people.alice, slug=campaign.slug, form=form)
    begun = timezone.now() - timedelta(days=10)
    for number in range(40):
        seed = a_participant(campaign, joined_at=begun, channel="qr")
        a_participant(campaign, seed, joined_at=begun + timedelta(minutes=number), channel="email")
    count()
    foreseen = [
        Foreseen("participants", begun + timedelta(days=days), 5, (10.0,) * 7, is_calibrated=False, naive=None)
        for days in (1, 7, 20)
    ]
    forecasts.record(campaign=campaign, made_at=begun, foreseen=foreseen)
    numbers = {"kind": "exposure", "rule": "Cups", "spent": 9, "budget": 10, "unit": "coupon"}
    for watch in ("reward_exposure", "negative"):
        at = timezone.now() - timedelta(hours=2)
        Alarm.objects.create(campaign=campaign, watch=watch, opened_at=at, began_at=at, spoke_at=at, numbers=numbers)
    for rung in ("throttle", "hold", "stop"):
        decisions.take(
            membership=people.bob, slug=campaign.slug, rung=rung, reason="We look at it. " * 6, invitations_an_hour=9
        )
    said = dict.fromkeys(("en", "id"), "Some shops took only our own bottles. That was wrong. " * 2)
    affair.state(membership=people.bob, slug=campaign.slug, texts=said)
    address = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/report"
    with on_paper(alice.get(address).content.decode()) as page:
        assert not page.get_by_text("See to it").is_visible()
        assert page.get_by_text("Ranges hold 95 of 100 times unless said").is_visible()
        printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "12mm"))
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_an_affair_is_printed_as_its_timeline_first_and_without_forms(
    alice: Client, people: People, campaign: Campaign, count: Callable[[], None]
) -> None:
    said = {"en": "We are sorry.", "id": "Kami minta maaf."}
    affair.state(membership=people.alice, slug=campaign.slug, texts=said)
    decisions.take(membership=people.bob, slug=campaign.slug, rung="hold", reason="We look at it. " * 6)
    count()
    address = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/steer/affair"
    with on_paper(alice.get(address, headers={"Accept-Language": "en"}).content.decode()) as page:
        assert page.locator("main :is(textarea, input, button):visible").count() == 0
        assert [one.inner_text() for one in page.locator("main h2:visible").all()] == [
            "How far it has come",
            "What happened",
        ]
        happened, far = (page.locator(f".{name}").bounding_box() for name in ("happened", "far"))
        assert happened is not None
        assert far is not None
        assert happened["y"] < far["y"]
        printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "12mm"))
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_plans_beside_each_other_are_printed_with_their_last_column(
    alice: Client, people: People, store: Store
) -> None:
    draft = a_draft(people.alice, goal=400)
    brief.write(membership=people.alice, slug=draft.slug, form=BriefForm(budget=90_000_000_00, currency="IDR"))
    plans = [computed(people, draft, name=f"{n} with a gift", invited=n, cost=250_000_00).plan.pk for n in (20, 300)]
    address = f"/console/brands/{people.alice.brand.slug}/campaigns/{draft.slug}/plan/compare"
    with on_paper(alice.get(address, {"plan": plans}).content.decode()) as page:
        assert page.get_by_text("+Rp70,000,000").is_visible()
        room = page.locator(".scroll").evaluate("box => box.clientWidth - box.scrollWidth")
        edge = page.locator("th", has_text="Over budget").evaluate("cell => cell.getBoundingClientRect().right")
    assert room >= 0 < edge
    assert edge <= A4_BETWEEN_MARGINS
