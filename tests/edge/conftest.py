"""The edge with all its real parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from visiting import ANNA, BUDI, CITRA, COFFEE, TEA, MakeEdge, Pages

from sebar.edge.app import Edge
from sebar.edge.links import Found, LinkTable, Publisher
from sebar.edge.request import Network
from sebar.edge.visitor import Visitors
from sebar.kit.brake import Brake


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    opened = Pages(tmp_path / "journal")
    yield opened
    opened.journal.close()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    opened = Publisher(tmp_path / "links.sqlite3")
    opened.publish_targets([COFFEE, TEA])
    opened.publish_links([ANNA, BUDI, CITRA], (0, 3))
    yield opened
    opened.close()


@pytest.fixture
def made_just_now() -> dict[str, Found]:
    """Links that the web process knows and nobody has published yet."""
    return {}


@pytest.fixture
def edge_behind(
    tmp_path: Path, publisher: Publisher, pages: Pages, made_just_now: dict[str, Found]
) -> Iterator[MakeEdge]:
    table = LinkTable(tmp_path / "links.sqlite3", Brake(tmp_path / "brake"))

    async def ask(code: str) -> Found | None:
        return made_just_now.get(code)

    def make(trusted: Sequence[Network]) -> Edge:
        visitors = Visitors(tmp_path / "salts")
        return Edge(links=table, journal=pages.journal, visitors=visitors, ask=ask, trusted_proxies=trusted)

    yield make
    table.close()


@pytest.fixture
def edge(edge_behind: MakeEdge) -> Edge:
    return edge_behind(())
