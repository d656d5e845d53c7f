"""Feeds as the world writes them: RSS, Atom, old letters, half ones, bombs, and pages that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sebar.channels.kinds.buzz import feeds
from sebar.channels.kinds.buzz.rules import Heard
from sebar.kit.errors import UserError
from sebar.kit.http import Fetched

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Blog</title><language>id-ID</language>
<item><title>Kopi &amp;amp; kue</title><guid isPermaLink="false">post-7</guid><link>https://blog.example/7</link>
<pubDate>Thu, 26 Nov 2026 10:00:00 +0700</pubDate><author>dewi@blog.example (Dewi)</author>
<description><![CDATA[
<p>Enak <b>sekali</b><br>di <a href="https://kopisenja.id/x?a=1&amp;b=2" onclick="steal()">sini</a>
<script>alert(1)</script></p>]]></description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Blog</title><id>urn:blog</id>
<entry><title>Good coffee</title><id>urn:1</id><link href="https://blog.example/1"/><updated>2026-11-20T08:00:00Z</updated>
<author><name>Ana</name></author><content type="html">&lt;p&gt;Loved it&lt;/p&gt;</content></entry></feed>"""


def read(body: str | bytes, kind: str = "application/rss+xml") -> list[Heard]:
    content = body.encode() if isinstance(body, str) else body
    return feeds.read(Fetched(content, {"content-type": kind}))


def test_rss_is_read_as_plain_text() -> None:
    (heard,) = read(RSS)
    assert heard.external_id == "post-7"
    assert heard.text == "Kopi & kue\nEnak sekali\ndi sini"
    assert heard.at == datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    assert heard.url == "https://blog.example/7"
    assert "https://kopisenja.id/x?a=1&b=2" in heard.links
    assert "Dewi" in heard.author
    assert heard.language == "id-ID"


def test_atom_is_read() -> None:
    (heard,) = read(ATOM, "application/atom+xml")
    assert (heard.external_id, heard.text, heard.author) == ("urn:1", "Good coffee\nLoved it", "Ana")
    assert heard.at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_old_letters_are_read_as_the_server_or_the_feed_says() -> None:
    feed = '<rss version="2.0"><channel><item><title>Café crème</title></item></channel></rss>'
    assert read(feed.encode("latin-1"), "application/rss+xml; charset=iso-8859-1")[0].text == "Café crème"
    assert read(f'<?xml version="1.0" encoding="iso-8859-1"?>{feed}'.encode("latin-1"))[0].text == "Café crème"


def test_half_a_feed_gives_what_came() -> None:
    whole, *_ = read(RSS.replace("</channel></rss>", "<item><title>Second</ti"))
    assert whole.external_id == "post-7"


@pytest.mark.parametrize("body", ["", " ", "<html><body><p>Sign in</p></body></html>", "{}", "\0" * 100, "GIF89a"])
def test_what_is_no_feed_is_said(body: str) -> None:
    with pytest.raises(UserError, match="not an RSS or Atom feed"):
        read(body)


def test_a_feed_without_entries_is_one() -> None:
    assert read('<rss version="2.0"><channel><title>New</title></channel></rss>') == []


def test_a_bomb_of_entities_does_not_go_off() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "lol">{levels}]>'
        '<rss version="2.0"><channel><item><title>&e9;</title></item></channel></rss>'
    )
    assert sum(len(heard.text) for heard in _heard_or_nothing(bomb.encode())) < 10_000


def test_what_would_take_too_long_is_left() -> None:
    with pytest.raises(UserError, match="too long to be read"):
        read("<rss><channel>" + "<item>" * 100_000)


def test_nothing_outside_is_read_by_a_feed(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("Rahasia")
    feed = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
        '<rss version="2.0"><channel><item><title>a &file; b</title></item></channel></rss>'
    )
    assert "Rahasia" not in str(_heard_or_nothing(feed.encode()))


def _heard_or_nothing(body: bytes) -> list[Heard]:
    try:
        return read(body)
    except UserError:
        return []


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2026", "0000-00-00T00:00:00Z"])
def test_dates_that_are_none_are_left_out(date: str) -> None:
    feed = f'<rss version="2.0"><channel><item><title>x</title><pubDate>{date}</pubDate></item></channel></rss>'
    assert read(feed)[0].at is None


def test_what_has_no_name_of_its_own_is_known_by_its_link_or_its_text() -> None:
    feed = '<rss version="2.0"><channel><item><title>a</title><link>https://b.example/1</link></item><item><title>c</title></item></channel></rss>'
    assert [heard.external_id for heard in read(feed)] == ["https://b.example/1", "c"]


def test_news_that_are_older_than_texts_are_kept_are_none() -> None:
    recent = [
        feeds.is_recent(Heard(external_id="1", text="x", at=at), keep_days=30, now=NOW)
        for at in (None, NOW, NOW - timedelta(days=29), NOW - timedelta(days=31))
    ]
    assert recent == [True, True, True, False]


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400)
    | st.text(max_size=300).map(lambda words: RSS.replace("Enak", words).encode(errors="replace"))
)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    _heard_or_nothing(body)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_mutation_of_a_feed_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(RSS.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    _heard_or_nothing(bytes(body))
