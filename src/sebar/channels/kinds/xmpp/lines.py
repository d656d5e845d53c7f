"""Lines: a bot's connection to its server, opened anew whenever it breaks. The one place that knows slixmpp.

Only one connection a bot: whoever sends and whoever answers use the same one, each from a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slixmpp import JID, ClientXMPP, Message
from slixmpp.exceptions import IqError, IqTimeout

from sebar.channels.base import Came, Outcome
from sebar.channels.kinds.xmpp.entered import PORTS, Server, server_of
from sebar.kit import http
from sebar.kit.words import gettext_noop

_SECONDS: Final = 20.0
_PING_EVERY: Final = 120.0
_FIRST_REST: Final = 1.0
_LONGEST_REST: Final = 60.0
_WAITING: Final = 1000
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GONE: Final = frozenset({"service-unavailable", "item-not-found", "gone", "remote-server-not-found"})
_LATER: Final = frozenset({"remote-server-timeout", "resource-constraint", "internal-server-error"})
_GROUP: Final = "{http://jabber.org/protocol/muc#user}x"
_needs_encryption = True  # tests talk to a server on this machine without it; nothing else can

WRONG_PASSWORD: Final = gettext_noop("The XMPP server does not accept the bot’s password: enter it again.")
NOT_ENCRYPTED: Final = gettext_noop("The XMPP server offers no encryption, so the password was not sent to it.")
NOT_TRUSTED: Final = gettext_noop(
    "The XMPP server’s certificate cannot be trusted, so the password was not sent to it."
)
NOT_REACHED: Final = gettext_noop("The XMPP server cannot be reached; it is tried again.")
NOT_PUBLIC: Final = gettext_noop(
    "The XMPP server is in a private network or on an unusual port; only public addresses are connected to, on port"
    " 5222, 5223 or 443."
)
BROKEN: Final = gettext_noop("The line to the XMPP server broke in the very moment of sending.")


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody wrote to the bot: who, by bare address, and in which language, if that was said."""

    address: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """A message of ours that came back later: its name, whom it was for, why, and whether that lasts."""

    name: str
    address: str
    trouble: str
    is_final: bool


class Refused(Exception):
    """Trying again does not help: another account does."""


class _Client(ClientXMPP):
    """A client that is used once: slixmpp would come back by itself, wherever a server sends it.

    Whoever enters a server, or owns the domain's records, may point it into the network that we stand in. So names are
    looked up first, and only the numerical addresses that were found and checked are connected to.
    """

    named_server: Server | None = None

    async def get_dns_records(self, domain: str, port: int | None = None) -> list[tuple[str, str, str, int]]:
        """Return where to connect to. Were it none, slixmpp would go to the domain unchecked."""
        found = await (
            _looked_up(self.named_server, domain) if self.named_server else super().get_dns_records(domain, port)
        )
        if not found:
            raise ConnectionError(NOT_REACHED)
        public = [record for record in found if http.may_reach(record[2], record[3], ports=PORTS)]
        if not public:
            raise ConnectionError(NOT_PUBLIC)
        return public

    def reconnect(self, wait: float = 0.0, reason: str = "") -> None:  # noqa: ARG002 - the base's
        self.abort()

    def reschedule_connection_attempt(self) -> None:
        return None

    async def close(self) -> None:
        """Say goodbye if that is possible, and leave nothing running."""
        self.cancel_connection_attempt()
        if self.transport is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.disconnect(1.0), 2.0)
            self.abort()
        if self._run_out_filters is not None:
            self._run_out_filters.cancel()


