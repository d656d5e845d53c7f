"""What the console's figures cost with 10 million events and 1 million participants, all in one campaign.

The events are made inside a fresh embedded store by its own SQL. Then every measure is asked through the engine's
socket, as the console asks, and the live page and the measures page are walked through chunk by chunk as a browser gets
them. A second campaign of a tenth of that gets 10,000 new events, and all its measures are counted anew.
"""

# ruff: noqa: S608 - the SQL is made of this file's own constants

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import TypeVar

import clickhouse_connect

FOLDER = tempfile.TemporaryDirectory(prefix="sebar-bench-")
os.environ["SEBAR_DATA"] = FOLDER.name

from sebar.serve.django import setup  # noqa: E402 - the settings read the folder above

setup()

from django.core.management import call_command  # noqa: E402 - Django comes first
from django.test import Client  # noqa: E402

from sebar import measures  # noqa: E402
from sebar.brands import actions as brands  # noqa: E402
from sebar.brands.models import User  # noqa: E402
from sebar.brands.queries import membership  # noqa: E402
from sebar.campaigns import actions as campaigns  # noqa: E402
from sebar.campaigns.models import Campaign  # noqa: E402
from sebar.campaigns.rules import CampaignForm  # noqa: E402
from sebar.console import live  # noqa: E402
from sebar.console import measures as measures_page  # noqa: E402
from sebar.console.panels import Panel  # noqa: E402
from sebar.events.answering import serve  # noqa: E402
from sebar.events.event import Event, Kind  # noqa: E402
from sebar.events.store import Store, open_store  # noqa: E402
from sebar.kit import codes, config  # noqa: E402
from sebar.kit.ids import new_id, now_ms  # noqa: E402

MILLION = 1_000_000
GENERATIONS = (300, 250, 170, 110, 70, 40, 25, 15, 8, 5, 3, 2, 1, 0.6, 0.4)  # thousands of people
OTHERS = {"view": 2.0, "visit": 5.0, "share": 0.9, "invite": 0.1, "confirm": 0.8, "conversion": 0.2}  # millions
START = datetime(2026, 3, 1, tzinfo=UTC)
SPAN = 30 * 86_400_000
ZONE = "Asia/Jakarta"
ROUNDS = 7
PANEL_GOAL, PAGE_GOAL, UPDATE_GOAL = 500, 100, 100
SMALL = 2  # the number of the smaller campaign
HEADINGS = f"{'median':>10}{'worst':>10}{'processor':>10}"
CHANNELS = "['link', 'messenger', 'email', 'qr', 'facebook', 'code']"
VERDICTS = "['person', 'person', 'person', 'crawler', 'preview']"
COLUMNS = (
    "id, ts, campaign, kind, participant, parent, root, generation, visitor,"
    " channel, creative, value, currency, country, device, verdict, reason"
)


Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Took:
    """What one round took, milliseconds: on the clock, and of all processors together (less depends on neighbours)."""

    elapsed: float
    processor: float


def main() -> None:
    """Print the two tables."""
    brand, campaign = someones_campaign()
    seconds = fill(campaign.pk) + fill(SMALL, share=0.1, first=codes.FIRST + 2 * MILLION)
    with answering() as store:
        ((events, people),) = store.ask(
            f"SELECT count(), countIf(kind = 'join') FROM events WHERE campaign = {campaign.pk}"
        ).rows
        print(f"{events:,} events of {people:,} participants, made in {seconds:.0f} s\n")
        print(f"{'measure, through the engine (ms)':<42}{HEADINGS}")
        times = {name: timed(store, ask) for name, ask in questions(campaign.pk).items()}
        report(times, PANEL_GOAL)
        address = f"/console/brands/{brand}/campaigns/{campaign.slug}"
        for name, where, shown in (
            ("live page", address, live.PANELS),
            ("measures page", f"{address}/measures", (*measures_page.PANELS, Panel("breakdown", dict))),
        ):
            print(f"\n{f'{name}, as the browser gets it (ms)':<42}{HEADINGS}")
            frame, panels = page(store, where, shown)
            report({"the page before its panels": frame}, PAGE_GOAL)
            report(panels, PANEL_GOAL)
        print(f"\n{'1 million events, then 10,000 new ones (ms)':<42}{HEADINGS}")
        report(updates(store), UPDATE_GOAL)


