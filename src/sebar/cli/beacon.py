"""`sebar beacon`: say a campaign's link by Bluetooth, or push a card to one phone."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from django.db import DatabaseError, connection
from django.utils import timezone

import sebar.serve.tables
from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.channels.kinds.bluetooth import CHANNEL, offers
from sebar.channels.kinds.bluetooth.advertising import Mode, Offer, plan
from sebar.channels.kinds.bluetooth.card import card
from sebar.cli.campaigns import campaign_of
from sebar.kit import codes
from sebar.kit.errors import UserError
from sebar.participants import queries as participants

_LOOK_SECONDS: Final = 2.0
_MEANS: Final = {
    Mode.EDDYSTONE: "Eddystone",
    Mode.EXTENDED: "extended advertising",
    Mode.GATT: "GATT",
    Mode.ALL: "every means that the adapter and the link allow",
}


def beacon(
    campaign: Annotated[str, typer.Argument(help="The campaign's slug.")],
    *,
    code: Annotated[str, typer.Option(help="Whose link is said; without it, the campaign's own page.")] = "",
    transport: Annotated[
        str, typer.Option(help="The adapter: usb:0, hci-socket:0, serial:/dev/ttyUSB0,115200 …")
    ] = "usb:0",
    mode: Annotated[Mode, typer.Option(help="By which means the link is said.")] = Mode.ALL,
    push: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Instead push one card to this device, whose owner has asked you for it."),
    ] = "",
) -> None:
    """Say a link by Bluetooth until Ctrl-C, or until the campaign is no longer running.

    Nothing else may use the adapter meanwhile. What phones make of it stands in docs/channels/bluetooth.md.
    """
    _require_bumble()
    sebar.serve.tables.require()
    passed_on = campaign_of(campaign)
    if over := _over(passed_on):
        raise UserError(f"{over} There is nothing to pass on by Bluetooth.", field="campaign")
    offer = offers.offer(passed_on, codes.spell(participants.find(passed_on, code).pk) if code else "")
    if urlsplit(offer.link).hostname in {"localhost", "127.0.0.1", "::1"}:
        print(f"Phones cannot open {offer.link}: SEBAR_URL should be the address that people use.")
    if push:
        asyncio.run(_push(transport, offer, name=passed_on.slug, address=push))
    else:
        asyncio.run(_advertise(transport, offer, mode, passed_on))


def _require_bumble() -> None:
    if lack := CHANNEL.lacks():
        raise UserError(lack)
    # What it logs are its own troubles, with tracebacks; what they mean for us is said in sentences.
    logging.getLogger("bumble").setLevel(logging.CRITICAL)


def _over(campaign: Campaign) -> str:
    """Return why a campaign's link may not be said by Bluetooth now, empty when it may."""
    now = campaigns.of_slug(campaign.brand, campaign.slug)
    phase = rules.phase(now, timezone.now())
    if phase is not Phase.RUNNING:
        return phase.reason
    return "" if gate.is_on(now, CHANNEL.name) else "Bluetooth is switched off in this campaign."


async def _push(transport: str, offer: Offer, *, name: str, address: str) -> None:
    from sebar.channels.kinds.bluetooth import radio  # noqa: PLC0415 - needs the extra

    radio.check_address(address)  # before an adapter that may be missing is looked for
    async with radio.adapter(transport, says=offer.name, pushes=True) as adapter:
        print(f"Pushing the card of {offer.name} to {address}: its owner has to accept it there.", flush=True)
        await radio.push(adapter, address, card(offer, name=name))
    print(f"{address} has the card.")


async def _advertise(transport: str, offer: Offer, mode: Mode, campaign: Campaign) -> None:
    from sebar.channels.kinds.bluetooth import radio  # noqa: PLC0415 - needs the extra

    asked = _asked_to_end()
    async with radio.adapter(transport, says=offer.name) as adapter:
        planned = plan(offer, mode, takes_long=adapter.takes_long)
        for refused in planned.left_out:
            print(f"Left out: {refused.message}")
        async with radio.advertising(adapter, planned.adverts, offer):
            print(f"{transport} says {offer.link} by {_MEANS[mode]}. Ctrl-C ends it.", flush=True)
            over = await _first(asked, adapter.lost, campaign)
    if not over and not asked.is_set():
        raise UserError(f"The Bluetooth adapter {transport} is gone: plug it in, then start the beacon again.")
    print(f"{over} The beacon is silent.".strip())


def _asked_to_end() -> asyncio.Event:
    """Return what Ctrl-C and SIGTERM set. An adapter goes on advertising until it is told to stop, so none may kill us.

    They do not cancel either: `asyncio.wait_for`, which bumble waits with, can lose that before Python 3.12.
    """
    asked = asyncio.Event()
    for by in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(by, asked.set)
    return asked


async def _first(asked: asyncio.Event, lost: asyncio.Event, campaign: Campaign) -> str:
    """Wait until somebody asks to end, the adapter is lost or the campaign does not run; return why it does not."""
    watching = asyncio.create_task(_until_over(campaign))
    waiting = [watching, asyncio.create_task(asked.wait()), asyncio.create_task(lost.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return watching.result() if watching.done() else ""
    finally:
        for one in waiting:
            one.cancel()


def _look(campaign: Campaign) -> str:
    """Ask like `_over`, from another thread: each look has its own connection, so a server may restart in between."""
    try:
        return _over(campaign)
    finally:
        connection.close()


async def _until_over(campaign: Campaign) -> str:
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            over = await asyncio.to_thread(_look, campaign)
        except DatabaseError as error:
            raise UserError(
                f"The database cannot be asked whether the campaign still runs ({error}): the beacon is silent."
                " `sebar doctor` says what is wrong."
            ) from None
        if over:
            return over


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(beacon)
