"""The first verdict on one touch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.events.event import Kind, Verdict
from sebar.events.touch import Touch
from sebar.kit import ids
from sebar.verdicts import agents
from sebar.verdicts.first import judge

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
OLD_SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/14.1 Safari/605.1.15"
)
IN_APP = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
PEOPLE = [
    ANDROID,
    IPHONE,
    FIREFOX,
    OLD_SAFARI,
    f"{IN_APP} Instagram 300.0.0 (iPhone14,5; iOS 17_0; en_US)",
    f"{IN_APP} [FBAN/FBIOS;FBAV/440.0.0.0;FBBV/5;FBDV/iPhone14,5]",
    f"{IN_APP} Safari Line/13.0",
    f"{ANDROID} WhatsApp/2.24",
    ANDROID.replace("; K", "; CUBOT X19"),
]
PREVIEWS = [
    "WhatsApp/2.23.20.0",
    "WhatsApp/2",
    "TelegramBot (like TwitterBot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    f"{OLD_SAFARI} facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Viber/20.5.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)",
    "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
    "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
]
CRAWLERS = [
    "curl/8.5.0",
    "python-requests/2.32",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "",
    "   ",
]


def visit(agent: str = ANDROID, **evidence: object) -> Touch:
    now = ids.now_ms()
    fields = {"id": ids.new_id_bytes(now), "ts": now, "campaign": 7, "kind": Kind.VISIT, "method": "GET", "visitor": 5}
    return Touch(**{**fields, "agent": agent, **evidence})  # type: ignore[arg-type] - each test names what it needs


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_count(agent: str) -> None:
    assert judge(visit(agent)).verdict is Verdict.PERSON
    assert judge(visit(agent, fetch="navigate/document/?1", props={"scheme": "https"})).reason == "navigation"


@pytest.mark.parametrize("agent", PREVIEWS)
def test_previews_do_not(agent: str) -> None:
    event = judge(visit(agent))
    assert (event.verdict, event.reason) == (Verdict.PREVIEW, "agent_preview")


@pytest.mark.parametrize("agent", CRAWLERS)
def test_crawlers_do_not(agent: str) -> None:
    assert judge(visit(agent)).verdict is Verdict.CRAWLER


def test_a_declared_mail_scanner_does_not() -> None:
    assert judge(visit("Mozilla/5.0 (compatible; Mimecast-URL-Scanner)")).verdict is Verdict.SCANNER


def test_head_never_counts() -> None:
    assert judge(visit(method="HEAD", fetch="navigate/document/")).verdict is Verdict.HEAD


@pytest.mark.parametrize(
    ("purpose", "verdict"),
    [
        ("prefetch", Verdict.PREFETCH),
        ("prefetch;prerender", Verdict.PREFETCH),
        ("Prefetch", Verdict.PREFETCH),
        ("preview", Verdict.PREVIEW),
        ("anything", Verdict.PERSON),
    ],
)
def test_fetching_ahead(purpose: str, verdict: Verdict) -> None:
    assert judge(visit(purpose=purpose)).verdict is verdict


@pytest.mark.parametrize("fetch", ["no-cors/image/", "cors/empty/", "navigate/object/", "navigate/embed/"])
def test_a_link_inside_a_page_was_not_opened(fetch: str) -> None:
    event = judge(visit(fetch=fetch))
    assert (event.verdict, event.reason) == (Verdict.PREFETCH, "not_a_navigation")


@pytest.mark.parametrize("agent", [ANDROID, FIREFOX, IPHONE])
def test_over_https_a_current_browser_shows_itself(agent: str) -> None:
    event = judge(visit(agent, props={"scheme": "https"}))
    assert (event.verdict, event.reason) == (Verdict.CRAWLER, "no_fetch_metadata")


@pytest.mark.parametrize("agent", [OLD_SAFARI, IN_APP, f"{ANDROID} UCBrowser/13"])
def test_but_not_every_browser_can(agent: str) -> None:
    assert judge(visit(agent, props={"scheme": "https"})).verdict is Verdict.PERSON


def test_a_page_that_runs_its_script_is_seen_by_a_person() -> None:
    event = judge(visit(kind=Kind.VIEW, method="POST", fetch="no-cors/empty/", props={"scheme": "https"}))
    assert (event.verdict, event.reason) == (Verdict.PERSON, "page")


def test_what_is_played_again_is_not_judged() -> None:
    event = judge(visit("", replayed=True))
    assert (event.verdict, event.reason, event.props) == (Verdict.PERSON, "replayed", {})


def test_the_evidence_is_kept_beside_the_verdict() -> None:
    touch = visit(fetch="navigate/document/", network=255, country="ID", channel="whatsapp", creative="b", generation=3)
    event = judge(touch)
    assert (event.id.bytes, event.ts, event.visitor, event.generation) == (touch.id, touch.ts, 5, 3)
    assert (event.channel, event.creative, event.country, event.device) == ("whatsapp", "b", "ID", "phone")
    assert event.props == {"fetch": "navigate/document/", "network": "ff"}


def test_the_agent_is_kept_only_where_it_explains_the_verdict() -> None:
    assert judge(visit("WhatsApp/2", purpose="prefetch")).props == {"agent": "WhatsApp/2", "purpose": "prefetch"}
    assert judge(visit(ANDROID, method="HEAD")).props == {"agent": ANDROID}
    assert judge(visit(ANDROID)).props == {}
    assert judge(visit(ANDROID, replayed=True)).props == {}


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (ANDROID, "phone"),
        (IPHONE, "phone"),
        (ANDROID.replace(" Mobile", ""), "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 12_0 like Mac OS X) Mobile/15E148", "tablet"),
        (FIREFOX, "desktop"),
        ("", ""),
    ],
)
def test_devices(agent: str, device: str) -> None:
    assert agents.read(agent).device == device


@given(st.text(max_size=300))
def test_no_agent_breaks_it(agent: str) -> None:
    assert judge(visit(agent)).verdict in set(Verdict)


def test_every_listed_agent_says_who_it_is() -> None:
    assert all(rule.name and rule.text == rule.text.lower() and len(rule.text) > 3 for rule in agents._RULES)
