"""The clock that draws wait for."""

from __future__ import annotations

import pytest
from django.utils import timezone
from draw_life import NOW, Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is turned."""
    turned = Clock(NOW)
    monkeypatch.setattr(timezone, "now", lambda: turned.now)
    return turned
