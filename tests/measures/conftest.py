"""One real event store, and the same events as a list for the naive answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_events import CAMPAIGNS, Stored, campaign

from sebar.events.store import open_store
from sebar.kit import config


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    folder: Path = tmp_path_factory.mktemp("measures")
    store = open_store(config.read({"SEBAR_DATA": str(folder)}))
    happened = tuple(event for number in CAMPAIGNS for event in campaign(number))
    store.insert(happened, token="all")
    yield Stored(happened, store.ask)
    store.close()
