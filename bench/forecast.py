"""Forecasts on recorded cascades, scored beside naive rules; and what they cost.

With SEBAR_TEST_CASCADES, a folder of public records (one folder each), those are forecast; else records made here. Each
is split as time went: forecasts are learned on the first three quarters and scored on the last.
"""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sebar.spread import forecasting
from sebar.spread.forecasting import Setting, interval_score, learn
from sebar.spread.forest import Forest, grown
from sebar.spread.futures import Strength, steps, unfold
from sebar.spread.passing_on import Both, Prior, Statistics
from sebar.spread.records import read_cascades

HOUR, DAY = 3600.0, 86_400.0
PUBLIC = ("weibo_reposts", "twitter15_retweets")
ORIGINS = {"1 h": {"age": HOUR}, "6 h": {"age": 6 * HOUR}, "24 h": {"age": 24 * HOUR},
           "50th": {"joins": 50}, "100th": {"joins": 100}, "200th": {"joins": 200}}  # fmt: skip
_PIECES, _DIVISIONS = 30, 5
BOUNDS = ((2, 4), (1, 5), (0, 6))


def main() -> None:
    late = {"7 d": {"until": 7 * DAY}} | ({"+24 h": {"ahead": DAY}} if "--all" in sys.argv else {})
    for name, forests in records():
        cut = len(forests) * 3 // 4
        past, new = forests[:cut], forests[cut:]
        for horizon, until in late.items():
            settings = {origin: Setting(**when, **until) for origin, when in ORIGINS.items()}  # type: ignore[arg-type]
            began = time.perf_counter()
            forecaster = learn(past, settings.values())
            print(f"\n{name}, {horizon}: learned from {len(past):,} in {time.perf_counter() - began:.0f} s")
            print("  origin    n   score  last value  Szabo-Huberman  median error  50 %  80 %  95 %")
            scores = [row(origin, setting, forecaster, new) for origin, setting in settings.items()]
            print(f"  mean score {np.nanmean(scores):.4f}")
        if "--all" in sys.argv and len(past) >= _PIECES * 20:
            campaigns(name, past, new)
    costs()


def campaigns(name: str, past: list[Forest], new: list[Forest]) -> None:
    """Forecast campaigns of thirty cascades each, learned from several ways to divide the past into such campaigns.

    Intervals are calibrated by each fifth of what is learned from (`learn`), so no two fifths may share a cascade.
    """
    random = np.random.default_rng(1)
    drawn = []
    for _ in range(_DIVISIONS):
        fifths = [random.permutation(np.arange(one, len(past), 5)) for one in range(5)]
        for at in range(0, min(map(len, fifths)) - _PIECES + 1, _PIECES):
            drawn += [together(past, fifth[at : at + _PIECES]) for fifth in fifths]
    ahead = [together(new, random.choice(len(new), _PIECES, replace=False)) for _ in range(150)]
    settings = {origin: Setting(**when, until=7 * DAY) for origin, when in list(ORIGINS.items())[:3]}  # type: ignore[arg-type]
    forecaster = learn(drawn, settings.values())
    print(f"\n{name}, campaigns of {_PIECES} cascades, 7 d: learned from {len(drawn)}")
    for origin, setting in settings.items():
        row(origin, setting, forecaster, ahead)


def together(forests: list[Forest], chosen: NDArray[np.int64]) -> Forest:
    """Return cascades as one campaign that starts with all of them."""
    some = [forests[place] for place in chosen]
    before = np.cumsum([0, *(len(one.joined) for one in some)])
    parents = [np.where(one.parent >= 0, one.parent + first, -1) for one, first in zip(some, before, strict=False)]
    return grown(np.concatenate([one.joined for one in some]), np.concatenate(parents))


def costs() -> None:
    """Print what drawing futures costs, for few and for very many participants."""
    edges, exact = steps(7 * DAY), Prior.of((-0.4, -0.7, math.log(6 * HOUR), 0.2), (1e-3,) * 4)
    took = {}
    for people in (10_000, 1_000_000):
        some = Statistics(
            np.geomspace(60, 10 * DAY, 43), np.full(43, people / 43), np.full(43, people / 150),
            np.array([0.0]), np.array([float(people)]), 0.0, 0.0, 0.0,
        )  # fmt: skip
        known = Both(some, some)
        times = []
        for _ in range(4):
            began = time.perf_counter()
            unfold(known, Strength(exact, exact), edges, draws=200, futures=50, seed=1)
            times.append(time.perf_counter() - began)
        took[people] = min(times)
    print(
        f"\n10,000 futures of 1,000,000 participants: {took[1_000_000]:.2f} s,"
        f" {took[1_000_000] / took[10_000]:.2f} times that of 10,000 participants"
    )


def records() -> list[tuple[str, list[Forest]]]:
    folder = Path(os.environ.get("SEBAR_TEST_CASCADES") or "cascades")
    found = []
    for name in PUBLIC:
        if (folder / name).is_dir():
            forests = list(read_cascades(folder / name).values())
            if forests[0].start is None:
                forests = [forests[place] for place in np.random.default_rng(0).permutation(len(forests))]
            found.append((name, forests))
    return found or [("made here", [made(number) for number in range(800)])]


def made(number: int) -> Forest:
    random = np.random.default_rng(number)
    mean, first = random.uniform(0.2, 0.9), int(random.integers(20, 300))
    joined, parent = [0.0], [-1]
    delays = random.lognormal(np.log(2 * HOUR), 2.0, first)
    joined += delays.tolist()
    parent += [0] * first
    for person, when in enumerate(joined):
        if person and len(joined) < 3000:
            for delay in random.lognormal(np.log(HOUR), 2.0, random.poisson(random.gamma(0.2, mean / 0.2))):
                joined.append(when + float(delay))
                parent.append(person)
    return grown(joined, parent, start=None)


def row(origin: str, setting: Setting, forecaster: forecasting.Forecaster, new: list[Forest]) -> float:
    chosen, moments, known, came = [], [], [], []
    for forest in new:
        now = setting.now(forest)
        if now is None or not 0 < now < setting.horizon(now):
            continue
        before = int(np.count_nonzero(forest.parent[: forest.people(now)] >= 0))
        if before >= forecasting.ENOUGH_JOINS:
            chosen.append(forest)
            moments.append((now, setting.horizon(now)))
            known.append(before)
            came.append(before + forest.people(setting.horizon(now)) - forest.people(now))
    if not chosen or setting not in forecaster.learned:
        print(f"  {origin:<8}{len(chosen):>4}  too few to say")
        return float("nan")
    ahead = np.array(known)[:, None] + forecaster.quantiles(setting, chosen, moments)
    outcome = np.array(came)
    score = np.mean([interval_score(one, float(happened)) for one, happened in zip(ahead, outcome, strict=True)])
    off = [
        float(np.mean(np.abs(np.log1p(guess) - np.log1p(outcome))))
        for guess in (ahead[:, 3], np.array(known), np.array([forecaster.naive(setting, one) for one in known]))
    ]
    error = float(np.median(np.abs(ahead[:, 3] - outcome) / outcome))
    held = [float(np.mean((ahead[:, low] <= outcome) & (outcome <= ahead[:, high]))) for low, high in BOUNDS]
    print(
        f"  {origin:<8}{len(chosen):>4}{score:>8.4f}{off[1] / off[0]:>9.2f} x{off[2] / off[0]:>13.2f} x"
        f"{error:>13.1%} {held[0]:>6.2f}{held[1]:>6.2f}{held[2]:>6.2f}"
    )
    return float(score)


if __name__ == "__main__":
    main()