def someones_campaign() -> tuple[str, Campaign]:
    """Make an owner, a brand and a running campaign; return the brand's slug and the campaign."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    owner = User.objects.create(name="Dina", email="dina@example.com")
    brand = brands.open_brand(name="Kopi Senja", owner=owner)
    words = {
        "headline": "Bring a friend",
        "text": "Two cups for two.",
        "call_to_action": "Join",
        "share_text": "You too?",
    }
    form = CampaignForm(name="Two cups", slug="two-cups", texts={"en": words}, time_zone=ZONE)
    campaigns.draft(membership=membership(owner, brand.slug), form=form)
    return brand.slug, campaigns.publish(membership=membership(owner, brand.slug), slug=form.slug)


def fill(campaign: int, *, share: float = 1.0, first: int = codes.FIRST) -> float:
    """Make all events inside the store, or a share of them; return how many seconds that took."""
    open_store(config.load()).close()
    began = time.monotonic()
    client = clickhouse_connect.get_client(interface="chdb", path=str(config.load().events))
    owners, above = first, (0, 0)
    for generation, thousands in enumerate(GENERATIONS):
        people = int(thousands * 1000 * share)
        client.command(f"INSERT INTO events ({COLUMNS}) {joins(campaign, generation, people, first, above)}")
        first, above = first + people, (first, people)
    for kind, millions in OTHERS.items():
        client.command(
            f"INSERT INTO events ({COLUMNS}) {others(campaign, kind, int(millions * MILLION * share), owners)}"
        )
    client.command("OPTIMIZE TABLE events FINAL")  # as the store leaves them some minutes after they came
    client.close()
    return time.monotonic() - began


def joins(campaign: int, generation: int, people: int, first: int, above: tuple[int, int]) -> str:
    """Return SQL that makes one generation; few of the one above bring most of it, as in life."""
    start = int(START.timestamp() * 1000)
    tail = f"{generation}, 0, {CHANNELS}[1 + cityHash64(n, 4) % 6], '', 0, '', 'ID', 'phone', 'person', ''"
    if not generation:
        at = f"fromUnixTimestamp64Milli(toInt64({start} + {SPAN} * pow({drawn('n', 1)}, 2)))"
        return (
            f"SELECT generateUUIDv7(), {at}, {campaign}, 'join', n, 0, n, {tail}"
            f" FROM (SELECT {first} + number AS n FROM numbers({people}))"
        )
    at = f"addMilliseconds(p.ts, toInt64(3600000 * pow(-log({drawn('n', 2)}), 3)))"
    parent = f"{above[0]} + toUInt64({above[1]} * pow({drawn('number', generation)}, 4))"
    return (
        f"SELECT generateUUIDv7(), {at}, {campaign}, 'join', n, parent, p.root, {tail}"
        f" FROM (SELECT {first} + number AS n, {parent} AS parent FROM numbers({people})) AS child"
        " JOIN (SELECT participant, root, ts FROM events WHERE kind = 'join') AS p ON parent = p.participant"
    )


def others(campaign: int, kind: str, number: int, owners: int) -> str:
    """Return SQL that makes touches of one kind by the links of people from `owners` on."""
    at = f"fromUnixTimestamp64Milli(toInt64({int(START.timestamp() * 1000)} + {SPAN} * {drawn('number', 8)}))"
    owner = f"{owners} + toUInt64({number / OTHERS[kind]} * pow({drawn('number', 5)}, 3))"
    visitor = f"cityHash64(cityHash64(number, 6) % {3 * MILLION})" if kind in {"view", "visit"} else "0"
    channel = f"{CHANNELS}[1 + cityHash64(number, 9) % 6], ''"
    worth = "50000, 'IDR'" if kind == "conversion" else "0, ''"
    verdict = f"{VERDICTS}[1 + cityHash64(number, 7) % 5]" if kind == "visit" else "'person'"
    return (
        f"SELECT generateUUIDv7(), {at}, {campaign}, '{kind}', {owner}, 0, 0, 0, {visitor}, {channel}, {worth},"
        f" 'ID', 'phone', {verdict}, '' FROM numbers({number})"
    )


def drawn(seed: str, salt: int) -> str:
    """Return SQL for a number between 0 and 1 that is the same in every run."""
    return f"((cityHash64({seed}, {salt}) % 1000003 + 0.5) / 1000003)"


@contextmanager
def answering() -> Iterator[Store]:
    """Open the store and answer on the engine's socket."""
    store = open_store(config.load())
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def answer() -> None:
        async with serve(store, config.load().engine_socket):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(answer(),))
    thread.start()
    ready.wait()
    try:
        yield store
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        store.close()


