"""A running platform for the walks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.whole_platform import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform with nothing in it yet."""
    with Platform(tmp_path / "data") as platform:
        platform.start()
        yield platform
