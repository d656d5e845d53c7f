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
from typing import Annotated, Any, Final, NamedTuple

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
from sebar.spread.warm import warm_seeds

_HOURS: Final = {"m": 1 / 60, "h": 1.0, "d": 24.0}
_SHOWN: Final = 20
_ENDED: Final = {
    "interrupt": "Stopped by Ctrl-C: more time may prove more.",
    "memory": "Stopped at the limit of memory: a higher --memory-mb may prove more.",
}


class ModelName(StrEnum):
    """How people pass on, as the literature abbreviates it."""

    WC = "wc"
    IC = "ic"
    LT = "lt"


GraphPath = Annotated[Path, typer.Argument(help="CSV, TSV (.gz too), Parquet, or the folder of a saved graph.")]
Undirected = Annotated[bool, typer.Option("--undirected", help="Every line is a mutual tie.")]
Named = Annotated[
    ModelName | None,
    typer.Option(
        "--model",
        help="wc: chance 1/in-degree. ic: --p, or the file's chances. lt: thresholds. By default ic where there are"
        " chances, else wc.",
    ),
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
    model: Named = None,
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
    _check_options(
        k=k, epsilon=epsilon, delta=delta, costs=costs, budget=budget, evaluate=evaluate, minimum=at_least_per_group
    )
    with plainly():
        people = opened(graph, undirected=undirected)
        spreading = replace(model_of(model, p, deadline, people, delay), quality=quality)
        prices, allowed = _costs(people, costs)
        sides = groups_of(people, groups)
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
        own = {"seeds": evaluate, "at_least_per_group": at_least_per_group}
        warm_seeds(spreading, {name for name, given in (asked | own).items() if given is not None}, harm=harm)
        goal = 0.99 if seconds and epsilon is None else (WITH_COSTS if costs else GREEDY) - (epsilon or 0.1)
        with _watching(goal) as watch, interruptible() as interrupted:
            asked |= {"progress": watch, "stop": interrupted.is_set}
            if evaluate is not None:
                found = evaluate_seeds(people, spreading, starting(people, evaluate), **asked)
            else:
                found = choose_seeds(
                    people, spreading, count=k, budget=budget, at_least_per_group=at_least_per_group, **asked
                )
    shown = _shown(people, found, sides)
    if as_json:
        print(msgspec.json.encode(shown).decode())
    else:
        _print(shown, own=evaluate is not None)


def _check_options(
    *,
    k: int | None,
    epsilon: float | None,
    delta: float | None,
    costs: Path | None,
    budget: float | None,
    evaluate: Path | None,
    minimum: float | None,
) -> None:
    """Refuse what the library would refuse too, by the names that are typed here."""
    if evaluate is not None and not (k is None and budget is None and minimum is None):
        raise UserError(
            "Your own list says how many and what they cost: leave out --k, --budget and --at-least-per-group."
        )
    if evaluate is None and (k is None) == (budget is None):
        raise UserError("Say either how many seeds (--k) or what they may cost (--budget, with --costs).")
    if evaluate is None and (budget is None) != (costs is None):
        raise UserError("A --budget needs the --costs of the seeds, and --costs need a --budget.")
    if k is not None and k < 1:
        raise UserError(f"--k is {k}: it must be at least 1.", field="k")
    if epsilon is not None and not 0 < epsilon < GREEDY:
        raise UserError(f"--epsilon is {epsilon:g}: it must be above 0 and below {GREEDY:.2f}.", field="epsilon")
    if delta is not None and not 0 < delta < 1:
        raise UserError(f"--delta is {delta:g}: it must be above 0 and below 1.", field="delta")


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
        kept = "" if graph.probability is None or path.is_dir() else ", each with the largest of its chances"
        loops, duplicates = graph.report.loops, graph.report.duplicates
        notes.print(f"Left out {loops:,} loops, merged {duplicates:,} ties given more than once{kept}.", soft_wrap=True)
    if graph.report.hint:
        notes.print(graph.report.hint)
    return graph


def model_of(name: ModelName | None, p: float | None, deadline: str, graph: Graph, delay: str = "") -> Model:
    """Return the model that the options name; a deadline without delay counts a step an hour.

    Chances that are given are used, or it is said that they are not.
    """
    if name is ModelName.WC and p is not None:
        raise UserError("The model wc takes 1/in-degree as chance: leave out --p, or say --model ic.", field="p")
    if name is None:
        name = ModelName.WC if p is None and graph.probability is None else ModelName.IC
    if graph.probability is not None and (name is not ModelName.IC or p is not None):
        instead = f"--model {name.value}" if p is None else "--p"
        Console(stderr=True).print(f"The chances in the file are not used, as {instead} says others.")
    if name is ModelName.IC and p is None and graph.probability is None:
        raise UserError("The model ic needs a chance: give --p, or a column 'probability' in the file.", field="p")
    given = "given" if name is ModelName.IC else "weighted"
    return Model(
        kind="threshold" if name is ModelName.LT else "cascade",
        probability=given if p is None else p,  # type: ignore[arg-type] # two literals
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


class Row(NamedTuple):
    """A row of a file that names people: the first field is a person."""

    line: int
    fields: list[str]


def _rows(path: Path) -> list[Row]:
    """Return the rows of a small CSV file, without empty lines and a header that names a person's column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            table = [Row(lines.line_num, [field.strip() for field in row]) for row in lines if row]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a text in UTF-8: save it as CSV in UTF-8.") from error
    header = bool(table) and table[0].fields[0].lower() in {"person", "participant", "id", "node", "seed"}
    return table[1:] if header else table


def listed(graph: Graph, path: Path) -> NDArray[np.uint32]:
    """Return the people of a file that names one a line, in its order.

    Raises
    ------
    UserError
        Naming the first line that is wrong.
    """
    table = _rows(path)
    several = next((row for row in table if any(row.fields[1:])), None)
    if several is not None:
        words = ", ".join(several.fields)
        raise UserError(f"{path}, line {several.line}: it says {words}, but must name one person: write one a line.")
    return _people(graph, path, table)


def starting(graph: Graph, path: Path) -> NDArray[np.uint32]:
    """Return the people of such a file, who must be somebody."""
    people = listed(graph, path)
    if not len(people):
        raise UserError(f"{path} names nobody: write who starts, one person a line.")
    return people


def _people(graph: Graph, path: Path, table: list[Row]) -> NDArray[np.uint32]:
    """Return everybody's node number, or name the first line with somebody who is not in the graph."""
    names = [row.fields[0] for row in table]
    try:
        return people_of(graph, names)
    except ValueError:
        for row in table:
            try:
                people_of(graph, row.fields[:1])
            except ValueError as error:
                raise UserError(f"{path}, line {row.line}: {error}") from error
        raise


def _people_once(graph: Graph, path: Path, table: list[Row]) -> NDArray[np.uint32]:
    """Do so where nobody may be named twice, as it would not be known which row counts."""
    people = _people(graph, path, table)
    first: dict[int, Row] = {}
    for person, row in zip(people.tolist(), table, strict=True):
        before = first.setdefault(person, row)
        if before is not row:
            raise UserError(f"{path}, line {row.line}: {row.fields[0]!r} stands in line {before.line} already.")
    return people


def _numbers(path: Path, table: list[Row], word: str, *, zero: bool, default: str = "") -> list[float]:
    """Return the number after each person, above 0, or from 0 up."""
    values = []
    for line, (person, *rest) in table:
        text = rest[0] if rest else default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf or not (value or zero):
            must = "a number from 0 up" if zero else "a number above 0"
            raise UserError(f"{path}, line {line}: the {word} of {person!r} is {text!r}, but must be {must}.")
        values.append(value)
    return values


def _audience(graph: Graph, path: Path | None) -> NDArray[np.float64] | None:
    if path is None:
        return None
    table = _rows(path)
    weights = np.zeros(graph.nodes)
    weights[_people_once(graph, path, table)] = _numbers(path, table, "weight", zero=True, default="1")
    return weights


def _costs(graph: Graph, path: Path | None) -> tuple[NDArray[np.float64] | None, NDArray[np.uint32] | None]:
    """Return everybody's cost, and who has one: only they may be seeds."""
    if path is None:
        return None, None
    table = _rows(path)
    priced = _people_once(graph, path, table)
    prices = np.ones(graph.nodes)
    prices[priced] = _numbers(path, table, "cost", zero=False)
    return prices, priced


def _listed(graph: Graph, path: Path | None) -> NDArray[np.uint32] | None:
    return None if path is None else listed(graph, path)


def groups_of(graph: Graph, path: Path | None) -> NDArray[np.str_] | None:
    """Return everybody's group, empty for none."""
    if path is None:
        return None
    table = _rows(path)
    short = next((row for row in table if not any(row.fields[1:2])), None)
    if short is not None:
        raise UserError(f"{path}, line {short.line}: {short.fields[0]!r} needs a group after the person.")
    found = [""] * graph.nodes
    for person, row in zip(_people_once(graph, path, table).tolist(), table, strict=True):
        found[person] = row.fields[1]
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
    if shown.stopped_by in _ENDED:
        print(_ENDED[shown.stopped_by])
    print(f"(wrong with a chance of {shown.failure:.2g}; {shown.sets:,} sets, {shown.seconds:.2f} s)")
