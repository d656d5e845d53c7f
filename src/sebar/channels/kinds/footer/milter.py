"""The milter: Postfix shows each mail to it and takes what it changes.

What is said on the line is spelled and checked by `kilter.protocol`. The library above it, `kilter.service`, is left
out: it takes some ten times as long for a mail, and has traps in which mail loses its body or is refused. Here the mail
of people without a footer is waved through at its first word; everything is computed before anything is answered; and
whatever goes wrong is answered by “go on”, since an error would keep the mail from going out.

All changes of a mail leave at once. A Postfix that is told half a body, and then nothing, cannot read its own file any
more. So an answer is one write, no larger than what the system surely takes of us, even if we are killed then; and who
is told to end ends between mails.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from kilter.protocol.buffer import SimpleBuffer
from kilter.protocol.core import FilterMessage, FilterProtocol, MTAMessage
from kilter.protocol.messages import (
    Accept,
    ActionFlags,
    AddHeader,
    Body,
    ChangeHeader,
    Close,
    Continue,
    EndOfMessage,
    EnvelopeFrom,
    Header,
    Macro,
    Negotiate,
    ProtocolFlags,
    ReplaceBody,
    Stage,
)

from sebar.channels.kinds.footer import rules, surgery
from sebar.channels.kinds.footer.deciding import ADDED, Footers
from sebar.channels.kinds.footer.queries import Standing
from sebar.channels.kinds.footer.reasons import Reason

_VERSION: Final = 6
_WANTED: Final = ActionFlags.CHANGE_BODY | ActionFlags.ADD_HEADERS | ActionFlags.CHANGE_HEADERS
_UNNEEDED: Final = (
    ProtocolFlags.NO_CONNECT
    | ProtocolFlags.NO_HELO
    | ProtocolFlags.NO_RECIPIENT
    | ProtocolFlags.NO_DATA
    | ProtocolFlags.NO_UNKNOWN
    | ProtocolFlags.NO_END_OF_HEADERS
    | ProtocolFlags.NR_HEADER
    | ProtocolFlags.NR_BODY
)
_SIGNED_IN: Final = "{auth_authen}"
_NAMELESS: Final = "?"  # somebody has signed in, with a name that cannot be read and so is nobody's here
_MACROS: Final = {stage: [_SIGNED_IN] if stage is Stage.ENVELOPE_FROM else [] for stage in Stage}
_PIECE: Final = 65_535  # bytes of a body in one packet
_ROOM: Final = 512  # for all else that is in a packet
_SEND_BUFFER: Final = 2 * surgery.LARGEST
_LARGEST: Final = 1024 * 1024
_MACRO: Final = bytes([Macro.ident])
_NEXT_HEADER: Final = re.compile(rb"\r\n(?![ \t])")
_SMALL: Final = (
    "This system takes %d kB of an answer at once, so larger mails are left alone; “sysctl net.core.wmem_max=4194304”"
    " lets footers under mails up to 2 MB."
)
_log = logging.getLogger("sebar.footer")


async def serve(footers: Footers, host: str, port: int, ready: Callable[[], Awaitable[bool]]) -> None:
    """Answer Postfix until cancelled, or at once if `ready`, awaited once it can, says no.

    Raises
    ------
    OSError
        When nobody can listen there.
    """
    lines: set[_Line] = set()
    most = _taken_at_once()
    if most < surgery.LARGEST:
        _log.warning(_SMALL, most // 1000)

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        line = _Line(reader, writer, footers, most)
        lines.add(line)
        try:
            await line.serve()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # Postfix has gone, or we go
        except Exception as error:  # noqa: BLE001 - whatever it is, Postfix lets the mail of a broken line pass
            _log.warning("A connection broke off: %r", error)
        finally:
            lines.discard(line)
            writer.close()

    server = await asyncio.start_server(connection, host, port, limit=4 * _PIECE)
    try:
        if await ready():
            await server.serve_forever()
    finally:
        server.close()
        for line in list(lines):
            await line.end()


@dataclass
class _Mail:
    """A mail as far as Postfix has told it. Values of headers come without their first blank, and folds without CR."""

    standing: Standing
    is_signed_in: bool
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)

    def rebuilt(self) -> bytes:
        top = [f"{name}: ".encode() + value.replace(b"\n", b"\r\n") + b"\r\n" for name, value in self.headers]
        return b"".join([*top, b"\r\n", *self.body])

    def changes(self, made: bytes) -> Iterator[FilterMessage]:
        """Yield what makes Postfix's mail this one."""
        top, _, body = made.partition(b"\r\n\r\n")
        for start in range(0, len(body), _PIECE):
            yield ReplaceBody(body[start : start + _PIECE])
        before = {name.lower(): value for name, value in self.headers}
        for name, value in _values(top).items():
            if name.lower() in surgery.CHANGED and before.get(name.lower()) != value:
                yield ChangeHeader(1, name, value) if name.lower() in before else AddHeader(name, value)


