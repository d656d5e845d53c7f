"""A milter or relay of ours in a thread of its own, with the tests' database."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from postfix_beside import SECONDS

from builders import a_participant
from sebar.campaigns.models import Campaign
from sebar.channels.actions import switch
from sebar.channels.kinds.footer import actions, milter, relay
from sebar.channels.kinds.footer.deciding import Footers
from sebar.participants.models import Participant

Serve = Callable[[Footers, Callable[[], Awaitable[bool]]], Awaitable[None]]


@dataclass
class Running:
    """What runs in the thread."""

    serve: Serve
    footers: Footers = field(default_factory=Footers)
    ready: threading.Event = field(default_factory=threading.Event)
    loop: asyncio.AbstractEventLoop | None = None
    task: asyncio.Task[None] | None = None

    async def main(self) -> None:
        """Serve until told to stop."""
        self.loop, self.task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            await self.serve(self.footers, self._say_ready)
        except asyncio.CancelledError:
            await self.footers.close()

    async def _say_ready(self) -> bool:
        self.ready.set()
        return True

    def busy(self) -> int:
        """Return how many connections are being answered."""
        assert self.loop is not None
        return sum("connection" in repr(task) for task in asyncio.all_tasks(self.loop))


def wait_until(holds: Callable[[], bool]) -> None:
    """Come back once something holds."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def running(serve: Serve) -> Iterator[Running]:
    """Run it; when it has ended, all that it counted is written."""
    one = Running(serve)
    thread = threading.Thread(target=lambda: asyncio.run(one.main()), daemon=True)
    thread.start()
    assert one.ready.wait(SECONDS)
    try:
        yield one
    finally:
        assert one.loop is not None
        assert one.task is not None
        one.loop.call_soon_threadsafe(one.task.cancel)
        thread.join(SECONDS)
        assert not thread.is_alive()


@contextmanager
def milter_on(port: int) -> Iterator[Running]:
    """Run the milter."""
    with running(lambda footers, ready: milter.serve(footers, "127.0.0.1", port, ready)) as one:
        yield one


@contextmanager
def relay_on(port: int, onward: int) -> Iterator[Running]:
    """Run the relay."""
    there = ("127.0.0.1", onward)
    with running(lambda footers, ready: relay.serve(footers, "127.0.0.1", port, there, ready)) as one:
        yield one


def a_sender(campaign: Campaign, address: str = "ani@example.com", **different: str) -> Participant:
    """Return a participant whose mailbox carries the footer."""
    switch(campaign=campaign, channel="footer", is_on=True)
    participant = a_participant(campaign, **different)
    actions.prove(sender=actions.enrol(participant=participant, address=address))
    return participant
