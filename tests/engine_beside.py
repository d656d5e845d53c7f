"""Fixtures for tests that ask the real engine: it answers beside the tests, and they load what they emitted."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from builders import a_brand, emitted
from sebar.campaigns.models import Campaign
from sebar.events import engine
from sebar.events.answering import serve
from sebar.events.store import Store, open_store
from sebar.kit import config

_numbers = itertools.count(1000, 1000)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """An event store with the engine's socket before it. A process holds one store at a time, so not for longer."""
    opened = open_store(config.load())
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def answering() -> None:
        async with serve(opened, config.load().engine_socket):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(answering(),))
    thread.start()
    assert ready.wait(20)
    yield opened
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()
    opened.close()


@pytest.fixture(autouse=True)
def _campaigns_of_its_own(request: pytest.FixtureRequest) -> None:
    """Let every test's campaigns have numbers that no other test used: the event store is not rolled back."""
    if {"db", "people"} & set(request.fixturenames):
        request.getfixturevalue("db")
        Campaign.objects.create(pk=next(_numbers), brand=a_brand(), slug=f"gap-{next(_numbers)}").delete()


@pytest.fixture
def without_engine(store: Store) -> Iterator[None]:
    """Nobody answers questions about events."""
    socket = config.load().engine_socket
    engine._kept.__dict__.clear()
    aside = socket.rename(socket.with_suffix(".aside"))
    yield
    aside.rename(socket)


@pytest.fixture
def count(store: Store) -> Callable[[], None]:
    """Return what loads everything in the outbox into the store, as the engine does all the time."""

    loaded: set[UUID] = set()

    def load() -> None:
        happened = [event for event in emitted() if event.id not in loaded]
        if happened:
            store.insert(happened, token=f"test {happened[-1].id}")
            loaded.update(event.id for event in happened)

    return load
