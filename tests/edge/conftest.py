"""The edge with real files, and requests to it without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sebar.edge.app import Edge
from sebar.edge.links import Found, Link, LinkTable, Publisher, Target
from sebar.edge.request import Network
from sebar.edge.visitor import Visitors
from sebar.events.touch import Touch, decode
from sebar.kit import codes

PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)
ANNA = Link(participant=codes.FIRST * 3 + 1, campaign=7, root=codes.FIRST * 3 + 1)
BUDI = Link(participant=codes.FIRST * 3 + 2, campaign=7, parent=ANNA.participant, root=ANNA.participant, generation=1)
CITRA = Link(participant=codes.FIRST * 3 + 3, campaign=8, root=codes.FIRST * 3 + 3)
COFFEE = Target(campaign=7, brand=3, slug="coffee")
TEA = Target(campaign=8, brand=4, slug="tea", url="https://tea.example/buy?x=1")


class HeaderList(list[tuple[str, str]]):
    def get(self, key: str, default: str = "") -> str:
        return next((value for name, value in self if name == key), default)

    def __contains__(self, key: object) -> bool:
        return any(name == key for name, _ in self)

    def items(self) -> list[tuple[str, str]]:
        return list(self)


@dataclass
class Request:
    """A request in the shape in which the server hands it over."""

    path: str = "/"
    method: str = "GET"
    query_string: str = ""
    headers: HeaderList = field(default_factory=HeaderList)
    client: str = "192.0.2.7:50000"
    scheme: str = "http"
    proto: str = "http"
    http_version: str = "1.1"
    authority: str | None = None


def request(path: str = "/", method: str = "GET", client: str = "192.0.2.7:50000", **headers: str) -> Request:
    address, _, query = path.partition("?")
    named = {"user-agent": PHONE} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(address, method, query, HeaderList(named.items()), client)


class Notebook:
    """A journal that remembers what it was given."""

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.fails: Exception | None = None

    async def append(self, rows: Sequence[bytes]) -> None:
        if self.fails is not None:
            raise self.fails
        self.rows.extend(rows)

    @property
    def touches(self) -> list[Touch]:
        return [decode(row) for row in self.rows]


@pytest.fixture
def journal() -> Notebook:
    return Notebook()


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
def table(tmp_path: Path, publisher: Publisher) -> Iterator[LinkTable]:
    opened = LinkTable(tmp_path / "links.sqlite3")
    yield opened
    opened.close()


MakeEdge = Callable[[Sequence[Network]], Edge]


@pytest.fixture
def edge_behind(tmp_path: Path, table: LinkTable, journal: Notebook, made_just_now: dict[str, Found]) -> MakeEdge:
    async def ask(code: str) -> Found | None:
        return made_just_now.get(code)

    def make(trusted: Sequence[Network]) -> Edge:
        visitors = Visitors(tmp_path / "salts")
        return Edge(links=table, journal=journal, visitors=visitors, ask=ask, trusted_proxies=trusted)

    return make


@pytest.fixture
def edge(edge_behind: MakeEdge) -> Edge:
    return edge_behind(())
