"""What public streams say: Mastodon's over server-sent events, Bluesky's Jetstream over a web socket.

Reading what arrives is apart from the connection, so that a recorded stream is read as a living one is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec

from sebar.channels.kinds.buzz import markup
from sebar.channels.kinds.buzz.rules import Heard, SourceKind, moment
from sebar.kit import http
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

_CONNECT_SECONDS: Final = 20
_SILENCE_SECONDS: Final = 90  # Mastodon says at least something every 15 s
_LARGEST_MESSAGE: Final = 1024 * 1024
_POSTS: Final = "app.bsky.feed.post"
_SAYS_TOO_MUCH: Final = gettext_noop(
    "{host} sent one message of more than {most} MB: the connection is closed, and opened again later."
)
_SAYS_LITTLE: Final = gettext_noop("The stream of {host} ended; it is opened again.")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a stream says.

    Attributes
    ----------
    heard
        Something somebody posted; None otherwise.
    gone
        Identifier of what somebody deleted; empty otherwise.
    position
        How far the stream has come, to go on from there another time; empty where it cannot be told.
    """

    heard: Heard | None = None
    gone: str = ""
    position: str = ""


class _Account(msgspec.Struct):
    url: str = ""
    acct: str = ""
    followers_count: int | None = None
    bot: bool | None = None
    noindex: bool | None = None


class _Status(msgspec.Struct):
    id: str
    uri: str
    account: _Account
    content: str = ""
    spoiler_text: str | None = None
    url: str | None = None
    language: str | None = None
    visibility: str = ""
    created_at: datetime | None = None
    reblog: msgspec.Raw = msgspec.Raw(b"null")


class _Link(msgspec.Struct):
    uri: str = ""


class _Facet(msgspec.Struct):
    features: list[_Link] = []


class _Embed(msgspec.Struct):
    external: _Link | None = None


class _Record(msgspec.Struct):
    text: str = ""
    langs: list[str] = []
    facets: list[_Facet] = []
    embed: _Embed | None = None


class _Commit(msgspec.Struct):
    operation: str
    collection: str
    rkey: str
    record: _Record | None = None


class _Message(msgspec.Struct):
    did: str
    time_us: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    commit: _Commit | None = None


class _Urls(msgspec.Struct):
    streaming: str = ""


class _Configuration(msgspec.Struct):
    urls: _Urls = msgspec.field(default_factory=_Urls)


class _Instance(msgspec.Struct):
    configuration: _Configuration = msgspec.field(default_factory=_Configuration)


def read_mastodon(event: str, data: bytes) -> Said | None:
    """Return what one event of a Mastodon stream says; None when it is nothing for us.

    Taken is what people posted to everybody: no programs' posts, and nobody's who does not want to be found by search.
    """
    if event == "delete":
        return Said(gone=data.decode(errors="replace").strip())
    if event != "update":
        return None
    try:
        status = msgspec.json.decode(data, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    account = status.account
    if status.visibility != "public" or bytes(status.reblog) != b"null" or account.bot or account.noindex:
        return None
    text = "\n".join(part for part in (status.spoiler_text or "", markup.plain(status.content)) if part)
    return Said(
        heard=Heard(
            external_id=status.id,
            text=text,
            at=status.created_at,
            url=status.url or "",
            links=markup.links(status.content),
            author=account.url or account.acct,
            language=status.language or "",
            reach=account.followers_count,
        )
    )


def read_bluesky(data: bytes) -> Said | None:
    """Return what one message of a Jetstream says; None when it cannot be read.

    When something was posted is what the stream says: what the post itself says, its author has chosen.
    """
    try:
        message = msgspec.json.decode(data, type=_Message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    commit, position = message.commit, str(message.time_us)
    if commit is None or commit.collection != _POSTS:
        return Said(position=position)
    identifier = f"{message.did}/{commit.rkey}"
    if commit.operation == "delete":
        return Said(gone=identifier, position=position)
    if commit.operation != "create" or commit.record is None:
        return Said(position=position)
    record = commit.record
    shown = [feature.uri for facet in record.facets for feature in facet.features]
    if record.embed is not None and record.embed.external is not None:
        shown.append(record.embed.external.uri)
    return Said(
        heard=Heard(
            external_id=identifier,
            text=record.text,
            at=moment(message.time_us / 1_000_000),
            url=f"https://bsky.app/profile/{message.did}/post/{commit.rkey}",
            links=" ".join(shown),
            author=message.did,
            language=record.langs[0] if record.langs else "",
        ),
        position=position,
    )


async def follow(
    client: aiohttp.ClientSession, kind: SourceKind, address: str, *, token: str = "", position: str = ""
) -> AsyncGenerator[Said, None]:
    """Yield what a stream says for as long as it lasts; something empty as soon as it is open.

    Parameters
    ----------
    client
        A `sebar.kit.http.session`.
    token
        What a Mastodon server wants to see first.
    position
        Go on from here, as an earlier `Said` had it.

    Raises
    ------
    UserError
        With one sentence that says why it cannot be heard, or not any longer. It never ends in another way.
    """
    stream = _jetstream(client, address, position) if kind is SourceKind.BLUESKY else _mastodon(client, address, token)
    try:
        async for said in stream:
            yield said
    except UserError:
        raise
    except Exception as error:
        raise http.in_words(error, address) from error
    raise UserError(_SAYS_LITTLE, host=urlsplit(address).hostname or "")


async def _mastodon(client: aiohttp.ClientSession, address: str, token: str) -> AsyncGenerator[Said, None]:
    base = await _streaming(client, address.rstrip("/"))
    timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
    headers = {"Accept": "text/event-stream", **({"Authorization": f"Bearer {token}"} if token else {})}
    async with client.get(f"{base}/api/v1/streaming/public", headers=headers, timeout=timeout) as response:
        http.refuse(response, ("text/event-stream",))
        yield Said()
        event, data = "", bytearray()
        while line := (await response.content.readline()):
            name, _, value = line.rstrip(b"\r\n").partition(b":")
            if name == b"event":
                event = value.decode(errors="replace").strip()
            elif name == b"data":
                data += value
                if len(data) > _LARGEST_MESSAGE:
                    raise UserError(_SAYS_TOO_MUCH, host=urlsplit(address).hostname or "", most=_LARGEST_MESSAGE >> 20)
            elif line.isspace():
                said = read_mastodon(event, bytes(data))
                event, data = "", bytearray()
                if said is not None:
                    yield said


async def _streaming(client: aiohttp.ClientSession, base: str) -> str:
    """Return where a Mastodon server has its streams: it may be another host, which it names itself."""
    try:
        fetched = await http.fetch(client, f"{base}/api/v2/instance", kinds=("application/json",))
        named = msgspec.json.decode(fetched.body, type=_Instance).configuration.urls.streaming
    except (UserError, msgspec.DecodeError):
        return base
    host = urlsplit(named).netloc
    return f"{urlsplit(base).scheme}://{host}" if host else base


async def _jetstream(client: aiohttp.ClientSession, address: str, position: str) -> AsyncGenerator[Said, None]:
    query = urlencode({"wantedCollections": _POSTS, **({"cursor": position} if position else {})})
    async with client.ws_connect(
        f"{address}?{query}", heartbeat=_SILENCE_SECONDS / 3, max_msg_size=_LARGEST_MESSAGE
    ) as socket:
        yield Said()
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                said = read_bluesky(message.data.encode())
                if said is not None:
                    yield said