class Line:
    """A bot's line.

    Parameters
    ----------
    brand_key, account
        Whose bot it is, and what the brand entered.

    Attributes
    ----------
    heard, came_back
        What arrived, in order.
    trouble
        Why the line is not live; empty before the first try and while it is.
    """

    def __init__(self, brand_key: int, account: Mapping[str, str]) -> None:
        self.address = account["address"]
        self.key = (brand_key, self.address)
        self.heard: asyncio.Queue[Heard] = asyncio.Queue(_WAITING)
        self.came_back: asyncio.Queue[CameBack] = asyncio.Queue(_WAITING)
        self.trouble = ""
        self._password = account["password"]
        self._server = server_of(account)
        self._loop = asyncio.get_running_loop()
        self._client: _Client | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._awaited: dict[str, asyncio.Future[str]] = {}

    @property
    def is_live(self) -> bool:
        """Whether a message handed over now goes to the server."""
        return self._client is not None

    async def keep(self, tell: Callable[[str], Awaitable[None]]) -> None:
        """Keep the line open until cancelled, or until trying again does not help. `tell` is told why it is not."""
        rest = _FIRST_REST
        while True:
            try:
                await self._once(tell)
                rest = _FIRST_REST
            except Refused as refused:
                await self._explain(str(refused), tell)
                return
            except ConnectionError as trouble:
                await self._explain(str(trouble), tell)
            await asyncio.sleep(rest)
            rest = min(rest * 2, _LONGEST_REST)

    def deliver(self, *, to: str, text: str, link: str, name: str) -> Outcome:
        """Send a message from another thread; come back when the server has dealt with it.

        Parameters
        ----------
        name
            The message's own, by which it is known again should it come back.
        """
        delivering = self._deliver(to, text, link, name)
        try:
            sending = asyncio.run_coroutine_threadsafe(delivering, self._loop)
        except RuntimeError:  # the bot has just been closed
            delivering.close()
            return Outcome(came=Came.LATER, trouble=NOT_REACHED)
        return sending.result(2 * _SECONDS)

    def write(self, *, to: str, text: str, link: str = "", name: str = "") -> bool:
        """Hand a message over to the server, if the line is live; say whether it is."""
        if self._client is None:
            return False
        message = self._client.make_message(mto=to, mbody=_legal(text), mtype="chat")
        if link:
            message["oob"]["url"] = _legal(link)
        if name:
            message["id"] = name
        message.send()
        return True

    async def _deliver(self, to: str, text: str, link: str, name: str) -> Outcome:
        client, ended = self._client, self._ended
        if client is None:
            return Outcome(came=Came.LATER, trouble=self.trouble or NOT_REACHED)
        refused = self._awaited[name] = self._loop.create_future()
        self.write(to=to, text=text, link=link, name=name)
        # A server answers in order: once it answers this, it has taken the message or refused it. That also paces.
        pinged = asyncio.ensure_future(_ping(client))
        try:
            await asyncio.wait({refused, pinged, ended}, timeout=_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if refused.done():
                return _refusal(refused.result())
            is_taken = pinged.done() and pinged.result()
            return Outcome(came=Came.SENT) if is_taken else Outcome(came=Came.DOUBTFUL, trouble=BROKEN)
        finally:
            pinged.cancel()
            del self._awaited[name]

    async def _once(self, tell: Callable[[str], Awaitable[None]]) -> None:
        """Open the line and come back when it is closed."""
        troubles: list[str] = []
        client = self._made(troubles)
        started, ended = self._loop.create_future(), self._loop.create_future()
        client.add_event_handler("session_start", lambda _: _settle(started))
        client.add_event_handler("disconnected", lambda _: _settle(ended))
        try:
            await _connect(client)
            if client.transport is not None:
                await asyncio.wait({started, ended}, timeout=_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not started.done():
                raise _why(troubles)
            with contextlib.suppress(IqError, IqTimeout):
                await client.get_roster(timeout=_SECONDS)  # without it, servers keep requests to be seen to themselves
            client.send_presence()
            self.trouble, self._client, self._ended = "", client, ended
            LINES.note(self)
            await tell("")
            await _stay(client, ended)
        finally:
            self._client = None
            await client.close()

    async def _explain(self, trouble: str, tell: Callable[[str], Awaitable[None]]) -> None:
        self.trouble = trouble
        LINES.note(self)
        await tell(trouble)

    def _made(self, troubles: list[str]) -> _Client:
        """Return a client; what goes wrong with it is noted in `troubles`."""
        # Given later, slixmpp does not see these settings.
        config = {} if _needs_encryption else {"feature_mechanisms": {"unencrypted_scram": True}}
        client = _Client(self.address, self._password, plugin_config=config)
        client.named_server = self._server
        if not _needs_encryption:
            client.enable_starttls = client.enable_direct_tls = False
            client.enable_plaintext = True
        client.auto_authorize = None  # people may see whether the bot is there; it asks nobody for the same
        client.add_event_handler("presence_subscribe", lambda asked: _allow(client, asked["from"].bare))
        client.register_plugin("xep_0066")
        client.register_plugin("xep_0199")
        client.add_event_handler("message", self._listen)
        client.add_event_handler("message_error", self._take_back)
        client.add_event_handler("failed_auth", lambda failure: troubles.append(failure["condition"]))
        client.add_event_handler("failed_all_auth", lambda _: troubles.append("failed_all_auth"))
        client.add_event_handler("no_auth", lambda _: troubles.append("no_auth"))
        client.add_event_handler("ssl_invalid_chain", lambda _: _distrust(client, troubles))
        client.add_event_handler("connection_failed", lambda trouble: troubles.append(_named(trouble)))
        return client

    def _listen(self, message: Message) -> None:
        """Take what a person wrote to the bot; not what groups, servers, the bot itself or errors say."""
        who = message["from"]
        is_from_person = bool(who.user) and who.bare != self.address and message.xml.find(_GROUP) is None
        if is_from_person and message["type"] in {"chat", "normal"} and message["body"].strip():
            with contextlib.suppress(asyncio.QueueFull):
                self.heard.put_nowait(Heard(who.bare, message["body"], message["lang"] or ""))

    def _take_back(self, message: Message) -> None:
        condition, name = message["error"]["condition"], message["id"]
        awaited = self._awaited.get(name)
        if awaited is not None and not awaited.done():
            awaited.set_result(condition)
        elif awaited is None and name:
            with contextlib.suppress(asyncio.QueueFull):
                self.came_back.put_nowait(CameBack(name, message["from"].bare, condition, condition in _GONE))


class Lines:
    """The lines of this process, by brand and the bot's address; asked by other threads.

    Not by the address alone: anybody can enter an address, with a password that is wrong.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[int, str], Line] = {}
        self._changed = threading.Condition()

    def note(self, line: Line) -> None:
        """Let it be known that a line is live, or why it is not."""
        with self._changed:
            self._lines[line.key] = line
            self._changed.notify_all()

    def forget(self, line: Line) -> None:
        """Forget a line that is closed for good."""
        with self._changed:
            if self._lines.get(line.key) is line:
                del self._lines[line.key]

    def find(self, brand_key: int, address: str, *, seconds: float) -> Line | None:
        """Return a brand's bot's line; when there is none yet, wait for it a while."""
        with self._changed:
            return self._changed.wait_for(lambda: self._lines.get((brand_key, address)), timeout=seconds)


LINES: Final = Lines()


def _legal(text: str) -> str:
    """Return the text without what cannot stand in XML: it would break the line, and all that is sent after it."""
    return _ILLEGAL.sub("", text)


def _allow(client: _Client, address: str) -> None:
    client.send_presence(pto=address, ptype="subscribed")


def _settle(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_result(None)


async def _connect(client: _Client) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.connect(), _SECONDS)


async def _looked_up(server: Server, domain: str) -> list[tuple[str, str, str, int]]:
    """Return the addresses of a server that was named, as slixmpp writes records."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # no such name, or none that could be one
        return []
    return [("", domain, str(address[0]), server.port) for *_, address in found]


async def _ping(client: _Client) -> bool:
    """Ask the server for a sign of life; say whether it gave one."""
    try:
        await client.plugin["xep_0199"].send_ping(JID(client.boundjid.host), timeout=_SECONDS)
    except IqTimeout:
        return False
    except IqError:  # it does not know what a ping is, but it answered
        return True
    return True


async def _stay(client: _Client, ended: asyncio.Future[None]) -> None:
    """Come back when the line is closed, or has silently died."""
    while True:
        done, _ = await asyncio.wait({ended}, timeout=_PING_EVERY)
        if done or not await _ping(client):
            return


def _distrust(client: _Client, troubles: list[str]) -> None:
    troubles.append("certificate")
    client.abort()


def _named(trouble: object) -> str:
    return "certificate" if isinstance(trouble, ssl.SSLCertVerificationError) else "connection"


def _why(troubles: list[str]) -> Exception:
    """Return what to say, and whether trying again helps."""
    if "certificate" in troubles:
        return ConnectionError(NOT_TRUSTED)
    if "no_auth" in troubles:
        return ConnectionError(NOT_ENCRYPTED)
    if "failed_all_auth" in troubles and "temporary-auth-failure" not in troubles:
        return Refused(WRONG_PASSWORD)
    return ConnectionError(NOT_REACHED)


def _refusal(condition: str) -> Outcome:
    if condition in _GONE:
        return Outcome(came=Came.GONE, trouble=condition)
    return Outcome(came=Came.LATER if condition in _LATER else Came.REFUSED, trouble=condition)
