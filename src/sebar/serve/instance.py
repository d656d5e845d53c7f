"""One instance a data folder: the lock that makes sure of it, and the note of what runs where."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from sebar.kit.config import Config
from sebar.kit.errors import UserError

_SECONDS_TO_END = 6.0  # the parts give themselves up to 4 when their supervisor dies
_SECONDS_TO_WAIT = 10.0
_SECONDS_BETWEEN = 0.1


class Instance(msgspec.Struct, frozen=True):
    """What the running instance says about itself.

    Attributes
    ----------
    process
        Process number of the supervisor.
    url
        Where people reach it.
    port
        Its public port.
    parts
        Process number of each part by its name.
    """

    process: int
    url: str
    port: int
    parts: dict[str, int] = {}


def claim(settings: Config) -> int:
    """Take the data folder and the port for this process and those that inherit the lock; return its descriptor.

    What a killed supervisor left behind is waited for, and ended when it does not end by itself.

    Raises
    ------
    UserError
        When an instance runs on this folder already, the folder cannot be written, or the port is taken.
    """
    try:
        settings.make_data_folder()
        descriptor = os.open(settings.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UserError(
            f"The data folder {settings.data} cannot be written ({error.strerror})."
            " Give yourself the right to, or name another folder with SEBAR_DATA.",
            field="SEBAR_DATA",
        ) from None
    began = time.monotonic()
    while not _lock(descriptor):
        running = find(settings)
        waited = time.monotonic() - began
        if running is not None or waited > _SECONDS_TO_WAIT:
            raise UserError(_already_running(settings, running), field="SEBAR_DATA")
        if waited > _SECONDS_TO_END:
            _end_what_was_left(settings)
        time.sleep(_SECONDS_BETWEEN)
    _make_private(settings.run)
    if not port_is_free(settings):
        raise UserError(
            f"Port {settings.port} is taken by another program."
            f" Stop that one, or choose another port: SEBAR_PORT={settings.port + 1}.",
            field="SEBAR_PORT",
        )
    return descriptor


def _make_private(folder: Path) -> None:
    """Make the folder of the sockets, or see that it is ours: a long path puts it where others may write."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise UserError(
            f"The folder {folder}, in which Sebar's processes talk to each other, belongs to somebody else."
            " Remove it, or name a data folder with a shorter path with SEBAR_DATA.",
            field="SEBAR_DATA",
        )
    folder.chmod(0o700)


def is_claimed(settings: Config) -> bool:
    """Return whether any process of an instance runs on this data folder."""
    try:
        descriptor = os.open(settings.data / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def note(settings: Config, instance: Instance) -> None:
    """Write down what runs, for the second start and for `sebar doctor`. A full disk does not stop anything."""
    path = _note(settings)
    fresh = path.with_suffix(".new")
    try:
        fresh.write_bytes(msgspec.json.encode(instance))
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)


def find(settings: Config) -> Instance | None:
    """Return the instance that runs on this data folder, or None when its supervisor does not run."""
    instance = _noted(settings)
    return instance if instance is not None and lives(instance.process) else None


def lives(process: int) -> bool:
    """Return whether a process runs (one that ended and is only remembered by the kernel does not)."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def port_is_free(settings: Config) -> bool:
    """Return whether this machine lets us listen on the public port."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            # Two sockets may be bound to one port for as long as neither listens.
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise UserError(
                f"Sebar may not listen on {settings.host}:{settings.port} ({error.strerror})."
                " Choose another with SEBAR_PORT or SEBAR_HOST.",
                field="SEBAR_PORT",
            ) from None
    return True


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_what_was_left(settings: Config) -> None:
    """End the parts of a supervisor that is gone: one of them hangs, and nothing that was accepted is lost by it."""
    left = _noted(settings)
    for process in left.parts.values() if left is not None else ():
        if _holds(process, settings.data / "lock"):
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)


def _holds(process: int, path: Path) -> bool:
    """Return whether a process has a file open; its number may be another's by now."""
    try:
        return any(entry.resolve() == path.resolve() for entry in Path(f"/proc/{process}/fd").iterdir())
    except OSError:
        return False


def _note(settings: Config) -> Path:
    return settings.data / "instance.json"


def _noted(settings: Config) -> Instance | None:
    try:
        return msgspec.json.decode(_note(settings).read_bytes(), type=Instance)
    except (OSError, msgspec.DecodeError):
        return None


def _already_running(settings: Config, running: Instance | None) -> str:
    where = f" at {running.url} (process {running.process})" if running else ""
    return (
        f"Sebar already runs on the data folder {settings.data}{where}."
        " Stop that one first, or name another folder with SEBAR_DATA and another port with SEBAR_PORT."
    )
