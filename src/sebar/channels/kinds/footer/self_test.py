"""Feeds a known mail to a listening milter, as Postfix would, and looks at what it does with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from kilter.protocol.buffer import SimpleBuffer
from kilter.protocol.messages import (
    Abort,
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
    Message,
    Negotiate,
    ProtocolFlags,
    ReplaceBody,
)

from sebar.channels.kinds.footer.deciding import STRANGER, TEST, test_address

_VERSION: Final = 6
_OFFERED: Final = ProtocolFlags(0x1FFFFF)
_PIECE: Final = 65_535  # as Postfix sends a body
_ROOM: Final = 2 * _PIECE
_SECONDS: Final = 10.0
_TOP: Final = (("From", b"a@self-test.invalid"), ("Subject", b"A test\n with a fold"), ("Content-Type", b"text/plain"))
_CHANGES: Final = AddHeader | ChangeHeader | ReplaceBody


@dataclass
class Told:
    """What a milter told of one mail.

    Attributes
    ----------
    answer
        What ended it.
    body
        The new body; None when the old one stays.
    headers
        What was changed or added, by name.
    """

    answer: Message
    body: bytes | None = None
    headers: dict[str, bytes] = field(default_factory=dict)


async def trouble(host: str, port: int) -> str:
    """Return what is wrong with the milter that listens there, in one sentence; empty when nothing is."""
    try:
        streams = await asyncio.open_connection(host, port)
    except OSError:
        return f"Nothing listens at {host}:{port}: start it with “sebar footer run --listen {host}:{port}”."
    line = Line(*streams)
    try:
        async with asyncio.timeout(_SECONDS):
            await line.open()
            stranger = await line.mail(STRANGER, _TOP, b"Words.\r\n")
            told = [await line.mail(test_address(), _TOP, body) for body in (b"One.\r\n", b"Two.\r\n")]
            await line.close()
    except TimeoutError:
        return f"What listens at {host}:{port} did not answer within {_SECONDS:.0f} seconds."
    except Exception as error:  # noqa: BLE001 - something else listens there and says what it likes
        return f"What listens at {host}:{port} does not speak as a milter does ({error!r})."
    finally:
        line.drop()
    footer = "\r\n".join(["", *TEST.footer.plain(), ""]) if TEST.footer else ""
    if stranger.body is not None or stranger.headers:
        return "The mail of somebody who is not enrolled was changed: stop it, and tell us."
    if [one.body for one in told] != [f"{word}.\r\n{footer}".encode() for word in ("One", "Two")]:
        return "The test mail did not get its footer: is it the milter of this Sebar, and of this version?"
    return ""


class Line:
    """A mail server's line to a milter. `answer` is the last thing that was answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._agreed = ProtocolFlags.NONE
        self.answer: Message = Continue()

    async def open(self) -> None:
        """Agree on what is told, and on what is answered."""
        await self.tell(Negotiate(_VERSION, ActionFlags.ALL, _OFFERED))
        if not isinstance(self.answer, Negotiate):
            raise TypeError(f"{self.answer} instead of an agreement")
        self._agreed = self.answer.protocol_flags

    async def mail(
        self, sender: str, headers: Sequence[tuple[str, bytes]], body: bytes, *, signed_in: str = ""
    ) -> Told:
        """Show one mail, and return what is told of it."""
        await self.begin(sender, signed_in)
        if isinstance(self.answer, Continue):
            for name, value in headers:
                await self.tell(Header(name, value))
            for at in range(0, len(body), _PIECE):
                await self.tell(Body(body[at : at + _PIECE]))
            await self.tell(EndOfMessage(b""))
        told = Told(self.answer)
        while isinstance(told.answer, _CHANGES):
            if isinstance(told.answer, ReplaceBody):
                told.body = (told.body or b"") + bytes(told.answer.content)
            else:
                told.headers[told.answer.name] = bytes(told.answer.value)
            told.answer = await self._receive()
        await self.tell(Abort())
        return told

    async def begin(self, sender: str, signed_in: str = "") -> None:
        """Tell who sends a mail."""
        if signed_in:
            await self.tell(Macro(ord("M"), {"{auth_authen}": signed_in}))
        await self.tell(EnvelopeFrom(f"<{sender}>".encode()))

    async def tell(self, event: Message) -> None:
        """Tell something, and keep the answer if there is to be one."""
        await self._send(event)
        if self._is_answered(event):
            self.answer = await self._receive()

    async def close(self) -> None:
        """Say good-bye."""
        await self.tell(Close())

    def drop(self) -> None:
        """End the line without a word."""
        self._writer.close()

    def _is_answered(self, event: Message) -> bool:
        if isinstance(event, Header):
            return ProtocolFlags.NR_HEADER not in self._agreed
        if isinstance(event, Body):
            return ProtocolFlags.NR_BODY not in self._agreed
        return not isinstance(event, Macro | Abort | Close)

    async def _send(self, message: Message) -> None:
        buffer = SimpleBuffer(_ROOM)
        message.pack(buffer)
        self._writer.write(bytes(buffer[:]))
        await self._writer.drain()

    async def _receive(self) -> Message:
        length = await self._reader.readexactly(4)
        size = int.from_bytes(length, "big")
        if size > _ROOM:
            raise ValueError(f"a packet of {size} bytes")
        buffer = SimpleBuffer(_ROOM)
        buffer[:] = length + await self._reader.readexactly(size)
        message, _ = Message.unpack(buffer)
        message.freeze()
        return message
