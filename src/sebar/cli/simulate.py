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
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from sebar.cli.seeds import (
    AsJson,
    Chance,
    GraphPath,
    ModelName,
    Named,
    RandomSeed,
    Threads,
    Undirected,
    interruptible,
    model_of,
    opened,
    people_of,
    plainly,
    rows,
)
from sebar.kit.errors import UserError
from sebar.spread import diffusion
from sebar.spread.diffusion import Spread
from sebar.spread.graph import Graph
from sebar.spread.warm import warm_up

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_WORDS: Final = {"chance_of_goal": "Chance of more than the goal", "difference": "More than the others would reach"}
_HOURS_SHOWN: Final = (24, 24 * 31)


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
    model: Named = ModelName.WC,
    p: Chance = None,
    worlds: Annotated[int, typer.Option(help="How many worlds to run.")] = 10_000,
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
    with plainly():
        people = opened(graph, undirected=undirected)
        spreading = replace(model_of(model, p, deadline, people, delay), quality=quality, capacity=capacity)
        start = people_of(people, [row[0] for row in rows(seeds)])
        other = None if against is None else people_of(people, [row[0] for row in rows(against)])
        warm_up(spreading)
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
                bins=shown + (not delay),
                width=1.0,
                progress=lambda done: bar.advance(job, done),
                stop=interrupted.is_set,
            )
            found = run(start, worlds=worlds)
            more = _asked_for(found, goal, None if other is None else run(other, worlds=len(found.by_world)))
            if groups is not None:
                chance = diffusion.reach_probability(people, spreading, start, worlds=worlds, seed=random_seed)
                more["groups"] = _by_group(people, chance, rows(groups))
    result = _shown(found, time.monotonic() - began)
    if as_json:
        print(msgspec.json.encode(msgspec.structs.asdict(result) | more).decode())
    else:
        _print(result, more)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(simulate)


def _shown(found: Spread, seconds: float) -> SpreadShown:
    return SpreadShown(
        mean=found.reached.value,
        low=found.reached.low,
        high=found.reached.high,
        quantiles={f"{share:g}": value for share, value in found.quantiles(_QUANTILES).items()},
        by_hour=found.reached_by.tolist(),
        worlds=len(found.by_world),
        seconds=seconds,
    )


class Range(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


More = dict[str, Range | dict[str, float]]
"""What is printed only when it was asked for: `chance_of_goal`, `difference`, `groups`."""


def _asked_for(found: Spread, goal: float | None, other: Spread | None) -> More:
    more: More = {}
    if goal is not None:
        chance = found.chance_of_more_than(goal)
        more["chance_of_goal"] = Range(chance.value, chance.low, chance.high)
    if other is not None:
        gain = diffusion.difference(found, other)
        more["difference"] = Range(gain.value, gain.low, gain.high)
    return more


def _by_group(graph: Graph, chance: NDArray[np.float64], table: list[list[str]]) -> dict[str, float]:
    """Return how many of each group are reached on average; whoever is in no group is left out."""
    if any(len(row) < 2 for row in table):  # noqa: PLR2004 - a person and a group
        raise UserError("Each row of the groups needs a person and a group.", field="groups")
    names = sorted({row[1] for row in table})
    number = {name: place for place, name in enumerate(names)}
    group = np.full(graph.nodes, len(names))
    group[people_of(graph, [row[0] for row in table])] = [number[row[1]] for row in table]
    return dict(zip(names, diffusion.by_group(chance, group).tolist(), strict=False))


def _print(shown: SpreadShown, more: More) -> None:
    print(f"They reach {shown.mean:,.1f} on average (95 % interval {shown.low:,.1f} to {shown.high:,.1f}).")
    print(f"Nine worlds of ten reach {shown.quantiles['0.05']:,.0f} to {shown.quantiles['0.95']:,.0f}.")
    for name, figure in more.items():
        if isinstance(figure, Range):
            print(f"{_WORDS[name]}: {figure.value:,.3g} ({figure.low:,.3g} to {figure.high:,.3g})")
        else:
            print("Reached of each group: " + ", ".join(f"{group} {reached:,.1f}" for group, reached in figure.items()))
    print(f"({shown.worlds:,} worlds, {shown.seconds:.2f} s)")
