"""`sebar learn`: how likely one person brings another, from what happened before."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from sebar.cli.seeds import AsJson, Undirected, hours, opened, plainly
from sebar.kit.errors import UserError
from sebar.spread.graph import Graph
from sebar.spread.learning.influence import Influence
from sebar.spread.learning.invitations import InvitationRates, invitation_rates, rates_by_invitation
from sebar.spread.learning.logs import learn_from_log
from sebar.spread.tables import Table, read_table

_SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_SECONDS: Final = 3600.0
_DIGITS: Final = 12
_CONTENTS: Final = (
    "cascade (or item),person,time; inviter,channel[,creative],tries,joins; or inviter,channel[,creative],sent,joined"
)


class Rate(msgspec.Struct, frozen=True):
    """A chance with its 95 % interval."""

    rate: float
    low: float
    high: float


class HeldOutShown(msgspec.Struct, frozen=True):
    """How well cascades were foretold that nothing was learned from."""

    exposures: int
    acted: int
    log_loss: float
    auc: float
    predicted_to_observed: float


class InfluenceShown(msgspec.Struct, frozen=True):
    """What `sebar learn --json` prints of a log; the names are public."""

    kind: str
    cascades: int
    people: int
    edges: int
    tries: int
    passed_on: int
    usual: Rate
    rates: dict[str, float]
    strength: float
    source_strength: float
    target_strength: float
    held_out: HeldOutShown | None
    seconds: float


class PairShown(msgspec.Struct, frozen=True):
    """What is usual in a channel with a creative, and between what a newcomer's rate will be."""

    channel: str
    creative: str
    rate: float
    low: float
    high: float
    newcomer_low: float
    newcomer_high: float


class InvitationsShown(msgspec.Struct, frozen=True):
    """What `sebar learn --json` prints of invitations; the names are public."""

    kind: str
    inviters: int
    rows: int
    tries: int
    joins: int
    usual: Rate | None
    rates: dict[str, float]
    strength: float
    strength_low: float
    strength_high: float
    pairs: list[PairShown]
    seconds: float


Shown = InfluenceShown | InvitationsShown


