"""The one public port, as a real server in front of a real web process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from visiting import BUDI, COFFEE
from web_for_front import NEW, PART, PARTS

from ports import free_port
from sebar.edge.links import Publisher
from sebar.events.journal import segments
from sebar.events.touch import decode
from sebar.kit import codes

pytestmark = pytest.mark.processes

HERE = Path(__file__).parent
BUDIS = codes.spell(BUDI.participant)


class Platform:
    """The front on a free port and, until it is ended, the web process behind it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        (data / "run").mkdir(parents=True)
        publisher = Publisher(data / "links.sqlite3")
        publisher.publish_targets([COFFEE])
        publisher.publish_links([BUDI], (0, 1))
        publisher.close()
        self.running = [self._start("rsgi", "sebar.serve.front:app", "--port", str(self.port), "--no-ws")]
        self.web = self.start_web()
        wait_until(lambda: self.ask("GET", "/").status == 200)

    def start_web(self) -> subprocess.Popen[bytes]:
        where = str(self.data / "run" / "web.sock")
        web = self._start("wsgi", "web_for_front:application", "--uds", where, "--blocking-threads", "1", "--no-ws")
        self.running.append(web)
        return web

    def _start(self, interface: str, target: str, *options: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "SEBAR_DATA": str(self.data),
            "SEBAR_PORT": str(self.port),
            "PYTHONPATH": str(HERE),
            "SEBAR_TRUSTED_PROXIES": "",
        }
        command = [sys.executable, "-m", "granian", "--interface", interface, "--log-level", "error", *options, target]
        return subprocess.Popen(command, env=environment, start_new_session=True)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        except OSError:
            return Answer(0, [], b"")
        finally:
            connection.close()

    def say(self, raw: bytes) -> bytes:
        """Return the status line of the answer to raw bytes; nothing when the connection was closed on them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            with suppress(ConnectionError):  # it need not read all of what it refuses
                connection.sendall(raw)
            with suppress(ConnectionError):
                return connection.makefile("rb").readline().strip()
        return b""

    def end(self) -> None:
        for process in self.running:
            end(process)


class Answer:
    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "It did not happen within 30 s."
        time.sleep(0.05)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    started = Platform(tmp_path_factory.mktemp("sebar"))
    yield started
    started.end()


def kept(platform: Platform) -> int:
    found = [segment.read(0, 1_000_000) for segment in segments(platform.data / "journal")]
    return sum(len(rows) for batches in found for _, rows in batches)


def test_a_link_is_answered_and_kept(platform: Platform) -> None:
    before = kept(platform)
    answer = platform.ask("GET", f"/r/{BUDIS}?via=qr")
    assert (answer.status, dict(answer.headers)["location"]) == (302, f"/c/coffee?ref={BUDIS}&via=qr")
    assert kept(platform) == before + 1


def test_a_link_that_only_the_web_process_knows(platform: Platform) -> None:
    code = codes.spell(NEW.participant)
    assert dict(platform.ask("HEAD", f"/r/{code}").headers)["location"] == f"/c/coffee?ref={code}"


def test_an_unknown_code_gets_the_web_processs_page(platform: Platform) -> None:
    assert platform.ask("GET", "/r/zzzzzzz").said()["PATH_INFO"] == "/r/zzzzzzz"


def test_touches_are_kept(platform: Platform) -> None:
    before = kept(platform)
    assert platform.ask("POST", "/t", b'[{"kind":"view","campaign":"coffee"}]', content_type="text/plain").status == 204
    assert kept(platform) == before + 1
    assert platform.ask("GET", "/t").status == 405
    assert platform.ask("POST", "/t", b" " * 70_000).status == 413


def test_the_way_to_the_web_process(platform: Platform) -> None:
    said = platform.ask("POST", "/a%20b/c?x=%FF&y=1", b"12345", content_type="text/plain", cookie="k=v").said()
    assert (said["REQUEST_METHOD"], said["PATH_INFO"], said["QUERY_STRING"]) == ("POST", "/a b/c", "x=%FF&y=1")
    assert (said["body"], said["CONTENT_TYPE"], said["HTTP_COOKIE"]) == (5, "text/plain", "k=v")
    assert (said["HTTP_X_FORWARDED_FOR"], said["HTTP_X_FORWARDED_PROTO"]) == ("127.0.0.1", "http")
    assert said["HTTP_HOST"] == f"127.0.0.1:{platform.port}"


def test_nobody_outside_says_where_a_request_came_from(platform: Platform) -> None:
    lies = {
        "x_forwarded_for": "203.0.113.1",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "evil.example",
        "forwarded": "for=203.0.113.1",
        "x_real_ip": "203.0.113.1",
    }
    raw = "".join(f"{name}: https\r\n" for name in ("X_Forwarded_Proto", "x_forwarded-for"))
    said = platform.ask("GET", "/", **lies).said()
    assert (said["HTTP_X_FORWARDED_FOR"], said["HTTP_X_FORWARDED_PROTO"]) == ("127.0.0.1", "http")
    assert said["HTTP_X_FORWARDED_COUNTRY"] == ""  # nobody but a trusted proxy says from where
    assert not {"HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_REAL_IP"} & set(said)
    assert platform.say(f"GET / HTTP/1.1\r\nHost: localhost\r\n{raw}\r\n".encode()) == b"HTTP/1.1 200 OK"


def test_headers_of_one_hop_stay_there(platform: Platform) -> None:
    answer = platform.ask("GET", "/", connection="x-only-here", x_only_here="1", te="trailers")
    assert not {"HTTP_X_ONLY_HERE", "HTTP_TE", "HTTP_CONNECTION"} & set(answer.said())
    assert ("x-from", "web") in answer.headers


def test_redirects_and_cookies_pass_as_they_are(platform: Platform) -> None:
    answer = platform.ask("GET", "/moved")
    assert answer.status == 302
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]


def test_a_large_answer_comes_whole(platform: Platform) -> None:
    assert len(platform.ask("GET", "/large").body) == PARTS * len(PART)


def test_bodies_are_bounded(platform: Platform) -> None:
    for path in ("/api/v1/up", "/console/brands/b/up"):
        assert platform.ask("POST", path, bytes(11_000_000)).said()["body"] == 11_000_000
    head = b"POST /api/v1/up HTTP/1.1\r\nHost: localhost\r\n"
    assert platform.say(head + b"Content-Length: 13000000\r\n\r\n") == b"HTTP/1.1 413 Payload Too Large"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/c/coffee", "multipart/form-data; boundary=x"),
        ("/console/sign-in", "text/plain"),
        ("/api/v1/up", "application/x-www-form-urlencoded"),
        ("/console/brands/b/new-campaign", " Application/X-WWW-Form-URLencoded; charset=utf-8"),
    ],
)
def test_nobody_keeps_the_web_process_busy_with_a_long_form(platform: Platform, path: str, kind: str) -> None:
    assert platform.ask("POST", path, bytes(200_000), content_type=kind).said()["body"] == 200_000
    assert platform.ask("POST", path, bytes(300_000), content_type=kind).status == 413


@pytest.mark.parametrize("charset", ["utf-7", "rot13", '"idna"', "utf-8; charset=hex", ""])
def test_an_encoding_that_is_none_goes_no_further(platform: Platform, charset: str) -> None:
    kind = f"application/x-www-form-urlencoded; Charset={charset}"
    assert platform.ask("POST", "/c/coffee", b"a=b", content_type=kind).status == 415
    assert platform.ask("POST", "/c/coffee", b"a=b", content_type="text/plain;charset=UTF-8").status == 200


@pytest.mark.parametrize("path", ["/-/link/3222222", "/%2D/link/3222222", "/-"])
def test_what_is_internal_stays_inside(platform: Platform, path: str) -> None:
    assert platform.ask("GET", path).status == 404


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "",
        "localhost.evil.example",
        "a b[",
        "127.0.0.1@evil.example:80",
        "x@localhost",
        "localhost:http",
    ],
)
def test_only_our_own_names_are_answered(platform: Platform, host: str) -> None:
    assert platform.say(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /r/3222222?via=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"x" * 60_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"x" * 10_000_000 + b"\r\n\r\n",
        b"GET /r/3222222 HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"x" * 10_000_000 + b"\r\n\r\n",
        b"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n\xff\xfe[]",
        b"nonsense\r\n\r\n",
    ],
)
def test_broken_requests_are_refused_in_good_order(platform: Platform, raw: bytes) -> None:
    answer = platform.say(raw)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")) or (not answer and len(raw) > 1_000_000)
    assert platform.ask("GET", "/").status == 200


def test_broken_utf8_in_a_header_harms_nothing(platform: Platform) -> None:
    raw = f"GET /r/{BUDIS} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ".encode() + b"\xff\xfe\r\n\r\n"
    assert platform.say(raw) == b"HTTP/1.1 302 Found"


def test_links_work_while_the_web_process_is_down(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    try:
        end(platform.web)
        assert platform.ask("GET", f"/r/{BUDIS}").status == 302
        assert platform.ask("POST", "/t", b'[{"kind":"view","campaign":"coffee"}]').status == 204
        assert kept(platform) == 2
        page = platform.ask("GET", "/c/coffee", accept_language="id-ID,id;q=0.9")
        assert page.status == 503
        assert "Mohon tunggu sebentar" in page.body.decode()
        assert dict(page.headers)["retry-after"] == "3"
        problem = platform.ask("POST", "/api/v1/campaigns", b"{}")
        assert (problem.status, problem.said()["status"]) == (503, 503)
        assert platform.ask("GET", "/r/zzzzzzz").status == 503
        (platform.data / "run" / "web.sock").unlink()
        platform.start_web()
        wait_until(lambda: platform.ask("GET", "/c/coffee").status == 200)
    finally:
        platform.end()


def test_what_was_acknowledged_is_there_after_the_front_was_killed(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    acknowledged = 0
    try:
        for _ in range(200):
            acknowledged += platform.ask("GET", f"/r/{BUDIS}").status == 302
        os.killpg(platform.running[0].pid, signal.SIGKILL)
    finally:
        platform.end()
    rows = [
        row for segment in segments(platform.data / "journal") for _, rows in segment.read(0, 1_000_000) for row in rows
    ]
    assert acknowledged == 200
    assert len({decode(row).id for row in rows}) == len(rows) == acknowledged
