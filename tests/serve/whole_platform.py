"""A whole platform in a folder of its own, for tests that start, kill and starve it."""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg

from environment import fresh_database
from ports import free_port
from sebar.kit import config
from sebar.serve import instance

Seen = TypeVar("Seen")
PATIENCE = 120.0  # seconds; nothing takes that long unless it is broken


def eventually(look: Callable[[], Seen], what: str, seconds: float = PATIENCE) -> Seen:
    """Return the first true thing that `look` sees."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if seen := look():
            return seen
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@dataclass
class Platform:
    """One instance with its own folder and port; ends with the `with` block."""

    folder: Path
    port: int = field(default_factory=free_port)
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("SEBAR_", "DJANGO_"))
        } | {"SEBAR_DATA": str(self.folder), "SEBAR_PORT": str(self.port), "SEBAR_DATABASE": fresh_database()}
        self.settings = config.read(self.environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is not None:
            sys.stdout.writelines(self.lines[-200:])

    def launch(self, *options: str) -> subprocess.Popen[str]:
        """Start the platform with these options and do not wait for anything."""
        self.process = process = subprocess.Popen(
            [sys.executable, "-m", "sebar.serve.supervisor", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, args=[process], daemon=True).start()
        return process

    def start(self) -> None:
        """Start the platform and wait until it says that it is ready."""
        process = self.launch()
        before = len(self.lines)
        eventually(lambda: process.poll() is not None or self.said("Sebar is ready", before), "being ready")
        assert process.poll() is None, "".join(self.lines)

    def said(self, words: str, after: int = 0) -> str:
        """Return the first line that contains these words, empty when it was not said."""
        return next((line for line in self.lines[after:] if words in line), "")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask the platform to end, wait for it and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(by)
        return self.process.wait(PATIENCE)

    def part(self, name: str) -> int:
        """Return the process number of a part."""
        running = instance.find(self.settings)
        return 0 if running is None else running.parts.get(name, 0)

    def family(self) -> set[int]:
        """Return the process numbers of the supervisor, its parts and theirs."""
        assert self.process is not None
        return {self.process.pid, *descendants(self.process.pid)}

    def run(self, *arguments: str, seconds: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """Run `sebar` with these arguments, as from another terminal, for so many seconds at most."""
        command = Path(sys.executable).with_name("sebar")
        return subprocess.run(
            [command, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=seconds
        )

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers of one request over the public port; status 0 when nothing answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {"Host": f"localhost:{self.port}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            return 0, b"", {}
        finally:
            connection.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the relational database says."""
        if self.settings.database:
            with psycopg.connect(self.settings.database) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "sebar.sqlite3")) as database:
            return database.execute(query).fetchall()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            self.lines.extend(iter(stream.readline, ""))


def parents() -> dict[int, int]:
    """Return the parent of every process of this machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1])
    return found


def descendants(process: int) -> set[int]:
    """Return the process numbers of all that a process started, and what those started."""
    everyone = parents()
    found = {process}
    while more := {child for child, parent in everyone.items() if parent in found} - found:
        found |= more
    return found - {process}
