"""Checks of spoken codes per second, beside the least that any check could do.

The peer splits at blanks and asks a set that holds every code there is as text: it forgives nothing, knows no other
language and cannot say what is wrong. Both run in turns, in the same process; the clock is that of its own work.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

GOAL = 100_000
ROUNDS = 7
CODES = 100_000


def main() -> None:
    """Print the table; end with 1 when the goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SEBAR_DATA": folder, "DJANGO_SETTINGS_MODULE": "sebar.settings"}
        per_second = measure()
    if per_second < GOAL:
        sys.exit(1)


def measure() -> float:
    """Print how fast codes are read, right and wrong ones, and return how many right ones a second."""
    import django

    django.setup()
    from sebar.channels.kinds.spoken import code

    chance = random.Random(1)  # noqa: S311 - nobody guesses these
    numbers = [chance.randrange(code.SHORT) for _ in range(CODES)]
    plain = [" ".join(code.words(number, "en")) for number in numbers]
    loose = [", ".join(code.words(number, "id")).title() for number in numbers]
    digits = [code.digits(number) for number in numbers]
    wrong = [f"{text[:-1]}q" for text in plain[: CODES // 100]]
    known = set(plain)

    def misheard(text: str) -> None:
        with contextlib.suppress(code.Misheard):
            code.read(text)

    kinds: dict[str, tuple[Callable[[str], object], Sequence[str]]] = {
        "a set of whole texts (the peer)": (lambda text: " ".join(text.lower().split()) in known, plain),
        "three words": (code.read, plain),
        "capitals, commas, Indonesian": (code.read, loose),
        "nine digits": (code.read, digits),
        "one word misheard, offers found": (misheard, wrong),
    }
    speeds = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, (check, texts) in kinds.items():
            speeds[name].append(speed(check, texts))
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    peer, *_ = medians.values()
    for name, found in medians.items():
        print(f"{name:<34}{found:>12,.0f} /s   {found / peer:>6.2f} of the peer")
    met = "met" if medians["three words"] >= GOAL else "NOT MET"
    print(f"goal: three words ≥ {GOAL:,} /s {met}")
    return medians["three words"]


def speed(check: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return how many texts are checked in a second."""
    began = time.process_time()
    for text in texts:
        check(text)
    return len(texts) / (time.process_time() - began)


if __name__ == "__main__":
    main()
