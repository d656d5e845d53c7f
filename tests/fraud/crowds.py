"""Small crowds, made by hand: everybody is honest in every way, except for what a test asks to be different."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sebar.fraud.signals import UNKNOWN, Crowd


def a_crowd(parents: Sequence[int], **different: Sequence[float]) -> Crowd:
    """Return people of whom each was brought by the one at that place, each an hour after the one before.

    Each has a line, a browser and a mailbox of their own, opened a link to join and has seen their own page.
    """
    people = len(parents)
    own = np.arange(people)
    columns: dict[str, np.ndarray] = {
        "number": own + 1,
        "parent": np.array(parents, np.int64),
        "joined": 3600.0 * own + 97.0 * (own**2 % 31),
        "network": own,
        "device": own,
        "payment": np.full(people, UNKNOWN),
        "mailbox": own,
        "is_thrown_away": np.zeros(people, bool),
        "is_linked": np.array(parents) >= 0,
        "seen": np.ones(people, np.int64),
        "opened": np.bincount([one for one in parents if one >= 0], minlength=people),
    }
    for name, values in different.items():
        columns[name] = np.array(values, columns[name].dtype)
    return Crowd(**columns)


def an_honest_crowd(people: int = 600) -> Crowd:
    """Return a campaign in which nothing is wrong: each brings one or two friends."""
    return a_crowd([UNKNOWN, *[(place - 1) // 2 for place in range(1, people)]])


def beside(honest: Crowd, other: Crowd) -> Crowd:
    """Return both crowds as one; keys of one are nobody's in the other."""

    def put(name: str) -> np.ndarray:
        first, second = getattr(honest, name), getattr(other, name)
        if name in {"network", "device", "payment", "mailbox", "parent", "number"}:
            shift = len(honest) if name in {"parent", "number"} else int(first.max(initial=0)) + 1
            second = np.where(second == UNKNOWN, UNKNOWN, second + shift)
        return np.concatenate([first, second])

    return Crowd(**{name: put(name) for name in Crowd.__slots__})
