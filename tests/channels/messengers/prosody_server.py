"""A real Prosody of one's own, on the loopback, and people who chat over it with a program of their own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from slixmpp import ClientXMPP, Message

from ports import free_port
from sebar.channels.kinds.xmpp import lines
from sebar.kit import http

Result = TypeVar("Result")
SECONDS = 30.0
PASSWORD = "secret"

_CONFIG = """
daemonize = false
run_as_root = true
data_path = "{folder}/data"
pidfile = "{folder}/prosody.pid"
certificates = "{folder}"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{}}
s2s_ports = {{}}
http_ports = {{}}
https_ports = {{}}
c2s_require_encryption = false
allow_unencrypted_plain_auth = false
modules_enabled = {{
    "roster", "saslauth", "disco", "ping", "offline", "carbons", "presence", "message", "iq", "announce", {more}
}}
modules_disabled = {{ "s2s", {less} }}
authentication = "internal_hashed"
log = {{ debug = "{folder}/log" }}
admins = {{ "admin@localhost" }}
{extra}
VirtualHost "localhost"
{host}
Component "rooms.localhost" "muc"
muc_room_locking = false
"""


def wait_until(happened: Callable[[], Result], seconds: float = SECONDS) -> Result:
    """Return what `happened` returns once that is something."""
    until = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < until, "It has not happened."
        time.sleep(0.02)
    return result


@dataclass
class Prosody:
    """A server; `certificate` makes it speak TLS with that certificate and key."""

    folder: Path
    port: int = field(default_factory=free_port)
    certificate: tuple[Path, Path] | None = None
    limits: str = ""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        tls = self.certificate is not None
        host = (
            f'ssl = {{ certificate = "{self.certificate[0]}", key = "{self.certificate[1]}" }}'
            if self.certificate
            else ""
        )
        config = _CONFIG.format(
            folder=self.folder,
            port=self.port,
            more='"tls"' if tls else ('"limits"' if self.limits else ""),
            less="" if tls else '"tls"',
            extra=self.limits,
            host=host,
        )
        (self.folder / "config.lua").write_text(config)
        (self.folder / "data").mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            ["prosody", "--config", str(self.folder / "config.lua")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def register(self, name: str, password: str = PASSWORD) -> str:
        """Make an account, and return its address."""
        command = ["prosodyctl", "--config", str(self.folder / "config.lua"), "register", name, "localhost", password]
        subprocess.run(command, check=True, capture_output=True)
        return f"{name}@localhost"

    def unregister(self, address: str) -> None:
        """Delete an account."""
        command = ["prosodyctl", "--config", str(self.folder / "config.lua"), "deluser", address]
        subprocess.run(command, check=True, capture_output=True)

    def sign_ins(self) -> int:
        """Return how often somebody has tried to sign in."""
        return (self.folder / "log").read_text(errors="replace").count("Received[c2s_unauthed]: <auth")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


@contextlib.contextmanager
def running(folder: Path, **different: Any) -> Iterator[Prosody]:
    """Yield a server that runs."""
    assert shutil.which("prosody"), "Prosody is not installed: “apt install prosody” brings it."
    server = Prosody(folder, **different)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def reach(patch: pytest.MonkeyPatch) -> None:
    """Let bots connect to this machine, and without encryption."""
    patch.setattr(http, "_reach_loopback", True)
    patch.setattr(lines, "_needs_encryption", False)


class Loop:
    """An event loop in a thread of its own, in which people's programs run."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.people: list[Chatter] = []

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def close(self) -> None:
        for person in self.people:
            person.leave()
        self.run(self._end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    async def _end_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Chatter:
    """Somebody with a chat program."""

    def __init__(self, loop: Loop, server: Prosody, address: str, password: str = PASSWORD) -> None:
        self.address = address
        self.messages: list[Message] = []
        self.presences: list[str] = []
        self._loop = loop
        self._server = server
        self._password = password
        self._client: ClientXMPP | None = None
        loop.people.append(self)

    def arrive(self) -> None:
        """Sign in; what waits on the server arrives."""
        self._loop.run(self._arrive())

    def leave(self) -> None:
        """Sign out."""
        self._loop.run(self._leave())

    def write(self, to: str, text: str, **different: Any) -> None:
        self._loop.run(self._write(to, text, different))

    def texts(self) -> list[str]:
        return [message["body"] for message in self.messages]

    def ask(self, to: str, text: str, count: int = 1) -> list[str]:
        """Write, and return so many answers."""
        before = len(self.messages)
        self.write(to, text)
        wait_until(lambda: len(self.messages) >= before + count)
        return self.texts()[before:]

    async def _arrive(self) -> None:
        config = {"feature_mechanisms": {"unencrypted_scram": True}}
        client = ClientXMPP(f"{self.address}/phone", self._password, plugin_config=config)
        client.enable_starttls = client.enable_direct_tls = False
        client.enable_plaintext = True
        client.register_plugin("xep_0066")
        client.register_plugin("xep_0045")
        client.register_plugin("xep_0199")
        client.add_event_handler("message", self.messages.append)
        for kind in ("subscribe", "subscribed", "unsubscribed"):
            client.add_event_handler(f"presence_{kind}", lambda presence: self.presences.append(presence["type"]))
        client.connect("127.0.0.1", self._server.port)
        await client.wait_until("session_start", SECONDS)
        await client.get_roster()
        client.send_presence()
        self._client = client
        await self._settle()

    async def _settle(self) -> None:
        """Come back when the server has dealt with everything sent before."""
        assert self._client is not None
        await self._client.plugin["xep_0199"].send_ping("localhost", timeout=SECONDS)

    async def _leave(self) -> None:
        if self._client is not None:
            await self._client.disconnect()
            self._client = None

    async def _write(self, to: str, text: str, different: dict[str, Any]) -> None:
        assert self._client is not None
        message = self._client.make_message(mto=to, mbody=text, mtype=different.pop("kind", "chat"))
        for name, value in different.items():
            if isinstance(value, dict):
                for part, detail in value.items():
                    message[name][part] = detail
            else:
                message[name] = value
        message.send()
        await self._settle()

    def return_to(self, to: str, name: str) -> None:
        """Say that a message could not be delivered, as servers do."""
        error = {"id": name, "error": {"type": "cancel", "condition": "service-unavailable"}}
        self.write(to, "", kind="error", **error)

    def subscribe(self, to: str) -> None:
        """Ask to see whether somebody is there."""
        self._loop.run(self._subscribe(to))

    async def _subscribe(self, to: str) -> None:
        assert self._client is not None
        self._client.send_presence(pto=to, ptype="subscribe")
        await self._settle()

    async def invite(self, room: str, whom: str) -> None:
        assert self._client is not None
        self._client.plugin["xep_0045"].invite(room, whom, reason="/help")
        await self._settle()

    async def enter(self, room: str, nick: str) -> None:
        assert self._client is not None
        await self._client.plugin["xep_0045"].join_muc_wait(room, nick, timeout=SECONDS)


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for localhost that nobody trusts yet, and its key."""
    certificate, key = folder / "own.crt", folder / "own.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
