"""What `sebar doctor` looks at. Every check says in plain words how it is and, when it is not well, the way out."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from sebar.events import engine
from sebar.events.loader import waiting
from sebar.kit.config import Config
from sebar.kit.errors import Unavailable, UserError
from sebar.material import film
from sebar.serve import django, instance, reach

_OLDEST_PYTHON: Final = (3, 11)
_FULL_BYTES: Final = 100_000_000
_TIGHT_BYTES: Final = 2_000_000_000
_FUTURE_SECONDS: Final = 60
_MANY_WAITING: Final = 100_000
_WRITTEN_ON: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock that shows an earlier time than this program's is wrong."""


class Finding(msgspec.Struct, frozen=True):
    """How one thing is.

    Attributes
    ----------
    subject
        What was looked at.
    well
        Whether it is as it should be.
    words
        How it is.
    way_out
        What to do about it; may be empty when it is well.
    """

    subject: str
    well: bool
    words: str
    way_out: str = ""


def examine(settings: Config) -> list[Finding]:
    """Look at everything that the platform needs, in the order in which it needs it."""
    return [check(settings) for check in CHECKS]


def python(_settings: Config) -> Finding:
    """Look at the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    well = sys.version_info >= _OLDEST_PYTHON
    return Finding("Python", well, f"It is {version}.", "" if well else "Install Python 3.11 or newer.")


def data_folder(settings: Config) -> Finding:
    """Look whether the data folder can be written."""
    subject = "Data folder"
    try:
        settings.make_data_folder()
        with tempfile.TemporaryFile(dir=settings.data) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        way_out = "Make room or give this user the right to write there, or name another folder with SEBAR_DATA."
        return Finding(
            subject, well=False, words=f"{settings.data} cannot be written: {error.strerror}.", way_out=way_out
        )
    return Finding(subject, well=True, words=f"{settings.data} can be written.")


def free_space(settings: Config) -> Finding:
    """Look how much room the data folder has."""
    subject = "Free space"
    try:
        free = shutil.disk_usage(settings.data).free
    except OSError as error:
        return Finding(
            subject, well=False, words=f"Nobody knows: {error.strerror}.", way_out="Mend the data folder first."
        )
    words = f"{free / 1e9:,.1f} GB are free where the data folder is."
    if free > _TIGHT_BYTES:
        return Finding(subject, well=True, words=words)
    way_out = "Make room soon: when the disk is full, nothing more is taken in until there is room again."
    return Finding(subject, free > _FULL_BYTES, words, way_out)


def clock(settings: Config) -> Finding:
    """Look whether the clock shows a time that can be."""
    subject = "Clock"
    now = time.time()
    shown = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    newest = max((path.stat().st_mtime for path in settings.data.glob("*") if path.is_file()), default=0.0)
    way_out = "Set the clock, best by a time service such as systemd-timesyncd; events carry its time."
    if now < _WRITTEN_ON.timestamp():
        return Finding(subject, well=False, words=f"It shows {shown}, which is long past.", way_out=way_out)
    if newest > now + _FUTURE_SECONDS:
        ahead = datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds")
        words = f"It shows {shown}, but something was written here at {ahead}: it has been set back."
        return Finding(subject, well=False, words=words, way_out=way_out)
    return Finding(subject, well=True, words=f"It shows {shown}.")


def port(settings: Config) -> Finding:
    """Look whether the public port is free, or ours."""
    subject = "Port"
    running = instance.find(settings) if instance.is_claimed(settings) else None
    if running is not None:
        return Finding(subject, well=True, words=f"{running.port} is ours; people reach it at {running.url}.")
    try:
        if instance.port_is_free(settings):
            return Finding(subject, well=True, words=f"{settings.port} is free.")
    except UserError as error:
        return Finding(subject, well=False, words=error.message, way_out="Choose another port with SEBAR_PORT.")
    way_out = f"Stop that program, or choose another port: SEBAR_PORT={settings.port + 1}."
    return Finding(subject, well=False, words=f"{settings.port} is taken by another program.", way_out=way_out)


def database(settings: Config) -> Finding:
    """Look whether the relational database answers and has the tables of this version."""
    subject = "Database"
    kind = "PostgreSQL" if settings.database else "SQLite"
    try:
        django.setup()
        executor = MigrationExecutor(connection)
        steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (Error, OSError) as error:
        words = f"{kind} does not answer: {' '.join(str(error).split()).rstrip('.?')}."
        way_out = (
            "Start the database server, or correct SEBAR_DATABASE." if settings.database else "Mend the data folder."
        )
        return Finding(subject, well=False, words=words, way_out=way_out)
    if steps:
        words = f"{kind} answers; {len(steps)} changes to its tables are still to be made."
        running = instance.is_claimed(settings)
        way_out = "Stop Sebar and start it again; starting makes them." if running else "Starting makes them."
        return Finding(subject, well=not running, words=words, way_out=way_out)
    return Finding(subject, well=True, words=f"{kind} answers and its tables are those of this version.")


def processes(settings: Config) -> Finding:
    """Look whether every process of a running instance answers."""
    subject = "Processes"
    if not instance.is_claimed(settings):
        return Finding(
            subject, well=True, words="Sebar does not run on this data folder.", way_out="`sebar up` starts it."
        )
    silent = [name for name, answers in reach.PARTS.items() if not answers(settings)]
    if silent:
        words = f"Sebar runs, but no answer comes from: {', '.join(silent)}."
        way_out = "It is started again by itself. If this lasts, what `sebar up` printed last says why."
        return Finding(subject, well=False, words=words, way_out=way_out)
    return Finding(subject, well=True, words=f"{', '.join(reach.PARTS)} answer.")


def clips(_settings: Config) -> Finding:
    """Look whether clips can be made. All else works without."""
    if film.is_installed():
        return Finding("Clips", well=True, words="ffmpeg is here.")
    words = "ffmpeg is missing: videos are refused, all else works."
    return Finding("Clips", well=True, words=words, way_out="`apt install ffmpeg`, if you want videos.")


def event_store(settings: Config) -> Finding:
    """Look whether the event store answers questions."""
    subject = "Event store"
    if not instance.is_claimed(settings):
        return Finding(subject, well=True, words="It can be asked only while Sebar runs.")
    try:
        answer = engine.ask("SELECT count() FROM events", {})
    except Unavailable as error:
        return Finding(subject, well=False, words=str(error), way_out="It is started again by itself; look again soon.")
    return Finding(subject, well=True, words=f"It answers and holds {answer.rows[0][0]:,} events.")


def journals(settings: Config) -> Finding:
    """Look whether touches wait longer than they should for the event store."""
    subject = "Journals"
    try:
        count = waiting(settings.journal, settings.positions, _MANY_WAITING)
    except (sqlite3.Error, OSError) as error:
        return Finding(
            subject, well=False, words=f"They cannot be read: {error}.", way_out="Mend the data folder first."
        )
    if not count:
        return Finding(subject, well=True, words="Everything in them is in the event store.")
    words = f"{count:,}{' or more' if count >= _MANY_WAITING else ''} touches wait, safely, for the event store."
    if not instance.is_claimed(settings):
        return Finding(subject, well=True, words=words, way_out="They are loaded once Sebar runs.")
    way_out = "Look whether the disk is full and the event store answers. Nothing is lost meanwhile."
    return Finding(subject, count < _MANY_WAITING, words, way_out)


def channels(_settings: Config) -> Finding:
    """Look whether any channel that a brand has set up is in trouble."""
    from sebar.channels import queries  # noqa: PLC0415 - Django must be set up first, and that is a check of its own

    subject = "Channels"
    try:
        found = queries.in_trouble()
    except (Error, OSError):
        return Finding(subject, well=True, words="They can be asked only while the database answers.")
    if not found:
        return Finding(subject, well=True, words="None that was set up is in trouble.")
    words = " ".join(f"{one.channel} of {one.brand.name}: {one.trouble_words}" for one in found)
    return Finding(subject, well=False, words=words, way_out="The channel’s page in the console says since when.")


CHECKS: Final[tuple[Callable[[Config], Finding], ...]] = (
    python,
    data_folder,
    free_space,
    clock,
    port,
    database,
    processes,
    event_store,
    journals,
    clips,
    channels,
)
