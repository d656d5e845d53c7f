"""Servers on this machine, and leave to ask them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from buzz_servers import Server, a_server

from engine_beside import _campaigns_of_its_own, count, store  # noqa: F401 - fixtures found by their names
from sebar.kit import http


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine that may be asked."""
    monkeypatch.setattr(http, "_reach_loopback", True)
    with a_server() as server:
        yield server
