"""`sebar up`: starts the platform, keeps it running, ends it cleanly. It is given `--demo` and options of `sebar demo`.

It knows processes only. It never loads Django or the event store, so it stays small and little in it can break.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import sysconfig
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from sebar.kit import config
from sebar.kit.config import Config
from sebar.kit.errors import UserError
from sebar.serve import instance, reach
from sebar.serve.instance import Instance

_FIRST_GAP = 0.25
_LONGEST_GAP = 15.0
_SETTLED_AFTER = 5.0  # seconds a process must have run for its next end to count as its first
_SECONDS_TO_END = 5.0
_SECONDS_TO_START = 60.0
_SERVER = ("-m", "sebar.serve.process")


class Part:
    """One process that is started again whenever it ends, after a gap that grows while it keeps ending.

    Parameters
    ----------
    name
        What people call it.
    arguments
        What Python runs; the supervisor's process number is added.
    lock
        Descriptor of the lock on the data folder; the process holds it too, for as long as it lives.
    started
        Called whenever the process has been started.
    """

    def __init__(self, name: str, *arguments: str, lock: int, started: Callable[[], None]) -> None:
        self.name = name
        self.process: Process | None = None
        self._command = [sys.executable, *arguments, str(os.getpid())]
        self._lock = lock
        self._started = started
        self._gap = 0.0
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the process and keep it running until `end`."""
        self._keeper = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Ask the process to end; make it end when it does not."""
        if self._keeper is None:
            return
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
        except TimeoutError:
            say(f"The {self.name} did not end within {_SECONDS_TO_END:.0f} s, so it was stopped.")
        _kill_group(process)
        await process.wait()

    async def _keep(self) -> None:
        while True:
            began = time.monotonic()
            # A session of its own, so that Ctrl-C in the terminal reaches the supervisor only.
            self.process = await asyncio.create_subprocess_exec(
                *self._command, pass_fds=[self._lock], start_new_session=True
            )
            self._started()
            code = await self.process.wait()
            _kill_group(self.process)
            if time.monotonic() - began > _SETTLED_AFTER:
                self._gap = 0.0
            when = f"in {self._gap:g} s" if self._gap else "now"
            say(f"The {self.name} ended ({_in_words(code)}). It starts again {when}.")
            await asyncio.sleep(self._gap)
            self._gap = min(self._gap * 2 or _FIRST_GAP, _LONGEST_GAP)


class Supervisor:
    """The platform's processes together.

    Parameters
    ----------
    settings
        The instance's settings.
    lock
        Descriptor of the lock on its data folder.
    demo
        Options of `sebar demo`, which is run once all is ready; None for none. Its letters stay here, unless a mail
        server is set.
    """

    def __init__(self, settings: Config, lock: int, *, demo: Sequence[str] | None) -> None:
        self._settings = settings
        self._lock = lock
        self._demo = demo
        self._parts = [
            Part("engine", "-m", "sebar.serve.engine", lock=lock, started=self._note),
            Part("worker", "-m", "sebar.serve.worker", lock=lock, started=self._note),
            Part("sender", "-m", "sebar.serve.sender", lock=lock, started=self._note),
            Part("web", *_SERVER, "web", lock=lock, started=self._note),
            Part("front", *_SERVER, "front", lock=lock, started=self._note),
        ]
        if demo is not None and settings.mail is None:
            port = _free_port()
            os.environ["SEBAR_MAIL"] = f"smtp://127.0.0.1:{port}"  # for the parts, which are started after this
            self._parts.insert(
                0, Part("letterbox", "-m", "sebar.serve.letterbox", str(port), lock=lock, started=self._note)
            )

    async def run(self) -> int:
        """Start everything, say when it is ready, and return the exit code once everything has ended."""
        work = asyncio.create_task(self._work())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        try:
            await work
        except asyncio.CancelledError:
            say("Sebar is stopping …")
            return 0
        except UserError as error:
            say(error.message)
            return 1
        finally:
            await self._end()
            say("Sebar has stopped.")
        return 0

    async def _work(self) -> None:
        say("Sebar is starting …")
        owner_link = await _output_of("-m", "sebar.serve.prepare")
        for part in self._parts:
            part.start()
        await self._become_ready()
        say(f"Sebar is ready: {self._settings.public_url}")
        if self._demo is not None:
            say("The demo is being filled. The link for its owner follows in a minute or two.")
            await _run_demo(self._demo)
        elif owner_link:
            say(f"There is no owner yet. Whoever opens this link first becomes it; it works once:\n{owner_link}")
        say(f"Everything it keeps is in {self._settings.data}. Ctrl-C stops it.")
        await asyncio.Event().wait()

    async def _become_ready(self) -> None:
        patience = time.monotonic() + _SECONDS_TO_START
        waiting_for = ""
        while time.monotonic() < patience:
            waiting_for = await asyncio.to_thread(reach.first_silent, self._settings)
            if not waiting_for:
                return
            await asyncio.sleep(0.05)
        raise UserError(
            f"Sebar did not become ready within {_SECONDS_TO_START:.0f} s: the {waiting_for} does not answer."
            " The lines above say why; `sebar doctor` checks what it needs."
        )

    async def _end(self) -> None:
        # The front first, so that no new work comes in; the engine last, so that it takes in what was left.
        for part in reversed(self._parts):
            await part.end()

    def _note(self) -> None:
        settings = self._settings
        parts = {part.name: part.process.pid for part in self._parts if part.process is not None}
        instance.note(settings, Instance(os.getpid(), settings.public_url, settings.port, parts))


def say(words: str) -> None:
    """Tell whoever started the platform something."""
    print(words, flush=True)  # noqa: T201 - the terminal is where this is meant to go


async def _output_of(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, str(os.getpid()), stdout=PIPE, start_new_session=True
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        _kill_group(process)
        raise
    if process.returncode:
        raise UserError("Sebar cannot start; the line above says why. `sebar doctor` checks everything it needs.")
    return output.decode().strip()


async def _run_demo(options: Sequence[str]) -> None:
    command = Path(sysconfig.get_path("scripts")) / "sebar"
    process = await asyncio.create_subprocess_exec(str(command), "demo", *options)
    try:
        await process.wait()
    except asyncio.CancelledError:
        _kill(process)
        raise
    if process.returncode:
        say("The demo is not complete; the lines above say why. Sebar itself runs.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


def _kill_group(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _in_words(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"


def main() -> None:
    """Run the platform until SIGINT, SIGTERM or SIGHUP."""
    # Whatever the processes write is for this user only: names, addresses of people, secrets.
    os.umask(0o077)
    try:
        settings = config.load()
        lock = instance.claim(settings)
    except UserError as error:
        sys.exit(error.message)
    demo = sys.argv[2:] if sys.argv[1:2] == ["--demo"] else None
    sys.exit(asyncio.run(Supervisor(settings, lock, demo=demo).run()))


if __name__ == "__main__":
    main()
