"""`sebar campaigns`: every campaign of this instance."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from django.utils import timezone
from rich.console import Console
from rich.table import Table

import sebar.serve.tables
from sebar.api import shapes
from sebar.api.shapes import CampaignShown
from sebar.brands.models import Brand
from sebar.brands.queries import brand_of_slug, brands
from sebar.campaigns import queries
from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotFound
from sebar.participants.queries import totals


def campaigns(
    *,
    brand: Annotated[str, typer.Option(help="Only of the brand with this slug.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List campaigns, newest first."""
    sebar.serve.tables.require()
    found = [shown for one in ([brand_of_slug(brand)] if brand else brands()) for shown in _of(one)]
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    table = Table("Campaign", "Phase", "Participants", "Name")
    for one in found:
        table.add_row(one.slug, one.phase, f"{one.participants:,}", one.name)
    Console().print(table)


def campaign_of(slug: str) -> Campaign:
    """Return the campaign of this slug, whichever brand it belongs to.

    Raises
    ------
    NotFound
        When there is none.
    """
    for brand in brands():
        for campaign in queries.of_brand(brand):
            if campaign.slug == slug:
                return campaign
    raise NotFound(f"There is no campaign called “{slug}”; `sebar campaigns` lists them.", field="campaign")


def _of(brand: Brand) -> list[CampaignShown]:
    people, now = totals(brand), timezone.now()
    return [shapes.campaign_shown(one, people.get(one.pk, 0), now) for one in queries.of_brand(brand)]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(campaigns)
