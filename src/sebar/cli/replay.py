"""`sebar replay`: play recorded cascades through the platform and compare."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import sebar.serve.tables
from sebar.brands import keys
from sebar.brands.actions import open_brand
from sebar.brands.models import Brand, Scope
from sebar.brands.queries import brand_of_slug, brands
from sebar.cli.campaigns import campaign_of
from sebar.kit import config
from sebar.replay import run
from sebar.replay.play import Watch
from sebar.replay.read import read
from sebar.replay.run import Report


def replay(
    folder: Annotated[Path, typer.Argument(help="Folder or CSV file (.gz too) with cascade,node,parent,seconds.")],
    *,
    url: Annotated[str, typer.Option(help="Another instance; it needs --key.")] = "",
    key: Annotated[str, typer.Option(envvar="SEBAR_KEY", help="A key of scopes read, write, replay.")] = "",
    campaign: Annotated[str, typer.Option(help="Slug of an empty campaign; one is made when left out.")] = "",
    brand: Annotated[str, typer.Option(help="Slug of the brand the campaign is made in.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
) -> None:
    """Play recorded cascades through links and API, then compare every figure. Ends with 1 at any difference."""
    recording = read(folder)
    with progress() as watch, borrowed_key(key, brand, campaign) as secret:
        report = asyncio.run(
            run.replay(
                recording,
                url=url or config.load().public_url,
                key=secret,
                name=run.name_of(folder),
                campaign=campaign,
                watch=watch,
            )
        )
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        _print(report)
    if report.differences:
        raise typer.Exit(1)


@contextmanager
def progress() -> Iterator[Watch]:
    """Show on the terminal how far things have come."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as shown:
        tasks = {}

        def watch(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what)
            shown.update(tasks[what], completed=done, total=of)

        yield watch


@contextmanager
def borrowed_key(given: str, brand: str, campaign: str = "") -> Iterator[str]:
    """Lend a key that may set original times: the given one, or one of this instance that is revoked afterwards."""
    if given:
        yield given
        return
    sebar.serve.tables.require()
    member = keys.instance_membership(_brand(brand, campaign))
    made = keys.create_key(membership=member, name="sebar replay", scopes=Scope.values)
    try:
        yield made.secret
    finally:
        keys.revoke_key(membership=member, key_id=made.key.pk)


def _brand(slug: str, campaign: str) -> Brand:
    """Return the named brand, that of the campaign, or the oldest; the first one is made if there is none."""
    if slug:
        return brand_of_slug(slug)
    if campaign:
        return campaign_of(campaign).brand
    return min(brands(), key=lambda brand: brand.pk, default=None) or open_brand(name="Replay")


def _print(report: Report) -> None:
    print(
        f"{report.participants:,} participants in {report.cascades:,} cascades and {report.visits:,} visits"
        f" in {report.seconds:,.1f} s ({report.joins_per_second:,.0f} participants/s) on campaign {report.campaign}."
    )
    if report.clamped:
        print(f"{report.clamped:,} times lay before their parent's and were set to it.")
    for sentence in report.differences:
        print(f"✗ {sentence}")
    print(f"{len(report.differences)} differences." if report.differences else "✓ Sebar reports what the file says.")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(replay)
