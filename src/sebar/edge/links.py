"""The published link table: what the hot path needs to know of a link, and nothing else. This file owns both ends.

The engine publishes (`Publisher`), every edge process finds (`LinkTable`). The table is one SQLite file that can be
made anew from the relational database; the edge never opens that one. A link that is not published yet is asked for
at the web process, which answers with an encoded `Found`.
"""

from __future__ import annotations

import sqlite3
import string
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from sebar.events.event import Event
from sebar.kit import codes
from sebar.kit.brake import Brake, Level

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS link (
    participant INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, parent INTEGER NOT NULL, root INTEGER NOT NULL,
    generation INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS target (campaign INTEGER PRIMARY KEY, slug TEXT NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS replay_key (hash TEXT PRIMARY KEY, brand INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), major INTEGER NOT NULL,
    minor INTEGER NOT NULL);
INSERT OR IGNORE INTO position VALUES (1, 0, 0);
"""
_FIND_LINK: Final = "SELECT participant, campaign, parent, root, generation FROM link WHERE participant = ?"
_HOT: Final = 50_000  # links; about 350 bytes each, in each of two halves
_FRESH_SECONDS: Final = 0.25  # how old the targets in memory may be


class Link(msgspec.Struct, frozen=True, gc=False):
    """Whose link it is and where that participant stands in the cascade, as in `sebar.events.event.Event`."""

    participant: int
    campaign: int
    parent: int = 0
    root: int = 0
    generation: int = 0


class Target(msgspec.Struct, frozen=True):
    """Where the links of one campaign lead.

    Attributes
    ----------
    campaign, brand, slug
        Campaign identifier, identifier of the brand that owns it, the campaign's slug.
    status
        The campaign's status: ``running`` leads to `url`, ``stopped`` to `stop_url`, all else to the hosted page.
    url
        The brand's own page; empty means the page that Sebar hosts.
    stop_url
        Where links lead once the campaign is stopped or over; empty means the hosted page, which says so.
    ends_at
        When it is over, milliseconds since 1970 UTC; 0 when it has no end.
    """

    campaign: int
    brand: int
    slug: str
    status: str = "running"
    url: str = ""
    stop_url: str = ""
    ends_at: int = 0

    def address(self, query: str, now: int) -> str:
        """Return where a link leads at `now` (milliseconds since 1970 UTC), with `query` put behind it.

        Always an address that the brand chose or one of our own paths, never one from a request.
        """
        over = self.status == "stopped" or 0 < self.ends_at <= now
        chosen = self.stop_url if over else self.url if self.status == "running" else ""
        before, after = _around_query(chosen or f"/c/{self.slug}")
        return f"{before}{query}{after}"


class Found(msgspec.Struct, frozen=True):
    """A link with its target, also the answer of ``GET /-/link/{code}``."""

    link: Link
    target: Target


_BRAKED: Final = {Level.HOLD: "paused", Level.STOP: "stopped"}
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Found)
_target_decoder: Final = msgspec.json.Decoder(Target)


def encode(found: Found) -> bytes:
    """Return the answer of ``GET /-/link/{code}`` as JSON."""
    return _encoder.encode(found)


def decode(answer: bytes) -> Found:
    """Return what `encode` wrote."""
    return _decoder.decode(answer)


def link_of(join: Event) -> Link:
    """Return the link of the participant whose JOIN event this is."""
    return Link(join.participant, join.campaign, join.parent, join.root or join.participant, join.generation)


class Publisher:
    """The engine's end. One process at a time publishes; edges may read meanwhile.

    Parameters
    ----------
    path
        `Config.links`. Made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = _open(path)
        self._database.executescript(_SCHEMA)

    def position(self) -> tuple[int, int]:
        """Return how far the outbox is published: the numbers last given to `publish_links`; (0, 0) at first."""
        major, minor = self._database.execute("SELECT major, minor FROM position").fetchone()
        return major, minor

    def publish_links(self, links: Iterable[Link], position: tuple[int, int]) -> None:
        """Store links and the position up to which they were read, in one transaction. Doing it again is harmless."""
        rows = [(link.participant, link.campaign, link.parent, link.root, link.generation) for link in links]
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?)", rows)
            self._database.execute("UPDATE position SET major = ?, minor = ?", position)

    def publish_targets(self, targets: Iterable[Target]) -> None:
        """Store where these campaigns' links lead. Edges follow within a quarter of a second."""
        rows = [(target.campaign, target.slug, _encoder.encode(target)) for target in targets]
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO target VALUES (?, ?, ?)", rows)

    def publish_keys(self, keys: Iterable[tuple[str, int]]) -> None:
        """Make these, each the hash of a valid key with scope ``replay`` and its brand, the only ones that count."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM replay_key")
            self._database.executemany("INSERT OR REPLACE INTO replay_key VALUES (?, ?)", list(keys))

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class LinkTable:
    """The edge's end. Links are found by primary key and the recently used are kept; targets are all in memory.

    Parameters
    ----------
    path
        `Config.links`. Made empty when the engine has not been there yet.
    brake
        Tells which campaigns are held or stopped, whatever is published of them.
    hot
        How many links to keep at hand, at most twice.
    """

    def __init__(self, path: Path, brake: Brake, hot: int = _HOT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = _open(path)
        self._database.executescript(_SCHEMA)
        self._brake = brake
        self._limit = hot
        self._recent: dict[str, Link] = {}
        self._older: dict[str, Link] = {}
        self._targets: dict[int, Target] = {}
        self._by_slug: dict[str, Target] = {}
        self._keys: dict[str, int] = {}
        self._version = (-1, -1)
        self._fresh_until = 0.0

    def find(self, code: str) -> Found | None:
        """Return the published link with this code, spelled exactly, or None."""
        link = self._recent.get(code) or self._reach(code)
        if link is None:
            return None
        target = self.targets().get(link.campaign)
        return None if target is None else Found(link, target)

    def find_slug(self, slug: str) -> Target | None:
        """Return the target of the campaign with this slug, or None."""
        self.targets()
        return self._by_slug.get(slug)

    def brand_of_key(self, key_hash: str) -> int | None:
        """Return the brand whose replay key has this hash, or None."""
        self.targets()
        return self._keys.get(key_hash)

    def braked(self, target: Target) -> Target:
        """Return the target as the brake leaves it at this moment."""
        level = self._brake.level(target.campaign)
        if level is None or target.status == "stopped":
            return target
        return msgspec.structs.replace(target, status=_BRAKED[level])

    def targets(self) -> dict[int, Target]:
        """Return all targets by campaign, at most a quarter of a second old."""
        now = time.monotonic()
        if now >= self._fresh_until:
            self._fresh_until = now + _FRESH_SECONDS
            self._refresh()
        return self._targets

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _reach(self, code: str) -> Link | None:
        link = self._older.pop(code, None) or self._read(code)
        if link is None:
            return None
        # Two dictionaries instead of a list of recent use: a hit costs nothing, and what was used since the last
        # turn survives the next one.
        if len(self._recent) >= self._limit:
            self._older, self._recent = self._recent, {}
        self._recent[code] = link
        return link

    def _read(self, code: str) -> Link | None:
        number = codes.read(code)
        row = number and self._database.execute(_FIND_LINK, (number,)).fetchone()
        return Link(*row) if row else None

    def _refresh(self) -> None:
        version = (self._database.execute("PRAGMA data_version").fetchone()[0], self._brake.version())
        if version == self._version:
            return
        self._version = version
        rows = self._database.execute("SELECT payload FROM target")
        published = [_target_decoder.decode(payload) for (payload,) in rows]
        self._targets = {target.campaign: self.braked(target) for target in published}
        self._by_slug = {target.slug: target for target in self._targets.values()}
        self._keys = dict(self._database.execute("SELECT hash, brand FROM replay_key"))


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=20)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


@lru_cache(maxsize=4096)
def _around_query(url: str) -> tuple[str, str]:
    address, hash_sign, fragment = _in_ascii(url).partition("#")
    return f"{address}{'&' if '?' in address else '?'}", f"{hash_sign}{fragment}"


def _in_ascii(url: str) -> str:
    """Return a checked address as a header may hold it: brands write theirs in any script."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host, colon, port = parts.netloc.partition(":")
    netloc = f"{host.encode('idna').decode()}{colon}{port}"
    return quote(urlunsplit(parts._replace(netloc=netloc)), safe=string.punctuation)
