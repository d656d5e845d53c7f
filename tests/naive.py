"""Slow and obvious answers to what the measures and the science compute fast: one loop each, nothing clever."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sebar.events.event import Event, Kind, Verdict

Events = Sequence[Event]


def counted(events: Events, campaign: int, *kinds: Kind) -> list[Event]:
    return [e for e in events if e.campaign == campaign and e.kind in kinds and e.verdict is Verdict.PERSON]


def standing(events: Events, campaign: int) -> list[Event]:
    """Return the conversions that nobody refunded, one by one."""
    undone = {e.props["external_id"] for e in counted(events, campaign, Kind.REFUND)}
    return [e for e in counted(events, campaign, Kind.CONVERSION) if e.props["external_id"] not in undone]


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)


def joins(
    events: Events, campaign: int, *, until: datetime | None = None, root: int = 0, channel: str = ""
) -> list[Event]:
    return [
        e
        for e in counted(events, campaign, Kind.JOIN)
        if (until is None or moment(e.ts) < until) and root in {0, e.root} and channel in {"", e.channel}
    ]


def funnel(events: Events, campaign: int) -> dict[str, tuple[int, int]]:
    stages = {}
    for kind in (Kind.VIEW, Kind.VISIT, Kind.JOIN, Kind.CONFIRM, Kind.CONVERSION):
        every = [e for e in events if e.campaign == campaign and e.kind is kind]
        stages[kind.value] = (len([e for e in every if e.verdict is Verdict.PERSON]), len(every))
    visits = [e for e in events if e.campaign == campaign and e.kind is Kind.VISIT and e.visitor]
    people = {e.visitor for e in visits if e.verdict is Verdict.PERSON}
    stages["conversion"] = (len(standing(events, campaign)), stages["conversion"][1])
    joined = stages["join"][0]  # phones alike on one line look like one visitor
    stages["person"] = (max(len(people), joined), max(len({e.visitor for e in visits}), joined))
    return stages


def not_persons(events: Events, campaign: int) -> dict[str, int]:
    visits = [e for e in events if e.campaign == campaign and e.kind is Kind.VISIT]
    return dict(Counter(e.verdict.value for e in visits if e.verdict is not Verdict.PERSON))


def by_clock(happened: Events, *, zone: str, minutes: int, label: str) -> Counter[tuple[datetime, str]]:
    """Return how many happened, by (start of the step as a clock in the zone shows it, label)."""
    found: Counter[tuple[datetime, str]] = Counter()
    for e in happened:
        shown = moment(e.ts).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        since_monday = shown - datetime(1970, 1, 5)  # noqa: DTZ001 - what a clock shows has no zone
        into_step = since_monday % timedelta(minutes=minutes)
        found[shown - into_step, str(getattr(e, label)) if label else ""] += 1
    return found


def before(events: Events, now: datetime) -> list[Event]:
    return [e for e in events if moment(e.ts) < now]


def brought(events: Events, campaign: int) -> Counter[int]:
    return Counter(e.parent for e in counted(events, campaign, Kind.JOIN) if e.parent)


def shared(events: Events, campaign: int) -> Counter[int]:
    return Counter(e.participant for e in counted(events, campaign, Kind.SHARE, Kind.INVITE))


def spreading(events: Events, campaign: int, now: datetime) -> dict[bool, dict[str, Any]]:
    """Return, for seeds (True) and the others: people and what they brought by group of ages, people by how many they
    brought, and the logarithms of their friends' delays in seconds."""
    joined = {e.participant: e for e in counted(before(events, now), campaign, Kind.JOIN)}
    friends = brought(list(joined.values()), campaign)
    found: dict[bool, dict[str, Any]] = {
        is_seed: {"people": Counter(), "brought": Counter(), "bringers": Counter(), "delays": []}
        for is_seed in (True, False)
    }
    for e in joined.values():
        mine = found[not e.parent]
        age = max((now - moment(e.ts)).total_seconds(), 1.0)
        group = math.floor(4 * math.log(age))
        mine["people"][group] += 1
        mine["brought"][group] += friends[e.participant]
        mine["bringers"][friends[e.participant]] += 1
        if e.parent in joined:
            delay = max((e.ts - joined[e.parent].ts) / 1000, 1.0)
            found[not joined[e.parent].parent]["delays"].append(math.log(delay))
    return found


