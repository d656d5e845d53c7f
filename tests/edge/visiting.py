"""Links, and requests for them without a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sebar.edge.app import Edge
from sebar.edge.links import Link, Target
from sebar.edge.request import Network
from sebar.events.journal import Journal, segments
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


class Pages:
    """What was written into a real journal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.journal = Journal(folder, writer="test", inline=True)

    def rows(self) -> list[bytes]:
        kept = [batch for segment in segments(self._folder) for batch in segment.read(0, 1_000_000)]
        return [row for _, rows in kept for row in rows]

    def touches(self) -> list[Touch]:
        return [decode(row) for row in self.rows()]


MakeEdge = Callable[[Sequence[Network]], Edge]
