"""`sebar simulate`: what happens if we start with these people."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
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
from sebar.spread import diffusion
from sebar.spread.diffusion import Spread
from sebar.spread.warm import warm_up

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
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
    random_seed: RandomSeed = 1,
    threads: Threads = 1,
    as_json: AsJson = False,
) -> None:
    """Run many worlds from the same seeds: how many are reached, how surely, and how soon.

    Ctrl-C ends with the worlds run so far.
    """
    with plainly():
        people = opened(graph, undirected=undirected)
        spreading = model_of(model, p, deadline, people, delay)
        start = people_of(people, [row[0] for row in rows(seeds)])
        warm_up(spreading)
        least, most = _HOURS_SHOWN
        shown = min(math.ceil(spreading.deadline), most) if math.isfinite(spreading.deadline) else least
        quiet = not sys.stderr.isatty()
        with (
            interruptible() as interrupted,
            Progress(console=Console(stderr=True), transient=True, disable=quiet) as bar,
        ):
            job = bar.add_task("Running worlds", total=worlds)
            began = time.monotonic()
            found = diffusion.simulate(
                people,
                spreading,
                start,
                worlds=worlds,
                seed=random_seed,
                threads=threads,
                bins=shown + (not delay),
                width=1.0,
                progress=lambda done: bar.advance(job, done),
                stop=interrupted.is_set,
            )
    result = _shown(found, time.monotonic() - began)
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        _print(result)


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


def _print(shown: SpreadShown) -> None:
    print(f"They reach {shown.mean:,.1f} on average (95 % interval {shown.low:,.1f} to {shown.high:,.1f}).")
    print(f"Nine worlds of ten reach {shown.quantiles['0.05']:,.0f} to {shown.quantiles['0.95']:,.0f}.")
    print(f"({shown.worlds:,} worlds, {shown.seconds:.2f} s)")