def reached(events: Events, campaign: int) -> tuple[int, int]:
    """Return distinct visitors of counted views and visits, and how many of them came again an hour or more later."""
    times: dict[int, list[int]] = defaultdict(list)
    for e in counted(events, campaign, Kind.VIEW, Kind.VISIT):
        if e.visitor:
            times[e.visitor].append(e.ts // 1000)
    return len(times), len([seen for seen in times.values() if max(seen) - min(seen) >= 3600])


def parted(
    events: Events, campaign: int, by: str, zone: str
) -> tuple[dict[str, list[Event]], Counter[str], Counter[str]]:
    """Return joins, how many visits, and how often it was passed on, by what they have in common."""
    sources = {e.participant: e.props.get("source", "") for e in counted(events, campaign, Kind.JOIN) if not e.parent}

    def label(e: Event) -> str:
        if by == "source":
            return sources.get(e.root, "")
        day = moment(e.ts).astimezone(ZoneInfo(zone)).date()
        if by == "week":
            day -= timedelta(days=day.weekday())
        return day.isoformat() if by in {"day", "week"} else str(getattr(e, by))

    people: dict[str, list[Event]] = defaultdict(list)
    for e in counted(events, campaign, Kind.JOIN):
        people[label(e)].append(e)
    visits, shares, invites = (
        Counter(label(e) for e in counted(events, campaign, kind)) for kind in (Kind.VISIT, Kind.SHARE, Kind.INVITE)
    )
    return people, visits, shares + invites


def cohorts(events: Events, campaign: int, zone: str) -> dict[date, list[tuple[int, int]]]:
    """Return (joins brought, times shared) of everybody, by the day on which they joined."""
    friends, shares = brought(events, campaign), shared(events, campaign)
    days: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for e in counted(events, campaign, Kind.JOIN):
        days[moment(e.ts).astimezone(ZoneInfo(zone)).date()].append((friends[e.participant], shares[e.participant]))
    return days


def waits(events: Events, campaign: int) -> list[int]:
    """Return every referred join's time after its parent's join, milliseconds, sorted."""
    joined = {e.participant: e.ts for e in counted(events, campaign, Kind.JOIN)}
    return sorted(e.ts - joined[e.parent] for e in counted(events, campaign, Kind.JOIN) if e.parent in joined)


def quantile(values: Sequence[int], share: float) -> float:
    """Return the quantile of sorted values, interpolated, both ends included."""
    if len(values) == 1:
        return float(values[0])
    place = share * (len(values) - 1)
    below = min(int(place), len(values) - 2)
    return values[below] + (place - below) * (values[below + 1] - values[below])


def cascades(found: Sequence[Event]) -> dict[int, list[Event]]:
    trees: dict[int, list[Event]] = defaultdict(list)
    for e in found:
        trees[e.root].append(e)
    return trees


def indices(tree: Sequence[Event]) -> list[int]:
    """Return everybody's parent as a place in the same list, -1 for who has none there."""
    place = {e.participant: number for number, e in enumerate(tree)}
    return [place.get(e.parent, -1) for e in tree]


def generations(parents: Sequence[int]) -> list[int]:
    depths = []
    for person in range(len(parents)):
        depth = 0
        above = parents[person]
        while above >= 0:
            depth += 1
            above = parents[above]
        depths.append(depth)
    return depths


def root(parents: Sequence[int], person: int) -> int:
    while parents[person] >= 0:
        person = parents[person]
    return person


def branch(parents: Sequence[int], top: int) -> set[int]:
    """Return everybody who descends from `top`, and `top`."""
    found = {top}
    while True:
        more = {person for person in range(len(parents)) if parents[person] in found} - found
        if not more:
            return found
        found |= more


def mean_distance(parents: Sequence[int]) -> float:
    """Return the mean distance over all pairs, by walking from everybody to everybody."""
    near: dict[int, list[int]] = defaultdict(list)
    for person, above in enumerate(parents):
        if above >= 0:
            near[person].append(above)
            near[above].append(person)
    distances = []
    for start in range(len(parents)):
        far = {start: 0}
        waiting = deque([start])
        while waiting:
            here = waiting.popleft()
            for there in near[here]:
                if there not in far:
                    far[there] = far[here] + 1
                    waiting.append(there)
        distances += [far[end] for end in range(len(parents)) if end != start]
    return statistics.fmean(distances)


def material(events: Events, campaign: int) -> dict[str, tuple[int, ...]]:
    """Return views, viewers, visitors who came so far at least (begun, quarters, end), and the highest score."""
    steps = ("started", "q25", "q50", "q75", "finished")
    found = {}
    seen = [e for e in counted(events, campaign, Kind.VIEW, Kind.PLAY) if e.visitor]
    for name in {e.creative for e in seen}:
        views = [e.visitor for e in seen if e.creative == name and e.kind is Kind.VIEW]
        plays = [e for e in seen if e.creative == name and e.kind is Kind.PLAY]
        so_far = [len({e.visitor for e in plays if steps.index(e.props["step"]) >= step}) for step in range(len(steps))]
        highest = max((int(e.props.get("score", "0")) for e in plays), default=0)
        found[name] = (len(views), len(set(views)), *so_far, highest)
    return found


def answer(generations: Sequence[int]) -> float:
    """Return by how much ln(1 + joins) answers to passing on more, from the generation of everybody brought."""
    everybody = len(generations)
    lost = [sum(other >= one for other in generations) / generations.count(one) for one in generations]
    return sum(math.log((1 + everybody) / (1 + everybody - size)) for size in lost)
