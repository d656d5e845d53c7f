"""`sebar events`: watch what happens, and take it away in a file."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar.brands.queries import brands
from sebar.campaigns.queries import of_brand
from sebar.cli.campaigns import campaign_of
from sebar.events import engine
from sebar.events.event import Kind
from sebar.kit.codes import spell
from sebar.kit.errors import Unavailable, UserError

_POLL_SECONDS: Final = 0.25
_AT_ONCE: Final = 10_000
_COLUMNS: Final = (
    "toString(id), toUnixTimestamp64Milli(ts), campaign, kind, participant, parent, root, generation,"
    " channel, creative, value, currency, country, device, verdict, reason"
)
_WANTED: Final = (
    "FROM events WHERE ({campaign:UInt64} = 0 OR campaign = {campaign:UInt64})"
    " AND ({kind:String} = '' OR kind = {kind:String}) AND version <= {upto:UInt64}"
)
_LAST: Final = f"SELECT {_COLUMNS} {_WANTED} ORDER BY version DESC, ts DESC, id DESC LIMIT {{lines:UInt64}}"
_NEW: Final = (
    f"SELECT {_COLUMNS} {_WANTED} AND version > {{after:UInt64}}"
    f" ORDER BY version, ts, id LIMIT {{skip:UInt64}}, {_AT_ONCE}"
)

Row = tuple[Any, ...]
OfCampaign = Annotated[str, typer.Option("--campaign", help="Only of the campaign with this slug.")]
OfKind = Annotated[Kind | None, typer.Option("--kind", help="Only events of this kind.")]
events = typer.Typer(no_args_is_help=True, help="Watch what happens, and take it away in a file.")


class Form(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    PARQUET = "parquet"


class EventShown(msgspec.Struct, frozen=True):
    """One event as `sebar events tail --json` prints it; the names are public.

    Attributes
    ----------
    ts
        ISO 8601, UTC.
    campaign
        Its slug.
    participant, parent, root
        Codes; empty when nobody's.
    """

    id: str
    ts: str
    campaign: str
    kind: str
    participant: str
    parent: str
    root: str
    generation: int
    channel: str
    creative: str
    value: int
    currency: str
    country: str
    device: str
    verdict: str
    reason: str


@events.command()
def tail(
    *,
    campaign: OfCampaign = "",
    kind: OfKind = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many past events to begin with.")] = 10,
    follow: Annotated[bool, typer.Option(help="Go on with new events until Ctrl-C.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for programs.")] = False,
) -> None:
    """Show the newest events, then each new one as it comes. The platform must be running."""
    wanted = {"campaign": campaign_of(campaign).pk if campaign else 0, "kind": kind or ""}
    version = engine.status().version
    past = engine.ask(_LAST, {**wanted, "upto": version, "lines": lines}).rows[::-1]
    try:
        for rows in itertools.chain([past], following(wanted, version) if follow else []):
            for event in _shown(rows):
                print(msgspec.json.encode(event).decode() if as_json else _line(event), flush=True)
    except KeyboardInterrupt:
        return


@events.command()
def export(
    *,
    campaign: OfCampaign = "",
    kind: OfKind = None,
    form: Annotated[Form, typer.Option("--format", help="CSV, or Parquet for analysis at scale.")] = Form.CSV,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A new file; else standard output.")] = None,
) -> None:
    """Write events as CSV or Parquet, ordered by campaign, kind and time. The platform must be running."""
    campaigns = [campaign_of(campaign).pk] if campaign else []
    kinds = [kind] if kind else []
    if output is None:
        if form is Form.PARQUET and sys.stdout.isatty():
            raise UserError("Parquet is not for reading on a screen: name a file with --output.", field="output")
        engine.export(sys.stdout.buffer, form=form, campaigns=campaigns, kinds=kinds)
        return
    part = output.with_name(f"{output.name}.part")  # so that a file of this name is always whole
    try:
        with part.open("wb") as file:
            engine.export(file, form=form, campaigns=campaigns, kinds=kinds)
        part.rename(output)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.", field="output") from None
    finally:
        part.unlink(missing_ok=True)


def following(wanted: dict[str, Any], after: int) -> Iterator[list[Row]]:
    """Yield the rows of new events after a version as they are loaded, for ever; each once, none left out."""
    upto, skip = after, 0
    while True:
        try:
            if upto <= after:
                time.sleep(_POLL_SECONDS)
                upto = engine.status().version
                continue
            rows = engine.ask(_NEW, {**wanted, "after": after, "upto": upto, "skip": skip}).rows
        except Unavailable:  # the engine is being started again
            time.sleep(_POLL_SECONDS)
            continue
        yield rows
        skip += len(rows)
        if len(rows) < _AT_ONCE:
            after, skip = upto, 0


def _shown(rows: Iterable[Row]) -> Iterator[EventShown]:
    slugs: dict[int, str] = {}
    for identifier, ts, campaign, kind, participant, parent, root, *others in rows:
        slugs = slugs or {one.pk: one.slug for brand in brands() for one in of_brand(brand)}
        moment = datetime.fromtimestamp(ts / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        slug = slugs.get(campaign, str(campaign))
        yield EventShown(identifier, moment, slug, kind, spell(participant), spell(parent), spell(root), *others)


def _line(event: EventShown) -> str:
    words = [event.ts, event.campaign, event.kind, event.participant or "–"]
    words += [f"through {event.parent}"] if event.kind == Kind.JOIN and event.parent else []
    words += [f"via {event.channel}"] if event.channel else []
    words += [f"{event.value} {event.currency}"] if event.currency else []
    words += [event.verdict] if event.verdict != "person" else []
    return "  ".join(words)


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(events, name="events")
