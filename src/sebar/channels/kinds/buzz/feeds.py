"""Mentions from RSS and Atom feeds. The one place that knows ``feedparser``, which has no types."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import feedparser

from sebar.channels.kinds.buzz import markup
from sebar.channels.kinds.buzz.rules import Heard, moment
from sebar.kit.errors import UserError
from sebar.kit.http import Fetched
from sebar.kit.words import gettext_noop

KINDS: Final = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "application/feed+json",
    "text/plain",  # what careless servers call anything
)
_NO_FEED: Final = gettext_noop("What came is not an RSS or Atom feed.")
_MOST_MARKS: Final = 100_000
_LOOKED_AT: Final = 100_000  # characters of one entry that are looked at
_LONGEST_MARK: Final = 200  # of a version that is sent back to a server


def read(fetched: Fetched) -> list[Heard]:
    """Return what a feed tells of, in its own order.

    Raises
    ------
    UserError
        When it is not a feed, or one that would take too long to read.
    """
    # Reading takes time by the mark: two million bytes of nothing but marks would take half a minute.
    if fetched.body.count(b"<") + fetched.body.count(b"&") > _MOST_MARKS:
        raise UserError(gettext_noop("The feed is too long to be read."))
    # Bytes, never text or an address: those it would open or fetch by itself. We clean up ourselves.
    try:
        found = feedparser.parse(
            fetched.body,
            response_headers={"content-type": fetched.headers.get("content-type", "")},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes make of a parser
        raise UserError(_NO_FEED) from None
    # Neither an empty answer nor a page sets its mark of trouble, and one that broke off in the middle, which does,
    # still has entries.
    if not found.get("version") and not found.entries:
        raise UserError(_NO_FEED)
    language = str(found.feed.get("language") or "")
    return [heard for entry in found.entries if (heard := _heard(entry, language)).text]


def freshness(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what to send along next time, so that a feed that has not changed is not sent again."""
    pairs = (("If-None-Match", headers.get("etag")), ("If-Modified-Since", headers.get("last-modified")))
    return {name: value for name, value in pairs if value and len(value) <= _LONGEST_MARK and value.isascii()}


def is_recent(heard: Heard, *, keep_days: int, now: datetime) -> bool:
    """Say whether something was said within the days for which texts are kept: older news are none."""
    return heard.at is None or heard.at > now - timedelta(days=keep_days)


def _heard(entry: Any, language: str) -> Heard:
    body = str((entry.get("content") or [{}])[0].get("value") or entry.get("summary") or "")[:_LOOKED_AT]
    title = str(entry.get("title") or "")[:_LOOKED_AT]
    parts = (markup.plain(title), markup.plain(body))
    address = str(entry.get("link") or "")
    text = "\n".join(dict.fromkeys(part for part in parts if part))
    return Heard(
        external_id=str(entry.get("id") or address or text),
        text=text,
        at=_moment(entry),
        url=address,
        links=markup.links(body) + " " + address,
        author=str(entry.get("author") or ""),
        language=language,
    )


def _moment(entry: Any) -> datetime | None:
    # Asked for a name that is missing, it would answer with the other's value and warn.
    there = [name for name in ("published_parsed", "updated_parsed") if name in entry]
    parsed = next((entry[name] for name in there if entry[name]), None)
    try:
        return moment(calendar.timegm(parsed)) if parsed else None
    except (ValueError, OverflowError):
        return None
