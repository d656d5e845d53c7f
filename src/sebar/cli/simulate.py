"""`sebar simulate`: what happens if we start with these people."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from sebar.cli.seeds import (
    AsJson,
    Chance,
    GraphPath,
    Named,
    RandomSeed,
    Threads,
    Undirected,
    groups_of,
    interruptible,
    model_of,
    opened,
    plainly,
    starting,
)
from sebar.kit.errors import UserError
from sebar.spread import diffusion
from sebar.spread.diffusion import Spread
from sebar.spread.estimate import Estimate
from sebar.spread.warm import warm_simulation

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_WORDS: Final = {
    "likes": "Like it",
    "dislikes": "Do not like it",
    "chance_of_goal": "Chance of more than the goal",
    "difference": "More than the others would reach",
}
_HOURS_SHOWN: Final = (24, 24 * 31)
_MOST_DIGITS: Final = 6


class SpreadShown(msgspec.Struct, frozen=True):
    """What `sebar simulate --json` prints; the names are public."""

    mean: float
    low: float
    high: float
    quantiles: dict[str, float]
    by_hour: list[float]
    worlds: int
    seconds: float


def simulate(
    graph: GraphPath,
    *,
    seeds: Annotated[Path, typer.Option(help="File of the people who start, one a line.")],
    undirected: Undirected = False,
    model: Named = None,
    p: Chance = None,
    worlds: Annotated[int, typer.Option(help="How many worlds to run, at least 30.")] = 10_000,
    deadline: Annotated[str, typer.Option(help="Only what is reached by then counts: 24h, 7d.")] = "",
    delay: Annotated[str, typer.Option(help="Mean time of a hop, exponential; without it every hop takes 1h.")] = "",
    quality: Annotated[float, typer.Option(help="Chance that whoever is told likes it; others pass on dislike.")] = 1.0,
    capacity: Annotated[int | None, typer.Option(help="How many can be reached in an hour after the seeds.")] = None,
    against: Annotated[Path | None, typer.Option(help="Other people who could start: prints the difference.")] = None,
    groups: Annotated[Path | None, typer.Option(help="CSV of person,group: prints how many of each.")] = None,
    goal: Annotated[float | None, typer.Option(help="Prints the chance that more than so many are reached.")] = None,
    random_seed: RandomSeed = 1,
    threads: Threads = 1,
    as_json: AsJson = False,
) -> None:
    """Run many worlds from the same seeds: how many are reached, how surely, and how soon.

    Ctrl-C ends with the worlds run so far.
    """
    if worlds < diffusion.FEWEST_WORLDS:
        raise UserError(
            f"--worlds is {worlds}: it must be at least {diffusion.FEWEST_WORLDS}, or nothing is sure.", field="worlds"
        )
    if goal is not None and not 1 <= goal < math.inf:
        raise UserError(f"--goal is {goal:g}: it must be a number of people, at least 1.", field="goal")
    with plainly():
        people = opened(graph, undirected=undirected)
        spreading = replace(model_of(model, p, deadline, people, delay), quality=quality, capacity=capacity)
        start = starting(people, seeds)
        other = None if against is None else starting(people, against)
        sides = groups_of(people, groups)
        names = [] if sides is None else np.unique(sides[sides != ""]).tolist()
        numbered = None if sides is None else np.where(sides == "", -1, np.searchsorted(names, sides))
        warm_simulation(spreading, worlds=worlds)
        least, most = _HOURS_SHOWN
        shown = min(math.ceil(spreading.deadline), most) if math.isfinite(spreading.deadline) else least
        quiet = not sys.stderr.isatty()
        with (
            interruptible() as interrupted,
            Progress(console=Console(stderr=True), transient=True, disable=quiet) as bar,
        ):
            job = bar.add_task("Running worlds", total=worlds * (1 if other is None else 2))
            began = time.monotonic()
            run = partial(
                diffusion.simulate,
                people,
                spreading,
                seed=random_seed,
                threads=threads,
                bins=shown + (not delay) + 1,  # the last takes all that comes later, and is not shown
                width=1.0,
                progress=lambda done: bar.advance(job, done),
                stop=interrupted.is_set,
            )
            found = run(start, worlds=worlds, groups=numbered)
            ran = len(found.by_world)
            more = _asked_for(found, goal, None if other is None else run(other, worlds=ran))
            if quality < 1:
                more |= {"likes": _range(found.positive), "dislikes": _range(found.negative)}
            if sides is not None:
                more["groups"] = dict(zip(names, map(_range, found.by_group), strict=True))
    result = _shown(found, time.monotonic() - began)
    if as_json:
        print(msgspec.json.encode(msgspec.structs.asdict(result) | more).decode())
    else:
        _print(result, more)
        if ran < worlds:
            print(f"Stopped by Ctrl-C after {ran:,} of {worlds:,} worlds.")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(simulate)


def _shown(found: Spread, seconds: float) -> SpreadShown:
    return SpreadShown(
        mean=found.reached.value,
        low=found.reached.low,
        high=found.reached.high,
        quantiles={f"{share:g}": value for share, value in found.quantiles(_QUANTILES).items()},
        by_hour=found.reached_by[:-1].tolist(),
        worlds=len(found.by_world),
        seconds=seconds,
    )


class Range(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


More = dict[str, Range | dict[str, Range]]
"""What is printed only when it was asked for: `likes`, `dislikes`, `chance_of_goal`, `difference`, `groups`."""


def _range(figure: Estimate) -> Range:
    return Range(figure.value, figure.low, figure.high)


def _asked_for(found: Spread, goal: float | None, other: Spread | None) -> More:
    more: More = {}
    if goal is not None:
        more["chance_of_goal"] = _range(found.chance_of_more_than(goal))
    if other is not None and len(other.by_world) == len(found.by_world):  # else Ctrl-C came in between
        more["difference"] = _range(diffusion.difference(found, other))
    return more


def _print(shown: SpreadShown, more: More) -> None:
    mean, low, high = _figures(Range(shown.mean, shown.low, shown.high))
    print(f"They reach {mean} on average (95 % interval {low} to {high}).")
    print(f"Nine worlds of ten reach {shown.quantiles['0.05']:,.0f} to {shown.quantiles['0.95']:,.0f}.")
    for name, figure in more.items():
        if isinstance(figure, Range):
            print(f"{_WORDS[name]}: {_told(figure)}")
        else:
            for group, reached in figure.items():
                print(f"Reached of {group}: {_told(reached)}")
    print(f"({shown.worlds:,} worlds, {shown.seconds:.2f} s)")


def _told(figure: Range) -> str:
    value, low, high = _figures(figure)
    return f"{value} ({low} to {high})"


def _figures(figure: Range) -> tuple[str, str, str]:
    """Return a figure and its interval's ends with as many digits as tell the ends apart, at least one decimal."""
    width = figure.high - figure.low
    digits = min(max(1 - math.floor(math.log10(width)), 1), _MOST_DIGITS) if width else 1
    return f"{figure.value:,.{digits}f}", f"{figure.low:,.{digits}f}", f"{figure.high:,.{digits}f}"
