"""What the engine says: the messages between whoever asks and the one process that holds the event store."""

from __future__ import annotations

from typing import Any, Final

import msgspec


class Question(msgspec.Struct, frozen=True, array_like=True):
    """ClickHouse SQL with ``{name:Type}`` placeholders, and what to put into them."""

    sql: str
    parameters: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The rows that a question yields.

    Values are numbers, text, booleans, None, and lists and maps of those. Times (UTC), UUIDs and decimals come as
    text: ask for ``toUnixTimestamp64Milli(ts)`` to count with them.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Status(msgspec.Struct, frozen=True, array_like=True):
    """How fresh the event store is.

    Attributes
    ----------
    version
        Rises with every load; while it stays, no answer changes. Each event carries the version that it came with.
    newest
        Time of the newest event, milliseconds since 1970 UTC; 0 when there is none.
    """

    version: int
    newest: int


encode: Final = msgspec.msgpack.Encoder(enc_hook=str).encode
decode_question: Final = msgspec.msgpack.Decoder(Question).decode
decode_answer: Final = msgspec.msgpack.Decoder(Answer).decode
decode_status: Final = msgspec.msgpack.Decoder(Status).decode