def questions(campaign: int) -> dict[str, Callable[[], object]]:
    """Return every measure as the console asks it."""
    largest_fifty = [row.root for row in measures.cascades(campaign).rows]
    largest = largest_fifty[0]
    half = datetime.fromtimestamp(START.timestamp() + SPAN / 2000, UTC)
    return {
        "version": lambda: measures.version(campaign),
        "summary": lambda: measures.summary(campaign),
        "funnel": lambda: measures.funnel(campaign),
        "joins by hour and channel": lambda: measures.series(campaign, Kind.JOIN, by="channel", zone=ZONE),
        "visits by hour and channel": lambda: measures.series(campaign, Kind.VISIT, by="channel", zone=ZONE),
        "reach and awareness": lambda: measures.reach(campaign),
        "R and K-factor by day": lambda: measures.passing_on(campaign, zone=ZONE),
        "R, k, cycle time and pace": lambda: measures.spreading(campaign, zone=ZONE),
        "depth, width, structural virality": lambda: measures.shape(campaign),
        **{f"by {part}": partial(measures.breakdown, campaign, part, zone=ZONE) for part in measures.PARTS},
        "top sharers": lambda: measures.top_sharers(campaign),
        "generations": lambda: measures.generations(campaign),
        "generations until half-time": lambda: measures.generations(campaign, until=half),
        "cascade sizes": lambda: measures.cascade_sizes(campaign),
        "table of cascades": lambda: measures.cascades(campaign),
        "their structural virality": lambda: measures.viralities(campaign, largest_fifty),
        "table of cascades, page 5,000": lambda: measures.cascades(campaign, offset=250_000),
        "joins by time and generation": lambda: measures.joins_matrix(campaign),
        "joins by time, largest cascade": lambda: measures.joins_matrix(campaign, root=largest),
        "2,000 people of the largest cascade": lambda: measures.people(campaign, largest),
        "history of one participant": lambda: measures.history(campaign, largest),
    }


def forget(store: Store) -> None:
    """Load something of no campaign: the engine then counts anew instead of giving the answers it has."""
    store.insert([Event(id=new_id(), ts=now_ms(), campaign=0, kind=Kind.VIEW)], token=str(new_id()))


def timed(store: Store, ask: Callable[[], object]) -> list[Took]:
    """Return what several rounds took, each counted anew."""
    rounds = []
    for _ in range(ROUNDS):
        forget(store)
        rounds.append(took(ask)[0])
    return rounds


def took(ask: Callable[[], Answer]) -> tuple[Took, Answer]:
    """Return what one round took, and its answer."""
    began, worked = time.perf_counter(), time.process_time()
    answer = ask()
    return Took((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000), answer


def updates(store: Store) -> dict[str, list[Took]]:
    """Return what it took to load 10,000 new events of the smaller campaign, and then to count each measure anew."""
    asked = questions(SMALL)
    rounds: dict[str, list[Took]] = {"loading them": [], **{name: [] for name in asked}}
    for _ in range(ROUNDS):
        visits = [
            Event(id=new_id(), ts=now_ms(), campaign=SMALL, kind=Kind.VISIT, participant=codes.FIRST, visitor=number)
            for number in range(1, 10_001)
        ]
        rounds["loading them"].append(took(partial(store.insert, visits, token=str(new_id())))[0])
        for name, ask in asked.items():
            rounds[name].append(took(ask)[0])
    return rounds


def page(store: Store, address: str, shown: Sequence[Panel]) -> tuple[list[Took], dict[str, list[Took]]]:
    """Return what it took until the page's frame was there, and then each of its panels."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get())
    frame: list[Took] = []
    panels: dict[str, list[Took]] = {panel.name: [] for panel in shown}
    for _ in range(ROUNDS):
        forget(store)
        spent, chunks = took(partial(opened, client, address))
        frame.append(spent)
        for rounds in panels.values():
            rounds.append(took(partial(next, chunks))[0])
            next(chunks)  # the page between two panels
    return frame, panels


def opened(client: Client, address: str) -> Iterator[bytes]:
    """Return what follows the first chunk of a page, once that one is there."""
    chunks: Iterator[bytes] = iter(client.get(address).streaming_content)
    next(chunks)
    return chunks


def report(times: dict[str, list[Took]], goal: int) -> None:
    """Print one line for each."""
    for name, rounds in times.items():
        middle = median(one.elapsed for one in rounds)
        figures = (middle, max(one.elapsed for one in rounds), median(one.processor for one in rounds))
        columns = "".join(f"{figure:>10,.0f}" for figure in figures)
        print(f"  {name:<40}{columns}   goal ≤ {goal}  {'met' if middle <= goal else 'NOT MET'}", flush=True)


if __name__ == "__main__":
    main()
