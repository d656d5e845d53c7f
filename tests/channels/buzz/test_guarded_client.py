"""The only client for addresses that people give: what it refuses, and that nothing it gets is without bounds."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from buzz_servers import Server, a_dripping_server, a_server

from sebar.kit import http
from sebar.kit.errors import UserError
from sebar.kit.http import Fetched

FEEDS = ("application/rss+xml",)
MB = 1024 * 1024


def fetched(address: str, **headers: str) -> Fetched:
    async def fetch() -> Fetched:
        async with http.session() as client:
            return await http.fetch(client, address, kinds=FEEDS, headers=headers)

    return asyncio.run(fetch())


def refused(address: str) -> str:
    with pytest.raises(UserError) as raised:
        fetched(address)
    return raised.value.message


PRIVATE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fd00::1]/",
    "http://[ff02::1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://8.8.8.8:22/",
    "http://8.8.8.8:6379/",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_socket_is_opened_into_private_networks_or_to_unusual_ports(address: str) -> None:
    assert "only public addresses can be used" in refused(address)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:7f00:1]"])
def test_no_other_spelling_of_this_machine_reaches_it(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_server() as server:
        server.says("/", "x")
        port = int(server.url.rpartition(":")[2])
        monkeypatch.setattr(http, "_PORTS", frozenset({port}))
        refused(f"http://{host}:{port}/")
        assert server.asked == []


def test_this_machine_is_reached_only_where_a_test_says_so() -> None:
    with a_server() as server:
        address = server.says("/", "x")
        assert "only public addresses can be used" in refused(address)
        assert server.asked == []


class Turning(AbstractResolver):
    """Names mean a public machine at the first look-up, and this one afterwards."""

    def __init__(self) -> None:
        self._answers = iter(["203.0.113.9", "127.0.0.1"])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=next(self._answers), port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


def test_a_name_that_turns_to_this_machine_is_refused_when_the_socket_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turning = Turning()
    asyncio.run(turning.resolve("harmless.example"))
    monkeypatch.setattr("aiohttp.connector.DefaultResolver", lambda **_: turning)
    assert "harmless.example leads into a private network" in refused("http://harmless.example/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(server: Server, status: int) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "http://169.254.169.254/latest/"})

    said = refused(server.does("/feed", answer))
    assert said == "127.0.0.1 sends on to “http://169.254.169.254/latest/”: if you trust that, enter it instead."
    assert len(server.asked) == 1


def test_what_is_larger_than_two_megabytes_is_left(server: Server) -> None:
    assert len(fetched(server.says("/fits", b"x" * 2 * MB)).body) == 2 * MB
    assert "more than 2 MB" in refused(server.says("/large", b"x" * (2 * MB + 1)))


def test_what_is_larger_once_unpacked_is_left_too(server: Server) -> None:
    assert len(fetched(server.sends_packed("/fits", b"x" * MB)).body) == MB
    assert "more than 2 MB" in refused(server.sends_packed("/bomb", b"\0" * 200 * MB))


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n", b"<"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
        (b"", b"H"),
    ],
)
def test_who_answers_in_drops_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, beginning: bytes, drop: bytes) -> None:
    monkeypatch.setattr(http, "_reach_loopback", True)
    monkeypatch.setattr(http, "SECONDS", 0.4)
    with a_dripping_server(beginning, drop) as address:
        assert refused(address) in {
            "127.0.0.1 took too long to answer.",
            "What 127.0.0.1 sent cannot be understood.",  # so many headers are none
        }


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "image/png"])
def test_other_kinds_of_answer_are_not_taken(server: Server, kind: str) -> None:
    assert f"sent “{kind}”" in refused(server.says("/page", "<html>", kind))


def test_errors_of_the_server_are_told(server: Server) -> None:
    assert refused(server.url + "/nothing") == "127.0.0.1 answered “404 Not Found”."


def test_who_is_not_there_is_told(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert refused(f"http://127.0.0.1:{free.getsockname()[1]}/") == "127.0.0.1 does not answer, or hangs up."
    assert "nowhere.invalid cannot be found" in refused("http://nowhere.invalid/")


def test_a_certificate_is_asked_for(server: Server) -> None:
    assert "does not" in refused(server.url.replace("http:", "https:"))


def test_what_is_known_already_is_not_sent_again(server: Server) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=304 if request.headers.get("If-None-Match") == '"a"' else 500)

    found = fetched(server.does("/feed", answer), **{"If-None-Match": '"a"'})
    assert (found.is_new, found.body) == (False, b"")


def test_nothing_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    fetched(server.says("/feed", "x", Set_Cookie="a=b; Path=/"))
    fetched(server.url + "/feed")
    for _, headers in server.asked:
        assert "Authorization" not in headers
        assert "Cookie" not in headers


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "begins with https:// / http://"),
        ("file:///etc/passwd", "begins with"),
        ("gopher://example.com/", "begins with"),
        ("example.com/feed", "begins with"),
        ("https://", "begins with"),
        ("https://user:secret@example.com/", "is not an address of a web page"),
        ("https://exa mple.com/", "is not an address of a web page"),
        ("https://example.com:8080/", "names a port"),
        ("http://example.com:22/", "names a port"),
        ("http://localhost:8000/", "names a port"),
        ("https://localhost/hook", "private network"),
        ("https://LOCALHOST/hook", "private network"),
        ("https://kopi.localhost/hook", "private network"),
        ("  ", "The address is empty"),
    ],
)
def test_addresses_that_can_never_do_are_said_at_once(address: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        http.check(address, field="address")
    assert said in raised.value.message
    assert raised.value.field == "address"


def test_addresses_that_may_do_are_kept() -> None:
    for address in (
        "https://example.com/feed.xml?a=1",
        "http://example.com:80/",
        "https://例え.jp/",
        "https://localhost.example/",
    ):
        assert http.check(f" {address} ", field="address") == address
