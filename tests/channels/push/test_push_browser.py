"""News in a real browser: the switch on the personal page, and the note that its worker shows.

No browser gives a subscription without its maker's push service, so that one call is answered for it; the keys are
real, and the note is given to the browser as its push service would.
"""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from builders import a_campaign, a_membership, a_participant
from push_service import PushService
from sebar.channels.models import Contact
from sebar.participants.queries import personal_secret
from sebar.steering.alarms.models import AlarmBrowser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

_SUBSCRIBES = """
const made = %s;
const one = { endpoint: made.endpoint, toJSON: () => made };
PushManager.prototype.subscribe = async (asked) => {
  window.asked = asked.applicationServerKey.length;
  sessionStorage.setItem("subscribed", "yes");
  return one;
};
PushManager.prototype.getSubscription = async () => sessionStorage.getItem("subscribed") ? one : null;
"""


def shown(page: Page) -> list[dict[str, str]]:
    """Return the notes on the screen once there are any, by one look: where there is no screen they may be put away."""
    found: list[dict[str, str]] = page.wait_for_function(
        "async () => { const notes = await (await navigator.serviceWorker.getRegistration('/')).getNotifications();"
        " return notes.length > 0 && notes.map(({title, body, lang, data}) => ({title, body, lang, link: data.link})) }"
    ).json_value()
    return found


def test_somebody_asks_for_news_gets_it_and_ends_it(live_server: LiveServer) -> None:
    dewi = a_participant(a_campaign(), name="Dewi")
    subscription = PushService("https://push.example.com").subscription
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url, permissions=["notifications"])
        page = context.new_page()
        page.add_init_script(_SUBSCRIBES % subscription)
        page.goto(f"/me/{personal_secret(dewi)}")
        page.get_by_role("button", name="Tell me here").click()
        page.get_by_text("You get a note here when a friend joins.").wait_for()
        assert page.evaluate("window.asked") == 65

        tools = context.new_cdp_session(page)
        workers: list[str] = []
        tools.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: workers.extend(one["registrationId"] for one in told["registrations"]),
        )
        tools.send("ServiceWorker.enable")
        page.wait_for_function("navigator.serviceWorker.ready.then(({active}) => active.state === 'activated')")
        while not workers:
            page.evaluate("1")  # the library hears of events while it asks
        note = {"title": "A friend has joined", "text": "Budi has joined.", "link": "/s/x", "tag": "1", "lang": "en"}
        tools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": live_server.url, "registrationId": workers[-1], "data": json.dumps(note)},
        )
        assert shown(page) == [
            {"title": "A friend has joined", "body": "Budi has joined.", "lang": "en", "link": "/s/x"}
        ]

        page.get_by_role("button", name="No more news here").click()
        page.get_by_text("No more news in this browser.").wait_for()
        browser.close()
    assert Contact.objects.get().ended_at is not None


def test_one_browser_serves_every_page_that_asked_and_each_is_ended_alone(live_server: LiveServer) -> None:
    alice = a_membership()
    campaign = a_campaign(alice)
    dewi = a_participant(campaign, name="Dewi")
    subscription = PushService("https://push.example.com").subscription
    client = Client()
    client.force_login(alice.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    alarms = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/alarms"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url, permissions=["notifications"])
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.add_init_script(_SUBSCRIBES % subscription)
        page.goto(f"/me/{personal_secret(dewi)}")
        page.get_by_role("button", name="Tell me here").click()
        page.get_by_text("You get a note here when a friend joins.").wait_for()
        page.goto(alarms)
        page.get_by_role("button", name="Tell me in this browser").click()
        page.get_by_text(f"Each alarm of {campaign.brand.name} is shown here.").wait_for()
        page.goto(f"/me/{personal_secret(dewi)}")
        page.get_by_role("button", name="No more news here").click()
        page.get_by_text("No more news in this browser.").wait_for()
        page.goto(alarms)
        page.get_by_role("button", name="No more notes in this browser").wait_for()
        page.goto(f"/me/{personal_secret(dewi)}")
        page.get_by_role("button", name="Tell me here").wait_for()
        page.goto(alarms)
        context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.get_by_role("button", name="No more notes in this browser").click()
        page.wait_for_url(f"{live_server.url}/console/sign-in?next={alarms}")
        browser.close()
    assert Contact.objects.get().ended_at is not None
    assert AlarmBrowser.objects.get().member.user == alice.user
