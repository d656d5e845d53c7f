"""The hot path: ``/r/{code}`` redirects, ``POST /t`` takes touches from pages.

A request is looked up, its raw evidence is journaled, and only then it is answered. Nobody is judged here: see
`sebar.verdicts`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Final, Protocol

from sebar.edge.evidence import Evidence, evidence_of, original, replayed, touch_of
from sebar.edge.limit import Limit
from sebar.edge.links import Found, Link, LinkTable, Target
from sebar.edge.request import Network, Reply, Scope, origin_of, plain
from sebar.edge.touch import BYTES, Sent, name_or_nothing, read_batch, read_query
from sebar.edge.visitor import Visitors, line_of
from sebar.events.event import Kind
from sebar.events.touch import encode
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, UserError
from sebar.kit.ids import now_ms

_NO_STORE: Final = ("cache-control", "no-store")
_AROUND_LINKS: Final = "/.,;:!?)]}>'\"”’»"  # what programs that make links of text leave on their end

Ask = Callable[[str], Awaitable[Found | None]]


class Journal(Protocol):
    """Where evidence is kept before anybody is answered."""

    async def append(self, rows: Sequence[bytes]) -> None:
        """Return once the rows are durable."""


class Edge:
    """Answers ``/r/`` and ``/t``. One for each process.

    Parameters
    ----------
    links, journal, visitors
        Its three parts.
    ask
        Asks the web process for a link that is not published yet, by its code. May raise `Unavailable`.
    trusted_proxies
        Networks whose forwarding headers are believed.
    """

    def __init__(
        self,
        *,
        links: LinkTable,
        journal: Journal,
        visitors: Visitors,
        ask: Ask,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self._links = links
        self._journal = journal
        self._visitors = visitors
        self._ask = ask
        self._trusted = trusted_proxies
        self._limit = Limit(burst=300, per_second=5)
        # Who changes the browser's name is a new visitor each time, but still comes from somewhere.
        self._limit_of_line = Limit(burst=3000, per_second=50)

    async def follow(self, scope: Scope, code: str) -> Reply | None:
        """Answer ``/r/{code}``: journal the visit, then redirect. None when nobody has this code.

        Raises
        ------
        Unavailable
            When the journal cannot keep the visit, or an unpublished link cannot be asked for.
        """
        if scope.method not in {"GET", "HEAD"}:
            return plain(405, "A link is opened with GET.", ("allow", "GET, HEAD"))
        found = self._links.find(code)
        if found is None:
            code = code.lower().strip(_AROUND_LINKS)
            found = await self._seek(code)
            if found is None:
                return None
        query = scope.query_string
        channel, creative = read_query(query) if query else ("", "")
        now = now_ms()
        if "sebar-time" in scope.headers:
            try:
                evidence = self._played_again(scope, found.target)
            except UserError as error:
                return plain(403 if isinstance(error, NotAllowed) else 400, error.message)
        else:
            evidence = evidence_of(scope, self._trusted, self._visitors, now)
        link = found.link
        touch = touch_of(evidence, Kind.VISIT, link.campaign, link, channel=channel, creative=creative)
        await self._journal.append((encode(touch),))
        query = _query(code, channel, creative)
        return Reply(302, [("location", found.target.address(query, now)), _NO_STORE])

    async def collect(self, scope: Scope, body: bytes) -> Reply:
        """Answer ``POST /t``: journal a batch of touches that a page sends.

        Raises
        ------
        Unavailable
            When the journal cannot keep them, or an unpublished link cannot be asked for.
        """
        if len(body) > BYTES:
            return plain(413, f"A batch of touches may have {BYTES} bytes; this one has more.")
        evidence = evidence_of(scope, self._trusted, self._visitors, now_ms())
        brand = self._brand(scope) if "authorization" in scope.headers else None
        try:
            batch = read_batch(body)
            if brand is None and not self._allows(scope, evidence.visitor, max(len(batch), 1)):
                return plain(429, "Too many touches in a short time; wait a minute.", ("retry-after", "60"))
            rows = [await self._row(evidence, sent, brand) for sent in batch]
        except UserError as error:
            return plain(403 if isinstance(error, NotAllowed) else 400, error.message)
        if rows:
            await self._journal.append(rows)
        return Reply(204, [_NO_STORE])

    def _allows(self, scope: Scope, visitor: int, cost: int) -> bool:
        now = time.monotonic()
        line = line_of(origin_of(scope, self._trusted).address)
        return self._limit_of_line.allows(line, cost, now) and self._limit.allows(visitor, cost, now)

    async def _seek(self, code: str) -> Found | None:
        """Look further: for a code in capitals, or one made a moment ago."""
        if codes.read(code) is None:
            return None
        published = self._links.find(code)
        if published is not None:
            return published
        found = await self._ask(code)
        return None if found is None else Found(found.link, self._links.braked(found.target))

    async def _row(self, evidence: Evidence, sent: Sent, brand: int | None) -> bytes:
        target, link = await self._subject(sent)
        if sent.time:
            _refuse_original_time(brand, target)
            evidence = original(sent.time, sent.visitor)
        channel, creative = name_or_nothing(sent.via), name_or_nothing(sent.c)
        kind = Kind(sent.kind)
        identity = sent.id.bytes if sent.id is not None else None
        touch = touch_of(
            evidence,
            kind,
            target.campaign,
            link,
            channel=channel,
            creative=creative,
            identity=identity,
            props=sent.props(),
        )
        return encode(touch)

    async def _subject(self, sent: Sent) -> tuple[Target, Link | None]:
        """Return what a touch is about. A code of another campaign says nothing about this one."""
        found = await self._seek(sent.code.lower()) if sent.code else None
        if found is not None and sent.campaign in {"", found.target.slug}:
            return found.target, found.link
        target = self._links.find_slug(sent.campaign)
        if target is None:
            raise UserError(f"No campaign is called “{sent.campaign[:60]}”; send its slug.", field="campaign")
        return target, None

    def _played_again(self, scope: Scope, target: Target) -> Evidence:
        _refuse_original_time(self._brand(scope), target)
        return replayed(scope.headers)

    def _brand(self, scope: Scope) -> int | None:
        """Return the brand whose key may set original times; None without such a key."""
        scheme, _, key = scope.headers.get("authorization", "").partition(" ")
        found = self._links.brand_of_key(sha256(key.strip().encode()).hexdigest())
        return found if scheme.lower() == "bearer" else None


def _refuse_original_time(brand: int | None, target: Target) -> None:
    if brand is None or brand != target.brand:
        raise NotAllowed("Only a key with scope replay of the campaign's own brand may set the time of a touch.")


def _query(code: str, channel: str, creative: str) -> str:
    query = f"ref={code}"
    if channel:
        query = f"{query}&via={channel}"
    if creative:
        query = f"{query}&c={creative}"
    return query
