"""Public streams, written down in their documented form and served from this machine."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from buzz_servers import Server, recorded
from hypothesis import given
from hypothesis import strategies as st

from sebar.channels.kinds.buzz import streams
from sebar.channels.kinds.buzz.rules import SourceKind
from sebar.channels.kinds.buzz.streams import Said
from sebar.kit import http
from sebar.kit.errors import UserError

FIRST = "115550000000000001"


def followed(kind: SourceKind, address: str, **options: str) -> tuple[list[Said], str]:
    """Return what a stream says until it ends, and how it ends."""

    async def follow() -> tuple[list[Said], str]:
        said: list[Said] = []
        async with http.session() as client:
            try:
                async for one in streams.follow(client, kind, address, **options):
                    said.append(one)  # noqa: PERF401 - what came before the end is wanted too
            except UserError as error:
                return said, error.message
        raise AssertionError

    return asyncio.run(follow())


def a_mastodon(server: Server, body: bytes, kind: str = "text/event-stream") -> str:
    server.says("/api/v1/streaming/public", body, kind)
    return server.url


def a_jetstream(server: Server, messages: list[str | bytes]) -> str:
    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for message in messages:
            await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
        await socket.close()
        return socket

    return server.does("/subscribe", answer).replace("http:", "ws:")


def heard(said: list[Said]) -> dict[str, Any]:
    return {one.heard.external_id: one.heard for one in said if one.heard}


def test_what_mastodon_says_to_everybody_is_heard(server: Server) -> None:
    said, end = followed(SourceKind.MASTODON, a_mastodon(server, recorded("mastodon.sse")))
    assert said[0] == Said()
    found = heard(said)
    assert [number[-2:] for number in found] == [
        "01",
        "02",
        "03",
        "08",
    ]  # no private, no program's, no unwilling, no boost
    first = found[FIRST]
    assert first.text == "Kopi Senja enak sekali!\nCoba deh: https://www.kopisenja.id/menu?a=1&b=2"
    assert "https://www.kopisenja.id/menu?a=1&b=2" in first.links
    assert first.at == datetime(2026, 11, 20, 10, 0, 1, 123000, tzinfo=UTC)
    assert (first.url, first.author) == ("https://social.example/@x/1", "https://social.example/@dewi")
    assert (first.language, first.reach) == ("id", 412)
    assert found["115550000000000003"].text == "kopi senja is overpriced & slow"
    assert found["115550000000000008"].text == "Tentang Kopi Senja\nini kopi dari mana?"
    assert [one.gone for one in said if one.gone] == ["115550000000000003"]
    assert end == "The stream of 127.0.0.1 ended; it is opened again."


def test_mastodon_is_shown_the_token_and_asked_where_its_streams_are(server: Server) -> None:
    named = {
        "configuration": {"urls": {"streaming": server.url.replace("127.0.0.1", "localhost").replace("http", "wss")}}
    }
    server.says("/api/v2/instance", json.dumps(named), "application/json")
    followed(SourceKind.MASTODON, a_mastodon(server, b":)\n\n"), token="secret-token")
    (instance, _), (stream, headers) = server.asked
    assert (instance, stream) == ("/api/v2/instance", "/api/v1/streaming/public")
    assert headers["Authorization"] == "Bearer secret-token"
    assert headers["Host"].startswith("localhost:")


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "answered “401 Unauthorized”"), (404, "answered “404 Not Found”"), (503, "answered “503")],
)
def test_what_a_server_refuses_is_said(server: Server, status: int, said: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    server.does("/api/v1/streaming/public", answer)
    assert said in followed(SourceKind.MASTODON, server.url)[1]
    assert followed(SourceKind.BLUESKY, server.does("/subscribe", answer).replace("http:", "ws:"))[0] == []


def test_a_page_is_no_stream(server: Server) -> None:
    assert "sent “text/html”" in followed(SourceKind.MASTODON, a_mastodon(server, b"<html>", "text/html"))[1]


def test_no_stream_leads_elsewhere(server: Server) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/"})

    server.does("/api/v1/streaming/public", answer)
    assert "sends on to" in followed(SourceKind.MASTODON, server.url, token="secret")[1]
    assert "sends on to" in followed(SourceKind.BLUESKY, server.does("/subscribe", answer).replace("http:", "ws:"))[1]
    assert not [path for path, _ in server.asked if "latest" in path]


def test_a_line_without_end_is_not_waited_for(server: Server) -> None:
    endless = b"event: update\ndata: " + b"x" * 3_000_000
    assert followed(SourceKind.MASTODON, a_mastodon(server, endless))[1] == "What 127.0.0.1 sent cannot be understood."


def test_an_event_of_too_many_lines_is_hung_up_on(server: Server) -> None:
    line = b"data: " + b"x" * 400_000 + b"\n"
    fine = (b"event: update\n" + line * 2 + b"\n") * 3
    said, end = followed(SourceKind.MASTODON, a_mastodon(server, fine))
    assert end == "The stream of 127.0.0.1 ended; it is opened again."
    too_much = b"event: update\n" + line * 3 + b"\n" + recorded("mastodon.sse")
    said, end = followed(SourceKind.MASTODON, a_mastodon(server, too_much))
    assert said == [Said()]
    assert end == ("127.0.0.1 sent one message of more than 1 MB: the connection is closed, and opened again later.")


def test_what_bluesky_says_is_heard(server: Server) -> None:
    messages: list[str | bytes] = [*recorded("bluesky.jsonl").decode().splitlines(), b"\0\1"]
    said, end = followed(SourceKind.BLUESKY, a_jetstream(server, messages))
    assert said[0] == Said()
    found = heard(said)
    assert len(found) == 5  # neither likes nor what was changed afterwards
    first = found["did:plc:dewi00000000000000000000/3m00000000001"]
    assert first.text == "Habis dari Kopi Senja, antre satu jam. Kecewa."
    assert first.at == datetime(
        2025, 11, 20, 10, 0, 0, 1000, tzinfo=UTC
    )  # what the stream says, not 2031 as the post does
    assert first.url == "https://bsky.app/profile/did:plc:dewi00000000000000000000/post/3m00000000001"
    assert (first.language, first.reach) == ("id", None)
    assert "https://kopisenja.id/promo" in found["did:plc:dewi00000000000000000000/3m00000000003"].links
    assert "https://kopisenja.id/" in found["did:plc:dewi00000000000000000000/3m00000000004"].links
    assert [one.gone for one in said if one.gone] == ["did:plc:dewi00000000000000000000/3m00000000001"]
    assert said[-1].position == "1763632800010000"
    assert end == "The stream of 127.0.0.1 ended; it is opened again."


def test_bluesky_goes_on_from_where_it_was_left(server: Server) -> None:
    address = a_jetstream(server, [])
    followed(SourceKind.BLUESKY, address)
    followed(SourceKind.BLUESKY, address, position="1763632800010000")
    assert [path for path, _ in server.asked] == [
        "/subscribe?wantedCollections=app.bsky.feed.post",
        "/subscribe?wantedCollections=app.bsky.feed.post&cursor=1763632800010000",
    ]


def test_a_message_that_is_too_large_ends_the_connection(server: Server) -> None:
    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str("x" * 1_200_000)
        assert (await socket.receive()).type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR}
        return socket

    said, _ = followed(SourceKind.BLUESKY, server.does("/subscribe", answer).replace("http:", "ws:"))
    assert heard(said) == {}


def test_streams_on_private_networks_are_not_opened() -> None:
    assert "only public addresses" in followed(SourceKind.BLUESKY, "ws://10.0.0.1/subscribe")[1]
    assert "only public addresses" in followed(SourceKind.MASTODON, "https://192.168.0.1")[1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@pytest.mark.parametrize("position", ["-1", str(2**63), "1" + "0" * 5000])
def test_a_position_that_no_stream_has_is_left_out(position: str) -> None:
    assert streams.read_bluesky(b'{"did": "x", "time_us": %s}' % position.encode()) is None


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_message_breaks_the_reader(data: bytes) -> None:
    streams.read_mastodon("update", data)
    streams.read_mastodon("delete", data)
    streams.read_bluesky(data)


@given(st.data())
def test_no_mutation_of_a_message_breaks_the_reader(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from(recorded("bluesky.jsonl").splitlines())))
    message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    streams.read_bluesky(bytes(message))
    assert streams.read_bluesky(b'{"did": "x", "time_us": 999999999999999999, "kind": "commit"}') is not None
