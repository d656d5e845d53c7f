"""`sebar measures`: a campaign in figures."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

import sebar.serve.tables
from sebar.api import figures
from sebar.api.figures import FigureShown, MeasuresShown
from sebar.cli.campaigns import campaign_of


def measures(
    slug: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for programs.")] = False,
) -> None:
    """Print what happened in a campaign, in figures. The platform must be running."""
    sebar.serve.tables.require()
    found = figures.of_campaign(campaign_of(slug))
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        Console().print(_table(found))


def _table(found: MeasuresShown) -> Table:
    table = Table("Measure", "Value")
    for name in ("participants", "seeds", "referred", "confirmed", "conversions", "views", "visits", "visits_raw"):
        table.add_row(name, f"{getattr(found, name):,}")
    for name in ("shares", "cascades", "largest", "depth"):
        table.add_row(name, f"{getattr(found, name):,}")
    for name in ("r", "k_factor", "amplification"):
        table.add_row(name, _words(getattr(found, name)))
    return table


def _words(figure: FigureShown) -> str:
    if figure.too_early:
        return f"too early: {figure.too_early.have} of {figure.too_early.need} {figure.too_early.of}"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(measures)
