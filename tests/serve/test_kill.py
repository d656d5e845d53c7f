"""Killed at any moment, the platform loses nothing it has acknowledged and counts nothing twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from serve.load import Load, all_kept, differences
from serve.plant import plant
from serve.whole_platform import Platform, descendants, eventually

pytestmark = pytest.mark.processes

ROUNDS = int(os.environ.get("SEBAR_KILL_ROUNDS", "3"))
VICTIMS: dict[str, Callable[[Platform], int]] = {
    "engine": lambda platform: platform.part("engine"),
    "worker": lambda platform: platform.part("worker"),
    "sender": lambda platform: platform.part("sender"),
    "edge worker": lambda platform: next(iter(descendants(platform.part("front"))), 0),
    "web worker": lambda platform: next(iter(descendants(platform.part("web"))), 0),
    "front": lambda platform: platform.part("front"),
    "web": lambda platform: platform.part("web"),
}


def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(platform: Platform) -> None:
    chance = random.Random()
    slug, key = plant(platform.environment)
    killed: Counter[str] = Counter()
    # Every kind of process at least once in as few rounds as there are kinds, then at random.
    order = [*chance.sample(sorted(VICTIMS), len(VICTIMS)), *chance.choices(sorted(VICTIMS), k=ROUNDS)][:ROUNDS]

    with Load(platform, slug, key) as load:
        for name in order:
            time.sleep(chance.uniform(0.05, 1.0))
            eventually(lambda name=name: kill(VICTIMS[name](platform)), f"killing {name}")  # type: ignore[misc]
            killed[name] += 1
            before = len(load.joins), len(load.visits.acknowledged)
            eventually(
                lambda before=before: len(load.joins) > before[0] and len(load.visits.acknowledged) > before[1],  # type: ignore[misc]
                f"working again after {name} was killed",
            )
    load.join_again(20)
    found = all_kept(load)

    print(f"\nkilled: {dict(killed)}")
    for kind, sent, stored in [("visits", load.visits, found.visits), ("shares", load.shares, found.shares)]:
        print(f"{kind}: sent {len(sent.tried)}, acknowledged {len(sent.acknowledged)}, stored {stored.total()}")
    print(f"joins: acknowledged {len(load.joins)}, participants {len(found.participants)}, events {len(found.joins)}")
    assert differences(load, found) == []


def kill(process: int) -> bool:
    """Kill a process; return whether there was one."""
    if not process:
        return False
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