class _Line:
    """One connection from Postfix."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, footers: Footers, most: int) -> None:
        self._reader = reader
        self._writer = writer
        self._footers = footers
        self._most = most
        self._protocol = FilterProtocol()
        self._signed_in = ""
        self._mail: _Mail | None = None
        self._answering = asyncio.Lock()

    async def serve(self) -> None:
        """Answer until Postfix says good-bye."""
        self._writer.transport.set_write_buffer_limits(high=0)  # what is drained has left
        while True:
            packet = await self._packet()
            try:
                for event in self._protocol.read_from(packet):
                    if isinstance(event, Close):
                        return
                    async with self._answering:
                        await self._hear(event)
            except UnicodeDecodeError:
                if packet[4:5] != _MACRO:
                    raise
                self._signed_in = _NAMELESS

    async def end(self) -> None:
        """End the line once what is being answered has left."""
        async with self._answering:
            self._reader.feed_eof()

    async def _packet(self) -> SimpleBuffer:
        length = await self._reader.readexactly(4)
        size = int.from_bytes(length, "big")
        if not 0 < size <= _LARGEST:
            raise ValueError(f"a packet of {size} bytes")
        buffer = SimpleBuffer(size + len(length))
        buffer[:] = length
        buffer[:] = await self._reader.readexactly(size)
        return buffer

    async def _hear(self, event: MTAMessage) -> None:
        match event:
            case Negotiate():
                return await self._answer(_agreed(event))
            case EnvelopeFrom():
                self._mail = await self._begun(bytes(event.sender))
                return await self._answer(Continue() if self._mail else Accept())
            case EndOfMessage():
                changes = await self._ended(bytes(event.content))
                return await self._answer(*changes, Accept())
            case Macro():
                self._signed_in = event.macros.get(_SIGNED_IN, self._signed_in)
            case Header() if self._mail:
                self._mail.headers.append((event.name, bytes(event.value)))
            case Body() if self._mail:
                self._mail.body.append(bytes(event.content))
        if self._protocol.needs_response(event):
            await self._answer(Continue())
        return None

    async def _begun(self, envelope: bytes) -> _Mail | None:
        """Return a mail that must be seen whole; None when its sender is enough to leave it alone."""
        # Postfix names who signed in anew for each mail: what is kept would be another's.
        signed_in, self._signed_in = self._signed_in, ""
        try:
            standing = await self._footers.standing(rules.sender(envelope.decode("utf-8", "replace"), signed_in))
        except Exception as error:  # noqa: BLE001 - an error would keep the mail from going out
            self._footers.fail(error)
            return None
        if standing.footer is None and not (standing.awaited and signed_in):
            self._footers.record(standing, standing.reason or Reason.TROUBLE)
            return None
        return _Mail(standing, bool(signed_in))

    async def _ended(self, rest: bytes) -> list[FilterMessage]:
        """Return what changes in the mail that has come whole."""
        mail, self._mail = self._mail, None
        if mail is None:
            return []
        mail.body.append(rest)
        try:
            made, thread = await self._footers.add(mail.rebuilt(), mail.standing, is_signed_in=mail.is_signed_in)
            if len(made) + _ROOM > self._most:
                made = Reason.TOO_LARGE
            changes = [] if isinstance(made, Reason) else list(mail.changes(made))
        except Exception as error:  # noqa: BLE001 - the same
            self._footers.fail(error)
            return []
        self._footers.record(mail.standing, made if isinstance(made, Reason) else ADDED, thread)
        return changes

    async def _answer(self, *messages: FilterMessage) -> None:
        self._writer.write(b"".join([self._spelled(message) for message in messages]))
        await self._writer.drain()

    def _spelled(self, message: FilterMessage) -> bytes:
        content = [getattr(message, part, b"") for part in ("name", "value", "content")]
        buffer = SimpleBuffer(_ROOM + sum(map(len, content)))
        self._protocol.write_to(buffer, message)
        return bytes(buffer[:])


def _taken_at_once() -> int:
    """Return how many bytes of an answer the system takes at once, whoever reads them and whenever."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) * 3 // 4  # its own records take some of it


def _agreed(offer: Negotiate) -> Negotiate:
    """Return what we want of what Postfix offers: nothing that we do not look at, and no answers that say nothing."""
    actions, macros = _WANTED, {}
    if ActionFlags.SETSYMLIST in offer.action_flags:
        actions, macros = actions | ActionFlags.SETSYMLIST, _MACROS
    return Negotiate(min(_VERSION, offer.version), actions, _UNNEEDED & offer.protocol_flags, macros)


def _values(top: bytes) -> Mapping[str, bytes]:
    """Return headers as Postfix spells them."""
    named = [line.partition(b":") for line in _NEXT_HEADER.split(top)]
    return {name.decode("ascii"): value[1:].replace(b"\r\n", b"\n") for name, _, value in named}
