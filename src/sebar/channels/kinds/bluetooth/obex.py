"""Object Push (OBEX): the talk in which one device hands another a file. Pure: packets in, packets out.

The client asks and the server answers, strictly in turn, so a push is a generator that yields each request and is sent
the answer to it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

LARGEST_PACKET: Final = 8192
"""Bytes of the largest packet that we take or send; the other side may want smaller ones."""

_CONNECT, _PUT, _DISCONNECT, _FINAL = 0x80, 0x02, 0x81, 0x80
_CONTINUE, _SUCCESS = 0x90, 0xA0
_NAME, _TYPE, _LENGTH, _BODY, _END_OF_BODY = 0x01, 0x42, 0xC3, 0x48, 0x49
_VERSION: Final = 0x10
_SMALLEST_PACKET: Final = 255  # every device takes that much
_PACKET_HEAD: Final = 3
_HEADER_HEAD: Final = 3


@dataclass(frozen=True, slots=True)
class File:
    """Something to hand over: its name, of at most 64 letters, its media type and its bytes."""

    name: str
    kind: str
    content: bytes


def push(file: File) -> Generator[bytes, bytes, None]:
    """Yield the requests that hand a file over; send in each answer, empty when the line was cut.

    Raises
    ------
    UserError
        When the other side refuses, breaks off, or does not speak OBEX.
    """
    answer = yield _packet(_CONNECT, bytes([_VERSION, 0]) + LARGEST_PACKET.to_bytes(2, "big"))
    _expect(answer, _SUCCESS)
    heads = (
        _header(_NAME, f"{file.name}\0".encode("utf-16-be"))
        + _header(_TYPE, f"{file.kind}\0".encode("ascii"))
        + bytes([_LENGTH])
        + len(file.content).to_bytes(4, "big")
    )
    room = min(_largest(answer), LARGEST_PACKET) - _PACKET_HEAD - _HEADER_HEAD
    rest = file.content
    while True:
        piece, rest = rest[: room - len(heads)], rest[room - len(heads) :]
        is_last = not rest
        body = _header(_END_OF_BODY if is_last else _BODY, piece)
        answer = yield _packet(_PUT | _FINAL if is_last else _PUT, heads + body)
        _expect(answer, _SUCCESS if is_last else _CONTINUE)
        if is_last:
            break
        heads = b""
    yield _packet(_DISCONNECT)  # whatever it answers, it has the file


def taken(incoming: bytearray) -> bytes | None:
    """Take the first whole packet off what has come in so far; None while there is none."""
    if len(incoming) < _PACKET_HEAD:
        return None
    length = max(int.from_bytes(incoming[1:3], "big"), _PACKET_HEAD)
    if len(incoming) < length:
        return None
    packet = bytes(incoming[:length])
    del incoming[:length]
    return packet


def _expect(answer: bytes, code: int) -> None:
    if not answer:
        raise UserError(
            gettext_noop("The device broke off before it had the card: keep it near, then try once more."), field="push"
        )
    if answer[0] != code:
        raise UserError(
            gettext_noop(
                "The device did not take the card (answer 0x{code:02X}): its owner declined, or it takes no cards."
            ),
            field="push",
            code=answer[0],
        )


def _largest(answer: bytes) -> int:
    """Return how large packets may be, as the answer to a connect request says."""
    said = int.from_bytes(answer[5:7], "big")
    return max(said, _SMALLEST_PACKET)


def _packet(code: int, content: bytes = b"") -> bytes:
    return bytes([code]) + (len(content) + _PACKET_HEAD).to_bytes(2, "big") + content


def _header(code: int, content: bytes) -> bytes:
    return bytes([code]) + (len(content) + _HEADER_HEAD).to_bytes(2, "big") + content
