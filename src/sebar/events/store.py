"""The event store: one ClickHouse table, embedded in this process or on a server, behind one client.

Import this only in the process that owns the store: the embedded engine takes 200 MB and lets no second process in.
Everybody else asks through `sebar.events.engine`.
"""

from __future__ import annotations

import queue
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import clickhouse_connect
import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from sebar.events import answer
from sebar.events.answer import Answer, Status
from sebar.events.event import Event, Kind
from sebar.kit.config import Config
from sebar.kit.errors import Unavailable
from sebar.kit.ids import new_id, now_ms
from sebar.kit.words import gettext_noop

FORMATS: Final[Mapping[str, str]] = {"csv": "CSVWithNames", "parquet": "Parquet"}
_COLUMNS: Final = (*Event.__struct_fields__, "version")
_READERS: Final = 3
_CORRECTED_AT_ONCE: Final = 5000  # their identifiers must fit into one statement
_TOO_MUCH: Final = frozenset({159, 160, 241, 307, 396})  # ClickHouse's codes for too long, too large
_ASKING: Final = {"readonly": 2, "max_execution_time": 30}
_Correction = tuple[int, str, str, str]  # campaign, new verdict, its reason, the event it is about
_EXPORTED: Final = """
SELECT toString(id) AS id, * EXCEPT (id, props, version), toJSONString(props) AS props
FROM events
WHERE (empty({campaigns:Array(UInt64)}) OR has({campaigns:Array(UInt64)}, campaign))
    AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, kind))
ORDER BY campaign, kind, ts
"""


