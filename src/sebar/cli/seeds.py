"""`sebar seeds`: whom to start with, and how good they provably are."""

from __future__ import annotations

import csv
import math
import re
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from sebar.kit.errors import UserError
from sebar.spread.estimate import Estimate
from sebar.spread.graph import Graph, open_graph
from sebar.spread.model import Model
from sebar.spread.reading import read_edges
from sebar.spread.seed_question import GREEDY, WITH_COSTS
from sebar.spread.seeding import Seeding, choose_seeds, evaluate_seeds
from sebar.spread.warm import warm_up

_HOURS: Final = {"m": 1 / 60, "h": 1.0, "d": 24.0}
_SHOWN: Final = 20


class ModelName(StrEnum):
    """How people pass on, as the literature abbreviates it."""

    WC = "wc"
    IC = "ic"
    LT = "lt"


GraphPath = Annotated[Path, typer.Argument(help="CSV, TSV (.gz too), Parquet, or the folder of a saved graph.")]
Undirected = Annotated[bool, typer.Option("--undirected", help="Every line is a mutual tie.")]
Named = Annotated[
    ModelName, typer.Option("--model", help="wc: chance 1/in-degree. ic: --p, or the file's chances. lt: thresholds.")
]
Chance = Annotated[float | None, typer.Option("--p", help="The same chance for every edge, 0 to 1.")]
RandomSeed = Annotated[int, typer.Option("--random-seed", help="Makes the result repeatable.")]
Threads = Annotated[int, typer.Option(help="How many processor cores to use; the result is the same.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class EngineName(StrEnum):
    """Where sets are drawn."""

    LOCAL = "local"
    RAY = "ray"


class Range(msgspec.Struct, frozen=True):
    """An expected number of people, with its 95 % interval."""

    estimate: float
    low: float
    high: float


class SeedsShown(msgspec.Struct, frozen=True):
    """What `sebar seeds --json` prints; the names are public. The last ones are there if they were asked for."""

    seeds: list[int | str]
    estimate: float
    at_least: float
    at_most: float
    guarantee: float
    failure: float
    sets: int
    stopped_by: str
    seconds: float
    peak_mb: float
    groups: dict[str, Range] | msgspec.UnsetType = msgspec.UNSET
    negative: Range | msgspec.UnsetType = msgspec.UNSET


def seeds(
    graph: GraphPath,
    *,
    undirected: Undirected = False,
    model: Named = ModelName.WC,
    p: Chance = None,
    k: Annotated[int | None, typer.Option("--k", help="How many seeds.")] = None,
    epsilon: Annotated[float | None, typer.Option(help="How far the proof may stay below 1 - 1/e; 0.1.")] = None,
    delta: Annotated[float | None, typer.Option(help="Chance that the bounds may be wrong; 1/people.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Time limit; alone, it is used to prove more.")] = None,
    audience: Annotated[Path | None, typer.Option(help="CSV of person[,weight]: whose reach counts.")] = None,
    costs: Annotated[Path | None, typer.Option(help="CSV of person,cost for everybody who may be a seed.")] = None,
    budget: Annotated[float | None, typer.Option(help="What the seeds may cost together.")] = None,
    exclude: Annotated[Path | None, typer.Option(help="File of people who may not be seeds, one a line.")] = None,
    already: Annotated[Path | None, typer.Option(help="File of people who have it and will pass it on.")] = None,
    reached: Annotated[Path | None, typer.Option(help="File of people whom earlier waves reached.")] = None,
    groups: Annotated[Path | None, typer.Option(help="CSV of person,group: tell the reach of each group.")] = None,
    at_least_per_group: Annotated[float | None, typer.Option(help="How many to reach in each group.")] = None,
    deadline: Annotated[str, typer.Option(help="Only what is reached by then counts: 24h, 7d; a hop is 1h.")] = "",
    delay: Annotated[str, typer.Option(help="Mean time of a hop, exponential; without it every hop takes 1h.")] = "",
    quality: Annotated[float, typer.Option(help="Chance that whoever is reached likes it.")] = 1.0,
    harm: Annotated[float, typer.Option(help="What one who dislikes it costs; one who likes it is worth 1.")] = 0.0,
    evaluate: Annotated[Path | None, typer.Option(help="File of your own seeds: judge them, choose none.")] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Most memory for sets; half of what is free.")] = None,
    random_seed: RandomSeed = 1,
    threads: Threads = 1,
    engine: Annotated[EngineName, typer.Option(help="local, or ray: draw on a Ray cluster.")] = EngineName.LOCAL,
    as_json: AsJson = False,
) -> None:
    """Choose whom to start with. Ctrl-C prints what is known so far, with its weaker guarantee."""
    with plainly():
        people = opened(graph, undirected=undirected)
        spreading = replace(model_of(model, p, deadline, people, delay), quality=quality)
        prices, allowed = _costs(people, costs)
        sides = _groups(people, groups)
        asked: dict[str, Any] = {
            "costs": prices,
            "allowed": allowed,
            "weights": _audience(people, audience),
            "excluded": _listed(people, exclude),
            "already": _listed(people, already),
            "reached": _listed(people, reached),
            "groups": sides,
            "harm": harm,
            "error": epsilon,
            "failure": delta,
            "seconds": seconds,
            "memory_limit": None if memory_mb is None else memory_mb << 20,
            "seed": random_seed,
            "threads": threads,
            "engine": engine.value,
        }
        warm_up(spreading)
        goal = 0.99 if seconds and epsilon is None else (WITH_COSTS if costs else GREEDY) - (epsilon or 0.1)
        with _watching(goal) as watch, interruptible() as interrupted:
            asked |= {"progress": watch, "stop": interrupted.is_set}
            if evaluate is not None:
                if k is not None or budget is not None or at_least_per_group is not None:
                    raise UserError("Your own list says how many and what they cost: leave out k, budget and minima.")
                found = evaluate_seeds(people, spreading, _listed(people, evaluate), **asked)  # type: ignore[arg-type] # not None
            else:
                found = choose_seeds(
                    people, spreading, count=k, budget=budget, at_least_per_group=at_least_per_group, **asked
                )
    shown = _shown(people, found, sides)
    if as_json:
        print(msgspec.json.encode(shown).decode())
    else:
        _print(shown, own=evaluate is not None)


@contextmanager
def _watching(goal: float) -> Iterator[Callable[[Seeding], None] | None]:
    """Yield what shows how much is proved of what shall be, on a terminal; None elsewhere, for looking costs time."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        job = bar.add_task("Drawing sets", total=goal)
        yield lambda known: bar.update(
            job,
            completed=min(known.guarantee, goal),
            description=f"{known.sets:,} sets: at least {known.at_least:,.0f}, at most {known.at_most:,.0f} possible",
        )


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(seeds)


@contextmanager
def interruptible() -> Iterator[Event]:
    """Yield what the first Ctrl-C sets; the second one ends the program as usual."""
    pressed = Event()

    def press(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


class plainly:  # noqa: N801 - reads as a word: with plainly():
    """Turn what the science refuses into what the command line says."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, ValueError) and not isinstance(error, UserError):
            raise UserError(str(error)) from error


def opened(path: Path, *, undirected: bool) -> Graph:
    """Read or open a graph, and say on the side what looks wrong with it."""
    graph = open_graph(path) if path.is_dir() else read_edges(path, directed=not undirected)
    notes = Console(stderr=True)
    if graph.report.loops or graph.report.duplicates:
        notes.print(f"Left out {graph.report.loops:,} loops, merged {graph.report.duplicates:,} duplicates.")
    if graph.report.hint:
        notes.print(graph.report.hint)
    return graph


def model_of(name: ModelName, p: float | None, deadline: str, graph: Graph, delay: str = "") -> Model:
    """Return the model that the options name; a deadline without delay counts a step an hour."""
    if name is ModelName.IC and p is None and graph.probability is None:
        raise UserError("The model ic needs a chance: give --p, or a column 'probability' in the file.", field="p")
    given = "given" if name is ModelName.IC else "weighted"
    return Model(
        kind="threshold" if name is ModelName.LT else "cascade",
        probability=p if p is not None and name is not ModelName.WC else given,  # type: ignore[arg-type] # two literals
        delay=hours(delay) if delay else None,
        deadline=hours(deadline) if deadline else math.inf,
    )


def hours(text: str) -> float:
    """Return a length of time, like 90m, 24h or 7d, in hours."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([mhd]?)", text.strip())
    if match is None:
        raise UserError(f"{text!r} is not a length of time: write 90m, 24h or 7d.")
    return float(match[1]) * _HOURS[match[2] or "h"]


def people_of(graph: Graph, names: list[str]) -> NDArray[np.uint32]:
    """Return node numbers of these names as they stand in a file."""
    if graph.ids is not None and graph.ids.dtype.kind == "U":
        return graph.numbers(names)
    wrong = next((name for name in names if not re.fullmatch(r"-?\d+", name)), None)
    if wrong is not None:
        raise UserError(f"{wrong!r} is not in this graph: its people are numbers.")
    return graph.numbers([int(name) for name in names])


def rows(path: Path) -> list[list[str]]:
    """Return the rows of a small CSV file, without empty lines and a header that names a person's column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = [[field.strip() for field in row] for row in csv.reader(file) if row]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    header = bool(table) and table[0][0].lower() in {"person", "participant", "id", "node", "seed"}
    return table[1:] if header else table


def _numbers(path: Path, table: list[list[str]], default: float | None) -> list[float]:
    values = []
    for row in table:
        try:
            values.append(float(row[1]) if len(row) > 1 or default is None else default)
        except (ValueError, IndexError) as error:
            raise UserError(f"{path}: the row of {row[0]!r} needs a number after the person.") from error
    return values


def _audience(graph: Graph, path: Path | None) -> NDArray[np.float64] | None:
    if path is None:
        return None
    table = rows(path)
    weights = np.zeros(graph.nodes)
    weights[people_of(graph, [row[0] for row in table])] = _numbers(path, table, 1.0)
    return weights


def _costs(graph: Graph, path: Path | None) -> tuple[NDArray[np.float64] | None, NDArray[np.uint32] | None]:
    """Return everybody's cost, and who has one: only they may be seeds."""
    if path is None:
        return None, None
    table = rows(path)
    priced = people_of(graph, [row[0] for row in table])
    prices = np.ones(graph.nodes)
    prices[priced] = _numbers(path, table, None)
    return prices, priced


def _listed(graph: Graph, path: Path | None) -> NDArray[np.uint32] | None:
    return None if path is None else people_of(graph, [row[0] for row in rows(path)])


def _groups(graph: Graph, path: Path | None) -> NDArray[np.str_] | None:
    """Return everybody's group, empty for none."""
    if path is None:
        return None
    table = rows(path)
    short = next((row for row in table if len(row) < 2 or not row[1]), None)  # noqa: PLR2004 - person and group
    if short is not None:
        raise UserError(f"{path}: the row of {short[0]!r} needs a group after the person.")
    found = [""] * graph.nodes
    for person, row in zip(people_of(graph, [row[0] for row in table]).tolist(), table, strict=True):
        found[person] = row[1]
    return np.array(found, np.str_)


def _range(found: Estimate) -> Range:
    return Range(found.value, found.low, found.high)


def _shown(graph: Graph, found: Seeding, groups: NDArray[np.str_] | None) -> SeedsShown:
    names = [] if groups is None else np.unique(groups[groups != ""]).tolist()
    return SeedsShown(
        seeds=graph.names(found.seeds).tolist(),
        estimate=found.reach.value,
        at_least=found.at_least,
        at_most=found.at_most,
        guarantee=found.guarantee,
        failure=found.failure,
        sets=found.sets,
        stopped_by=found.stopped_by,
        seconds=found.seconds,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        groups=dict(zip(names, map(_range, found.by_group), strict=True)) if names else msgspec.UNSET,
        negative=msgspec.UNSET if found.negative is None else _range(found.negative),
    )


def _print(shown: SeedsShown, *, own: bool) -> None:
    names = ", ".join(map(str, shown.seeds[:_SHOWN])) + (" …" if len(shown.seeds) > _SHOWN else "")
    print(f"{'Your' if own else 'Start with'} {len(shown.seeds)}: {names}" if shown.seeds else "Start with nobody.")
    if shown.negative is msgspec.UNSET:
        print(f"They reach about {shown.estimate:,.0f}, at least {shown.at_least:,.0f}.")
    else:
        negative = shown.negative
        print(f"About {negative.estimate:,.0f} will dislike it ({negative.low:,.0f} to {negative.high:,.0f}).")
        print(f"What is liked less the harm comes to about {shown.estimate:,.0f}, at least {shown.at_least:,.0f}.")
    if shown.groups is not msgspec.UNSET:
        for name, reach in shown.groups.items():
            print(f"  {name}: about {reach.estimate:,.0f} ({reach.low:,.0f} to {reach.high:,.0f})")
    print(f"Nobody could reach more than {shown.at_most:,.0f}: at least {shown.guarantee:.0%} of the best is proved.")
    print(f"(wrong with a chance of {shown.failure:.2g}; {shown.sets:,} sets, {shown.seconds:.2f} s)")
