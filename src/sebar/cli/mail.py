"""`sebar mail`: the letters that wait, what became of the others, those that came back, and who gets none."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec
import typer
from django.db import InterfaceError, OperationalError
from rich.console import Console
from rich.table import Table

import sebar.serve.tables
from sebar import channels
from sebar.brands.models import Brand as BrandRow
from sebar.brands.queries import brand_of_slug
from sebar.channels import actions, queries
from sebar.channels.models import State
from sebar.channels.rules import Reason
from sebar.cli.campaigns import campaign_of
from sebar.kit import text
from sebar.kit.errors import Unavailable, UserError
from sebar.kit.words import say_kept

mail = typer.Typer(no_args_is_help=True, help="Letters: what waits, what came back, who gets none.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_MOST_BYTES: Final = 10 * 1024 * 1024
_STATES: Final = {
    State.WAITING: "waiting",
    State.SENDING: "being sent",
    State.SENT: "sent",
    State.FAILED: "failed",
    State.LEFT_ALONE: "left alone",
    State.BOUNCED: "came back",
    State.DOUBTFUL: "doubtful",
}
_TRY_AGAIN: Final = 75  # EX_TEMPFAIL of sysexits.h: mail servers keep the letter and try again


@dataclass(frozen=True)
class LetterShown:
    """A letter as it is listed; whom it goes to is nobody's business."""

    id: int
    state: str
    reason: str
    trouble: str
    attempts: int
    created_at: datetime
    due_at: datetime


@mail.command("list")
def list_letters(
    campaign: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    state: Annotated[str, typer.Option(help="Only these: waiting, sent, failed, bounced, doubtful, left_alone.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List letters, newest first, and how many are in each state."""
    sebar.serve.tables.require()
    found = campaign_of(campaign)
    rows = [
        LetterShown(one.pk, one.state, one.reason, one.trouble, one.attempts, one.created_at, one.due_at)
        for one in queries.newest(found, "email", state=state, limit=limit)
    ]
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    table = Table("Letter", "State", "Since", "Why")
    for row in rows:
        why = Reason(row.reason).words if row.reason else say_kept(row.trouble)
        table.add_row(f"{row.id}", _STATES[State(row.state)], f"{row.created_at:%Y-%m-%d %H:%M}", why)
    Console().print(table)
    sums = queries.sent(found).get("email", queries.Sent())
    print(
        f"{sums.waiting:,} waiting, {sums.sent:,} sent, {sums.bounced:,} of them came back, {sums.failed:,} failed,"
        f" {sums.doubtful:,} doubtful, {sums.refused:,} left alone."
    )


@mail.command()
def bounce(
    *,
    to: Annotated[str, typer.Option(help="The address it came to, as the mail server says it.")] = "",
) -> None:
    """Take one returned letter from standard input: have your mail server pipe them here."""
    try:
        print(_taken(sys.stdin.buffer.read(_MOST_BYTES + 1), to))
    except (InterfaceError, OperationalError, Unavailable) as away:
        print(f"Try this letter again later: {away}", file=sys.stderr)
        raise typer.Exit(_TRY_AGAIN) from None


def _taken(raw: bytes, to: str) -> str:
    """Record that a letter came back, and return what to say of it."""
    from sebar.channels.kinds.email import returned  # noqa: PLC0415 - only this verb reads mail

    sebar.serve.tables.require()
    if len(raw) > _MOST_BYTES:
        raise UserError(f"This message has more than {_MOST_BYTES:,} bytes; no returned letter has.")
    found = returned.read(raw, to)
    message = queries.of_number(found.number) if found is not None else None
    if found is None or message is None:
        # A mail server that gets an error back would return it once more, so this ends well.
        return "This is no returned letter of ours, or says only that one is late; nothing was changed."
    actions.bounced(message=message, trouble=found.words, is_final=found.is_final)
    return f"Letter {found.number} came back{'; its address gets no more' if found.is_final else ', for now'}."


@mail.command()
def suppress(
    address: Annotated[str, typer.Argument(help="Who wants no letters.")],
    *,
    brand: Annotated[str, typer.Option(help="Of this brand only; of all brands when left out.")] = "",
) -> None:
    """Never write to an address again, as its owner asked."""
    sebar.serve.tables.require()
    tidy = text.email(address, field="address")
    whose: BrandRow | None = brand_of_slug(brand) if brand else None
    is_new = actions.suppress(address_hash=channels.known_by("email", tidy), reason="by_hand", brand=whose)
    print("Nobody here writes to this address any more." if is_new else "This address was kept from letters before.")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.add_typer(mail, name="mail")