class Store:
    """The event store while this process owns it. Open it with `open_store`; every method may be called on any thread.

    Loads and questions have connections of their own, so that neither waits for the other.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._writer = self._connect()
        self._readers: queue.SimpleQueue[Client] = queue.SimpleQueue()
        for file in sorted(resources.files(__package__).joinpath("schema").iterdir(), key=lambda file: file.name):
            self._writer.command(file.read_text())
        for _ in range(_READERS):
            self._readers.put(self._connect())
        ((version, newest),) = self.ask("SELECT max(version), toUnixTimestamp64Milli(max(ts)) FROM events").rows
        self._status = Status(version, newest)
        self._correct(self._newest_corrections())

    @property
    def status(self) -> Status:
        """How fresh the store is."""
        return self._status

    def insert(self, events: Sequence[Event], *, token: str, again: bool = False) -> None:
        """Store events, durably, and apply the corrections among them to what they correct.

        Parameters
        ----------
        events
            At most some ten thousand at a time.
        token
            Names this very batch: under a name that the store remembers it takes nothing in.
        again
            Whether an earlier attempt may have come any distance, a crash included. Then the store looks for each
            event: its memory of names is not synced with the events, and may know more or less than is there.

        Raises
        ------
        Unavailable
            When the store cannot take them just now. The batch must be tried again, as `again`.
        """
        version = max(self._status.version + 1, now_ms())  # no number returns after a crash with other events
        try:
            if again:
                self._insert(self._missing(events), f"{token} {new_id()}", version)
            else:
                self._insert(events, token, version)
            self._correct(
                (event.campaign, event.verdict, event.reason, event.props["event"])
                for event in events
                if event.kind is Kind.CORRECTION
            )
        except (ClickHouseError, OSError) as error:
            raise Unavailable(f"The event store does not take events just now: {error}") from error
        self._status = Status(version, max([self._status.newest, *(event.ts for event in events)]))

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """Return what `sql` yields, as `sebar.events.engine.ask` does from other processes.

        Raises
        ------
        Unavailable
            When the answer takes more time or memory than there is.
        DatabaseError
            When ClickHouse does not understand the question, or it is not a question but a change.
        """
        return answer.decode_answer(self.answer(sql, parameters))

    def answer(self, sql: str, parameters: Mapping[str, Any] | None = None) -> bytes:
        """Return an encoded `Answer`."""
        with self._reader() as reader:
            try:
                result = reader.query(sql, parameters=dict(parameters or {}), settings=_ASKING)
            except DatabaseError as error:
                if error.code in _TOO_MUCH:
                    raise Unavailable(
                        gettext_noop("This question asks for more than can be counted in time.")
                    ) from error
                raise
            return answer.encode(Answer(result.column_names, cast("list[tuple[Any, ...]]", result.result_rows)))

    def export(self, path: Path, *, form: str, campaigns: Sequence[int] = (), kinds: Sequence[Kind] = ()) -> None:
        """Write events into a new file as ClickHouse writes them, ordered by campaign, kind and time.

        Parameters
        ----------
        path
            Where to; nothing may be there yet.
        form
            One of `FORMATS`.
        campaigns, kinds
            Which events; all when empty.
        """
        parameters = {"campaigns": list(campaigns), "kinds": [str(kind) for kind in kinds]}
        ending = f"FORMAT {FORMATS[form]} SETTINGS date_time_output_format = 'iso'"
        with self._reader() as reader:
            if self._config.event_store:
                with reader.raw_stream(f"{_EXPORTED} {ending}", parameters=parameters) as rows, path.open("xb") as file:
                    shutil.copyfileobj(rows, file)
            else:  # the embedded engine hands most formats over in one piece, but writes files as it goes
                reader.command(f"{_EXPORTED} INTO OUTFILE '{_quoted(str(path))}' {ending}", parameters=parameters)

    def close(self) -> None:
        """Let go of the store. Whoever asks afterwards waits for ever, so ask nothing more."""
        self._writer.close()
        for _ in range(_READERS):
            self._readers.get().close()

    def _insert(self, events: Sequence[Event], token: str, version: int) -> None:
        if events:
            self._writer.insert(
                "events",
                [*zip(*map(msgspec.structs.astuple, events), strict=True), [version] * len(events)],
                column_names=_COLUMNS,
                column_oriented=True,
                settings={"insert_deduplication_token": token, "max_partitions_per_insert_block": 0},
            )

    def _missing(self, events: Sequence[Event]) -> list[Event]:
        sql = "SELECT id FROM events WHERE id IN (SELECT arrayJoin({ids:Array(UUID)}))"
        stored = {UUID(row[0]) for row in self.ask(sql, {"ids": [str(event.id) for event in events]}).rows}
        return [event for event in events if event.id not in stored]

    def _correct(self, corrections: Iterable[_Correction]) -> None:
        meant: defaultdict[tuple[int, str, str], list[UUID]] = defaultdict(list)
        for campaign, verdict, reason, identifier in corrections:
            meant[campaign, verdict, reason].append(UUID(identifier))
        for (campaign, verdict, reason), ids in meant.items():
            for first in range(0, len(ids), _CORRECTED_AT_ONCE):
                named = ", ".join(f"'{identifier}'" for identifier in ids[first : first + _CORRECTED_AT_ONCE])
                self._writer.command(
                    f"UPDATE events SET verdict = '{_quoted(verdict)}', reason = '{_quoted(reason)}'"  # noqa: S608 - quoted
                    f" WHERE campaign = {campaign} AND id IN ({named})"
                )

    def _newest_corrections(self) -> list[_Correction]:
        """Return the corrections of the last load: a crash may have come before they were applied."""
        return self.ask(
            "SELECT campaign, verdict, reason, props['event'] FROM events"
            " WHERE kind = 'correction' AND version = {last:UInt64}",
            {"last": self._status.version},
        ).rows

    def _connect(self) -> Client:
        if self._config.event_store:
            return clickhouse_connect.get_client(dsn=self._config.event_store, autogenerate_session_id=False)
        return clickhouse_connect.get_client(interface="chdb", path=str(self._config.events))

    @contextmanager
    def _reader(self) -> Iterator[Client]:
        reader = self._readers.get()
        try:
            yield reader
        finally:
            self._readers.put(reader)


def open_store(config: Config) -> Store:
    """Open the event store that `config` names, made and brought up to date if need be.

    Raises
    ------
    Unavailable
        When the server does not answer, or another process holds the embedded store.
    """
    if not config.event_store:
        config.events.mkdir(parents=True, exist_ok=True)
        _use_scratch(config.data / "scratch")
    try:
        return Store(config)
    except ClickHouseError as error:
        where = config.event_store or f"{config.events} (is it open in another process?)"
        raise Unavailable(f"The event store cannot be opened at {where}: {error}") from error


def _use_scratch(folder: Path) -> None:
    """Put temporary files where a crash leaves none behind for ever: every insert goes through one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    tempfile.tempdir = str(folder)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
