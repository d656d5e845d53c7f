"""Listening by the clock, to feeds and streams that are served from this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from buzz_servers import Server, recorded
from django.utils import timezone

from builders import a_campaign, emitted
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import ALL
from sebar.channels import actions as channels
from sebar.channels.kinds.buzz import actions, ears, jobs, queries, service
from sebar.channels.kinds.buzz.models import BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import LONGEST_TEXT, Label, SourceKind
from sebar.events.event import Kind

MOST_TURNS = 2000


def a_feed(*titles: str) -> str:
    when = timezone.now().strftime("%a, %d %b %Y %H:%M:%S +0000")
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><pubDate>{when}</pubDate></item>" for title in titles
    )
    return f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'


def a_source(campaign: Campaign, kind: SourceKind, address: str, **different: Any) -> BuzzSource:
    """Return a source at an address that only tests may use."""
    given = {SourceKind.MASTODON: "https://social.example", SourceKind.BLUESKY: ""}.get(kind, "https://feed.example/")
    words = "" if kind is SourceKind.FEED else "kopi senja, kopisenja.id"
    made = actions.add_source(
        campaign=campaign, kind=kind, **{"name": "Here", "address": given, "words": words, **different}
    )
    BuzzSource.objects.filter(pk=made.source.pk).update(address=address)
    made.source.refresh_from_db()
    return made.source


class Listening:
    """The job, looking at every turn whom to listen to, until something is so."""

    def __init__(self, job: jobs.Listening) -> None:
        self._job = job

    def until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(MOST_TURNS):
            self._job._look_at = 0.0
            self._job.turn()
            if is_so():
                return
            threading.Event().wait(0.01)
        raise AssertionError


@pytest.fixture
def listening(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setattr(ears, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(ears, "_POSITION_SECONDS", 0.0)
    job = jobs.Listening()
    yield Listening(job)
    job.close()


def texts(campaign: Campaign) -> list[str]:
    return sorted(Mention.objects.filter(campaign=campaign).values_list("text", flat=True))


def trouble(source: BuzzSource) -> str:
    source.refresh_from_db()
    return queries.trouble(source)


def test_a_feed_is_heard_once_and_again_when_it_is_due(
    campaign: Campaign, server: Server, listening: Listening
) -> None:
    address = server.says("/feed", a_feed("first", "second"), ETag='"one"')
    source = a_source(campaign, SourceKind.FEED, address)
    listening.until(lambda: texts(campaign) == ["first", "second"])
    source.refresh_from_db()
    assert source.heard_at is not None
    assert timedelta(minutes=14) < source.due_at - timezone.now() <= timedelta(minutes=15)
    asked = len(server.asked)
    for _ in range(20):
        listening.until(lambda: True)
    assert len(server.asked) == asked, "it is not due"
    server.says("/feed", a_feed("first", "second", "third"))
    BuzzSource.objects.update(due_at=timezone.now())
    listening.until(lambda: texts(campaign) == ["first", "second", "third"])
    assert server.asked[-1][1]["If-None-Match"] == '"one"'


def test_a_feed_that_has_not_changed_is_well(campaign: Campaign, server: Server, listening: Listening) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=304)

    source = a_source(campaign, SourceKind.FEED, server.does("/feed", answer))
    listening.until(lambda: BuzzSource.objects.get().heard_at is not None)
    assert trouble(source) == ""


def test_trouble_is_told_in_words_and_over_when_it_is_over(
    campaign: Campaign, server: Server, listening: Listening
) -> None:
    source = a_source(campaign, SourceKind.FEED, server.url + "/feed")
    listening.until(lambda: trouble(source) != "")
    assert trouble(source) == "127.0.0.1 answered “404 Not Found”."
    assert source.due_at - timezone.now() > timedelta(minutes=20)
    server.says("/feed", "<html>Sign in</html>", "text/plain")
    BuzzSource.objects.update(due_at=timezone.now())
    listening.until(lambda: "not an RSS" in trouble(source))
    assert source.due_at - timezone.now() > timedelta(minutes=50)
    server.says("/feed", a_feed("at last"))
    BuzzSource.objects.update(due_at=timezone.now())
    listening.until(lambda: texts(campaign) == ["at last"])
    assert (trouble(source), source.failures) == ("", 0)


def test_only_what_has_the_words_and_is_recent_is_taken(
    campaign: Campaign, server: Server, listening: Listening
) -> None:
    old = "<item><title>kopi kuno</title><pubDate>Thu, 01 Jan 2015 10:00:00 +0000</pubDate></item></channel>"
    address = server.says("/feed", a_feed("kopi enak", "susu enak").replace("</channel>", old))
    a_source(campaign, SourceKind.FEED, address, words="kopi")
    listening.until(lambda: texts(campaign) != [])
    assert texts(campaign) == ["kopi enak"]


def test_one_source_that_hangs_does_not_keep_the_others(
    campaign: Campaign, server: Server, listening: Listening
) -> None:
    never = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    a_source(campaign, SourceKind.FEED, server.does("/hangs", hang))
    a_source(campaign, SourceKind.MASTODON, server.url)
    a_source(campaign, SourceKind.FEED, server.says("/feed", a_feed("heard")))
    listening.until(lambda: texts(campaign) == ["heard"])
    assert [path for path, _ in server.asked].count("/hangs") == 1


class Streaming:
    """Both kinds of stream, which say what was written down, then stay silent."""

    def __init__(self, server: Server) -> None:
        self.opened = 0
        self.token = ""
        self._lines = recorded("bluesky.jsonl").decode().splitlines()
        self.mastodon = server.does("/api/v1/streaming/public", self._events).removesuffix("/api/v1/streaming/public")
        self.bluesky = server.does("/subscribe", self._socket).replace("http:", "ws:")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self.opened += 1
        self.token = request.headers.get("Authorization", "")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(recorded("mastodon.sse").rpartition(b"event: delete")[0])
        await asyncio.Event().wait()
        return response

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        self.opened += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        # The first connection breaks off in the middle; whoever comes back tells where it was.
        cursor = int(request.query.get("cursor") or 0)
        for line in self._lines[: 4 if not cursor else None]:
            await socket.send_str(line)
        if cursor:
            await socket.receive()
        return socket


@pytest.fixture
def streaming(server: Server) -> Streaming:
    return Streaming(server)


def test_a_mastodon_stream_is_heard_by_words(campaign: Campaign, streaming: Streaming, listening: Listening) -> None:
    source = a_source(campaign, SourceKind.MASTODON, streaming.mastodon, token="tok3n")
    actions.add_rule(campaign=campaign, label=Label.NEGATIVE, words="overpriced")
    listening.until(lambda: len(texts(campaign)) == 3)
    assert texts(campaign)[0].startswith("Kopi Senja enak sekali!")
    assert streaming.token == "Bearer tok3n"
    (reaction,) = emitted(Kind.REACTION)
    assert reaction.props == {"class": "negative", "reach": "0", "source": "Here"}
    assert trouble(source) == ""


def test_a_bluesky_stream_goes_on_after_it_broke_off(
    campaign: Campaign, streaming: Streaming, listening: Listening
) -> None:
    source = a_source(campaign, SourceKind.BLUESKY, streaming.bluesky)
    listening.until(lambda: BuzzSource.objects.get().position == "1763632800010000")
    assert streaming.opened == 2
    listening.until(lambda: "" in texts(campaign))  # its author has deleted the first
    assert texts(campaign) == ["", "baca ya", "lihat ini"]
    assert trouble(source) == ""


def test_no_server_fills_the_memory_with_what_is_gone_or_long(
    campaign: Campaign, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "_POSITION_SECONDS", 1e9)
    status = {"uri": "x", "visibility": "public", "content": "kopi senja " + "x" * 500_000, "account": {"url": "y"}}
    posts = [status | {"id": "1"}, status | {"id": "2" * 501}, status | {"id": "3", "account": {"url": "z" * 501}}]
    events = [("delete", "9" * 100_000), *(("delete", str(number)) for number in range(1000))]
    events += [("update", json.dumps(post)) for post in posts]
    body = "".join(f"event: {event}\ndata: {data}\n\n" for event, data in events).encode()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(body)
        await asyncio.Event().wait()
        return response

    server.does("/api/v1/streaming/public", answer)
    a_source(campaign, SourceKind.MASTODON, server.url)
    listener, reports = ears.Ears(), list[ears.Report]()
    try:
        listener.listen(queries.listening())
        for _ in range(MOST_TURNS):
            reports += listener.taken()
            if any(report.heard for report in reports):
                break
            threading.Event().wait(0.01)
    finally:
        listener.close()
    assert [number for report in reports for number in report.gone] == [str(number) for number in range(1000)]
    assert max(len(report.gone) for report in reports) == 250
    (heard,) = [one for report in reports for one in report.heard]
    assert (heard.external_id, len(heard.text)) == ("1", LONGEST_TEXT)


def test_sources_of_one_stream_share_a_connection(
    people: People, campaign: Campaign, streaming: Streaming, listening: Listening
) -> None:
    other = a_campaign(people.charlie)
    a_source(campaign, SourceKind.MASTODON, streaming.mastodon)
    a_source(other, SourceKind.MASTODON, streaming.mastodon, words="cuaca")
    listening.until(lambda: len(texts(campaign)) == 3 and len(texts(other)) == 1)
    assert streaming.opened == 1


def test_whoever_is_no_longer_listened_to_is_hung_up_on(
    campaign: Campaign, server: Server, streaming: Streaming, listening: Listening
) -> None:
    a_source(campaign, SourceKind.MASTODON, streaming.mastodon)
    listening.until(lambda: len(texts(campaign)) == 3)
    assert len(listening._job._ears._streams) == 1
    channels.switch(campaign=campaign, channel="buzz", is_on=False)
    listening.until(lambda: not listening._job._ears._streams)
    channels.switch(campaign=campaign, channel="buzz", is_on=True)
    listening.until(lambda: streaming.opened == 2)


def test_a_source_that_is_too_loud_says_so(
    campaign: Campaign, server: Server, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_A_DAY", 2)
    source = a_source(campaign, SourceKind.FEED, server.says("/feed", a_feed("a1", "b2", "c3")))
    listening.until(lambda: trouble(source) != "")
    assert trouble(source).startswith("More than 2 mentions came within a day")
    assert len(texts(campaign)) == 2


def test_the_channel_serves_until_it_is_told_to_stop(
    campaign: Campaign, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_source(campaign, SourceKind.FEED, server.says("/feed", a_feed("heard")))
    stopping = threading.Event()
    turn = jobs.Listening.turn

    def turning(job: jobs.Listening) -> float:
        if texts(campaign) == ["heard"]:
            stopping.set()
        turn(job)
        return 0.01

    monkeypatch.setattr(jobs.Listening, "turn", turning)
    monkeypatch.setattr(service, "close_old_connections", lambda: None)  # the test's own transaction is on it
    ALL["buzz"].serve(stopping)
    assert texts(campaign) == ["heard"]
    assert not [thread for thread in threading.enumerate() if thread.name == "ears"]
