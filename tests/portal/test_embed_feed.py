"""The campaign's feed, read by a reader that many programs use."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import feedparser
import pytest
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_draft, a_participant
from people import People
from portal.conftest import a_picture, code_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.kit import config

OURS = config.load().public_url


def read(client: Client, address: str) -> Any:
    """Return the feed as a reader sees it; it must be faultless."""
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    found = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["Content-Type"]})
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "rss20"
    return found


def test_a_feed_says_what_the_campaign_is_about(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    campaigns.dress(membership=people.alice, slug=campaign.slug, image=images.store(a_picture(), config.load().media))
    found = read(client, f"/c/{campaign.slug}/feed")
    assert found.feed.title == "Share the spark · Kopi Senja"
    assert found.feed.language == "en"
    assert found.feed.ttl == "60"
    assert [link.href for link in found.feed.links if link.rel == "self"] == [f"{OURS}/c/{campaign.slug}/feed"]
    (entry,) = found.entries
    assert entry.title == "Share the spark"
    assert entry.link == f"{OURS}/c/{campaign.slug}?via=feed"
    assert entry.description == "<p>Everybody who brings two friends lights up the town.</p>"
    assert entry.published_parsed is not None
    (picture,) = entry.enclosures
    assert picture.type == "image/jpeg"
    assert len(client.get(picture.href.removeprefix(OURS)).content) == int(picture.length)


def test_somebodys_feed_carries_their_code(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    found = read(client, f"/c/{campaign.slug}/feed?ref={code}")
    assert found.feed.link == found.entries[0].link == f"{OURS}/r/{code}?via=feed"
    plain = read(client, f"/c/{campaign.slug}/feed")
    assert found.entries[0].id == plain.entries[0].id
    other = code_of(a_participant(a_campaign()))
    assert read(client, f"/c/{campaign.slug}/feed?ref={other}").entries[0].link == plain.entries[0].link


def test_a_feed_says_when_it_is_over(client: Client, people: People) -> None:
    ended, stopped = a_campaign(people.alice), a_campaign(people.alice)
    Campaign.objects.filter(pk=ended.pk).update(ends_at=timezone.now() - timedelta(hours=1))
    campaigns.stop(membership=people.alice, slug=stopped.slug, stop_url="")
    is_over, was_stopped = "This campaign is over", "This campaign was stopped"
    for campaign, sentence, title in ((ended, is_over, "Share the spark"), (stopped, was_stopped, stopped.name)):
        newest, oldest = read(client, f"/c/{campaign.slug}/feed").entries
        assert newest.title.startswith(sentence)
        assert oldest.title == title
        assert newest.id != oldest.id


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "]]> & <b>", "Zeile 1\n\nZeile 2", "🎉 محمد"])
def test_whatever_a_brand_writes_stays_words(client: Client, people: People, text: str) -> None:
    words = {"headline": "A & B", "text": text, "call_to_action": "Go", "share_text": "Hi"}
    campaign = a_campaign(people.alice, languages=("en",), texts={"en": words})
    answer = client.get(f"/c/{campaign.slug}/feed").content.decode()
    assert "<script" not in answer
    found = read(client, f"/c/{campaign.slug}/feed")
    assert unescape(found.entries[0].title) == "A & B"
    assert unescape(re.sub(r"</?p>|<br */?>", "", found.entries[0].description)) == text


def test_a_feed_speaks_the_readers_language(client: Client, campaign: Campaign) -> None:
    answer = client.get(f"/c/{campaign.slug}/feed", headers={"Accept-Language": "id"})
    assert feedparser.parse(answer.content).feed.language == "id"


def test_a_draft_has_no_feed(client: Client, people: People) -> None:
    assert client.get(f"/c/{a_draft(people.alice).slug}/feed").status_code == 404
    assert client.get("/c/nothing/feed").status_code == 404
