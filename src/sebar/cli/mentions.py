"""`sebar mentions`: take mentions and reviews of a campaign from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

import sebar.serve.tables
from sebar.channels.kinds.buzz import files
from sebar.channels.kinds.buzz.files import Imported
from sebar.cli.campaigns import campaign_of
from sebar.kit.errors import UserError


def mentions(
    slug: Annotated[str, typer.Argument(help="The campaign's slug.")],
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns time,text and perhaps id,url,author,language,reach,class.")
    ],
    *,
    source: Annotated[str, typer.Option(help="What to call where they come from; the file's name when left out.")] = "",
    encoding: Annotated[str, typer.Option(help="Like cp1252 or utf-16; UTF-8 when left out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Take mentions and reviews from a file. Good rows are taken, bad ones named; the same again changes nothing."""
    sebar.serve.tables.require()
    campaign = campaign_of(slug)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"“{file}” cannot be read: {error.strerror}.", field="file") from error
    done = files.take(campaign=campaign, name=source or file.stem, content=content, encoding=encoding)
    _print(done, as_json=as_json)
    if done.bad:
        raise typer.Exit(1)


def _print(done: Imported, *, as_json: bool) -> None:
    if as_json:
        rows = [{"line": row.line, "field": row.error.field, "detail": row.error.message} for row in done.shown]
        answer = {"new": done.taken.new, "known": done.taken.known, "bad": done.bad, "bad_rows": rows}
        print(msgspec.json.encode(answer).decode())
        return
    for row in done.shown:
        print(f"Line {row.line}: {row.error.message}")
    if done.bad > len(done.shown):
        print(f"… and {done.bad - len(done.shown):,} more.")
    print(f"{done.taken.new:,} new mentions, {done.taken.known:,} known already, {done.bad:,} bad rows left out.")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(mentions)
