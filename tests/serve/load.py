"""Load that keeps account: what it sent, what was acknowledged, and what must therefore be true afterwards."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sebar.events import engine
from sebar.kit import codes
from sebar.kit.ids import new_id
from sebar.serve import reach
from serve.whole_platform import Platform, eventually

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ORDINARY_ANSWERS = {0, 201, 200, 302, 204, 429, 502, 503}
"""What may come while parts are being killed; 0 stands for a connection that broke."""


@dataclass
class Sent:
    """Marks of touches: those that were sent, and those whose sending was acknowledged."""

    tried: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)


@dataclass
class Load:
    """Visits, touches from pages and joins, each from threads of its own, until the `with` block ends."""

    platform: Platform
    slug: str
    key: str
    visits: Sent = field(default_factory=Sent)
    shares: Sent = field(default_factory=Sent)
    joins: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code and parent's code of each external id, as the API first acknowledged them."""
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=[work, name])
            for name, work in [("a", self._visit), ("b", self._visit), ("c", self._share), ("d", self._join)]
        ]

    def __enter__(self) -> Self:
        eventually(lambda: self._join("first", 0) or self.joins, "the first join")
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[str, int], None], name: str) -> None:
        number = 0
        while not self._ended.is_set():
            work(name, number)
            number += 1

    def _visit(self, name: str, number: int) -> None:
        mark = f"{name}{number}"
        self.visits.tried.add(mark)
        status = self._send("GET", f"/r/{self._some_code()}?via=load&c={mark}")
        if status == 302:
            self.visits.acknowledged.add(mark)
        self._breathe(status)

    def _share(self, name: str, number: int) -> None:
        marks = [f"{name}{number}-{part}" for part in range(3)]
        self.shares.tried.update(marks)
        batch = [
            {"kind": "share", "code": self._some_code(), "campaign": self.slug, "c": mark, "id": str(new_id())}
            for mark in marks
        ]
        # Each batch from a browser of its own: one alone may not send so much.
        status = self._send("POST", "/t", json.dumps(batch).encode(), {"User-Agent": f"{BROWSER} {number}"})
        if status == 204:
            self.shares.acknowledged.update(marks)
        self._breathe(status)

    def _join(self, name: str, number: int) -> None:
        """Add a participant; until that is acknowledged, again with other parents."""
        external = f"{name}-{number}"
        while not self._ended.is_set() and external not in self.joins:
            self._add(external)
            self._breathe(200 if external in self.joins else 0)

    def _add(self, external: str) -> tuple[str, str] | None:
        wanted = {"external_id": external} | ({"referred_by": self._some_code()} if self.joins else {})
        status, body, _ = self.platform.ask(
            "POST",
            f"/api/v1/campaigns/{self.slug}/participants",
            json.dumps(wanted).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"},
        )
        if status not in {200, 201}:
            self._note(status, body)
            return None
        person = json.loads(body)
        answer = person["code"], person["parent"] or ""
        if self.joins.setdefault(external, answer) != answer:
            self.strange.append(f"{external} was {self.joins[external]} and became {answer}")
        return answer

    def join_again(self, count: int) -> None:
        """Send joins once more, with other parents: whoever has joined stays who they are."""
        for external in random.sample(sorted(self.joins), min(count, len(self.joins))):
            eventually(lambda external=external: self._add(external), "joining again")  # type: ignore[misc]

    def _some_code(self) -> str:
        return random.choice(list(self.joins.values()))[0]

    def _breathe(self, status: int) -> None:
        """Leave most of the machine to the processes under test, above all while they start again."""
        self._ended.wait(0.05 if status in {0, 429, 503} else 0.002)

    def _send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
        status, answer, _ = self.platform.ask(method, path, body, {"User-Agent": BROWSER, **(headers or {})})
        self._note(status, answer)
        return status

    def _note(self, status: int, body: bytes) -> None:
        if status not in ORDINARY_ANSWERS:
            self.strange.append(f"{status}: {body[:300]!r}")


@dataclass
class Kept:
    """What the platform has kept: events in its store, participants in its database."""

    visits: Counter[str]
    shares: Counter[str]
    ids: Counter[str]
    joins: Counter[tuple[str, str]]
    participants: Counter[tuple[str, str]]


def kept(platform: Platform) -> Kept:
    """Read what is in the event store and who is in the database."""
    asked = "SELECT toString(id), kind, creative, participant, parent FROM events"
    events = engine.ask(asked, at=platform.settings.engine_socket).rows
    people = platform.rows("SELECT id, parent_id FROM sebar_participant")
    return Kept(
        visits=Counter(creative for _, kind, creative, _, _ in events if kind == "visit" and creative),
        shares=Counter(creative for _, kind, creative, _, _ in events if kind == "share"),
        ids=Counter(identifier for identifier, *_ in events),
        joins=Counter((_code(number), _code(parent)) for _, kind, _, number, parent in events if kind == "join"),
        participants=Counter((_code(number), _code(parent or 0)) for number, parent in people),
    )


def all_kept(load: Load) -> Kept:
    """Return what is kept once everything has arrived, or what has arrived when that takes too long."""
    eventually(lambda: not reach.first_silent(load.platform.settings), "an answer of every part")
    with suppress(AssertionError):
        eventually(lambda: not differences(load, kept(load.platform)), "everything in the store")
    return kept(load.platform)


def _code(number: int) -> str:
    return codes.spell(number) if number else ""


def differences(load: Load, found: Kept) -> list[str]:
    """Return everything that is not as it must be; empty when nothing was lost and nothing counted twice."""
    answers = load.joins.values()
    return [
        *load.strange,
        *_missing("visit", load.visits, found.visits),
        *_missing("share", load.shares, found.shares),
        *(f"event {number} is there {times} times" for number, times in found.ids.items() if times > 1),
        *(f"join {pair} has {found.joins[pair]} events" for pair in found.participants if found.joins[pair] != 1),
        *(f"event of {pair} has no participant" for pair in found.joins if pair not in found.participants),
        *(f"acknowledged participant {pair} is not there" for pair in answers if pair not in found.participants),
        *_with_two_parents(found),
    ]


def _missing(kind: str, sent: Sent, found: Counter[str]) -> list[str]:
    return [
        *(f"acknowledged {kind} {mark} is lost" for mark in sent.acknowledged if not found[mark]),
        *(f"{kind} {mark} is counted {times} times" for mark, times in found.items() if times > 1),
        *(f"{kind} {mark} was never sent" for mark in found if mark not in sent.tried),
    ]


def _with_two_parents(found: Kept) -> list[str]:
    times = Counter(code for code, _ in {*found.participants, *found.joins})
    return [f"{code} has {number} parents" for code, number in times.items() if number > 1]
