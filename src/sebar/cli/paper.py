"""`sebar paper`: posters, postcards, table tents, business cards and QR codes, for one person or for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import sebar.serve.tables
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper import bulk, printing
from sebar.channels.kinds.paper.printing import Piece, What
from sebar.cli.campaigns import campaign_of
from sebar.kit.errors import UserError
from sebar.participants import queries


def paper(
    slug: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    form: Annotated[What, typer.Option(help="What to print.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file: a ZIP, or what is printed where it is but one.")],
    language: Annotated[str, typer.Option(help="One of the campaign's; its first when left out.")] = "",
    person: Annotated[str, typer.Option(help="Only for the participant with this code or external id.")] = "",
    own: Annotated[bool, typer.Option("--own", help="Only the campaign's own, without anybody's code.")] = False,
    source: Annotated[str, typer.Option(help="Only for the seeds that came from this source.")] = "",
    first: Annotated[int | None, typer.Option(min=1, help="Only for so many, those who joined first.")] = None,
) -> None:
    """Print posters, postcards, table tents, business cards or QR codes, for everybody in a campaign."""
    sebar.serve.tables.require()
    campaign = campaign_of(slug)
    language = _spoken(campaign, language)
    try:
        if own or person:
            number = None if own else queries.find(campaign, person).pk
            _write(out, printing.one(form, campaign, language, number).content)
        else:
            people = bulk.count(campaign, source=source, first=first)
            numbers = bulk.chosen(campaign, source=source, first=first)
            _bundle(out, form.label, people, printing.many(form, campaign, language, numbers))
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.", field="out") from None


def _bundle(out: Path, label: str, people: int, files: Iterator[Piece]) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as shown, closing(bulk.written(files, lambda _: out)) as done:
        task = shown.add_task(label, total=people)
        for written in done:
            shown.update(task, completed=written.people)


def _write(out: Path, content: bytes) -> None:
    part = out.with_name(f"{out.name}.part")  # so that a file of this name is always whole
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _spoken(campaign: Campaign, language: str) -> str:
    if language and language not in campaign.languages:
        known = ", ".join(campaign.languages)
        raise UserError(f"The campaign does not speak “{language[:40]}”: choose from {known}.", field="language")
    return language or campaign.languages[0]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(paper)
