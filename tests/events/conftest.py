from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sebar.events.store import Store, open_store
from sebar.kit import config
from sebar.kit.config import Config


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    return config.read({"SEBAR_DATA": str(tmp_path)})


@pytest.fixture
def store(settings: Config) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()
