"""`sebar footer`: one line under everyday mail, added by the company's own Postfix."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

import sebar.serve.tables
from sebar.channels.kinds.footer import actions, queries, running
from sebar.channels.kinds.footer.models import FooterSender
from sebar.channels.kinds.footer.postfix import MILTER, for_milter, for_relay
from sebar.channels.kinds.footer.running import Place
from sebar.cli.campaigns import campaign_of
from sebar.kit import codes
from sebar.kit.errors import NotFound
from sebar.participants.models import Participant
from sebar.participants.queries import of_code

footer = typer.Typer(no_args_is_help=True, help="Put a line under the mail of those who enrolled.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Listen = Annotated[str, typer.Option("--listen", help="Host and port where Postfix finds it.")]
Code = Annotated[str, typer.Argument(help="The participant's code.")]


@dataclass(frozen=True)
class SenderShown:
    """A mailbox as it is listed. Its address is kept nowhere."""

    code: str
    name: str
    is_proven: bool
    is_on: bool
    footers: int
    left_alone: Mapping[str, int]
    enrolled_at: datetime


@dataclass(frozen=True)
class CheckShown:
    """What `sebar footer check` found; `trouble` is empty when the milter works."""

    listen: str
    trouble: str
    main_cf: str
    master_cf: str
    master_cf_without_milters: str


@footer.command()
def run(
    *,
    listen: Listen = MILTER,
    relay: Annotated[str, typer.Option(help="Without milters: host and port where mail goes back to Postfix.")] = "",
    as_json: AsJson = False,
) -> None:
    """Answer Postfix until Ctrl-C, then print what became of the mail."""
    sebar.serve.tables.require()
    logging.getLogger("sebar.footer").setLevel(logging.INFO)
    onward = Place.read(relay, "relay") if relay else None
    outcomes = running.run(Place.read(listen, "listen"), onward, _say)
    if as_json:
        print(msgspec.json.encode(outcomes).decode())
    else:
        print("\n".join(f"{number:>8,}  {outcome}" for outcome, number in sorted(outcomes.items())) or "No mail came.")


@footer.command()
def check(*, listen: Listen = MILTER, as_json: AsJson = False) -> None:
    """Say whether the milter works, and what Postfix must be told."""
    sebar.serve.tables.require()
    place = Place.read(listen, "listen")
    main, master = for_milter(str(place))
    shown = CheckShown(str(place), running.trouble(place), main, master, for_relay())
    if as_json:
        print(msgspec.json.encode(shown).decode())
    else:
        print(shown.trouble or f"The milter at {place} works: a test mail got its footer, another was left alone.")
        print(
            f"\nmain.cf\n\n{main}\n\nmaster.cf\n\n{master}\n\nmaster.cf, for a server without milters\n\n{for_relay()}"
        )
    if shown.trouble:
        raise typer.Exit(1)


@footer.command()
def enrol(
    address: Annotated[str, typer.Argument(help="The address of the mailbox.")], code: Code, *, as_json: AsJson = False
) -> None:
    """Let a participant's mailbox carry the footer, because you know that it is theirs."""
    sebar.serve.tables.require()
    participant = _participant(code)
    actions.prove(sender=actions.enrol(participant=participant, address=address))
    _show(participant, as_json=as_json)


@footer.command()
def off(code: Code, *, as_json: AsJson = False) -> None:
    """Put the footer under a participant's mail no longer."""
    sebar.serve.tables.require()
    participant = _participant(code)
    actions.switch_off(participant=participant)
    _show(participant, as_json=as_json)


@footer.command("list")
def list_senders(
    campaign: Annotated[str, typer.Argument(help="The campaign's slug.")], *, as_json: AsJson = False
) -> None:
    """List whose mailboxes carry a campaign's footer, and what became of their mail."""
    sebar.serve.tables.require()
    shown = [_shown(one) for one in queries.of_campaign(campaign_of(campaign))]
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    table = Table("Code", "Name", "Footer", "Added", "Left alone")
    for one in shown:
        table.add_row(one.code, one.name, _state(one), f"{one.footers:,}", f"{sum(one.left_alone.values()):,}")
    Console().print(table)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.add_typer(footer, name="footer")


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _participant(code: str) -> Participant:
    found = of_code(codes.spell(codes.read_typed(code)))
    if found is None:
        raise NotFound(f"Nobody has the code “{code[:20]}”; `sebar participants CAMPAIGN` lists them.", field="code")
    return found


def _show(participant: Participant, *, as_json: bool) -> None:
    shown = _shown(FooterSender.objects.get(participant=participant))
    print(msgspec.json.encode(shown).decode() if as_json else f"{shown.code}: the footer is {_state(shown)}.")


def _shown(sender: FooterSender) -> SenderShown:
    counts = queries.counts_of(sender)
    return SenderShown(
        code=codes.spell(sender.participant_id),
        name=sender.participant.name,
        is_proven=sender.proven_at is not None,
        is_on=sender.is_on,
        footers=counts.added,
        left_alone={reason.value: number for reason, number in counts.left_alone.items()},
        enrolled_at=sender.enrolled_at,
    )


def _state(shown: SenderShown) -> str:
    if not shown.is_proven:
        return "waiting for proof"
    return "on" if shown.is_on else "off"
