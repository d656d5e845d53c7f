"""`sebar participants`: everybody in a campaign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

import sebar.serve.tables
from sebar.api.shapes import ParticipantShown, participant_shown
from sebar.campaigns.models import Campaign
from sebar.cli.campaigns import campaign_of
from sebar.material import queries as material
from sebar.participants import queries

_PAGE = 2000


def participants(
    slug: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List a campaign's participants in the order in which they joined."""
    sebar.serve.tables.require()
    found = _all(campaign_of(slug))
    if not as_json:
        for one in found:
            print(
                f"{one.code}  {one.generation:>3}  {one.parent or '-':7}  {one.joined_at:%Y-%m-%d %H:%M:%S}  {one.name}"
            )
        return
    separator = "["
    for one in found:
        print(separator, msgspec.json.encode(one).decode(), sep="", end="")
        separator = ",\n"
    print("]" if separator == ",\n" else "[]")


def _all(campaign: Campaign) -> Iterator[ParticipantShown]:
    share_link = material.links(campaign)
    page = queries.page(campaign, limit=_PAGE)
    yield from (participant_shown(one, share_link) for one in page.rows)
    while page.next:
        page = queries.page(campaign, limit=_PAGE, after=page.next)
        yield from (participant_shown(one, share_link) for one in page.rows)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(participants)
