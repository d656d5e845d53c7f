"""Asks the event store one named query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final, Protocol

from sebar.events import engine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER: Final = datetime(2290, 1, 1, tzinfo=UTC)  # beyond every time the store can hold


class Answer(Protocol):
    """What a store answers: rows of plain numbers, texts and lists."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """The rows, in the order of the query."""


Ask = Callable[[str, Mapping[str, Any]], Answer]
"""Takes SQL and its parameters, returns the answer: `sebar.events.engine.ask`, or a store's own `ask`."""


def rows(ask: Ask | None, name: str, *, parts: Mapping[str, str] | None = None, **parameters: object) -> Sequence[Any]:
    """Return the rows of the named query.

    Parameters
    ----------
    ask
        Whom to ask; the engine when None.
    name
        File name in ``sql`` without its ending.
    parts
        Pieces of SQL for the places marked ``/*place*/``: only ever constants of ours, never text from outside.
    parameters
        Values of the query's parameters.

    Raises
    ------
    Unavailable
        When the store cannot answer just now.
    """
    sql = text(name)
    for place, piece in (parts or {}).items():
        sql = sql.replace(f"/*{place}*/", piece)
    return (ask or engine.ask)(sql, parameters).rows


@cache
def text(name: str) -> str:
    """Return the SQL of a named query."""
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def moment(milliseconds: int) -> datetime:
    """Return the UTC time that the store wrote as milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(time: datetime | None) -> int:
    """Return a time as milliseconds since 1970; a time beyond all events for None."""
    return ((time or _NEVER) - _EPOCH) // timedelta(milliseconds=1)
