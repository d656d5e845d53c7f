"""`sebar rewards`: what a campaign's rewards have given, and what is owed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

import sebar.serve.tables
from sebar.cli.campaigns import campaign_of
from sebar.kit.money import plain
from sebar.rewards import queries


def rewards(
    slug: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what waits, is owed and was handed over in a campaign, and whether its books are right."""
    sebar.serve.tables.require()
    campaign = campaign_of(slug)
    balances, counts, wrong = queries.balances(campaign), queries.counts(campaign), queries.wrong(campaign)
    if as_json:
        answer = {"campaign": slug, "balances": [asdict(one) for one in balances], "rewards": counts, "wrong": wrong}
        print(msgspec.json.encode(answer).decode())
    else:
        table = Table("Unit", "Waiting", "Earned", "Handed over", "To get back", "Budget left")
        for one in balances:
            amounts = (one.pending, one.earned, one.fulfilled, one.owed_back, one.budget_left)
            table.add_row(one.unit, *("-" if amount is None else plain(amount, one.unit) for amount in amounts))
        Console().print(table)
        print("The books are right." if not wrong else "\n".join(wrong))
    if wrong:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(rewards)
