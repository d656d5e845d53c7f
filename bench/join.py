"""Joins per second through the API of a fresh instance: one at a time, and in batches.

Every join is a transaction with its event, and its link works at the edge at once (the last links are opened to see).
Load and platform share the machine: `python bench/join.py [seconds]`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from statistics import quantiles

import aiohttp
import msgspec

from fresh import Fresh, fresh

CONNECTIONS = (1, 8, 32)
BATCH = 1000
BATCHES = 20
LINKS = 200
GOAL_SINGLE = 500
GOAL_BATCH = 5000
TEXTS = {"headline": "Join", "text": "Join.", "call_to_action": "Join", "share_text": "Join"}
MAKE_KEY = """
import sebar.serve.tables
from sebar.brands import actions, keys
brand = actions.open_brand(name="Bench")
print(keys.create_key(membership=keys.instance_membership(brand), name="bench", scopes=["read", "write"]).secret)
"""


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with fresh() as instance:
        asyncio.run(measure(instance, key_of(instance), seconds))


def key_of(instance: Fresh) -> str:
    """Return a key of a brand made for this."""
    done = subprocess.run(
        [sys.executable, "-c", MAKE_KEY], env=instance.environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


async def measure(instance: Fresh, key: str, seconds: float) -> None:
    """Join one by one and in batches, and open the last links."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    async with aiohttp.ClientSession(instance.url, headers=headers) as session:
        await post(session, "/api/v1/campaigns", {"name": "Bench", "slug": "bench", "texts": {"en": TEXTS}})
        await post(session, "/api/v1/campaigns/bench/publish")
        seed = (await post(session, PATH, {"external_id": "seed"}))["code"]
        codes: list[str] = []
        for connections in CONNECTIONS:
            print_single(connections, await single(session, seed, connections, seconds, codes))
        began = time.perf_counter()
        for number in range(BATCHES):
            await post(session, f"{PATH}/batch", {"participants": batch(number)})
        show(f"in batches of {BATCH:,}", BATCHES * BATCH / (time.perf_counter() - began), GOAL_BATCH)
        live = [await leads_on(session, code) for code in codes[-LINKS:]]
    print(f"links that lead on, of the last {len(live)} made one by one: {sum(live)}")
    if not all(live):
        sys.exit(1)


PATH = "/api/v1/campaigns/bench/participants"


async def single(
    session: aiohttp.ClientSession, seed: str, connections: int, seconds: float, codes: list[str]
) -> list[tuple[float, float]]:
    """Join on so many connections for a while; return when each join began and how long it took."""
    until = time.perf_counter() + seconds
    took: list[tuple[float, float]] = []

    async def lane(number: int) -> None:
        while (began := time.perf_counter()) < until:
            name = f"{connections}-{number}-{len(took)}-{began}"
            joined = await post(session, PATH, {"external_id": name, "referred_by": codes[-1] if codes else seed})
            took.append((began, time.perf_counter() - began))
            codes.append(joined["code"])

    await asyncio.gather(*(lane(number) for number in range(connections)))
    return took


def batch(number: int) -> list[dict[str, str]]:
    """Return people of whom each was brought by one before them in the same batch."""
    names = [f"batch-{number}-{row}" for row in range(BATCH)]
    parents = ["seed", *(names[row // 3] for row in range(BATCH - 1))]
    return [
        {"external_id": name, "referred_by": parent, "name": "Ani"} for name, parent in zip(names, parents, strict=True)
    ]


async def post(session: aiohttp.ClientSession, path: str, body: object = None) -> dict[str, str]:
    """Return the answer; stop with what is wrong otherwise."""
    async with session.post(path, data=msgspec.json.encode(body) if body is not None else None) as response:
        content = await response.read()
    if response.status >= 400:
        sys.exit(f"{path} answers {response.status}: {content.decode()}")
    answer: dict[str, str] = msgspec.json.decode(content)
    return answer


async def leads_on(session: aiohttp.ClientSession, code: str) -> bool:
    """Return whether a link redirects."""
    async with session.get(f"/r/{code}", allow_redirects=False) as response:
        return response.status == 302


def print_single(connections: int, took: list[tuple[float, float]]) -> None:
    """Print joins per second and how long they took."""
    milliseconds = [1000 * seconds for _, seconds in took]
    span = max(began + seconds for began, seconds in took) - took[0][0]
    cuts = quantiles(milliseconds, n=100)
    show(
        f"one by one, {connections} at once",
        len(took) / span,
        GOAL_SINGLE,
        f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms",
    )


def show(name: str, per_second: float, goal: int, more: str = "") -> None:
    """Print one line."""
    met = "met" if per_second >= goal else "NOT MET"
    print(f"{name:<30}{per_second:>8,.0f} joins/s   goal ≥ {goal:,} {met:<8} {more}")


if __name__ == "__main__":
    main()
