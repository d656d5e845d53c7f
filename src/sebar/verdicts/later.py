"""Verdicts that only what came before or after can give: mail scanners by their bursts, and repeats.

**Bursts.** Mail gateways open every link of a mail and pose as browsers. What gives them away is not when they come
but all at once: of 836 bursts that one operator measured, all 9 to 10 links were opened within one second, at the
median 43 s after sending, and only 0.5 % within 10 s of it (putyourlightson/craft-campaign issue 546). So: at least
`LINKS` different links opened from one network (/24 or /48) within `BURST_MS` are a scanner's, all of them.

A mobile carrier puts thousands of people behind one network, and a campaign that is doing well has many of them at
once. So a network that is busy anyway must show more: with a mean of m visits per second over the last
`BACKGROUND_MS`, `LINKS` + m + 5 √m links (five standard deviations above what chance brings, were visits independent).
The price: a gateway that scans without a pause looks like a busy network and is seen only at first.

**Repeats.** Of the same touch from the same visitor within `REPEAT_MS` only the first counts: a double click, a
reload, a way back. 30 s is the double-click rule of the COUNTER Code of Practice 5.1, section 7.2. (It keeps the last
of the two; we keep the first, so that nothing that was counted goes away.) Two people with the same phone behind one
address who open the same link within 30 s look like one; they were one visitor before this rule, too.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from sebar.events.event import Event, Kind, Verdict
from sebar.kit.ids import new_id, now_ms

LINKS: Final = 5
BURST_MS: Final = 1_000
BACKGROUND_MS: Final = 60_000
REPEAT_MS: Final = 30_000
_NETWORKS: Final = 50_000
_TOUCHES: Final = 200_000
_WATCHED: Final = frozenset({Kind.VIEW, Kind.VISIT, Kind.SHARE, Kind.INVITE, Kind.PLAY})


class Reviewed(NamedTuple):
    """What a review of freshly judged events gives.

    Attributes
    ----------
    events
        The same events in the same order, some with another verdict: these are to be stored.
    corrections
        `Kind.CORRECTION` events about events of earlier reviews: ``props["event"]`` is the id of the event that is
        judged anew, ``verdict`` and ``reason`` are its new ones, campaign and participant are its own.
    """

    events: list[Event]
    corrections: list[Event]


class Watch:
    """Remembers the last minute, so as to see bursts and repeats. Bounded; forgets all when the process ends.

    Feed it everything in about the order in which it happened; a second of disorder does not matter.
    """

    def __init__(self) -> None:
        self._bursts = _Bursts()
        self._repeats = _Repeats()

    def review(self, events: Sequence[Event]) -> Reviewed:
        """Return the events with the verdicts that the last minute gives them, and corrections of earlier ones."""
        places = {id(event): place for place, event in enumerate(events)}
        reviewed = list(events)
        corrections: list[Event] = []
        for event in sorted(filter(_is_watched, events), key=_time):
            if self._repeats.is_repeat(event):
                reviewed[places[id(event)]] = _judged(event, Verdict.REPEAT, "repeat")
            elif event.kind is Kind.VISIT:
                for scanned in self._bursts.completed_by(event):
                    place = places.get(id(scanned))
                    if place is None:
                        corrections.append(_correction(scanned, Verdict.SCANNER, "burst"))
                    else:
                        reviewed[place] = _judged(scanned, Verdict.SCANNER, "burst")
        return Reviewed(reviewed, corrections)


class _Repeats:
    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._older: dict[int, int] = {}
        self._since = 0

    def is_repeat(self, event: Event) -> bool:
        step = event.props.get("step", "")
        whose = (event.campaign, event.participant, event.visitor)
        same = hash((event.kind, *whose, event.channel, event.creative, step))
        counted = self._recent.get(same, self._older.get(same))
        if counted is not None and abs(event.ts - counted) < REPEAT_MS:
            return True
        if abs(event.ts - self._since) >= REPEAT_MS or len(self._recent) >= _TOUCHES:
            self._older, self._recent, self._since = self._recent, {}, event.ts
        self._recent[same] = event.ts
        return False


class _Bursts:
    def __init__(self) -> None:
        self._networks: dict[str, _Network] = {}
        self._began: int | None = None

    def completed_by(self, event: Event) -> list[Event]:
        """Return the visits that this one shows to be a scanner's: none, or it and those before it in the burst."""
        name = event.props.get("network")
        if not name:
            return []
        if self._began is None or event.ts < self._began:
            self._began = event.ts
        network = self._networks.get(name)
        if network is None or event.ts < network.newest - BACKGROUND_MS:  # the second: the clock was put back
            self._make_room(event.ts)
            network = self._networks[name] = _Network()
        return network.add(event, seconds_watched=(event.ts - self._began) / 1000)

    def _make_room(self, now: int) -> None:
        if len(self._networks) < _NETWORKS:
            return
        self._networks = {name: known for name, known in self._networks.items() if known.newest > now - BURST_MS}
        if len(self._networks) >= _NETWORKS:
            self._networks = {}


class _Network:
    """The last second of one network, and how busy it was in the minute before."""

    def __init__(self) -> None:
        self.newest = 0
        self._window: deque[tuple[int, int]] = deque()
        self._links: Counter[int] = Counter()
        self._unsuspected: deque[Event] = deque()
        self._before: deque[tuple[int, int]] = deque()
        self._busy = 0

    def add(self, event: Event, seconds_watched: float) -> list[Event]:
        self.newest = max(self.newest, event.ts)
        link = hash((event.participant, event.channel, event.creative))
        self._window.append((event.ts, link))
        self._links[link] += 1
        self._unsuspected.append(event)
        self._let_go()
        if len(self._links) < self._enough(seconds_watched):
            return []
        found, self._unsuspected = self._unsuspected, deque()
        return list(found)

    def _enough(self, seconds_watched: float) -> float:
        mean = self._busy / min(max(seconds_watched, 1.0), BACKGROUND_MS / 1000)
        return LINKS + mean + 5 * math.sqrt(mean)

    def _let_go(self) -> None:
        while self._window[0][0] <= self.newest - BURST_MS:
            ts, link = self._window.popleft()
            self._links[link] -= 1
            if not self._links[link]:
                del self._links[link]
            self._note_busy(ts // 1000)
        while self._unsuspected and self._unsuspected[0].ts <= self.newest - BURST_MS:
            self._unsuspected.popleft()
        while self._before and self._before[0][0] < (self.newest - BACKGROUND_MS) // 1000:
            self._busy -= self._before.popleft()[1]

    def _note_busy(self, second: int) -> None:
        self._busy += 1
        if self._before and self._before[-1][0] == second:
            second, count = self._before.pop()
            self._before.append((second, count + 1))
        else:
            self._before.append((second, 1))


def _is_watched(event: Event) -> bool:
    """Say whether this is a touch that counts so far. What a key played again is not ours to doubt."""
    counts = event.verdict is Verdict.PERSON and event.kind in _WATCHED
    return counts and event.visitor != 0 and event.reason != "replayed"


def _time(event: Event) -> int:
    return event.ts


def _judged(event: Event, verdict: Verdict, reason: str) -> Event:
    return msgspec.structs.replace(event, verdict=verdict, reason=reason)


def _correction(event: Event, verdict: Verdict, reason: str) -> Event:
    now = now_ms()
    return Event(
        id=new_id(now),
        ts=now,
        campaign=event.campaign,
        kind=Kind.CORRECTION,
        participant=event.participant,
        verdict=verdict,
        reason=reason,
        props={"event": str(event.id)},
    )
