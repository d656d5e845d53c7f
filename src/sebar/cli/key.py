"""`sebar key`: the keys by which a brand's own programs use the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
import typer

import sebar.serve.tables
from sebar.brands import keys
from sebar.brands.models import Key
from sebar.brands.queries import Membership, brand_of_slug, brands
from sebar.kit.errors import UserError

key = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys of a brand's own programs.")
Brand = Annotated[str, typer.Option("--brand", help="Slug of the brand; may be left out when there is only one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True)
class KeyShown:
    """A key as it is listed. `hint` are its first letters; `key` is all of it, and empty but when it is made."""

    id: int
    brand: str
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    key: str = ""


@key.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="Which program uses it.")] = "command line",
    scope: Annotated[list[str], typer.Option(help="read, write or replay; several times for several.")] = ["read"],  # noqa: B006 - typer copies it
    brand: Brand = "",
    as_json: AsJson = False,
) -> None:
    """Make a key and print it. It is shown this once and kept nowhere."""
    sebar.serve.tables.require()
    made = keys.create_key(membership=member_of(brand), name=name, scopes=scope)
    if as_json:
        print(msgspec.json.encode(_shown(made.key, made.secret)).decode())
    else:
        print(made.secret)


@key.command("list")
def list_keys(*, brand: Brand = "", as_json: AsJson = False) -> None:
    """List the keys that work."""
    sebar.serve.tables.require()
    shown = [_shown(one) for one in keys.keys(member_of(brand))]
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    for one in shown:
        print(f"{one.id}  {one.hint}…  {'+'.join(one.scopes)}  {one.name}")


@key.command()
def revoke(number: Annotated[int, typer.Argument(help="As `sebar key list` shows it.")], *, brand: Brand = "") -> None:
    """End a key for good."""
    sebar.serve.tables.require()
    keys.revoke_key(membership=member_of(brand), key_id=number)


def member_of(slug: str) -> Membership:
    """Return the right of whoever runs the instance to work on a brand: the named one, or the only one.

    Raises
    ------
    UserError
        When there is no such brand, or more than one to choose from.
    """
    if slug:
        return keys.instance_membership(brand_of_slug(slug))
    found = brands()
    if len(found) != 1:
        slugs = ", ".join(brand.slug for brand in found)
        raise UserError(
            f"Say which brand with --brand: {slugs}."
            if found
            else "There is no brand yet: the owner's link makes one.",
            field="brand",
        )
    return keys.instance_membership(found[0])


def _shown(one: Key, secret: str = "") -> KeyShown:
    return KeyShown(one.pk, one.brand.slug, one.name, one.hint, one.scopes, one.created_at, secret)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.add_typer(key, name="key")