def learn(
    log: Annotated[Path, typer.Argument(help=f"CSV, TSV (.gz too) or Parquet with the columns {_CONTENTS}.")],
    *,
    graph: Annotated[Path | None, typer.Option(help="Who may influence whom, for a log of who acted when.")] = None,
    undirected: Undirected = False,
    window: Annotated[
        str, typer.Option(help="Longest time to a consequence: 24h, 7d; a number in the log's unit.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="CSV to write every rate to; `sebar seeds` reads edges.")] = None,
    as_json: AsJson = False,
) -> None:
    """Learn how likely one person brings another: from a log and a graph, or from invitations."""
    began = time.monotonic()
    with plainly(), Console(stderr=True).status("Reading …") as status:
        table = read_table(log)
        if table.find("cascade", "item") and table.find("person", "user") and table.find("time"):
            if graph is None:
                raise UserError(
                    "A log of who acted when needs to know who may influence whom: give --graph.", field="graph"
                )
            people = opened(graph, undirected=undirected)
            status.update(f"Learning from {len(table):,} acts …")
            shown: Shown = _from_log(table, people, window, out, began)
        else:
            status.update(f"Learning from {len(table):,} rows …")
            shown = _from_invitations(table, out, began)
    if as_json:
        print(msgspec.json.encode(shown).decode())
    else:
        _print(shown)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(learn)


def _from_log(table: Table, graph: Graph, window: str, out: Path | None, began: float) -> InfluenceShown:
    cascade, items = table.coded(table.find("cascade", "item") or "")
    person = _people(table, table.find("person", "user") or "", graph)
    judge = table.text("split") == "test" if table.find("split") else None
    found = learn_from_log(
        graph, cascade, person, table.times("time"), window=_window(window), judge=judge if np.any(judge) else None
    )
    if out is not None:
        _write_edges(out, found)
    held_out = found.held_out
    return InfluenceShown(
        kind="log",
        cascades=len(items),
        people=len(np.unique(person)),
        edges=graph.edges,
        tries=found.tries,
        passed_on=found.passed_on,
        usual=Rate(found.usual.value, found.usual.low, found.usual.high),
        rates=_quantiles(found.probability),
        strength=found.strength,
        source_strength=found.source_strength,
        target_strength=found.target_strength,
        held_out=None
        if held_out is None
        else HeldOutShown(
            held_out.exposures,
            held_out.acted,
            held_out.log_loss,
            held_out.auc,
            held_out.predicted_to_observed,
        ),
        seconds=time.monotonic() - began,
    )


def _people(table: Table, name: str, graph: Graph) -> NDArray[np.uint32]:
    """Return node numbers, or name the line of whoever is not in the graph."""
    row, names = table.coded(name)
    known = {str(one): number for number, one in enumerate(graph.names(np.arange(graph.nodes)).tolist())}
    numbers = np.array([known.get(one, -1) for one in names])
    strange = np.flatnonzero(numbers[row] < 0)
    if len(strange):
        first = int(strange[0])
        words = f"{names[row[first]]} is not in the graph: add their ties to it, or take their lines out of the log"
        raise table.fault(first, words)
    return numbers[row].astype(np.uint32)


def _window(text: str) -> float:
    if not text:
        return np.inf
    try:
        return float(text)
    except ValueError:
        return hours(text) * _SECONDS


def _write_edges(path: Path, found: Influence) -> None:
    graph = found.graph
    source = graph.names(np.repeat(np.arange(graph.nodes), np.diff(graph.start))).tolist()
    columns = (one.tolist() for one in (found.probability, found.low, found.high))
    rows = zip(source, graph.names(graph.neighbours).tolist(), *columns, strict=True)
    _write(path, ("source", "target", "probability", "low", "high"), rows)


def _from_invitations(table: Table, out: Path | None, began: float) -> InvitationsShown:
    if not (table.find("inviter") and table.find("channel")):
        raise UserError(f"{table.path} has the columns {', '.join(table.columns)}; they must be {_CONTENTS}.")
    if table.find("tries") and table.find("joins"):
        return _from_counts(table, out, began)
    if table.find("sent") and table.find("joined"):
        return _from_times(table, out, began)
    raise UserError(f"{table.path} has the columns {', '.join(table.columns)}; they must be {_CONTENTS}.")


def _from_counts(table: Table, out: Path | None, began: float) -> InvitationsShown:
    tries, joins = table.numbers("tries", least=0), table.numbers("joins", least=0)
    if (joins > tries).any():
        row = int(np.argmax(joins > tries))
        raise table.fault(row, f"there are {joins[row]:g} joins of {tries[row]:g} tries")
    channel, channels = table.coded("channel")
    creative, creatives = table.coded("creative") if table.find("creative") else (np.zeros_like(channel), [""])
    found = invitation_rates(tries, joins, channel, creative)
    names = [np.array(channels)[channel], np.array(creatives)[creative]]
    counts = [table.text("inviter"), *names, tries, joins]
    return _shown_invitations(found, counts, (channels, creatives), out, began)


def _from_times(table: Table, out: Path | None, began: float) -> InvitationsShown:
    sent, joined = table.times("sent"), table.times("joined", optional=True)
    if (joined < sent).any():
        raise table.fault(int(np.argmax(joined < sent)), "it was joined before it was sent")
    now = float(max(sent.max(), np.nanmax(joined, initial=-np.inf)))
    creative = table.text("creative") if table.find("creative") else None
    inviter, channel = table.text("inviter"), table.text("channel")
    found = rates_by_invitation(inviter, channel, sent, joined, now=now, creative=creative)
    creatives = found.creatives.tolist() if creative is not None else [""]
    names = np.array(creatives)[np.searchsorted(found.creatives, found.creative)]
    counts = [found.inviter, found.channel, names, found.sent, found.joined]
    return _shown_invitations(found.learned, counts, (found.channels.tolist(), creatives), out, began)


def _shown_invitations(
    found: InvitationRates,
    counts: list[NDArray[np.generic]],
    names: tuple[list[str], list[str]],
    out: Path | None,
    began: float,
) -> InvitationsShown:
    inviter, _, _, tries, joins = counts
    new = found.elsewhere
    if out is not None:
        columns = [one.tolist() for one in (*counts, found.rates.rate, found.rates.low, found.rates.high)]
        header = ("inviter", "channel", "creative", "tries", "joins", "rate", "low", "high")
        _write(out, header, zip(*columns, strict=True))
    return InvitationsShown(
        kind="invitations",
        inviters=len(np.unique(inviter)),
        rows=len(inviter),
        tries=int(np.sum(tries)),
        joins=int(np.sum(joins)),
        usual=None if new is None else Rate(new.value, new.low, new.high),
        rates=_quantiles(found.rates.rate),
        strength=found.strength.value,
        strength_low=found.strength.low,
        strength_high=found.strength.high,
        pairs=_pairs(found, *names),
        seconds=time.monotonic() - began,
    )


def _pairs(found: InvitationRates, channels: list[str], creatives: list[str]) -> list[PairShown]:
    tables = found.usual.rate, found.usual.low, found.usual.high, found.newcomer.low, found.newcomer.high
    return [
        PairShown(channel, creative, *(float(table[row, column]) for table in tables))
        for row, channel in enumerate(channels)
        for column, creative in enumerate(creatives)
    ]


def _quantiles(values: NDArray[np.float64]) -> dict[str, float]:
    return {f"{share:g}": float(np.quantile(values, share)) for share in _SHARES}


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(map(_plain, row) for row in rows)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", field="out") from error


def _plain(value: object) -> object:
    """Return what is written: rates without the digits that nobody believes."""
    return f"{round(value, _DIGITS):.9g}" if isinstance(value, float) else value


def _print(shown: Shown) -> None:
    if isinstance(shown, InvitationsShown):
        _print_invitations(shown)
        return
    print(f"{shown.passed_on:,} times somebody acted after neighbours, of {shown.tries:,} tries along edges.")
    print(f"One passes on to another with a chance of {_words(shown.usual)}.")
    print(f"What is usual between two people counts for {shown.strength:,.0f} tries of their own.")
    if shown.held_out is not None:
        print(
            f"Foretold of {shown.held_out.exposures:,} exposures held out: log loss {shown.held_out.log_loss:.4f},"
            f" AUC {shown.held_out.auc:.3f}, predicted to observed {shown.held_out.predicted_to_observed:.2f}."
        )
    print("(People who do much also do much after others: this foretells who acts, it does not prove influence.)")


def _print_invitations(shown: InvitationsShown) -> None:
    inviters = "1 inviter" if shown.inviters == 1 else f"{shown.inviters:,} inviters"
    print(f"Of {shown.tries:,} invitations by {inviters} {shown.joins:,} have joined.")
    if shown.usual is None:
        print("There are too few channels, or creatives, to say of a new one: it takes three that were used.")
    else:
        several = len({pair.creative for pair in shown.pairs}) > 1
        new = "in a channel and with a creative that are new" if several else "in a channel that is new"
        print(f"Usual, {new}: {_words(shown.usual)}.")
    for pair in shown.pairs:
        name = f"{pair.channel}, {pair.creative}" if pair.creative else pair.channel
        print(f"  {name}: {pair.rate:.2%} ({pair.low:.2%} to {pair.high:.2%})")
    print(f"What is usual counts for {shown.strength:,.1f} invitations of an inviter's own.")


def _words(rate: Rate) -> str:
    return f"{rate.rate:.2%} (95 % interval {rate.low:.2%} to {rate.high:.2%})"
