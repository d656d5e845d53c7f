"""`sebar brand`: the brands of this instance, and the links that make their owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
import typer
from django.urls import reverse
from rich.console import Console
from rich.table import Table

import sebar.serve.tables
from sebar.brands import actions, queries
from sebar.brands.keys import instance_membership
from sebar.brands.models import Brand, Role
from sebar.campaigns.queries import of_brand
from sebar.kit import config

brand = typer.Typer(no_args_is_help=True, help="Make and list brands, and invite their owners.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True)
class BrandShown:
    """A brand as it is listed."""

    slug: str
    name: str
    owners: int
    members: int
    campaigns: int
    created_at: datetime


@dataclass(frozen=True)
class Invitation:
    """A brand, and the one-time link that makes an owner of it."""

    slug: str
    name: str
    link: str
    expires_at: datetime


@brand.command()
def create(
    name: Annotated[str, typer.Argument(help="As people read it.")],
    *,
    slug: Annotated[str, typer.Option(help="How it is written in addresses; follows the name when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a brand and print the one-time link that makes its owner."""
    sebar.serve.tables.require()
    _print(actions.open_brand(name=name, slug=slug), as_json=as_json)


@brand.command()
def invite(
    slug: Annotated[str, typer.Argument(help="The brand's slug, as `sebar brand list` shows it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print another one-time link that makes an owner: when the first was lost, or the owner is gone."""
    sebar.serve.tables.require()
    _print(queries.brand_of_slug(slug), as_json=as_json)


@brand.command("list")
def list_brands(*, as_json: AsJson = False) -> None:
    """List the brands of this instance by name."""
    sebar.serve.tables.require()
    shown = [_shown(one) for one in queries.brands()]
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    table = Table("Brand", "Owners", "Members", "Campaigns", "Name")
    for one in shown:
        table.add_row(one.slug, f"{one.owners}", f"{one.members}", f"{one.campaigns}", one.name)
    Console().print(table)


def _print(whose: Brand, *, as_json: bool) -> None:
    made = actions.invite(membership=instance_membership(whose), role=Role.OWNER)
    link = config.load().public_url + reverse("console:welcome", args=[made.secret])
    if as_json:
        shown = Invitation(whose.slug, whose.name, link, made.invitation.expires_at)
        print(msgspec.json.encode(shown).decode())
        return
    until = f"{made.invitation.expires_at:%Y-%m-%d}"
    print(f"Whoever opens this link first owns {whose.name} ({whose.slug}); it works once, until {until}:")
    print(link)


def _shown(one: Brand) -> BrandShown:
    members = queries.members(instance_membership(one))
    owners = sum(member.role == Role.OWNER for member in members)
    return BrandShown(one.slug, one.name, owners, len(members), len(of_brand(one)), one.created_at)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.add_typer(brand, name="brand")
