"""`sebar measures`: a campaign in figures."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

import sebar.serve.tables
from sebar.api import figures
from sebar.api.figures import BreakdownShown, FigureShown, MeasuresShown
from sebar.cli.campaigns import campaign_of
from sebar.measures import CATALOG, Part

_COUNTS = (
    "participants", "seeds", "referred", "confirmed", "conversions", "refunded", "views", "visits", "visits_raw",
    "shares", "reach", "awareness", "cascades", "largest", "depth", "width",
)  # fmt: skip
_FIGURES = (
    "share_rate", "shares_each", "joins_each_share", "k_factor", "r", "r_of_seeds", "r_of_friends", "r_seen", "k",
    "cycle_time_seconds", "growth", "doubling_time_seconds", "amplification", "beyond_first",
)  # fmt: skip
_UNITS = {"cascades": "cascades"}  # in the catalogue it is the list of them, in people
_NUMBERS = ("die_out", "structural_virality")


def measures(
    slug: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    by: Annotated[Part | None, typer.Option(help="Part participants by this instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for programs.")] = False,
) -> None:
    """Print what happened in a campaign, in figures. The platform must be running."""
    sebar.serve.tables.require()
    campaign = campaign_of(slug)
    found = figures.breakdown_of(campaign, by) if by else figures.of_campaign(campaign)
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        Console().print(_groups(found) if isinstance(found, BreakdownShown) else _table(found))


def _table(found: MeasuresShown) -> Table:
    table = Table("Measure", "Value", "Unit")
    for name in _COUNTS:
        unit = _UNITS.get(name) or (CATALOG[name].unit if name in CATALOG else "")
        table.add_row(name, f"{getattr(found, name):,}", unit)
    for name in _FIGURES:
        figure: FigureShown = getattr(found, name)
        table.add_row(name, _words(figure), figure.unit)
    for name in _NUMBERS:
        number = getattr(found, name)
        table.add_row(name, "too early" if number is None else f"{number:.2f}", CATALOG[name].unit)
    return table


def _groups(found: BreakdownShown) -> Table:
    table = Table(
        Column(found.by.capitalize(), no_wrap=True, min_width=10),
        "Visits",
        "Joins",
        "Shares",
        "Brought",
        "Conversions",
        "R",
        "K",
    )
    for group in found.groups:
        counts = (group.visits, group.joins, group.shares, group.brought, group.conversions)
        label = "others" if group.is_rest else group.label or "unknown"
        table.add_row(label, *(f"{count:,}" for count in counts), _words(group.r), _words(group.k_factor))
    return table


def _words(figure: FigureShown) -> str:
    if figure.too_early:
        return f"too early: {figure.too_early.have} of {figure.too_early.need} {figure.too_early.of}"
    value, low, high = (
        "without end" if end is None else f"{end:,.2f}" for end in (figure.value, figure.low, figure.high)
    )
    return f"{value} ({low} to {high})"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(measures)
