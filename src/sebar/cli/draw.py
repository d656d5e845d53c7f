"""`sebar draw`: check the file of a prize draw, wherever it comes from; show the draws of this instance."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sebar.kit.errors import UserError
from sebar.rewards.draws import file
from sebar.rewards.draws.file import Winner

draw = typer.Typer(no_args_is_help=True, help="Check a prize draw's file, without any server; show the draws here.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the check of a file says. `error` is empty when all of it is right; `open` is what no file can show.

    `winners` are those who were drawn; `holders` those to whom the places fell after what was passed on.
    """

    is_right: bool
    error: str
    checked: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    hash: str = ""
    winners: tuple[Winner, ...] = ()
    holders: tuple[Winner, ...] = ()


@draw.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="As the page of the draw offers it.")],
    *,
    noted: Annotated[str, typer.Option("--hash", help="The hash as you noted it before the draw.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take every step of a draw again: list, hash, source, seed, winners. Needs no server and no network."""
    try:
        found = file.load(path)
        checked = file.check(found, noted=noted)
    except UserError as wrong:
        if not as_json:
            raise
        print(msgspec.json.encode(Verdict(is_right=False, error=wrong.message)).decode())
        sys.exit(1)
    winners = found.outcome.winners if found.outcome is not None else ()
    holders = file.holders(found)
    if as_json:
        verdict = Verdict(
            is_right=True,
            error="",
            checked=checked.done,
            open=checked.open,
            hash=found.hash,
            winners=winners,
            holders=holders,
        )
        print(msgspec.json.encode(verdict).decode())
        return
    print(f"“{found.list.title}” of {found.list.brand}: all that a file can show is right.")
    for line in checked.done:
        print(f"  right: {line}")
    for winner, holder in zip(winners, holders, strict=True):
        print(f"  place {winner.place}: {holder.entrant}  {winner.prize}")
        if holder != winner:
            print(f"    passed on: {winner.entrant} was drawn, and a reserve followed")
    for line in checked.open:
        print(f"  not shown: {line}")


@draw.command()
def show(
    slug: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The end of its address.")],
    number: Annotated[int, typer.Argument(help="Of the draw whose file is printed; without it, all are listed.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """List the draws of a campaign of this instance, or print the file of one."""
    # Only here are tables needed: a file is checked where there is no instance at all.
    from sebar.serve import tables  # noqa: PLC0415, I001 - see above; and it comes before what holds tables
    from sebar.cli.campaigns import campaign_of  # noqa: PLC0415
    from sebar.rewards.draws import queries  # noqa: PLC0415

    tables.require()
    campaign = campaign_of(slug)
    if number:
        print(file.write(queries.file_of(queries.of_number(campaign, number))).decode(), end="")
        return
    found = [
        {"number": one.number, "state": one.state, "draws_at": one.draws_at, "hash": one.list_hash}
        for one in queries.of_campaign(campaign)
    ]
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for one in found:
        print(f"{one['number']}  {one['state']:9}  {one['draws_at']:%Y-%m-%d %H:%M} UTC  {one['hash'] or '–'}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.add_typer(draw, name="draw")
