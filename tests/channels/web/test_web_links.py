"""The addresses that the share buttons open, each as its network documents it."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar import channels

LINK = "https://share.example.com/r/k7m2fqx"
WORDS = "Kopi & kue? Ayo! “50 %” #gratis\nbaris dua"
PICTURE = "https://share.example.com/media/a-og.jpg"

# Where each leads, and which of its parameters hold what. From the networks' own pages where they have one.
TARGETS = {
    "whatsapp": ("https", "wa.me", "/", {"text": "{message}"}),
    "telegram": ("https", "t.me", "/share/url", {"url": "{link}", "text": "{words}"}),
    "line": ("https", "line.me", "/R/share", {"text": "{message}"}),
    "x": ("https", "x.com", "/intent/post", {"text": "{words}", "url": "{link}"}),
    "facebook": ("https", "www.facebook.com", "/sharer/sharer.php", {"u": "{link}"}),
    "linkedin": ("https", "www.linkedin.com", "/sharing/share-offsite/", {"url": "{link}"}),
    "reddit": ("https", "www.reddit.com", "/submit", {"url": "{link}", "title": "Judul & lain"}),
    "pinterest": (
        "https",
        "www.pinterest.com",
        "/pin/create/button/",
        {"url": "{link}", "media": PICTURE, "description": "{words}"},
    ),
    "threads": ("https", "www.threads.com", "/intent/post", {"text": "{words}", "url": "{link}"}),
    "bluesky": ("https", "bsky.app", "/intent/compose", {"text": "{message}"}),
    "mastodon": ("https", "mastodon.example", "/share", {"text": "{message}"}),
    "viber": ("viber", "forward", "", {"text": "{message}"}),
    "sms": ("sms", "", "", {"body": "{message}"}),
}


def door(name: str, words: str = WORDS) -> str:
    return channels.ALL[name].door(
        LINK, words=words, subject="Judul & lain", picture=PICTURE, server="mastodon.example"
    )


@pytest.mark.parametrize("name", TARGETS)
def test_a_button_leads_where_its_network_says(name: str) -> None:
    scheme, host, path, expected = TARGETS[name]
    own = f"{LINK}?via={name}"
    leads = urlsplit(door(name))
    assert (leads.scheme, leads.netloc, leads.path) == (scheme, host, path)
    filled = {key: value.format(message=f"{WORDS} {own}", link=own, words=WORDS) for key, value in expected.items()}
    assert {key: values[0] for key, values in parse_qs(leads.query).items()} == filled


def test_every_button_of_the_web_is_held_here() -> None:
    assert {channel.name for channel in channels.DOORS} - {"email"} <= set(TARGETS)


def test_a_text_message_opens_filled_in_on_android_and_on_iphones() -> None:
    """Android reads what follows ``?body=``; iPhones look for ``&body=``. With both signs each finds its own."""
    address = door("sms")
    assert address.startswith("sms:?&body=")
    assert unquote(address.partition("&body=")[2]) == f"{WORDS} {LINK}?via=sms"


@pytest.mark.parametrize(("name", "most"), [("bluesky", 300), ("x", 280), ("mastodon", 500), ("threads", 500)])
def test_words_that_are_too_long_give_way_to_the_link(name: str, most: int) -> None:
    own = f"{LINK}?via={name}"
    values = parse_qs(urlsplit(door(name, words="kata " * 200)).query)
    text = " ".join(value for _, (value,) in sorted(values.items()))
    assert own in text
    assert "…" in text
    assert len(text) <= most


@given(words=st.text(st.characters(exclude_categories=["Cs"]), max_size=400), name=st.sampled_from(sorted(TARGETS)))
def test_no_words_change_where_a_button_leads(words: str, name: str) -> None:
    scheme, host, path, expected = TARGETS[name]
    address = door(name, words=words)
    assert address.isascii()
    assert not set(address) & set(' \r\n\t"<>\\^`{|}')
    leads = urlsplit(address)
    assert (leads.scheme, leads.netloc, leads.path, leads.fragment) == (scheme, host, path, "")
    assert set(parse_qs(leads.query)) <= set(expected)


def test_what_needs_a_phone_stands_open_on_phones_only() -> None:
    assert {channel.name for channel in channels.DOORS if channel.needs_phone} == {"sms", "line", "viber"}


@pytest.mark.parametrize("name", ["link", "copy", "share", "mastodon", "embed", "badge", "feed", "app"])
def test_each_says_to_marketers_what_it_is(name: str) -> None:
    assert len(channels.ALL[name].description) > 40
