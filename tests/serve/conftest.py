"""Fixtures that start the whole platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.whole_platform import Platform


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A running platform for tests that leave it running."""
    with Platform(tmp_path_factory.mktemp("running")) as platform:
        platform.start()
        yield platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A running platform for one test only."""
    with Platform(tmp_path / "data") as platform:
        platform.start()
        yield platform
