"""What the messengers' tests stand on: a Prosody, chat programs, and bots that really run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from bot_threads import serving
from fake_graph import FakeGraph
from prosody_server import Chatter, Loop, Prosody, running
from xmpp_bots import Bot, numbers

from builders import a_campaign
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.whatsapp_cloud import graph


@pytest.fixture(scope="session")
def prosody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """A server without encryption on the loopback, shared by all tests: each takes accounts of its own."""
    with running(tmp_path_factory.mktemp("prosody")) as server:
        yield server


@pytest.fixture
def loop() -> Iterator[Loop]:
    """Where people's programs run."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def serve() -> Iterator[Callable[[str], None]]:
    """Start a channel's service; it ends with the test."""
    with ExitStack() as stack:
        yield lambda channel: stack.enter_context(serving(channel))


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGraph]:
    """What stands for Meta."""
    fake = FakeGraph()
    monkeypatch.setattr(graph, "_ADDRESS", fake.address)
    yield fake
    fake.close()


@pytest.fixture
def coffee(people: People) -> Campaign:
    return a_campaign(people.alice)


@pytest.fixture
def a_bot(people: People, coffee: Campaign, prosody: Prosody, serve: Callable[[str], None]) -> Callable[..., Bot]:
    """Return what makes a bot with something else entered."""
    return partial(Bot, people, prosody, serve)


@pytest.fixture
def bot(a_bot: Callable[..., Bot]) -> Bot:
    return a_bot()


@pytest.fixture
def arrive(loop: Loop, prosody: Prosody) -> Callable[[str], Chatter]:
    """Return what lets a new person sign in."""

    def arrived(name: str) -> Chatter:
        person = Chatter(loop, prosody, prosody.register(f"{name}{next(numbers)}"))
        person.arrive()
        return person

    return arrived
