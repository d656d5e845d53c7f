"""The event outbox: what must be exactly right writes its event here, in the same transaction.

Lower floors emit, higher floors and the engine read; each reader keeps its own position. So nothing ever calls
upward, and there is no join without its event and no event without its join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from sebar.events import event as events
from sebar.events.event import Event


class TransactionNumber(models.Func):
    """Number of the database transaction that writes a row: orders rows of concurrent writers on PostgreSQL.

    A sequence alone does not: a transaction that took a smaller number may commit later, and a reader that has passed
    that number would never see the row. SQLite has one writer at a time, so its sequence is already in order.
    """

    output_field = models.BigIntegerField()
    template = "0"
    arity = 0

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return PostgreSQL's own 64-bit transaction number."""
        return self.as_sql(compiler, connection, template="(pg_current_xact_id()::text::bigint)", **extra)


class OutboxRow(models.Model):
    """One event on its way to the event store."""

    seq = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=TransactionNumber())
    payload = models.BinaryField()

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["transaction", "seq"], name="outbox_order")]


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """How far a reader has come: rows up to and including this one are done."""

    transaction: int = 0
    seq: int = 0


def emit(*happened: Event) -> None:
    """Write events inside the caller's transaction. They are stored if, and only if, that transaction commits."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sebar_outboxrow (payload) VALUES (%s)", [(events.encode(event),) for event in happened]
        )


def read(after: Position, limit: int) -> list[tuple[Position, bytes]]:
    """Return up to `limit` rows after a position, in an order in which nothing can appear behind the reader.

    On PostgreSQL rows of transactions that a still running one might yet precede are held back.
    """
    held_back = 'AND "transaction" < pg_snapshot_xmin(pg_current_snapshot())::text::bigint'
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT "transaction", seq, payload FROM sebar_outboxrow'  # noqa: S608 - no outside text in it
            ' WHERE ("transaction", seq) > (%s, %s)'
            f" {held_back if connection.vendor == 'postgresql' else ''}"
            ' ORDER BY "transaction", seq LIMIT %s',
            [after.transaction, after.seq, limit],
        )
        return [(Position(row[0], row[1]), bytes(row[2])) for row in cursor.fetchall()]


def has_more(after: Position) -> bool:
    """Say whether anything stands behind a position, also what `read` still holds back."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT EXISTS (SELECT 1 FROM sebar_outboxrow WHERE ("transaction", seq) > (%s, %s))',
            [after.transaction, after.seq],
        )
        return bool(cursor.fetchone()[0])


def forget(upto: Position) -> int:
    """Delete rows that every reader has passed; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            'DELETE FROM sebar_outboxrow WHERE ("transaction", seq) <= (%s, %s)', [upto.transaction, upto.seq]
        )
        deleted: int = cursor.rowcount
        return deleted
