"""Events and rows for the tests of journal, loader and store."""

from __future__ import annotations

from collections.abc import Sequence

from sebar.events import event as events
from sebar.events.event import Event, Kind, Verdict
from sebar.events.store import Store
from sebar.kit.ids import new_id

NOON = 1_700_000_000_000


def happened(**changes: object) -> Event:
    """Return a visit, or what `changes` make of it."""
    return Event(**{"id": new_id(), "ts": NOON, "campaign": 1, "kind": Kind.VISIT, "participant": 7, **changes})


def correction(of: Event, verdict: Verdict, reason: str) -> Event:
    """Return the event that judges another one anew."""
    return happened(kind=Kind.CORRECTION, verdict=verdict, reason=reason, props={"event": str(of.id)})


def decoded(rows: Sequence[bytes]) -> list[Event]:
    """Return the events that the rows are, judged as they say."""
    return [events.decode(row) for row in rows]


def counted(store: Store) -> tuple[int, int]:
    """Return how many events are stored, and how many different ones."""
    ((number, distinct),) = store.ask("SELECT count(), uniqExact(id) FROM events").rows
    return number, distinct
